"""A step: reads the artifacts of the steps before it, writes its own, and is skipped while that stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.core import Artifact, NjiaError, Settings, code_of, fingerprint_of, keep, read, stands
from orchestration.refresh.run import Run

Made = tuple[Iterable[Path], Mapping[str, Any]]
# What the files of every step are made with.
_ENGINES = ("duckdb==", "pyarrow==", "numpy==")


@dataclass(frozen=True)
class Step:
    """`after`: steps whose artifacts it reads. `code`: sources and libraries that decide what it makes.

    `given`: what else decides it, of a run; anything that JSON can hold. `make` writes the files and gives
    their paths and the facts.
    """

    name: str
    after: tuple[str, ...]
    code: tuple[str, ...]
    given: Callable[[Run], Any]
    make: Callable[[Run], Made]


def done(run: Run, step: Step) -> Artifact:
    """Do the step, unless its artifact stands."""
    return keep(run.settings.work, step.name, _fingerprint(run, step), lambda: step.make(run), run.say)[0]


def is_done(run: Run, step: Step) -> bool:
    """Whether its artifact stands, so that doing it would change nothing."""
    found = read(run.settings.work, step.name)
    return (
        found is not None
        and all(read(run.settings.work, name) for name in step.after)
        and found.fingerprint == _fingerprint(run, step)
        and stands(run.settings.work, found)
    )


def artifact_of(settings: Settings, name: str) -> Artifact:
    """The artifact of an earlier step; NjiaError where it has not been done."""
    found = read(settings.work, name)
    if found is None:
        raise NjiaError(
            f"The step {name} has not been done, or not by this version of Njia. Materialise it first, or "
            "run the whole job: `njia refresh`."
        )
    return found


def sources(settings: Settings, names: Iterable[str]) -> dict[str, str]:
    """What some steps have written for dbt: source (`typed.records`) → a hash of its files."""
    files: dict[str, dict[str, str]] = {}
    for name in names:
        found = read(settings.work, name)
        for path, digest in found.files.items() if found else ():
            folder, _, rest = path.partition("/")
            files.setdefault(f"{folder}.{rest.partition('/')[0].removesuffix('.parquet')}", {})[path] = digest
    return {source: fingerprint_of(of_source) for source, of_source in files.items()}


def _fingerprint(run: Run, step: Step) -> str:
    return fingerprint_of(
        step.name,
        [artifact_of(run.settings, name).fingerprint for name in step.after],
        code_of("orchestration/core", *_ENGINES, *step.code),
        step.given(run),
    )

"""A step: it reads the artifacts of earlier steps, writes its own, and is skipped while that is valid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.core import Artifact, NjiaError, Settings, code_of, fingerprint_of, keep, read, stands
from orchestration.refresh.run import Run

Made = tuple[Iterable[Path], Mapping[str, Any]]
# Libraries that write the files of every step.
_ENGINES = ("duckdb==", "pyarrow==", "numpy==")


@dataclass(frozen=True)
class Step:
    """A step and everything its fingerprint depends on.

    `after`: steps whose artifacts it reads. `code`: its source folders and libraries. `given`: its other
    inputs from a run, as JSON can hold them. `make` writes the files and returns their paths and the facts.
    """

    name: str
    after: tuple[str, ...]
    code: tuple[str, ...]
    given: Callable[[Run], Any]
    make: Callable[[Run], Made]


def done(run: Run, step: Step) -> Artifact:
    """Return the step's artifact; do the step if the artifact is missing or outdated."""
    return keep(run.settings.work, step.name, _fingerprint(run, step), lambda: step.make(run), run.say)[0]


def is_done(run: Run, step: Step) -> bool:
    """Whether the step's artifact is valid, so that doing the step would change nothing."""
    artifact = read(run.settings.work, step.name)
    return (
        artifact is not None
        and all(read(run.settings.work, name) for name in step.after)
        and artifact.fingerprint == _fingerprint(run, step)
        and stands(run.settings.work, artifact)
    )


def artifact_of(settings: Settings, name: str) -> Artifact:
    """Return the artifact of an earlier step; NjiaError if that was not done."""
    artifact = read(settings.work, name)
    if artifact is None:
        raise NjiaError(
            f"The step {name} has not been done, or not by this version of Njia. Materialise it first, or "
            "run the whole job: `njia refresh`."
        )
    return artifact


def _fingerprint(run: Run, step: Step) -> str:
    return fingerprint_of(
        step.name,
        [artifact_of(run.settings, name).fingerprint for name in step.after],
        code_of("orchestration/core", *_ENGINES, *step.code),
        step.given(run),
    )

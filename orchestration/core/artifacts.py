"""Artifacts: files in `work/` that are reused while their inputs stay the same.

An artifact is a set of files and a note, `work/artifacts/<name>.json`: the fingerprint of everything that
decides the files, the SHA-256 of each, and facts about them. It is reused only where the fingerprint is the
wanted one and each file still has its hash; otherwise it is made anew. The note is removed before the files
are made, so a killed process leaves no trusted artifact.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration.core.durable import sha256_of
from orchestration.core.settings import PROJECT_ROOT
from orchestration.core.sums import read_json, write_json

LAYOUT = 1
_CODE_SUFFIXES = {
    ".py", ".sql", ".yml", ".csv", ".md", ".json", ".geojson", ".j2", ".typ", ".css", ".js", ".ttf",
    ".parquet",
}  # fmt: skip
_NOT_CODE = {"__pycache__", "target", "logs"}


@dataclass(frozen=True)
class Artifact:
    """The note of an artifact. `files`: path below `work/` → SHA-256; `facts`: JSON."""

    name: str
    fingerprint: str
    files: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


def fingerprint_of(*parts: Any) -> str:
    """Hash anything that JSON can hold (64 hex digits), whatever the order of keys and of sets."""
    text = json.dumps(parts, sort_keys=True, default=_as_json, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def code_of(*sources: str) -> str:
    """Hash source files and versions of libraries, once a process.

    A source is a file or folder below the project's root (`orchestration/linkage`), or a library with
    `==` behind its name (`duckdb==`).
    """
    digest = hashlib.sha256()
    for source in sorted(sources):
        if source.endswith("=="):
            digest.update(f"{source}{version(source[:-2])}\n".encode())
            continue
        path = PROJECT_ROOT / source
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in files:
            name = file.relative_to(PROJECT_ROOT)
            if file.suffix in _CODE_SUFFIXES and not _NOT_CODE & set(name.parts):
                digest.update(f"{name.as_posix()}\x00{sha256_of(file)}\n".encode())
    return digest.hexdigest()


def read(work: Path, name: str) -> Artifact | None:
    """Read the note of an artifact; None where this version can read none."""
    try:
        content = read_json(_note(work, name))
        if content.pop("layout") == LAYOUT:
            return Artifact(**content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        pass
    return None


def stands(work: Path, artifact: Artifact) -> bool:
    """Whether each file of an artifact still has the noted content."""
    return all(_sha256(work / path) == digest for path, digest in artifact.files.items())


def keep(
    work: Path,
    name: str,
    fingerprint: str,
    make: Callable[[], tuple[Iterable[Path], Mapping[str, Any]]],
    say: Callable[[str], None] | None = None,
) -> tuple[Artifact, bool]:
    """Return the artifact with this fingerprint, and whether it was made now.

    `make` writes files below `work` and returns their paths and the facts. `say` takes a warning where files
    of a current artifact were changed or damaged; by default it is logged.
    """
    noted = read(work, name)
    if noted and noted.fingerprint == fingerprint:
        if stands(work, noted):
            return noted, False
        (say or logging.getLogger(__name__).warning)(
            f"The files of {name} in {work} were changed or damaged. They are made again."
        )
    forget(work, name)
    files, facts = make()
    return note(work, name, fingerprint, files, facts), True


def note(
    work: Path, name: str, fingerprint: str, files: Iterable[Path], facts: Mapping[str, Any]
) -> Artifact:
    """Write the note of an artifact whose files exist, for a step that runs in every refresh."""
    hashes = {path.relative_to(work).as_posix(): _sha256(path) or "" for path in sorted(files)}
    made = Artifact(name, fingerprint, hashes, json.loads(json.dumps(facts, default=_as_json)))
    write_json(_note(work, name), {"layout": LAYOUT, **vars(made)})
    return made


def forget(work: Path, name: str) -> None:
    """Delete the note of an artifact, so that the artifact is made anew."""
    _note(work, name).unlink(missing_ok=True)


def _note(work: Path, name: str) -> Path:
    return work / "artifacts" / f"{name}.json"


def _sha256(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except OSError:
        return None


def _as_json(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else str(value)

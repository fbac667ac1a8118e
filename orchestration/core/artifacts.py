"""Artifacts: files in `work/` that are made once and used again while what made them is the same.

An artifact is a set of files with a note beside them, `work/artifacts/<name>.json`: the fingerprint of
everything that decides the files, the SHA-256 of each, and facts about them. It is used again only where the
fingerprint is the one asked for and each file still has its hash. Anything else is made anew: a note of an
earlier version, a note that cannot be read, a file that is cut short.

While an artifact is made it has no note, so a process that is killed leaves nothing that could be trusted.
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

from orchestration.core.durable import write_json
from orchestration.core.settings import PROJECT_ROOT

LAYOUT = 1
_CODE_SUFFIXES = {
    ".py", ".sql", ".yml", ".csv", ".md", ".json", ".geojson", ".j2", ".typ", ".css", ".js", ".ttf",
    ".parquet",
}  # fmt: skip
_NOT_CODE = {"__pycache__", "target", "logs"}


@dataclass(frozen=True)
class Artifact:
    """What the note of an artifact says. `files`: path below `work/` → SHA-256; `facts`: JSON."""

    name: str
    fingerprint: str
    files: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


def fingerprint_of(*parts: Any) -> str:
    """64 hex digits over anything that JSON can hold; sets and the order of keys do not matter."""
    text = json.dumps(parts, sort_keys=True, default=_as_json, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def code_of(*sources: str) -> str:
    """A hash of source files and versions of libraries; read once a process.

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
        for one in files:
            if one.suffix in _CODE_SUFFIXES and not _NOT_CODE & set(one.relative_to(PROJECT_ROOT).parts):
                content = hashlib.sha256(one.read_bytes()).hexdigest()
                digest.update(f"{one.relative_to(PROJECT_ROOT).as_posix()}\x00{content}\n".encode())
    return digest.hexdigest()


def read(work: Path, name: str) -> Artifact | None:
    """The note of an artifact; None where there is none that this version can read."""
    try:
        noted = json.loads(_note(work, name).read_text(encoding="utf-8"))
        if noted.pop("layout") == LAYOUT:
            return Artifact(**noted)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        pass
    return None


def stands(work: Path, artifact: Artifact) -> bool:
    """Whether each of its files is there with the content it was noted with."""
    return all(_sha256(work / path) == digest for path, digest in artifact.files.items())


def keep(
    work: Path,
    name: str,
    fingerprint: str,
    make: Callable[[], tuple[Iterable[Path], Mapping[str, Any]]],
    say: Callable[[str], None] | None = None,
) -> tuple[Artifact, bool]:
    """The artifact with this fingerprint, and whether it had to be made.

    `make` writes the files below `work` and gives their paths and the facts. `say` takes a sentence where an
    artifact with the right fingerprint has to be made anew because its files are not what was noted.
    """
    found = read(work, name)
    if found and found.fingerprint == fingerprint:
        if stands(work, found):
            return found, False
        (say or logging.getLogger(__name__).warning)(
            f"The files of {name} in {work} are not as they were written: they are made anew."
        )
    forget(work, name)
    files, facts = make()
    return note(work, name, fingerprint, files, facts), True


def note(
    work: Path, name: str, fingerprint: str, files: Iterable[Path], facts: Mapping[str, Any]
) -> Artifact:
    """Note an artifact whose files have just been written, for a step that is done in every run."""
    hashes = {path.relative_to(work).as_posix(): _sha256(path) or "" for path in sorted(files)}
    made = Artifact(name, fingerprint, hashes, json.loads(json.dumps(facts, default=_as_json)))
    write_json(_note(work, name), {"layout": LAYOUT, **vars(made)})
    return made


def forget(work: Path, name: str) -> None:
    """Take the note of an artifact away: it is made anew when it is asked for again."""
    _note(work, name).unlink(missing_ok=True)


def _note(work: Path, name: str) -> Path:
    return work / "artifacts" / f"{name}.json"


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _as_json(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else str(value)

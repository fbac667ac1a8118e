"""Files of `work/`: artifacts, which are reused while their inputs stay the same, and clearing.

An artifact is a set of files and a note, `work/artifacts/<name>.json`: the fingerprint of everything that
decides the files, the SHA-256 of each, and facts about them. It is reused only where the fingerprint is the
wanted one and each file still has its hash; otherwise it is made anew. The note is removed before the files
are made, so a killed process leaves no trusted artifact.

Where the installation asks for it (NJIA_DELETE_WORK), a refresh leaves only the fates of extracts, its own
outcome and the parsed dbt project, which `njia status` and the next refresh read. All else is made of
records.
"""

import hashlib
import json
import logging
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

from orchestration.core import durable
from orchestration.core.durable import PARTIAL, sha256_of
from orchestration.core.errors import Damaged
from orchestration.core.lock import held_if_free
from orchestration.core.settings import PROJECT_ROOT, Settings
from orchestration.core.sums import line_of, parsed, read_json, write_json

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

    A source is a file or folder below the project's root, or a library with `==` behind its name.
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


def read_artifact(work: Path, name: str) -> Artifact | None:
    """Read the note of an artifact; None where this version can read none."""
    try:
        content = read_json(_note(work, name))
        if content.pop("layout") == LAYOUT:
            return Artifact(**content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        pass
    return None


def is_whole(work: Path, artifact: Artifact) -> bool:
    """Whether each file of an artifact still has the noted content."""
    try:
        return all(sha256_of(work / path) == digest for path, digest in artifact.files.items())
    except OSError:
        return False


def valid_artifact(work: Path, name: str, fingerprint: str) -> Artifact | None:
    """Return the artifact if it has this fingerprint and its files are whole; else forget it."""
    noted = read_artifact(work, name)
    if noted and noted.fingerprint == fingerprint:
        if is_whole(work, noted):
            return noted
        logging.getLogger("njia").warning(
            f"The files of {name} in {work} were changed or damaged. They are made again."
        )
    forget_artifact(work, name)
    return None


def make_artifact(
    work: Path,
    name: str,
    fingerprint: str,
    make: Callable[[], tuple[Iterable[Path], Mapping[str, Any]]],
) -> tuple[Artifact, bool]:
    """Return the artifact with this fingerprint, and whether it was made now.

    `make` writes files below `work` and returns their paths and the facts.
    """
    if valid := valid_artifact(work, name, fingerprint):
        return valid, False
    files, facts = make()
    return note_artifact(work, name, fingerprint, files, facts), True


def note_artifact(
    work: Path, name: str, fingerprint: str, files: Iterable[Path], facts: Mapping[str, Any]
) -> Artifact:
    """Write the note of an artifact whose files exist, for a step that runs in every refresh."""
    hashes = {path.relative_to(work).as_posix(): sha256_of(path) for path in sorted(files)}
    made = Artifact(name, fingerprint, hashes, json.loads(json.dumps(facts, default=_as_json)))
    write_json(_note(work, name), {"layout": LAYOUT, **vars(made)})
    return made


def forget_artifact(work: Path, name: str) -> None:
    """Delete the note of an artifact, so that the artifact is made anew."""
    _note(work, name).unlink(missing_ok=True)


class Results:
    """Results of functions by the hash of all they depend on, those of the last time in a file of `work/`.

    What is not asked for again is dropped; a damaged line is made anew.
    """

    def __init__(self, path: Path, code: str) -> None:
        self._path, self._code = path, code
        self._before: dict[str, Any] = {}
        self._now: dict[str, Any] = {}
        with suppress(OSError):
            for line in path.read_bytes().splitlines():
                with suppress(Damaged, KeyError, TypeError):
                    held = parsed(line, path)
                    self._before[held["key"]] = held["result"]

    def of(self, make: Callable[..., Any], *inputs: Any) -> Any:
        """Return what `make` returns of these inputs, which JSON must hold."""
        key = fingerprint_of(self._code, make.__module__, make.__name__, _plain(inputs))
        if key not in self._now:
            self._now[key] = self._before[key] if key in self._before else make(*inputs)
        return self._now[key]

    def write(self) -> None:
        """Keep what was asked for."""
        lines = (line_of({"key": key, "result": result}) for key, result in self._now.items())
        self._path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _plain(value: Any) -> Any:
    """A value, dataclass, array or sequence of these, as JSON that differs wherever one of them does."""
    if hasattr(value, "tobytes"):
        return [str(value.dtype), value.shape, hashlib.sha256(value.tobytes()).hexdigest()]
    if is_dataclass(value):
        return [_plain(getattr(value, one.name)) for one in fields(value)]
    return [*map(_plain, value)] if isinstance(value, list | tuple) else value


def _note(work: Path, name: str) -> Path:
    return work / "artifacts" / f"{name}.json"


def _as_json(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else str(value)


PROJECT = {"dbt/parsed", "dbt/manifest.json"}
# The outcome of a refresh: files by their shown names, checks and counts.
ENDED = {f"artifacts/{name}.json" for name in ("take_in", "candidate", "release_gate")}
KEPT = PROJECT | ENDED | {"gates/in_force.json", "gates/in_force.parquet"}
KEPT_SECONDS = 24 * 3600.0  # of a partial file, which another process may be writing


def clear_work(settings: Settings) -> None:
    """Delete what was made of records, if the installation asks for it; the caller holds the refresh lock."""
    if not settings.delete_work or not settings.work.is_dir():
        return
    _delete_all_but(settings.work, {settings.work / name for name in KEPT})


def forget_work(settings: Settings) -> None:
    """Delete all of `work/` but the parsed dbt project, which holds no records and takes seconds to parse."""
    if settings.work.is_dir():
        _delete_all_but(settings.work, {settings.work / name for name in PROJECT})


def _delete_all_but(folder: Path, kept: set[Path]) -> None:
    for path in sorted(folder.iterdir()):
        if path in kept:
            continue
        if any(name.is_relative_to(path) for name in kept):
            _delete_all_but(path, kept)
        elif path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def clear_partial(settings: Settings) -> None:
    """Remove what killed writers left of files that are kept, after a day. The caller holds the refresh lock.

    The folders of the inbox, of releases and of landings have sweeps of their own, which know more.
    """
    durable.remove_folder(settings.backup_links)
    elsewhere = {settings.inbox, settings.releases, settings.work, settings.dagster_home}
    folders = [path for path in settings.home.iterdir() if path.is_dir() and path not in elsewhere]
    left = settings.home.glob(f"{PARTIAL}*"), *(folder.rglob(f"{PARTIAL}*") for folder in folders)
    for path in {*chain(*left), *settings.keys.glob(f"{PARTIAL}*")}:
        if path.is_file() and abs(time.time() - path.stat().st_mtime) >= KEPT_SECONDS:
            durable.remove(path)


def clear_work_left_behind(settings: Settings) -> None:
    """Run `clear_work` after a killed refresh; does nothing while a refresh runs."""
    if settings.delete_work and settings.work.is_dir():
        with suppress(OSError), held_if_free(settings.lock) as is_free:  # OSError: a read-only account
            if is_free:
                clear_work(settings)

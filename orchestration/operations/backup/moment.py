"""Which files of a home are durable, and how they look at one moment.

`work/` is made again; a candidate, temporary files and locks end with their process. Of the inbox, only what
the next refresh would take: a file that is still written is not complete. Dagster's SQLite files change all
the time and are consistent alone (`making` copies each through SQLite).
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestration import intake, release
from orchestration.core import PARTIAL, Settings
from orchestration.operations.backup.store import Stamp

RESTORED = "restored.json"
ANY_TIME: Stamp = (0, 0, 0)  # of a SQLite file: that it changes does not matter
_LEFT_OUT = {"work", "inbox", "refresh.holder", "lost+found"}
_BEGINNINGS = (PARTIAL, release.CANDIDATE)
_ENDINGS = (".lock", "-wal", "-shm", "-journal")


@dataclass(frozen=True)
class Seen:
    """Files by path below the home (keys: below their folder), modes of folders, targets of links."""

    files: dict[str, Stamp]
    folders: dict[str, int]
    links: dict[str, str]
    keys: dict[str, Stamp]


def look(settings: Settings) -> Seen:
    """Walk the durable files. What vanishes meanwhile is left out: the next look shows it."""
    seen = Seen({}, {}, {}, {})
    if settings.current.is_symlink():
        seen.links[settings.current.name] = str(settings.current.readlink())
    for path in sorted(settings.home.iterdir()):
        if path.name not in _LEFT_OUT and not path.name.endswith(_ENDINGS) and path != settings.current:
            # A folder of the home itself may lie elsewhere, behind a symbolic link.
            _note(settings, path, seen, follow=True)
    for folder in (settings.inbox, *intake.partner_folders(settings)):
        _note_folder(settings, folder, seen)
    for path in intake.files_ready(settings):
        if stamp := stamp_of(path):
            seen.files[_below(path, settings.home)] = stamp
    for path in _files_of_keys(settings):
        if stamp := stamp_of(path):
            seen.keys[_below(path, settings.keys)] = stamp
    return seen


def durable_files(settings: Settings) -> Iterator[Path]:
    """Yield the files of a home that a backup takes, without the keys."""
    yield from (settings.home / path for path in look(settings).files)


def is_sqlite(path: str) -> bool:
    return path.startswith("dagster/") and path.endswith(".db")


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of an ordinary file; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return (status.st_size, status.st_mtime_ns, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def _note(settings: Settings, path: Path, seen: Seen, follow: bool = False) -> None:
    if path.name.startswith(_BEGINNINGS) or path == settings.keys or (path.is_symlink() and not follow):
        return
    name = _below(path, settings.home)
    if path.is_dir():
        _note_folder(settings, path, seen)
        for below in _entries(path):
            if not below.name.endswith(_ENDINGS):
                _note(settings, below, seen)
    elif stamp := stamp_of(path):
        seen.files[name] = ANY_TIME if is_sqlite(name) else stamp


def _note_folder(settings: Settings, folder: Path, seen: Seen) -> None:
    try:
        seen.folders[_below(folder, settings.home)] = stat.S_IMODE(folder.stat().st_mode)
    except FileNotFoundError:
        return


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []


def _files_of_keys(settings: Settings) -> list[Path]:
    return [path for path in sorted(settings.keys.rglob("*")) if not path.name.startswith(PARTIAL)]


def _below(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()

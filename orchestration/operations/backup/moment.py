"""How the durable files of a home look at one moment: those that `operations.check` lists for a backup.

Of the inbox, only what the next refresh would take: a file that is still written is not complete. Dagster's
SQLite files change all the time and are consistent alone (`making` copies each through SQLite).
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from orchestration import intake
from orchestration.core import Settings, UsageError
from orchestration.operations.backup.store import Stamp
from orchestration.operations.check.checking import kept_files
from orchestration.operations.check.kinds import kind_of

RESTORED = "restored.json"
ANY_TIME: Stamp = (0, 0, 0)  # of a SQLite file: that it changes does not matter
BESIDE_SQLITE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True)
class Seen:
    """Files by path below the home (keys: below their folder), modes of folders, the target of `current`."""

    files: dict[str, Stamp]
    keys: dict[str, Stamp]
    folders: dict[str, int]
    current: str | None


def look(settings: Settings) -> Seen:
    """Walk the durable files. What vanishes meanwhile is left out: the next look shows it."""
    files: dict[str, Stamp] = {}
    keys: dict[str, Stamp] = {}
    for name, path in kept_files(settings):
        if path.is_symlink() and path != settings.current and path.is_dir() and not name.startswith("inbox/"):
            raise UsageError(f"{path} is a symbolic link, and a backup follows none. Move its folder here.")
        if path.is_symlink() or not (stamp := stamp_of(path)):
            continue
        if path.is_relative_to(settings.keys):
            keys[path.relative_to(settings.keys).as_posix()] = stamp
        elif kind_of(name).in_backup and not name.startswith("inbox/") and not name.endswith(BESIDE_SQLITE):
            files[name] = ANY_TIME if is_sqlite(name) else stamp
    for path in intake.files_ready(settings):
        if stamp := stamp_of(path):
            files[path.relative_to(settings.home).as_posix()] = stamp
    folders = {parent for name in files for parent in Path(name).parents if parent.name}
    folders |= {path.relative_to(settings.home) for path in intake.partner_folders(settings)}
    modes = {folder.as_posix(): mode for folder in folders if (mode := mode_of(settings.home / folder))}
    current = str(settings.current.readlink()) if settings.current.is_symlink() else None
    return Seen(files, keys, modes, current)


def is_sqlite(path: str) -> bool:
    return path.startswith("dagster/") and path.endswith(".db")


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of an ordinary file; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return (status.st_size, status.st_mtime_ns, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def mode_of(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None

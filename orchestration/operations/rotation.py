"""Another key in the place of one that was lost, seen, or is old: how it becomes whole, or changes nothing.

The new key waits beside the old one (`.next`) while everything that hangs on it is made anew beside what is
there. The rename of the key is the commit point: a kill before it leaves all as it was, a kill after it is
finished by whatever takes the lock of refreshes next. The record key is never rotated: WHY_NO_RECORD_KEY.

What does not belong here: what hangs on each key (`rotation_stewards`, `rotation_link`, `rotation_release`),
and making the first keys (`keys`, `release_key`).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration import release
from orchestration.core import (
    LINK_KEY,
    RELEASE_KEY,
    STEWARDS_RECIPIENT,
    Settings,
    UsageError,
    installed_public_key,
    sync,
    write_json,
    write_public_part,
)

NEXT = ".next"
MARK = ".whole.json"  # in a waiting folder that is complete
WHY_NO_RECORD_KEY = (
    "The record key is not rotated. Every record's id is made with it from the partner's reference, which is "
    "kept nowhere: with another key each record would get another id, so decisions, marks of forgotten "
    "records and the ids in what members hold would point at nothing, and forgotten records would come back. "
    "If it was seen: guesses at a reference can be confirmed with it, nothing else; keep the members' "
    "edition from whoever saw it. For a new key, begin a new home and have every extract sent again."
)


def waiting(path: Path) -> Path:
    """Where the successor of a key or folder waits."""
    return path.with_name(path.name + NEXT)


@contextmanager
def rotating(settings: Settings, key: Path) -> Iterator[None]:
    """While the block lasts, the new key waits; it ends well, or all is as before. Holds the refreshes' lock.

    The block first writes `waiting(key)`, then everything that hangs on it.
    """
    finish_rotations(settings)
    try:
        yield
        folder = _hanging_on(settings).get(key.name)
        if folder and waiting(folder).is_dir():
            _mark_whole(waiting(folder), waiting(key))
        waiting(key).replace(key)
        sync(key.parent)
    finally:
        finish_rotations(settings)


def finish_rotations(settings: Settings) -> None:
    """End what a kill interrupted, forwards or backwards. The caller holds the lock of refreshes.

    A restored backup may have been made in the middle of a rotation, so a folder is put in place only where
    the installed key made it and all of it is there.
    """
    for name, folder in _hanging_on(settings).items():
        key, successor = settings.keys / name, waiting(folder)
        if successor.is_dir():
            if not waiting(key).exists() and _is_whole(successor, key):
                _put_in_place(folder)
            else:
                shutil.rmtree(successor)
        (folder / MARK).unlink(missing_ok=True)
        waiting(key).unlink(missing_ok=True)
    _finish_signing(settings)


def _hanging_on(settings: Settings) -> dict[str, Path]:
    """The folder that is made anew with each key."""
    return {STEWARDS_RECIPIENT: settings.sealed, LINK_KEY: settings.link_codes}


def _mark_whole(folder: Path, key: Path) -> None:
    """The last step before the commit: which key made the folder, and every file that belongs to it."""
    write_json(folder / MARK, {"key_sha256": _sha256_of(key), "files": _files_in(folder)})


def _is_whole(folder: Path, key: Path) -> bool:
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
        return bool(mark["key_sha256"] == _sha256_of(key) and set(mark["files"]) <= set(_files_in(folder)))
    except (FileNotFoundError, ValueError):  # no mark, no key, or half a mark, as a backup may have it
        return False


def _files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _sha256_of(key: Path) -> str:
    """Of 256 random bits, or of what is public: it gives nothing away."""
    return hashlib.sha256(key.read_bytes()).hexdigest()


def _put_in_place(folder: Path) -> None:
    """Emptied first, since no folder is renamed over a full one; the waiting one holds all of it."""
    if folder.exists():
        shutil.rmtree(folder)
    waiting(folder).rename(folder)
    sync(folder.parent)


def _finish_signing(settings: Settings) -> None:
    key = waiting(settings.keys / RELEASE_KEY)
    try:
        in_force = installed_public_key(settings.keys)
    except UsageError:  # none is there: nothing can be told of what waits, unless its key waits too
        in_force = None
    if in_force or key.exists():
        release.settle_signatures(settings, in_force)
    key.unlink(missing_ok=True)
    if (settings.keys / RELEASE_KEY).exists():
        write_public_part(settings.keys)

"""Another key in the place of one that was lost, seen, or is old: how it becomes whole, or changes nothing.

The new key waits beside the old one (`.next`) while everything that hangs on it is made anew beside what is
there. The rename of the key is the commit point: a kill before it leaves all as it was, a kill after it is
finished by whatever takes the lock of refreshes next. The record key is never rotated: WHY_NO_RECORD_KEY.

What does not belong here: what hangs on each key (`rotation_stewards`, `rotation_link`, `rotation_release`),
and making the first keys (`keys`, `release_key`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration import release
from orchestration.durable import sync
from orchestration.keys import LINK_KEY, STEWARDS_RECIPIENT
from orchestration.release_key import RELEASE_KEY, write_public_part
from orchestration.settings import Settings

NEXT = ".next"
WHY_NO_RECORD_KEY = (
    "The record key is not rotated. Every record's id is made with it from the partner's reference, which is "
    "kept nowhere: with another key each record would get another id, so decisions, marks of forgotten "
    "records and the ids in what members hold would point at nothing, and forgotten records would come back. "
    "If it was seen: guesses at a reference can be confirmed with it, nothing else; keep the partner edition "
    "from whoever saw it. For a new key, begin a new home and have every extract sent again."
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
        waiting(key).replace(key)
        sync(key.parent)
    finally:
        finish_rotations(settings)


def finish_rotations(settings: Settings) -> None:
    """End what a kill interrupted, forwards or backwards. The caller holds the lock of refreshes."""
    for name, folder in ((STEWARDS_RECIPIENT, settings.sealed), (LINK_KEY, settings.link_codes)):
        key = waiting(settings.keys / name)
        if key.exists():
            shutil.rmtree(waiting(folder), ignore_errors=True)
            key.unlink()
        elif waiting(folder).is_dir():
            _put_in_place(folder)
    _finish_signing(settings)


def _put_in_place(folder: Path) -> None:
    """Emptied first, since no folder is renamed over a full one; the waiting one holds all of it."""
    shutil.rmtree(folder, ignore_errors=True)
    waiting(folder).rename(folder)
    sync(folder.parent)


def _finish_signing(settings: Settings) -> None:
    key = waiting(settings.keys / RELEASE_KEY)
    release.settle_signatures(settings, is_in_force=not key.exists())
    key.unlink(missing_ok=True)
    if (settings.keys / RELEASE_KEY).exists():
        write_public_part(settings.keys)

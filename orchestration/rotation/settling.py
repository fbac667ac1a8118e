"""How a rotation becomes whole: the key's rename commits; what is found tells on which side a kill came."""

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

"""Claim a file of the inbox, so that what others still write to it is found and never deleted.

A claimed file lies in `.claimed/` beside its place. A crash leaves it there and the next refresh takes it
from there; a file that is not used up goes back to its place.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from orchestration.core import sync

CLAIMED = ".claimed"
STILL_SECONDS = 30.0


def is_still(path: Path) -> bool:
    """Whether the last write to a file is at least 30 seconds old.

    This asks how long ago a file was written, not what time a refresh is for: so it reads the clock. A time
    far in the future is another machine's clock, and says nothing.
    """
    return abs(time.time() - path.stat().st_mtime) >= STILL_SECONDS


def mark_complete(path: Path) -> None:
    """Set a file's time back: it was written as a whole, so that it need not lie still first."""
    written = time.time() - STILL_SECONDS
    os.utime(path, (written, written))


def claimed_files(folder: Path) -> list[Path]:
    """What an earlier refresh claimed in a partner's folder and did not use up."""
    return sorted((folder / CLAIMED).iterdir()) if (folder / CLAIMED).is_dir() else []


class Claim:
    """A claimed file at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._state = self._seen()

    @property
    def size(self) -> int:
        return self._state[0]

    @property
    def has_changed(self) -> bool:
        return self._seen() != self._state

    def use_up(self) -> str | None:
        """Remove the file, unless somebody writes to it; returns why it stays."""
        if self.has_changed:
            return "was written to after it was taken. The whole of it waits for the next refresh"
        if _is_open_for_writing(self.path):
            return "is taken as it was, and a program still has it open. What it adds is taken when it ends"
        self.path.unlink()
        return None

    def _seen(self) -> tuple[int, int]:
        status = self.path.stat()
        return status.st_size, status.st_mtime_ns


@contextmanager
def claim(file: Path) -> Iterator[Claim]:
    """Move a file out of its place while it is taken; afterwards it is used up or back there.

    Where another file of its name came meanwhile, it goes back with a number behind its name.
    """
    folder = file.parent if file.parent.name == CLAIMED else file.parent / CLAIMED
    path, place = folder / file.name, folder.parent / file.name
    folder.mkdir(mode=0o700, exist_ok=True)
    if path != file:
        file.rename(path)
    try:
        yield Claim(path)
    finally:
        if path.exists():
            path.rename(_free(place))
        with suppress(OSError):  # other claimed files are in it
            folder.rmdir()
        sync(place.parent)


def _free(place: Path) -> Path:
    """The place, or the first name beside it that no file has: `cases (2).csv`."""
    names = (place.with_stem(f"{place.stem} ({number})") for number in count(2))
    return place if not place.exists() else next(name for name in names if not name.exists())


def _is_open_for_writing(path: Path) -> bool:
    """Whether another program may still write; False where the system does not say.

    Linux grants a lease on a file only while no one has it open for writing.
    """
    set_lease = getattr(fcntl, "F_SETLEASE", None)
    if set_lease is None:
        return False
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.fcntl(handle, set_lease, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:  # another account's file, or a file system without leases
        return False
    finally:
        os.close(handle)
    return False

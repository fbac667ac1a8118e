"""Claim a file of the inbox, so that writes by others are noticed and never deleted.

A claimed file lies in `.claimed/` beside its place. After a crash the next refresh takes it from there; a
file that is not used up returns to its place.
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
    """Return whether the last write to a file is at least 30 seconds old.

    The age of a write depends on the real clock, not on the refresh's `as_of`. A time in the future comes
    from another machine's clock and counts as old.
    """
    return abs(time.time() - path.stat().st_mtime) >= STILL_SECONDS


def mark_complete(path: Path) -> None:
    """Set a complete file's time back, so that it is taken without waiting."""
    written = time.time() - STILL_SECONDS
    os.utime(path, (written, written))


def claimed_files(folder: Path) -> list[Path]:
    """Return the files that an earlier refresh claimed in a partner's folder and did not use up."""
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
        """Remove the file unless another program writes to it; return why it stays."""
        if self.has_changed:
            return "was written to after it was taken. The next refresh takes the complete file"
        if _is_open_for_writing(self.path):
            return "was taken, but a program still has it open. What it adds is taken later"
        self.path.unlink()
        return None

    def _seen(self) -> tuple[int, int]:
        status = self.path.stat()
        return status.st_size, status.st_mtime_ns


@contextmanager
def claim(file: Path) -> Iterator[Claim]:
    """Move a file out of its place while it is taken; afterwards it is used up or returned.

    If another file took its name meanwhile, it returns with a number after its name.
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
    """Return the place, or the first free name beside it: `cases (2).csv`."""
    names = (place.with_stem(f"{place.stem} ({number})") for number in count(2))
    return place if not place.exists() else next(name for name in names if not name.exists())


def _is_open_for_writing(path: Path) -> bool:
    """Return whether another program has the file open for writing; False if the system cannot tell.

    Linux grants a lease on a file only while no process has it open for writing.
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

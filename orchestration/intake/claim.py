"""Claim a file of the inbox by rename, so that what others write is noticed and never deleted.

Three folders beside a partner's files are written by Njia alone:

- `.complete/`: files that Njia placed, whole from their rename on. They are taken at once; held ones stay.
- `.claimed/`: files that a refresh is taking, or was when it was killed. They are taken first.
- `.taken/<size>-<time>/`: files that are used up, where the system cannot tell whether another program has
  them open. After a day they are deleted; one that was written to returns to its place.

A file of others waits while it may still be written: `why_it_waits` says why. Sizes are bytes, times
nanoseconds. Symbolic links and special files are never opened.
"""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Literal

from orchestration.core import PARTIAL, durable, replacing
from orchestration.intake.outcomes import ExtractHeld

COMPLETE, CLAIMED, TAKEN = ".complete", ".claimed", ".taken"
OWN_FOLDERS = (COMPLETE, CLAIMED, TAKEN)
# Beside a file: browsers and transfer programs write it while the file is not complete.
UNFINISHED = (".part", ".partial", ".filepart", ".crdownload")  # of rclone: .partial
STILL_SECONDS = 30.0
KEPT_SECONDS = 24 * 3600.0

Writers = Literal["none", "some", "not known"]


def is_file(path: Path) -> bool:
    """Return whether a path is an ordinary file; a symbolic link is none, wherever it leads."""
    return stat.S_ISREG(_mode_of(path))


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder; a symbolic link is none, wherever it leads."""
    return stat.S_ISDIR(_mode_of(path))


def _mode_of(path: Path) -> int:
    with suppress(OSError):
        return path.lstat().st_mode
    return 0


def is_still(path: Path) -> bool:
    """Return whether the last write to a file is at least 30 seconds old.

    The age of a write depends on the real clock, not on the refresh's `as_of`. A time in the future is that
    of another clock; then the time counts at which this system last changed the file's entry.
    """
    status, now = path.lstat(), time.time()
    written = status.st_mtime if status.st_mtime <= now else status.st_ctime
    return now - written >= STILL_SECONDS


def is_unfinished(path: Path) -> bool:
    return path.name.casefold().endswith(UNFINISHED)


def why_it_waits(path: Path) -> str | None:
    """Say why a file of a partner's folder may still be written; None where it can be taken."""
    if path.parent.name in OWN_FOLDERS or not is_file(path):
        return None
    beside = {f"{path.name}{ending}".casefold(): ending for ending in UNFINISHED}
    for other in path.parent.iterdir():
        if ending := beside.get(other.name.casefold()):
            if is_still(other) and not has_writer(other):
                return (
                    f"waits: beside it lies a copy that was not finished, of the same name with {ending}, "
                    "and no program writes it. Send the file again or remove that copy."
                )
            return (
                f"waits: beside it lies a copy in progress, of the same name with {ending}. The file is "
                "taken when the copy is complete."
            )
    if not is_still(path):
        return "was written to less than 30 seconds ago. It is taken 30 seconds after the last write."
    if has_writer(path):
        return "waits: a program has it open for writing. It is taken when that program closes it."
    return None


def has_writer(path: Path) -> bool:
    """Return whether a program is known to have a file open for writing."""
    with _lease(path) as writers:
        return writers == "some"


def inbox_place(file: Path) -> Path:
    """Return where a file of the inbox lies when no folder of Njia's own holds it."""
    return file.parent.parent / file.name if file.parent.name in OWN_FOLDERS else file


@contextmanager
def placing(folder: Path, name: str) -> Iterator[Path]:
    """Yield a path to write a file of a partner's folder to; after the block it is complete, by rename."""
    _refuse_link(folder / COMPLETE)
    with replacing(folder / COMPLETE / name) as partial:
        yield partial


def own_files(folder: Path) -> list[Path]:
    """Return the files of a partner's folder that are taken without waiting: the claimed, then the placed."""
    return [
        path
        for own in (folder / CLAIMED, folder / COMPLETE)
        if is_folder(own)
        for path in sorted(own.iterdir())
        if is_file(path) and not path.name.startswith(PARTIAL)
    ]


def kept_and_due(folder: Path) -> list[Path]:
    """Return what was written to in `.taken/` or lies there for a day, and placings that a kill cut short."""
    if not is_folder(folder):
        return []
    kept = (folder / TAKEN).glob("*/*") if is_folder(folder / TAKEN) else ()
    cut_short = (folder / COMPLETE).glob(f"{PARTIAL}*") if is_folder(folder / COMPLETE) else ()
    return [
        *(path for path in kept if _was_written_to(path) or _is_old(path.parent)),
        *(path for path in cut_short if _is_old(path)),
    ]


def clear_kept(folder: Path) -> None:
    """Return each due file that was written to since it was used up to its place, and delete the others."""
    for path in kept_and_due(folder):
        if path.parent.name != COMPLETE and _was_written_to(path):
            _move(path, folder / path.name)
        else:
            durable.remove(path)
        durable.remove_empty_folder(path.parent)
    durable.remove_empty_folder(folder / TAKEN)


class Claim:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._state = _state(path)

    @property
    def size(self) -> int:
        return self._state[0]

    @property
    def has_changed(self) -> bool:
        return _state(self.path) != self._state

    def use_up(self) -> str | None:
        """Remove the file unless another program writes to it; return why it stays.

        The lease is held until the file is gone: a program that opened it earlier is seen, and what such a
        program wrote and closed has changed the file before it is compared.
        """
        with _lease(self.path) as writers:
            if writers == "some":
                return "was taken, but a program still has it open. What it adds is taken later"
            if self.has_changed:
                return "was written to after it was taken. The next refresh takes the complete file"
            if writers != "not known":
                durable.remove(self.path)
                return None
            folder = self.path.parent.parent / TAKEN / "{}-{}".format(*self._state)
            durable.make_folder(folder.parent, 0o700)
            durable.make_folder(folder, 0o700)
            durable.rename(self.path, folder / self.path.name)
            os.utime(folder)  # the day begins now
        return None


@contextmanager
def claim(file: Path) -> Iterator[Claim]:
    """Move a file out of its place while it is taken; afterwards it is used up or lies in its place.

    If another file took its name meanwhile, it gets a number after its name.
    """
    folder = inbox_place(file).parent
    path = folder / CLAIMED / file.name
    place = inbox_place(file) if file == path else file
    _refuse_link(path.parent)
    durable.make_folder(path.parent, 0o700)
    if path != file:
        if os.path.lexists(path):
            raise FileExistsError(path)
        durable.rename(file, path)
    try:
        if not is_file(path):  # exchanged after the folder was listed
            raise ExtractHeld("hold:file_changed", f"{folder.name}: an entry is no file any more.")
        yield Claim(path)
    finally:
        if os.path.lexists(path):
            _move(path, place)
        durable.remove_empty_folder(path.parent)  # unless other claimed files are in it


def _move(path: Path, place: Path) -> None:
    """Move a file to its place, or beside what took its name meanwhile: `cases (2).csv`."""
    names = (place.with_stem(f"{place.stem} ({number})") if number > 1 else place for number in count(1))
    for name in names:
        with suppress(FileExistsError):
            durable.place(path, name)
            return


def _refuse_link(folder: Path) -> None:
    if folder.is_symlink():
        raise ExtractHeld(
            "hold:file_changed",
            f"{folder.parent.name}: {folder.name} is a symbolic link, and Njia follows none. Remove it.",
        )


def _state(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_size, status.st_mtime_ns


def _was_written_to(kept: Path) -> bool:
    return kept.parent.name != "{}-{}".format(*_state(kept))


def _is_old(path: Path) -> bool:
    return abs(time.time() - path.lstat().st_mtime) >= KEPT_SECONDS


@contextmanager
def _lease(path: Path) -> Iterator[Writers]:
    """Hold a read lease on a file and yield who else has it open for writing.

    Linux grants the lease only while no process has the file open for writing, and lets a later one wait
    for its end. `not known`: another account's file, or a system without leases.
    """
    handle, set_lease = None, getattr(fcntl, "F_SETLEASE", None)
    with suppress(OSError):
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        handle = None if set_lease is None else os.open(path, flags)
    if handle is None or set_lease is None:
        yield "not known"
        return
    try:
        writers: Writers = "none"
        try:
            # The signal to a holder whose lease is wanted; the usual one would end this process.
            fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)  # type: ignore[attr-defined, unused-ignore]
            fcntl.fcntl(handle, set_lease, fcntl.F_RDLCK)
        except BlockingIOError:
            writers = "some"
        except OSError:
            writers = "not known"
        yield writers
    finally:
        os.close(handle)

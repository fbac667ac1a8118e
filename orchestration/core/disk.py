"""A full or failing disk: recognised in the errors of every library, named, and asked for room beforehand."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from orchestration.core.errors import NjiaError

FULL = (errno.ENOSPC, errno.EDQUOT)
NEARLY_FULL = 1 << 20
SPARE = 16 << 20  # left free, so that journal and audit log can still be written
# Libraries raise errors of their own: their texts are looked at, and never shown.
_ENGINE_ERRORS = {
    "IOException", "OutOfMemoryException", "TransactionException", "FatalException", "OperationalError",
    "EncryptError",
}  # fmt: skip
_SAYS_FULL = re.compile(
    r"No space left on device|Disk quota exceeded|disk is full|max_temp_directory_size|os error (28|122)\b"
)


_GOES_ON = (
    "The current release stays, and nothing is half written. Then repeat the command: it continues from here."
)


class DiskFault(NjiaError):
    """The disk of the home is full, has too little room, or answers with an error."""

    exit_code = 6


def says_full(text: str) -> bool:
    """Return whether the text of an engine's error says that a disk is full."""
    return bool(_SAYS_FULL.search(text))


def is_of_disk(error: BaseException) -> bool:
    """Return whether an error, or one that it arose from, says that a disk is full or failing.

    An input/output error that names a file is of the home's disk; while a file is read, it names none.
    """
    return any(
        isinstance(one, DiskFault)
        or _is_full(one)
        or (isinstance(one, OSError) and one.errno == errno.EIO and one.filename is not None)
        for one in _with_causes(error)
    )


def disk_fault(error: BaseException, home: Path) -> DiskFault | None:
    """Return a sentence for people where an error means a full or failing disk, else None."""
    if isinstance(error, DiskFault):
        return error
    before = str(error) if isinstance(error, NjiaError) else ""
    for one in _with_causes(error):
        named = [
            os.fsdecode(name) for name in (_attribute(one, "filename2"), _attribute(one, "filename")) if name
        ]
        # SQLite says of a full disk that a file cannot be opened.
        if _is_full(one) or (_is_of_engine(one) and _is_nearly_full(home)):
            return full_disk(home, *map(Path, named), before=before)
        if isinstance(one, OSError) and one.errno == errno.EIO:
            return DiskFault(
                _said(
                    before,
                    f"{named[0] if named else home}: the disk answers with an input/output error, so it may "
                    "be failing. See the system's log (`dmesg`). A backup can be restored on another disk.",
                )
            )
    return None


def full_disk(*places: Path, before: str = "") -> DiskFault:
    """Return the sentence about the fullest disk of some places."""
    place = min(map(_existing, places), key=lambda path: shutil.disk_usage(path).free)
    return DiskFault(
        _said(
            before,
            f"The disk is full, or this account's quota is: {_of_disk(place)}. Remove files that are not "
            "needed, or give it more room.",
        )
    )


def require_room(place: Path, needed: int, purpose: str) -> None:
    """Raise DiskFault where a disk has less room than a purpose is likely to need."""
    found = _existing(place)
    if shutil.disk_usage(found).free < needed + SPARE:
        raise DiskFault(
            f"There is not enough room for {purpose}: about {_megabytes(needed + SPARE)} are needed, and "
            f"{_of_disk(found)}. Remove files that are not needed, or give it more room. {_GOES_ON}"
        )


def _said(before: str, of_disk: str) -> str:
    """Join what an error says for itself, which has its own next step, and what is known of the disk."""
    return f"{before} {of_disk}" if before else f"{of_disk} {_GOES_ON}"


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno:
        return error.errno in FULL
    return _is_of_engine(error) and says_full(str(error))


def _is_of_engine(error: BaseException) -> bool:
    return type(error).__name__ in _ENGINE_ERRORS


def _is_nearly_full(home: Path) -> bool:
    return shutil.disk_usage(_existing(home)).free < NEARLY_FULL


def _attribute(error: BaseException, name: str) -> str | bytes | None:
    found = getattr(error, name, None)
    return found if isinstance(found, str | bytes) else None


def _existing(path: Path) -> Path:
    return next(one for one in (path.absolute(), *path.absolute().parents) if one.exists())


def _of_disk(place: Path) -> str:
    mount = next(one for one in (place.resolve(), *place.resolve().parents) if one.is_mount())
    usage = shutil.disk_usage(place)
    return f"{mount} has {_megabytes(usage.free)} free of {_megabytes(usage.total)}"


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MB"

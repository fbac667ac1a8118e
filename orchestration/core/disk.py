"""The disk under a home: its file modes, its room and its faults; and too little memory.

Folders that other accounts may read are closed without notice; a readable key is an error, because it may
have been copied. Faults are recognised in the errors of every library, and named.
"""

import errno
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from orchestration.core.errors import NjiaError, UsageError
from orchestration.core.settings import Settings, memory_limit

RESTRICTED = (
    "inbox", "sealed", "landing", "link_codes", "forgotten", "review", "audit", "notices", "receipts",
    "lineage", "pulls", "work", "dagster",
)  # fmt: skip
OTHERS = 0o077
PUBLIC_PART = ".pub"


def restricted_folders(settings: Settings) -> list[Path]:
    """Return the folders of the home that only their owner may open."""
    return [settings.home / name for name in RESTRICTED]


def check_modes(settings: Settings) -> None:
    """Close the folders to other accounts; raises UsageError with the command to type for an open key."""
    if os.name != "posix":
        return  # Windows keeps rights in access lists
    found: list[Path] = []
    with suppress(OSError):  # missing, or owned by another account, as it should be
        found = sorted(settings.keys.iterdir())
    files = (path for path in found if path.is_file() and path.suffix != PUBLIC_PART)
    if open_to_others := [path for path in files if _is_open(path)]:  # forgotten copies of a key included
        names = ", ".join(path.name for path in open_to_others)
        paths = " ".join(f"'{path}'" for path in open_to_others)
        raise UsageError(
            f"Other accounts may read or change {names} in {settings.keys}. Close it:\n"
            f"  chmod 600 {paths}\n"
            "If somebody may have read it, replace the key: `njia keys rotate`. Of a token or password of a "
            "source, have a new one made."
        )
    if settings.keys.is_dir() and _is_open(settings.keys):
        if settings.keys.parent != settings.home:
            raise UsageError(
                f"Other accounts may open {settings.keys}. Close it:\n  chmod 700 '{settings.keys}'"
            )
        _close(settings.keys)
    for place in (*restricted_folders(settings), settings.database):
        _close(place)


def _is_open(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & OTHERS)
    except OSError:
        return False


def _close(place: Path) -> None:
    """Close a folder or file that this account owns; an analyst who reads the releases owns none."""
    try:
        status = place.stat()  # of a folder on another disk, where a link leads there
    except OSError:
        return
    if status.st_mode & OTHERS and status.st_uid == os.geteuid():
        place.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS)


FULL = (errno.ENOSPC, errno.EDQUOT)
NEARLY_FULL = 1 << 20
SPARE = 16 << 20  # left free, so that journal and audit log can still be written
# Libraries raise errors of their own: their texts are looked at, and never shown.
_ENGINE_ERRORS = {
    "IOException", "OutOfMemoryException", "TransactionException", "FatalException", "OperationalError",
    "EncryptError",
}  # fmt: skip
_PATH = re.compile(r"[\"'](/[^\"'\n]+)[\"']")
_SAYS_FULL = re.compile(
    r"No space left on device|Disk quota exceeded|disk is full|max_temp_directory_size|os error (28|122)\b"
)
_GOES_ON = (
    "The current release stays, and nothing is half written. Then repeat the command: it continues from here."
)


class MachineFault(NjiaError):
    """A disk is full, has too little room or answers with an error; or there is too little memory."""

    exit_code = 6


def fault_said(text: str, home: Path) -> MachineFault | None:
    """Return a sentence for people where the text of an engine's error means such a fault, else None."""
    if _SAYS_FULL.search(text):
        return full_disk(home, *map(Path, _PATH.findall(text)))
    return _too_little_memory() if "Out of Memory Error" in text else None


def is_of_machine(error: BaseException) -> bool:
    """Return whether an error, or one that it arose from, is of the disk, the memory, or Ctrl-C.

    An input/output error that names a file is of the home's disk; while a file is read, it names none.
    """
    return any(
        isinstance(one, MachineFault)
        or _is_full(one)
        or _is_of_memory(one)
        or (type(one).__name__ == "InterruptException" or str(one) == "Query interrupted")  # by DuckDB
        or (isinstance(one, OSError) and one.errno == errno.EIO and one.filename is not None)
        for one in _with_causes(error)
    )


def machine_fault(error: BaseException, home: Path) -> MachineFault | None:
    """Return a sentence for people where an error means a fault of the disk or of the memory, else None."""
    if isinstance(error, MachineFault):
        return error
    before = str(error) if isinstance(error, NjiaError) else ""
    for one in _with_causes(error):
        names = (getattr(one, attribute, None) for attribute in ("filename2", "filename"))
        named = [os.fsdecode(name) for name in names if isinstance(name, str | bytes)]
        # SQLite says of a full disk that a file cannot be opened.
        if _is_full(one) or (_is_of_engine(one) and any(map(_is_nearly_full, _places(home)))):
            named += _PATH.findall(str(one)) if _is_of_engine(one) else []
            return full_disk(home, *map(Path, named), before=before)
        if _is_of_memory(one):
            return _too_little_memory(before)
        if isinstance(one, OSError) and one.errno == errno.EIO:
            return _fault(
                f"{named[0] if named else home}: the disk answers with an input/output error, so it may be "
                "failing. See the system's log (`dmesg`). A backup can be restored on another disk.",
                before,
            )
    return None


def full_disk(home: Path, *named: Path, before: str = "") -> MachineFault:
    """Return the sentence about the fullest disk of the named files.

    Without any, of the home, its folders and the folder for temporary files, each of which may be mounted.
    """
    places = named or [place for place in _places(home) if _is_nearly_full(place)] or _places(home)[1:]
    place = min(map(_existing, places), key=lambda path: shutil.disk_usage(path).free)
    return _fault(
        f"The disk is full, or this account's quota is: {_of_disk(place)}. Remove files that are not needed, "
        "or give it more room.",
        before,
    )


def require_room(place: Path, needed: int, purpose: str) -> None:
    """Raise MachineFault where a disk has less room than a purpose is likely to need."""
    found = _existing(place)
    if shutil.disk_usage(found).free < needed + SPARE:
        raise _fault(
            f"There is not enough room for {purpose}: about {_megabytes(needed + SPARE)} are needed, and "
            f"{_of_disk(found)}. Remove files that are not needed, or give it more room."
        )


def _too_little_memory(before: str = "") -> MachineFault:
    return _fault(
        f"There was too little memory. DuckDB may take {memory_limit()} of it (NJIA_MEMORY_LIMIT): raise "
        "that where this machine has more free memory. Otherwise end other programs, or give it more.",
        before,
    )


def _fault(sentence: str, before: str = "") -> MachineFault:
    """Return the fault, after what an error says for itself, which has its own next step."""
    return MachineFault(f"{before} {sentence}" if before else f"{sentence} {_GOES_ON}")


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno:
        return error.errno in FULL
    return _is_of_engine(error) and bool(_SAYS_FULL.search(str(error)))


def _is_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException"


def _is_of_engine(error: BaseException) -> bool:
    return type(error).__name__ in _ENGINE_ERRORS


def _is_nearly_full(place: Path) -> bool:
    return shutil.disk_usage(_existing(place)).free < NEARLY_FULL


def _places(home: Path) -> list[Path]:
    """Return the folder for temporary files, the home, and its folders."""
    temporary = home
    with suppress(OSError):  # every such folder is full
        temporary = Path(tempfile.gettempdir())
    return [temporary, home, *(path for path in home.glob("*") if path.is_dir())]


def _existing(path: Path) -> Path:
    return next(one for one in (path.absolute(), *path.absolute().parents) if one.exists())


def _of_disk(place: Path) -> str:
    mount = next(one for one in (place.resolve(), *place.resolve().parents) if one.is_mount())
    usage = shutil.disk_usage(place)
    return f"{mount} has {_megabytes(usage.free)} free of {_megabytes(usage.total)}"


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MB"

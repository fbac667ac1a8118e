"""File modes of the home: everything but the releases is for the account that runs Njia.

Folders that others may read are closed without notice. A readable key is an error: it may have been copied.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from orchestration.core.errors import UsageError
from orchestration.core.settings import Settings

RESTRICTED = (
    "inbox", "sealed", "landing", "link_codes", "decisions", "forgotten", "review", "audit", "notices",
    "receipts", "lineage", "desk", "pulls", "work", "dagster",
)  # fmt: skip
PRIVATE_FOLDER, OTHERS = 0o700, 0o077
PUBLIC_PART = ".pub"


def restricted_folders(settings: Settings) -> list[Path]:
    """Return the folders of the home that only their owner may open; the keys' folder may lie elsewhere."""
    return [settings.home / name for name in RESTRICTED]


def check_modes(settings: Settings) -> None:
    """Close the folders to other accounts; raises UsageError with the command to type for an open key."""
    if os.name != "posix":
        return  # Windows keeps rights in access lists
    _refuse_open_keys(settings)
    for folder in restricted_folders(settings):
        _close(folder)


def _refuse_open_keys(settings: Settings) -> None:
    open_to_others = [path for path in _key_files(settings.keys) if _is_open(path)]
    if open_to_others:
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


def _key_files(folder: Path) -> Iterator[Path]:
    """Yield every file but the public parts, forgotten copies of a key included."""
    try:
        paths = sorted(folder.iterdir())
    except OSError:  # missing, or owned by another account, as it should be
        return
    yield from (path for path in paths if path.is_file() and path.suffix != PUBLIC_PART)


def _is_open(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & OTHERS)
    except OSError:
        return False


def _close(folder: Path) -> None:
    """Close a folder that this account owns; an analyst who reads the releases owns none."""
    try:
        status = folder.stat()  # of a folder on another disk, where a link leads there
    except OSError:
        return
    if stat.S_ISDIR(status.st_mode) and status.st_mode & OTHERS and status.st_uid == os.geteuid():
        folder.chmod(PRIVATE_FOLDER)

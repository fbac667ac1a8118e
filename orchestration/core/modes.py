"""Who may read what lies in the home: all but the releases is for the account that runs Njia alone.

What Njia made is mended in silence. A key that others could read is not: whoever could, may have.
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
    "receipts", "lineage", "desk", "work", "dagster",
)  # fmt: skip
PRIVATE_FOLDER, OTHERS = 0o700, 0o077
PUBLIC_PART = ".pub"


def restricted_folders(settings: Settings) -> list[Path]:
    """Folders of the home that open to their owner only. The keys' folder is apart: it may lie elsewhere."""
    return [settings.home / name for name in RESTRICTED]


def check_modes(settings: Settings) -> None:
    """Close our own folders to others; raises UsageError with what to type, where a key stands open."""
    if os.name != "posix":
        return  # there, rights are lists that a mode does not tell of
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
            "Then think of who could have read it. If somebody may have: `njia keys rotate`."
        )
    if settings.keys.is_dir() and _is_open(settings.keys):
        if settings.keys.parent != settings.home:
            raise UsageError(
                f"Other accounts may look into {settings.keys}. Close it:\n  chmod 700 '{settings.keys}'"
            )
        _close(settings.keys)


def _key_files(folder: Path) -> Iterator[Path]:
    """Every file but the public parts: also a copy that somebody left beside a key."""
    try:
        paths = sorted(folder.iterdir())
    except OSError:  # not there, or another account's, as it should be
        return
    yield from (path for path in paths if path.is_file() and path.suffix != PUBLIC_PART)


def _is_open(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & OTHERS)
    except OSError:
        return False


def _close(folder: Path) -> None:
    """Only what this account made: an analyst who may read the releases owns nothing here."""
    try:
        found = folder.lstat()
    except OSError:
        return
    if stat.S_ISDIR(found.st_mode) and found.st_mode & OTHERS and found.st_uid == os.geteuid():
        folder.chmod(PRIVATE_FOLDER)

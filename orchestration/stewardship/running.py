"""Whether a refresh is running: decisions made meanwhile take part in the next one."""

from __future__ import annotations

import fcntl
import json
import os
from datetime import UTC, datetime

from orchestration.core import Settings


def refresh_since(settings: Settings) -> datetime | None:
    """Return since when a refresh is running (UTC); None where none is.

    The file of the lock stays after a refresh, so the lock itself is tested: a shared hold, released at once,
    lets any number ask. A refresh that starts in this moment tries again.
    """
    try:
        handle = os.open(settings.lock, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _since(settings)
    finally:
        os.close(handle)
    return None


def _since(settings: Settings) -> datetime:
    """Return the holder's note; until it is written, the age of the file."""
    holder = settings.lock.with_suffix(".holder")
    try:
        return datetime.fromisoformat(json.loads(holder.read_text(encoding="utf-8"))["since"])
    except (OSError, ValueError, KeyError, TypeError):
        found = holder if holder.exists() else settings.lock
        return datetime.fromtimestamp(found.stat().st_mtime, UTC).replace(microsecond=0)

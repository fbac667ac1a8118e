"""Whether a refresh is under way: what is decided meanwhile takes part in the next one."""

from __future__ import annotations

import fcntl
import json
import os
from datetime import UTC, datetime

from orchestration.core import Settings


def refresh_since(settings: Settings) -> datetime | None:
    """Since when a refresh is running (UTC); None where none is.

    The lock itself is asked, for its file stays when a refresh has ended or was killed. It is asked for a
    shared hold that is given back at once, so that any number may ask and no refresh is turned away: one
    that starts in this very moment tries again.
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
    """As its holder noted; while it is noting still, by the age of the file."""
    holder = settings.lock.with_suffix(".holder")
    try:
        return datetime.fromisoformat(json.loads(holder.read_text(encoding="utf-8"))["since"])
    except (OSError, ValueError, KeyError, TypeError):
        found = holder if holder.exists() else settings.lock
        return datetime.fromtimestamp(found.stat().st_mtime, UTC).replace(microsecond=0)

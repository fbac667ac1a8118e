"""The one lock of a home: held by a refresh from its first step, and by what changes what refreshes read.

What does not belong here: what is done while it is held.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from orchestration.errors import RefreshRunning
from orchestration.settings import Settings

SECONDS_TO_WAIT = 10


class RefreshLock:
    """The lock of one process; taking it twice does no harm. A process that ends lets go of it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = FileLock(settings.lock, timeout=SECONDS_TO_WAIT)

    def take(self, run: str) -> None:
        """Wait for the lock and note who holds it, or raise RefreshRunning naming its holder."""
        try:
            self._lock.acquire()
        except Timeout:
            who = last_holder(self._settings)
            raise RefreshRunning(
                f"Another refresh is running (process {who['process']}, run {who['run']}). "
                "Wait for it to end, or see it in `njia ui`."
            ) from None
        since = datetime.now(UTC).replace(microsecond=0).isoformat()
        noted = json.dumps({"process": os.getpid(), "run": run, "since": since})
        _holder_file(self._settings).write_text(noted)

    def release(self) -> None:
        self._lock.release(force=True)


def last_holder(settings: Settings) -> dict[str, Any]:
    """Process and run of the last one to take the lock, which may have let go of it since."""
    try:
        return dict(json.loads(_holder_file(settings).read_text()))
    except (OSError, ValueError):
        return {"process": "unknown", "run": "unknown"}


def _holder_file(settings: Settings) -> Path:
    return settings.lock.with_suffix(".holder")

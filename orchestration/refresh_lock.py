"""The one lock of a home: held by a refresh from its first step, and by what changes what refreshes read.

What does not belong here: what is done while it is held.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from orchestration.errors import RefreshRunning
from orchestration.settings import Settings

SECONDS_TO_WAIT = 10


class RefreshLock:
    """The lock of one process; taking it twice does no harm. A process that ends lets go of it."""

    def __init__(self, settings: Settings) -> None:
        self._holder = settings.lock.with_suffix(".holder")
        self._lock = FileLock(settings.lock, timeout=SECONDS_TO_WAIT)

    def take(self, run: str) -> None:
        """Wait for the lock and note who holds it, or raise RefreshRunning naming its holder."""
        try:
            self._lock.acquire()
        except Timeout:
            who = {"process": "unknown", "run": "unknown"}
            if self._holder.exists():
                who = json.loads(self._holder.read_text())
            raise RefreshRunning(
                f"Another refresh is running (process {who['process']}, run {who['run']}). "
                "Wait for it to end, or see it in `njia ui`."
            ) from None
        since = datetime.now(UTC).replace(microsecond=0).isoformat()
        self._holder.write_text(json.dumps({"process": os.getpid(), "run": run, "since": since}))

    def release(self) -> None:
        self._lock.release(force=True)

"""The one lock of a home: held by a refresh from its first step, and by what changes what refreshes read.

What does not belong here: what is done while it is held.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from orchestration.core.errors import RefreshRunning
from orchestration.core.settings import Settings

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
            raise RefreshRunning(_who_holds_it(last_holder(self._settings))) from None
        since = datetime.now(UTC).replace(microsecond=0).isoformat()
        _holder_file(self._settings).write_text(json.dumps({**this_process(), "run": run, "since": since}))

    def release(self) -> None:
        self._lock.release(force=True)


def last_holder(settings: Settings) -> dict[str, Any]:
    """Process and run of the last one to take the lock, which may have let go of it since."""
    try:
        return dict(json.loads(_holder_file(settings).read_text()))
    except (OSError, ValueError):
        return {"process": "unknown", "run": "unknown"}


def this_process() -> dict[str, Any]:
    """What to note of this process, so that `is_alive` knows it again."""
    import psutil

    return {"process": os.getpid(), "process_started": psutil.Process().create_time()}


def is_alive(noted: Mapping[str, Any]) -> bool:
    """Whether the process noted runs still: its number alone may be that of a later one."""
    import psutil

    try:
        process = psutil.Process(int(noted["process"]))
        started = noted.get("process_started")
        is_the_same = started is None or abs(process.create_time() - started) < 1
        return is_the_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.AccessDenied:
        return True
    except (KeyError, TypeError, ValueError, psutil.Error):
        return False


def _who_holds_it(noted: Mapping[str, Any]) -> str:
    if noted["process"] == "unknown" or is_alive(noted):
        return (
            f"Another refresh is running (process {noted['process']}, run {noted['run']}). "
            "Wait for it to end, or see it in `njia ui`."
        )
    return (
        f"The refresh lock is held, and the process that took it is gone ({noted['process']}, run "
        f"{noted['run']}): something that it had started still runs. End that, or wait for it to end."
    )


def _holder_file(settings: Settings) -> Path:
    return settings.lock.with_suffix(".holder")

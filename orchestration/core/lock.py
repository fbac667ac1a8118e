"""The one lock of a home, held by refreshes and by commands that change their inputs.

Also `held_if_free`, for every lock that a process takes only if no other holds it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from orchestration.core import durable
from orchestration.core.errors import RefreshRunning
from orchestration.core.settings import Settings

if TYPE_CHECKING:
    import psutil

SECONDS_TO_WAIT = 10


class RefreshLock:
    """The lock of one process. Taking it twice is harmless; the system releases it when the process exits."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = FileLock(settings.lock, timeout=SECONDS_TO_WAIT)

    def take(self, run: str) -> None:
        """Wait for the lock and record its holder; raises RefreshRunning naming the present holder."""
        try:
            self._lock.acquire()
        except Timeout:
            raise RefreshRunning(_held_message(last_holder(self._settings))) from None
        since = datetime.now(UTC).replace(microsecond=0).isoformat()
        holder = {**this_process(), "run": run, "since": since}
        durable.write_text(_holder_file(self._settings), json.dumps(holder))

    def release(self) -> None:
        self._lock.release(force=True)


@contextmanager
def held_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock of a file during the block and yield True; yield False where somebody else holds it."""
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def last_holder(settings: Settings) -> dict[str, Any]:
    """Return process and run of the last holder, which may have released the lock since."""
    try:
        return dict(json.loads(_holder_file(settings).read_text()))
    except (OSError, ValueError):
        return {"process": "unknown", "run": "unknown"}


def this_process() -> dict[str, Any]:
    """Return what `is_alive` needs to recognise this process later."""
    import psutil

    return {"process": os.getpid(), "process_started": _started(psutil.Process())}


def is_alive(holder: Mapping[str, Any]) -> bool:
    """Whether the recorded process still runs. Its start time counts, as process numbers are reused."""
    import psutil

    try:
        process = psutil.Process(int(holder["process"]))
        started = holder.get("process_started")
        is_the_same = started is None or abs(_started(process) - started) < 1
        return is_the_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.AccessDenied:
        return True
    except (KeyError, TypeError, ValueError, psutil.Error):
        return False


def _started(process: psutil.Process) -> float:
    """Return when a process started, in seconds since the machine did: the clock may be set meanwhile."""
    import psutil

    return process.create_time() - psutil.boot_time()


def _held_message(holder: Mapping[str, Any]) -> str:
    if holder["process"] == "unknown" or is_alive(holder):
        return (
            f"Another refresh is running (process {holder['process']}, run {holder['run']}). "
            "Wait for it to end, or see it in the Dagster UI (`njia serve`)."
        )
    return (
        f"The refresh lock is held although its process is gone ({holder['process']}, run {holder['run']}): "
        "a process that it started still runs. Stop that process, or wait until it ends."
    )


def _holder_file(settings: Settings) -> Path:
    return settings.lock.with_suffix(".holder")

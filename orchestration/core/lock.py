"""Locks of files, the process that holds the lock of the home, and Ctrl-C.

Refreshes and commands that change their inputs hold the one lock of the home.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from orchestration.core import durable
from orchestration.core.errors import NjiaError, RefreshRunning
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
            holder = last_holder(self._settings)
            process, run = holder["process"], holder["run"]
            if process == "unknown" or is_alive(holder):
                raise RefreshRunning(
                    f"Another refresh is running (process {process}, run {run}). Wait for it to end, or see "
                    "it in the Dagster UI (`njia serve`)."
                ) from None
            raise RefreshRunning(
                f"The refresh lock is held although its process is gone ({process}, run {run}): a process "
                "that it started still runs. Stop that process, or wait until it ends."
            ) from None
        since = datetime.now(UTC).replace(microsecond=0).isoformat()
        holder = {**this_process(), "run": run, "since": since}
        durable.write_text(_holder_file(self._settings), json.dumps(holder))

    def release(self) -> None:
        self._lock.release(force=True)


@contextmanager
def held_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock of a file during the block and yield True; yield False where somebody else holds it."""
    lock = FileLock(path, timeout=0)
    with suppress(Timeout):
        lock.acquire()
    try:
        yield lock.is_locked
    finally:
        lock.release()


@contextmanager
def locked_folder(folder: Path, busy: NjiaError, seconds: float | None = None) -> Iterator[None]:
    """Hold the lock of a folder; raises `busy` where another process holds it for long."""
    try:
        with FileLock(folder / ".lock", timeout=seconds or SECONDS_TO_WAIT, mode=0o600):
            yield
    except Timeout:
        raise busy from None


def is_held(path: Path) -> bool:
    """Whether a process holds the lock of a file, which stays when its lock is released.

    A shared hold, released at once, lets any number ask. A process that takes the lock in this moment tries
    again.
    """
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


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


def _holder_file(settings: Settings) -> Path:
    return settings.lock.with_suffix(".holder")


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """Raise KeyboardInterrupt if Ctrl-C came during the block, whatever the block raised or swallowed.

    Outside the main thread, where no signal arrives, it does nothing.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    came = threading.Event()

    def noted(number: int, frame: FrameType | None) -> None:
        came.set()
        before(number, frame)

    signal.signal(signal.SIGINT, noted)
    try:
        yield
    except BaseException:  # Dagster's own interrupt is one
        if not came.is_set():
            raise
    finally:
        signal.signal(signal.SIGINT, before)
    if came.is_set():
        raise KeyboardInterrupt


def collect_garbage_less_often() -> None:
    """Collect less often: scanning the many objects of libraries took a tenth of a refresh's CPU."""
    gc.set_threshold(50_000, 20, 100)

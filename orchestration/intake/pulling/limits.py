"""What one pull of a source may take, in bytes and time, and trying again with growing pauses.

Sizes are bytes, times seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from orchestration.intake.pulling.state import PullFailed

CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 10.0, 60.0, 1800.0
PAUSES = (1.0, 4.0, 15.0, 60.0)  # after the first tries; the last try has none
LONGEST_PAUSE = 120.0
MEGABYTE = 1 << 20

Made = TypeVar("Made")


class TryAgain(Exception):
    """A fault that may pass. `why` follows "the server"; `pause`: seconds that the server asks to wait."""

    def __init__(self, why: str, pause: float = 0.0) -> None:
        super().__init__(why)
        self.why, self.pause = why, pause


class BrokenOff(TryAgain):
    """An answer that is not complete."""

    def __init__(self) -> None:
        super().__init__("breaks off in the middle of its answer")


class Limits:
    """The limits of one source; the time runs from here on."""

    def __init__(self, most_megabytes: int) -> None:
        self._most_megabytes = most_megabytes
        self._until = time.monotonic() + WHOLE_SECONDS

    def keep_trying(self, attempt: Callable[[], Made]) -> Made:
        """Return what an attempt returns; where it raises TryAgain, pause and repeat it as a whole."""
        for pause in (*PAUSES, None):
            try:
                return attempt()
            except TryAgain as fault:
                why, asked_pause = fault.why, fault.pause
            if pause is not None:
                time.sleep(min(max(pause, asked_pause), LONGEST_PAUSE))
                self.check_time()
        raise PullFailed(
            f"the server {why}, {len(PAUSES) + 1} times. The next pull tries again; if it goes on, ask "
            "whoever runs the server."
        )

    def check_size(self, size: int) -> None:
        if size > self._most_megabytes * MEGABYTE:
            raise PullFailed(
                f"the file is larger than {self._most_megabytes} MB. If that is right, raise "
                "`source.most_megabytes` in the contract."
            )

    def within_time(self, work: Callable[[], Made]) -> Made:
        """Return what `work` returns; raise PullFailed when the time is over, and leave `work` to its thread.

        The time-outs of a socket begin anew with every byte, so a server that trickles would hold up the
        pull, and the refresh that waits for it. The thread ends with the process or at its next `check_time`.
        """
        result: Future[Made] = Future()

        def run() -> None:
            try:
                result.set_result(work())
            except BaseException as fault:
                result.set_exception(fault)

        threading.Thread(target=run, daemon=True).start()
        if wait([result], max(self._until - time.monotonic(), 0.0)).not_done:
            raise _too_late()
        return result.result()

    def check_time(self) -> None:
        if time.monotonic() > self._until:
            raise _too_late()


def _too_late() -> PullFailed:
    return PullFailed(
        f"fetching takes longer than {WHOLE_SECONDS / 60:.0f} minutes. The next pull tries again."
    )

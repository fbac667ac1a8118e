"""Protection against guessing: an account locks after five wrong tries, and all logins slow down."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock

WRONG_TRIES, LOCKED_SECONDS = 5, 15 * 60
FREE_TRIES, WINDOW_SECONDS, LONGEST_WAIT = 5, 60, 8.0
# More than can be tried while a lock holds: 20 logins wait at once (`app`), eight seconds each.
MOST_NAMES = 4000


class Attempts:
    """Wrong tries by name. Unknown names count too, so that a lock does not reveal which names exist."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._recent: deque[float] = deque(maxlen=200)

    def begin(self, name: str) -> bool:
        """Count a try as wrong before it is verified, so that parallel tries get no more than five.

        Returns False where the name is locked or there is no room for it; the try is then not verified.
        """
        key, now = _key(name), self._clock()
        with self._lock:
            count, last = self._wrong.get(key, (0, now))
            if now - last > LOCKED_SECONDS:
                count = 0
            if count >= WRONG_TRIES or (key not in self._wrong and not self._has_room(now)):
                return False
            self._wrong[key] = (count + 1, now)
            self._wrong.move_to_end(key)
            return True

    def failed(self, name: str) -> bool:
        """Note a wrong try; returns True where it has locked the name."""
        with self._lock:
            self._recent.append(self._clock())
            return self._wrong.get(_key(name), (0, 0.0))[0] >= WRONG_TRIES

    def succeeded(self, name: str) -> None:
        with self._lock:
            self._wrong.pop(_key(name), None)

    def wait(self) -> float:
        """Return the seconds that the next try waits, by all wrong tries of the last minute."""
        now = self._clock()
        with self._lock:
            recent = sum(now - moment < WINDOW_SECONDS for moment in self._recent)
        return float(min(LONGEST_WAIT, 0.25 * 2 ** (recent - FREE_TRIES))) if recent > FREE_TRIES else 0.0

    def _has_room(self, now: float) -> bool:
        """Make room for one name without forgetting a locked one, which would open its lock."""
        while self._wrong and now - next(iter(self._wrong.values()))[1] > LOCKED_SECONDS:
            self._wrong.popitem(last=False)
        if len(self._wrong) < MOST_NAMES:
            return True
        oldest = next((key for key, (count, _) in self._wrong.items() if count < WRONG_TRIES), None)
        if oldest is None:
            return False
        del self._wrong[oldest]
        return True


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()[:100]

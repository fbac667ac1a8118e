"""Protection against guessing: names and addresses lock after wrong tries; an address that fails slows down.

A name locks for one address first, so that a stranger's tries do not lock its owner out.
"""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from itertools import islice
from threading import Lock

# Wrong tries that lock a name for one address, an address for all names, a name for all addresses.
WRONG_TRIES, WRONG_OF_ADDRESS, WRONG_OF_NAME = 5, 30, 50
LOCKED_SECONDS = 15 * 60
FREE_TRIES, WINDOW_SECONDS, LONGEST_WAIT = 5, 60, 8.0
MOST_KEPT = 12_000

_Key = tuple[str, str]


class Attempts:
    """Wrong tries. Unknown names count too, so that a lock does not reveal which names exist."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._wrong: OrderedDict[_Key, tuple[int, float]] = OrderedDict()
        self._recent: deque[tuple[str, float]] = deque(maxlen=2000)

    def begin(self, name: str, address: str) -> bool:
        """Count a try as wrong before it is verified, so that parallel tries get no more than allowed.

        Returns False where name or address is locked or there is no room; the try is then not verified.
        """
        now, limits = self._clock(), _limits(name, address)
        with self._lock:
            if any(self._count(key, now) >= limit for key, limit in limits.items()):
                return False
            if not self._has_room(sum(key not in self._wrong for key in limits), now):
                return False
            for key in limits:
                self._wrong[key] = (self._count(key, now) + 1, now)
                self._wrong.move_to_end(key)
            return True

    def failed(self, name: str, address: str) -> bool:
        """Note a wrong try; returns True where it has locked the name or the address."""
        now = self._clock()
        with self._lock:
            self._recent.append((_network(address), now))
            return any(self._count(key, now) >= limit for key, limit in _limits(name, address).items())

    def succeeded(self, name: str, address: str) -> None:
        """Forget the wrong tries of this name at this address; the other counts lose this try only."""
        now = self._clock()
        with self._lock:
            pair, *others = _limits(name, address)
            self._wrong.pop(pair, None)
            for key in self._wrong.keys() & others:
                self._wrong[key] = (max(0, self._count(key, now) - 1), now)

    def wait(self, address: str) -> float:
        """Return the seconds that the next try waits, by the address's wrong tries of the last minute."""
        now, network = self._clock(), _network(address)
        with self._lock:
            recent = sum(one == network and now - moment < WINDOW_SECONDS for one, moment in self._recent)
        return float(min(LONGEST_WAIT, 0.25 * 2 ** (recent - FREE_TRIES))) if recent > FREE_TRIES else 0.0

    def _count(self, key: _Key, now: float) -> int:
        count, last = self._wrong.get(key, (0, now))
        return 0 if now - last > LOCKED_SECONDS else count

    def _has_room(self, new: int, now: float) -> bool:
        """Make room for new keys without forgetting a locked one, which would open its lock."""
        while self._wrong and now - next(iter(self._wrong.values()))[1] > LOCKED_SECONDS:
            self._wrong.popitem(last=False)
        needed = max(0, len(self._wrong) + new - MOST_KEPT)
        unlocked = list(
            islice((key for key, (count, _) in self._wrong.items() if count < WRONG_TRIES), needed)
        )
        for key in unlocked:
            del self._wrong[key]
        return len(unlocked) >= needed


def _limits(name: str, address: str) -> dict[_Key, int]:
    name, network = " ".join(name.split()).casefold()[:100], _network(address)
    return {
        (name, network): WRONG_TRIES,
        ("", network): WRONG_OF_ADDRESS,
        (name, ""): WRONG_OF_NAME,
    }


def _network(address: str) -> str:
    """Return an address, of IPv6 its first 64 bits: one visitor has all the others."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address or "unknown"
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)

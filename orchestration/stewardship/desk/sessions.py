"""Sessions, in memory: stopping the server logs everybody out."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from orchestration.stewardship.desk.accounts import Account

IDLE_SECONDS, LONGEST_SECONDS = 30 * 60, 8 * 3600
MOST_SESSIONS = 200
MOST_SEARCHES = 100


@dataclass
class Session:
    """One login. A later change of its passphrase ends the session.

    `searches`: the texts searched for in lists, by the keys that stand for them in addresses.
    """

    name: str
    passphrase_hash: str
    csrf: str
    began: float
    seen: float
    searches: dict[str, str] = field(default_factory=dict)

    def keep_search(self, text: str) -> str:
        """Return the key of a text; the oldest of many is dropped."""
        known = {kept: key for key, kept in list(self.searches.items())}
        key = known.get(text) or secrets.token_urlsafe(6)
        self.searches[key] = text
        for dropped in list(self.searches)[:-MOST_SEARCHES]:
            self.searches.pop(dropped, None)
        return key


class Sessions:
    """Sessions by the hash of their token, so that a memory dump opens none."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[str, Session] = {}

    def begin(self, account: Account, old_token: str | None) -> str:
        """Begin a session with a fresh token, against session fixation."""
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._lock:
            self._kept.pop(_key(old_token), None)
            self._drop_ended(now)
            if len(self._kept) >= MOST_SESSIONS:
                del self._kept[min(self._kept, key=lambda one: self._kept[one].seen)]
            self._kept[_key(token)] = Session(
                account.name, account.passphrase_hash, secrets.token_urlsafe(32), now, now
            )
        return token

    def find(self, token: str | None, is_asked: bool = True) -> Session | None:
        """Return the session of a token, and extend it where a person asked."""
        now = self._clock()
        with self._lock:
            self._drop_ended(now)
            found = self._kept.get(_key(token))
            if found and is_asked:
                found.seen = now
            return found

    def end(self, token: str | None) -> None:
        with self._lock:
            self._kept.pop(_key(token), None)

    def _drop_ended(self, now: float) -> None:
        ended = [
            key
            for key, one in self._kept.items()
            if now - one.seen > IDLE_SECONDS or now - one.began > LONGEST_SECONDS
        ]
        for key in ended:
            del self._kept[key]


def _key(token: str | None) -> str:
    return hashlib.sha256((token or "").encode()).hexdigest()

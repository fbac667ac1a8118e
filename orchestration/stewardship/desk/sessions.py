"""Sessions and the first link, in memory: stopping the server logs everybody out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from urllib.parse import urlencode

from orchestration.stewardship import audit
from orchestration.stewardship.desk.accounts import Account

IDLE_SECONDS, LONGEST_SECONDS = 30 * 60, 8 * 3600
MOST_SESSIONS, MOST_SEARCHES = 200, 100
FIRST_PATH = "/first"


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
        keys = {searched: key for key, searched in list(self.searches.items())}
        key = keys.get(text) or secrets.token_urlsafe(6)
        self.searches[key] = text
        for dropped in list(self.searches)[:-MOST_SEARCHES]:
            self.searches.pop(dropped, None)
        return key


class Sessions:
    """Sessions by the hash of their token, so that a memory dump opens none."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._sessions: dict[str, Session] = {}

    def begin(self, account: Account, old_token: str | None) -> str:
        """Begin a session with a fresh token, against session fixation."""
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._lock:
            self._sessions.pop(_key(old_token), None)
            self._drop_ended(now)
            if len(self._sessions) >= MOST_SESSIONS:
                del self._sessions[min(self._sessions, key=lambda one: self._sessions[one].seen)]
            self._sessions[_key(token)] = Session(
                account.name, account.passphrase_hash, secrets.token_urlsafe(32), now, now
            )
        return token

    def find(self, token: str | None, is_asked: bool = True) -> Session | None:
        """Return the session of a token, and extend it where a person asked."""
        now = self._clock()
        with self._lock:
            self._drop_ended(now)
            session = self._sessions.get(_key(token))
            if session and is_asked:
                session.seen = now
            return session

    def end(self, token: str | None) -> None:
        with self._lock:
            self._sessions.pop(_key(token), None)

    def _drop_ended(self, now: float) -> None:
        ended = [
            key
            for key, one in self._sessions.items()
            if now - one.seen > IDLE_SECONDS or now - one.began > LONGEST_SECONDS
        ]
        for key in ended:
            del self._sessions[key]


def _key(token: str | None) -> str:
    return hashlib.sha256((token or "").encode()).hexdigest()


class FirstLink:
    """The link that opens a home without accounts once, for whoever reads the terminal.

    It opens the desk to look at and the Dagster UI. A decision needs the name of an account.
    """

    def __init__(self) -> None:
        self.account = Account(audit.os_user(), "", ("observer", "operator"))
        self._lock = Lock()
        self._key: str | None = secrets.token_urlsafe(32)

    @property
    def path(self) -> str:
        return f"{FIRST_PATH}?{urlencode({'key': self._key or ''})}"

    def fits(self, key: str) -> bool:
        return self._key is not None and hmac.compare_digest(self._key.encode(), key.encode())

    def use(self, key: str) -> bool:
        """Return whether the key fits; from then on it does not."""
        with self._lock:
            fits = self.fits(key)
            if fits:
                self._key = None
            return fits

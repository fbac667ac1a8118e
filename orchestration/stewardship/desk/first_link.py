"""The link that opens a home without accounts once, for whoever reads the terminal; its key is in memory."""

from __future__ import annotations

import hmac
import secrets
from threading import Lock
from urllib.parse import urlencode

from orchestration.stewardship import audit
from orchestration.stewardship.desk.accounts import Account

FIRST_PATH = "/first"


class FirstLink:
    """It opens the desk to look at and the Dagster UI. A decision needs the name of an account."""

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

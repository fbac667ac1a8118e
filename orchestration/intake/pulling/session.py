"""An HTTP session with the server of one source: who gets its secret, and where a redirect may lead."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from orchestration.contracts import is_loopback
from orchestration.intake.pulling.state import PullFailed

MOST_REDIRECTS = 5
_PORTS = {"https": 443, "http": 80}


class SourceSession(requests.Session):
    """A session that follows safe redirects, and sends `authorization` to the server of `address` alone.

    Each address is judged in the form in which it is sent: parsers read `http://one\\@other/` differently.
    Raises PullFailed for a redirect that is not followed.
    """

    def __init__(self, address: str) -> None:
        super().__init__()
        self.authorization: str | None = None
        self.max_redirects = MOST_REDIRECTS
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers["User-Agent"] = "njia"
        self._address = _normalized(address)

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send one request; no password of `.netrc` or of the address itself goes with it."""
        request.headers.pop("Authorization", None)
        if self.authorization and _origin(str(request.url)) == _origin(self._address):
            request.headers["Authorization"] = self.authorization
        return super().send(request, **options)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return the address that a response redirects to; None if it is no redirect."""
        target = super().get_redirect_target(resp)
        if target is None:
            return None
        resp.close()  # the body of a redirect is not read: it may have no end
        if resp.request.method != "GET":
            raise PullFailed("the server redirects the log-in. Check `source.server` in the contract.")
        try:
            target = _normalized(urljoin(resp.url, target))
            is_safe = self._is_safe(target)
        except ValueError:
            is_safe = False
        if not is_safe:
            raise PullFailed(
                "the server redirects to an address that is not https, or to this machine. Check `source` in "
                "the contract, and ask whoever runs the server."
            )
        return target

    def _is_safe(self, target: str) -> bool:
        """Whether it is https; this machine, and http, only where the contract names such an address."""
        scheme = urlsplit(target).scheme
        if is_loopback(target):
            return is_loopback(self._address) and scheme in ("https", urlsplit(self._address).scheme)
        return scheme == "https"


def _normalized(address: str) -> str:
    """Return an address as requests sends it; raises ValueError."""
    prepared = requests.PreparedRequest()
    prepared.prepare_url(address, None)
    return str(prepared.url)


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)

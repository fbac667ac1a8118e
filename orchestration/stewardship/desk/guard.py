"""Checks before every page: host, origin and size of a form; security headers of every response.

An unexpected error ends here as a page that repeats nothing of the request.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestration.core import kind_and_place
from orchestration.stewardship.desk.address import Address

MOST_BYTES = 512 * 1024
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # `no-referrer` would take the origin from forms as well.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex",
}
ErrorPage = Callable[[Request, int, str], Response]


class Guard:
    """ASGI middleware. `error_page` makes a page of a request, a status and a key of `words.csv`."""

    def __init__(self, app: ASGIApp, address: Address, error_page: ErrorPage) -> None:
        self._app, self._address, self._error_page = app, address, error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                self._add_headers(scope, MutableHeaders(scope=message))
            await send(message)

        try:
            await self._answer(scope, receive, send_with_headers)
        except Exception as error:
            log_error(error, scope["path"])
            if not has_begun:
                page = self._error_page(Request(scope), 500, "error.unexpected")
                await page(scope, receive, send_with_headers)

    def _answer(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        headers = Headers(scope=scope)
        refusal: tuple[int, str] | None = None
        if headers.get("host", "").lower() not in self._address.hosts:
            refusal = (421, "error.host")
        elif scope["method"] not in ("GET", "HEAD", "POST"):
            refusal = (405, "error.method")
        elif scope["method"] == "POST":
            refusal = self._why_not_taken(headers)
        if refusal:
            return self._error_page(Request(scope), *refusal)(scope, receive, send)
        return self._app(scope, receive, send)

    def _why_not_taken(self, headers: Headers) -> tuple[int, str] | None:
        """Refuse forms from other sites and oversized ones."""
        length = headers.get("content-length", "")
        if not length.isdecimal():
            return 411, "error.length"
        if int(length) > MOST_BYTES:
            return 413, "error.too_large"
        origin = headers.get("origin")
        if origin is not None and origin not in self._address.origins:
            return 403, "error.elsewhere"
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "error.elsewhere"
        return None

    def _add_headers(self, scope: Scope, headers: MutableHeaders) -> None:
        for name, value in HEADERS.items():
            headers[name] = value
        if self._address.is_secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        # Pages are restricted: no cache keeps them after a logout.
        kept = scope["path"].startswith("/static/")
        headers["Cache-Control"] = "no-cache" if kept else "no-store"


def log_error(error: BaseException, path: str) -> None:
    """Write one line to stderr, without the query and without what the error quotes."""
    shown = "".join(one if one.isprintable() else "?" for one in path)[:200]
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    sys.stderr.write(f"{now} {shown}: {kind_and_place(error)}\n")

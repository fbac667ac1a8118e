"""The one guard before every page, form and web socket: host, origin, kind and size of what is sent.

GET changes nothing. A POST or a web socket must name our origin, which no page of another origin can do:
Dagster's own server would take them all. An unexpected error ends here as a page that repeats nothing of the
request.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from orchestration.core import kind_and_place
from orchestration.stewardship.desk.address import DAGSTER_PATH, Address, is_of_dagster
from orchestration.stewardship.desk.words import words_of

MOST_BYTES = 512 * 1024
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
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
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            if message["type"] == "http.response.start":
                self._add_headers(scope, MutableHeaders(scope=message))
            await send(message)

        try:
            if refusal := self._refusal(scope, Headers(scope=scope)):
                await self._refuse(scope, *refusal)(scope, receive, send_with_headers)
            else:
                await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            return
        except Exception as error:
            log_error(error, scope["path"])
            if not has_begun:
                await self._refuse(scope, 500, "error.unexpected")(scope, receive, send_with_headers)

    def _refuse(self, scope: Scope, status: int, title: str) -> ASGIApp:
        if scope["type"] == "websocket":
            return WebSocketClose(1008, words_of(None)(title))
        return self._error_page(Request(scope), status, title)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        """Return the status and title of a refusal, None for what may pass."""
        ours = self._address.origins.get(headers.get("host", "").lower())
        if ours is None:
            return 421, "error.host"
        method, path = scope.get("method", "websocket"), scope["path"]
        # Dagster would run a mutation that is sent by GET.
        if method not in ("GET", "HEAD", "POST", "websocket") or (
            method in ("GET", "HEAD") and path == f"{DAGSTER_PATH}/graphql"
        ):
            return 405, "error.method"
        if headers.get("origin", ours if method in ("GET", "HEAD") else "") != ours:
            return 403, "error.elsewhere"
        # A page of another origin may lead here, but load nothing: not even what it could not read.
        is_from_elsewhere = headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
        if is_from_elsewhere and headers.get("sec-fetch-dest") != "document":
            return 403, "error.elsewhere"
        return self._refusal_of_form(path, headers) if method == "POST" else None

    def _refusal_of_form(self, path: str, headers: Headers) -> tuple[int, str] | None:
        # A form of another origin cannot send JSON. Dagster's server looks for it anywhere in this header.
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type != (JSON if is_of_dagster(path) else FORM):
            return 415, "error.content_type"
        length = headers.get("content-length", "")
        if not length.isdecimal():
            return 411, "error.length"
        return (413, "error.too_large") if int(length) > MOST_BYTES else None

    def _add_headers(self, scope: Scope, headers: MutableHeaders) -> None:
        for name, value in HEADERS.items():
            headers[name] = value
        if self._address.is_secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        # The Dagster UI and the report have policies of their own.
        if not is_of_dagster(scope["path"]):
            headers.setdefault("Content-Security-Policy", POLICY)
        # Pages are restricted: no cache keeps them after a logout.
        kept = scope["path"].startswith(("/static/", f"{DAGSTER_PATH}/_next/"))
        headers["Cache-Control"] = "no-cache" if kept else "no-store"


def log_error(error: BaseException, path: str) -> None:
    """Write one line to stderr, without the query and without what the error quotes."""
    shown = "".join(one if one.isprintable() else "?" for one in path)[:200]
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    sys.stderr.write(f"{now} {shown}: {kind_and_place(error)}\n")

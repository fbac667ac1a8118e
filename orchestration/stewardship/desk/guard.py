"""The one guard before every page, form and web socket: host, origin, kind and size of what is sent.

A body is read whole before anything else sees the request: the bytes that arrive count, not those that a
header states. The requests under way of one account are limited, before a login those of one address.
GET changes nothing. A POST or a web socket must name our origin, which no page of another origin can do:
Dagster's own server would take them all. An unexpected error ends here as a page that repeats nothing of the
request.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from orchestration.core import escaped, kind_and_place
from orchestration.stewardship.desk.address import DAGSTER_PATH, is_of_dagster
from orchestration.stewardship.desk.visit import Desk
from orchestration.stewardship.desk.words import words_of

MOST_BYTES = 512 * 1024
# Of a body that is too large, this much is read, so that its sender sees the page that says so.
MOST_READ = 8 * MOST_BYTES
# Requests and web sockets under way: a browser has six and a web socket for each tab with the Dagster UI.
MOST_UNDER_WAY = 30
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
    """ASGI middleware. `error_page` makes a page of a request, a status and a key of `core/texts.csv`."""

    def __init__(self, app: ASGIApp, desk: Desk, error_page: ErrorPage) -> None:
        self._app, self._desk, self._error_page = app, desk, error_page
        self._under_way = Counter[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                self._add_headers(scope, headers)
                if message["status"] >= 400:
                    headers["Connection"] = "close"  # a refused body is not read to its end
            await send(message)

        sender = self._desk.sender_of(HTTPConnection(scope))
        self._under_way[sender] += 1
        try:
            refusal = self._refusal(scope, Headers(scope=scope))
            if refusal is None and self._under_way[sender] > MOST_UNDER_WAY:
                refusal = 429, "error.under_way"
            if refusal is None and scope["type"] == "http":
                body = await _read(receive)
                receive, refusal = (body, None) if body else (receive, (413, "error.too_large"))
            answer = self._refuse(scope, *refusal) if refusal else self._app
            await answer(scope, receive, send_with_headers)
        except ClientDisconnect:
            return
        except Exception as error:
            log_error(error, scope["path"])
            if not has_begun:
                await self._refuse(scope, 500, "error.unexpected")(scope, receive, send_with_headers)
        finally:
            self._under_way -= Counter([sender])  # it keeps no zeros

    def _refuse(self, scope: Scope, status: int, title: str) -> ASGIApp:
        if scope["type"] == "websocket":
            return WebSocketClose(1008, words_of(None)(title))
        return self._error_page(Request(scope), status, title)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        """Return the status and title of a refusal, None for what may pass."""
        ours = self._desk.address.origins.get(headers.get("host", "").lower())
        if ours is None:
            return 421, "error.host"
        if "content-length" in headers and "transfer-encoding" in headers:
            return 400, "error.form"  # two programs could read two bodies
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
        wanted = JSON if is_of_dagster(path) else FORM
        return None if content_type == wanted else (415, "error.content_type")

    def _add_headers(self, scope: Scope, headers: MutableHeaders) -> None:
        for name, value in HEADERS.items():
            headers[name] = value
        if self._desk.address.is_secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        # The Dagster UI and the report have policies of their own.
        if not is_of_dagster(scope["path"]):
            headers.setdefault("Content-Security-Policy", POLICY)
        # Pages are restricted: no cache keeps them after a logout.
        kept = scope["path"].startswith(("/static/", f"{DAGSTER_PATH}/_next/"))
        headers["Cache-Control"] = "no-cache" if kept else "no-store"


async def _read(receive: Receive) -> Receive | None:
    """Return a `receive` that gives the body whole, None for one that is too large."""
    body, length, is_more = bytearray(), 0, True
    while is_more and length <= MOST_READ:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        length += len(message.get("body", b""))
        is_more = message.get("more_body", False)
        if length <= MOST_BYTES:
            body += message.get("body", b"")
    whole: list[Message] = [{"type": "http.request", "body": bytes(body)}]

    async def received() -> Message:
        return whole.pop() if whole else await receive()

    return received if length <= MOST_BYTES else None


def log_error(error: BaseException, path: str) -> None:
    """Write one line to stderr, without the query and without what the error quotes."""
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    sys.stderr.write(f"{now} {escaped(path)[:200]}: {kind_and_place(error)}\n")

"""What is let in: hosts and origins, connections, requests and tries to log in.

A body is read whole before anything else sees the request: the bytes that arrive count, not those that a
header states. The requests under way of one account are limited, before a login those of one address.
GET changes nothing. A POST or a web socket must name our origin, which no page of another origin can do:
Dagster's own server would take them all. An unexpected error ends here as a page that repeats nothing of the
request. A name locks for one address first, so that a stranger's tries do not lock its owner out.
"""

from __future__ import annotations

import asyncio
import ipaddress
import sys
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from threading import Lock
from urllib.parse import urlsplit

import h11
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from uvicorn.protocols.http.h11_impl import H11Protocol

from orchestration.core import UsageError, escaped, kind_and_place, loopback_hosts
from orchestration.stewardship.desk.words import words_of

DAGSTER_PATH = "/dagster"
# For the whole of a request, its form included.
REQUEST_SECONDS = 20.0
MOST_CONNECTIONS, MOST_WAITING = 200, 100
# Requests and web sockets under way: a browser has six and a web socket for each tab with the Dagster UI.
MOST_UNDER_WAY = 30
MOST_BYTES = 512 * 1024
# Of a body that is too large, this much is read, so that its sender sees the page that says so.
MOST_READ = 8 * MOST_BYTES
# Wrong tries that lock a name for one address, an address for all names, a name for all addresses.
WRONG_TRIES, WRONG_OF_ADDRESS, WRONG_OF_NAME = 5, 30, 50
LOCKED_SECONDS = 15 * 60
FREE_TRIES, WINDOW_SECONDS, LONGEST_WAIT = 5, 60, 8.0
MOST_KEYS = 12_000
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
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


@dataclass(frozen=True)
class Address:
    """`origins` holds the origin of our own pages by Host header. Any other host points at DNS rebinding."""

    origins: Mapping[str, str]
    is_secure: bool

    @classmethod
    def of(cls, desk_url: str, port: int) -> Address:
        """Return the addresses for NJIA_DESK_URL and the port; raises UsageError for an unfit URL."""
        try:
            parts = urlsplit(desk_url)
            usual = {"http": 80, "https": 443}[parts.scheme]
            name, outside_port = parts.hostname, parts.port or usual
        except (ValueError, KeyError):
            name = None
        if not name or parts.path not in ("", "/") or parts.query or parts.username:
            raise UsageError(
                "NJIA_DESK_URL must be the address of a host of its own, such as https://njia.example.org, "
                "without a path: the desk stands at its root."
            )
        shown = f"[{name}]" if ":" in name else name
        outside = shown if outside_port == usual else f"{shown}:{outside_port}"
        here = {host: f"http://{host}" for host in loopback_hosts(port)}
        return cls(here | {outside: f"{parts.scheme}://{outside}"}, parts.scheme == "https")

    @property
    def session_cookie(self) -> str:
        return "__Host-njia_desk" if self.is_secure else "njia_desk"


def is_of_dagster(path: str) -> bool:
    return path == DAGSTER_PATH or path.startswith(f"{DAGSTER_PATH}/")


def local_path(given: str | None) -> str:
    """Return a path of this desk; the front page for anything that could lead elsewhere."""
    if (
        given
        and given.startswith("/")
        and not given.startswith("//")
        and "\\" not in given
        and given.isprintable()
    ):
        return given
    return "/"


class Guard:
    """ASGI middleware: host, origin, kind and size of what is sent.

    `sender_of` names the account or address behind a connection; `error_page` makes a page of a request, a
    status and a key of `core/texts.csv`.
    """

    def __init__(
        self,
        app: ASGIApp,
        address: Address,
        sender_of: Callable[[HTTPConnection], str],
        error_page: ErrorPage,
    ) -> None:
        self._app, self._address = app, address
        self._sender_of, self._error_page = sender_of, error_page
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
                self._add_headers(scope["path"], headers)
                if message["status"] >= 400:
                    headers["Connection"] = "close"  # a refused body is not read to its end
            await send(message)

        sender = self._sender_of(HTTPConnection(scope))
        self._under_way[sender] += 1
        try:
            self._check(scope, Headers(scope=scope))
            if self._under_way[sender] > MOST_UNDER_WAY:
                raise HTTPException(429, "error.under_way")
            whole = await _read(receive) if scope["type"] == "http" else receive
            await self._app(scope, whole, send_with_headers)
        except ClientDisconnect:
            return
        except Exception as error:
            if not isinstance(error, HTTPException):
                log_error(error, scope["path"])
                error = HTTPException(500, "error.unexpected")
            if not has_begun:
                refusal = self._refusal(scope, error.status_code, error.detail)
                await refusal(scope, receive, send_with_headers)
        finally:
            self._under_way -= Counter([sender])  # it keeps no zeros

    def _refusal(self, scope: Scope, status: int, title: str) -> ASGIApp:
        if scope["type"] == "websocket":
            return WebSocketClose(1008, words_of(None)(title))
        return self._error_page(Request(scope), status, title)

    def _check(self, scope: Scope, headers: Headers) -> None:
        """Raise HTTPException with the title of the refusal for what may not pass."""
        ours = self._address.origins.get(headers.get("host", "").lower())
        if ours is None:
            raise HTTPException(421, "error.host")
        if "content-length" in headers and "transfer-encoding" in headers:
            raise HTTPException(400, "error.form")  # two programs could read two bodies
        method, path = scope.get("method", "websocket"), scope["path"]
        is_read = method in ("GET", "HEAD")
        # Dagster would run a mutation that is sent by GET.
        if (is_read and path == f"{DAGSTER_PATH}/graphql") or not (
            is_read or method in ("POST", "websocket")
        ):
            raise HTTPException(405, "error.method")
        # A page of another origin may lead here, but load nothing: not even what it could not read.
        is_from_elsewhere = headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
        if headers.get("origin", ours if is_read else "") != ours or (
            is_from_elsewhere and headers.get("sec-fetch-dest") != "document"
        ):
            raise HTTPException(403, "error.elsewhere")
        # A form of another origin cannot send JSON. Dagster's server looks for it anywhere in this header.
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if method == "POST" and content_type != (JSON if is_of_dagster(path) else FORM):
            raise HTTPException(415, "error.content_type")

    def _add_headers(self, path: str, headers: MutableHeaders) -> None:
        headers.update(HEADERS)
        if self._address.is_secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        # The Dagster UI and the report have policies of their own.
        if not is_of_dagster(path):
            headers.setdefault("Content-Security-Policy", POLICY)
        # Pages are restricted: no cache keeps them after a logout.
        may_be_cached = path.startswith(("/static/", f"{DAGSTER_PATH}/_next/"))
        headers["Cache-Control"] = "no-cache" if may_be_cached else "no-store"


async def _read(receive: Receive) -> Receive:
    """Return a `receive` that gives the body whole; raises HTTPException for one that is too large."""
    body, length, is_more = bytearray(), 0, True
    while is_more and length <= MOST_READ:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        length += len(message.get("body", b""))
        is_more = message.get("more_body", False)
        if length <= MOST_BYTES:
            body += message.get("body", b"")
    if length > MOST_BYTES:
        raise HTTPException(413, "error.too_large")
    whole: list[Message] = [{"type": "http.request", "body": bytes(body)}]

    async def received() -> Message:
        return whole.pop() if whole else await receive()

    return received


def log_error(error: BaseException, path: str) -> None:
    """Write one line to stderr, without the query and without what the error quotes."""
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    sys.stderr.write(f"{now} {escaped(path)[:200]}: {kind_and_place(error)}\n")


class Connection(H11Protocol):
    """A connection of uvicorn that waits for a request only so long, and only one of so many.

    Whoever opens many and sends nothing, half a request or a slow form takes no place from others.
    `_deadline` is set while a whole request has not arrived.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        is_web_socket = self.transport.get_protocol() is not self
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY) and not is_web_socket:
            self._wait()
        else:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing() and self.conn.their_state is h11.IDLE:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """Start the deadline; what arrives later does not extend it. The oldest of too many gives way."""
        if self._deadline is not None:
            return
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)
        deadlines = {one: one._deadline for one in self.connections if isinstance(one, Connection)}
        waiting = {one: deadline.when() for one, deadline in deadlines.items() if deadline}
        if len(waiting) > MOST_WAITING:
            min(waiting, key=waiting.__getitem__).transport.abort()

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


_Key = tuple[str, str]


class Attempts:
    """Wrong tries to log in: they lock names and addresses, and an address that fails slows down.

    Unknown names count too, so that a lock does not reveal which names exist.
    """

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
            recent = sum(other == network and now - at < WINDOW_SECONDS for other, at in self._recent)
        return float(min(LONGEST_WAIT, 0.25 * 2 ** (recent - FREE_TRIES))) if recent > FREE_TRIES else 0.0

    def _count(self, key: _Key, now: float) -> int:
        count, last = self._wrong.get(key, (0, now))
        return 0 if now - last > LOCKED_SECONDS else count

    def _has_room(self, new: int, now: float) -> bool:
        """Make room for new keys without forgetting a locked one, which would open its lock."""
        while self._wrong and now - next(iter(self._wrong.values()))[1] > LOCKED_SECONDS:
            self._wrong.popitem(last=False)
        needed = max(0, len(self._wrong) + new - MOST_KEYS)
        may_go = (key for key, (count, _) in self._wrong.items() if count < WRONG_TRIES)
        unlocked = list(islice(may_go, needed))
        for key in unlocked:
            del self._wrong[key]
        return len(unlocked) >= needed


def _limits(name: str, address: str) -> dict[_Key, int]:
    name, network = " ".join(name.split()).casefold()[:100], _network(address)
    return {(name, network): WRONG_TRIES, ("", network): WRONG_OF_ADDRESS, (name, ""): WRONG_OF_NAME}


def _network(address: str) -> str:
    """Return an address, of IPv6 its first 64 bits: one visitor has all the others."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address or "unknown"
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)

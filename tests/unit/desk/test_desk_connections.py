"""Connections that wait: half requests, slow forms and silence take no place from others."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket
from websockets.sync.client import connect

from orchestration.core import LOOPBACK, Settings
from orchestration.stewardship.desk import guard, visit
from orchestration.stewardship.desk.accounts import Account
from orchestration.stewardship.desk.app import make_app, serve, server_of
from orchestration.stewardship.desk.guard import WRONG_TRIES, Address
from tests.command import PATIENCE
from tests.fixtures.desk_world import ELSEWHERE, PASSPHRASE, STEWARD, make_desk
from tests.servers import free_port

HALF = b"GET /login HTTP/1.1\r\nHost: "
SLOW_FORM = (
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nname="
)


@contextmanager
def served(make: Callable[[int], ASGIApp], is_behind_proxy: bool = False) -> Iterator[int]:
    """A server on a port of its own, with the settings of the real one."""
    listener = socket.create_server((LOOPBACK, 0))
    port = listener.getsockname()[1]
    server = server_of(make(port), is_behind_proxy)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_desk(tmp_path_factory.mktemp("connections"))


@pytest.fixture
def port(settings: Settings) -> Iterator[int]:
    """Of a desk."""
    with served(lambda port: make_app(settings, port, ELSEWHERE)) as port:
        yield port


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "REQUEST_SECONDS", 0.3)


def opened(port: int, sent: bytes) -> socket.socket:
    found = socket.create_connection((LOOPBACK, port), timeout=PATIENCE)
    found.sendall(sent)
    return found


def is_ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_half_open_connections_take_no_place_from_others(port: int) -> None:
    half_open = [opened(port, HALF) for _ in range(guard.MOST_CONNECTIONS + 50)]
    for _ in range(5):
        assert requests.get(f"http://{LOOPBACK}:{port}/login", timeout=PATIENCE).status_code == 200
    assert is_ended(half_open[0]), "the oldest gave way"
    for connection in half_open:
        connection.close()


@pytest.mark.parametrize("sent", [b"", HALF, SLOW_FORM], ids=["silence", "half a request", "slow form"])
def test_a_request_that_does_not_arrive_is_ended(impatient: None, port: int, sent: bytes) -> None:
    assert is_ended(opened(port, sent.replace(b"%d", str(port).encode())))


def test_single_bytes_do_not_extend_the_time(impatient: None, port: int) -> None:
    connection = opened(port, HALF)
    with pytest.raises(OSError):
        for _ in range(600):
            connection.sendall(b"x")
            time.sleep(0.05)


@pytest.mark.parametrize("length", ["", "Content-Length: 10\r\n"])
def test_a_body_without_end_is_cut_and_one_that_is_too_large_gets_a_page(port: int, length: str) -> None:
    head = (
        f"POST /login HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nOrigin: http://{LOOPBACK}:{port}\r\n"
        f"Content-Type: {guard.FORM}\r\n{length}Transfer-Encoding: chunked\r\n\r\n"
    )
    connection = opened(port, head.encode())
    part = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with pytest.raises(OSError):
        for _ in range(100 * guard.MOST_READ // 0x10000):
            connection.sendall(part)
    address, form = f"http://{LOOPBACK}:{port}", {"name": "x" * guard.MOST_BYTES}
    answer = requests.post(f"{address}/login", form, headers={"Origin": address}, timeout=PATIENCE)
    assert answer.status_code == 413 and "<h1>" in answer.text


def test_unread_downloads_of_one_account_leave_the_login_open(settings: Settings, tmp_path: Path) -> None:
    large = tmp_path / "evidence_base.duckdb"
    large.write_bytes(bytes(20 << 20))

    def make(port: int) -> ASGIApp:
        async def download(_: Request) -> FileResponse:
            return FileResponse(large)

        desk = visit.Desk(settings, ELSEWHERE, Address.of(settings.desk_url, port))
        desks.append(desk)
        pages = Starlette(routes=[Route("/large", download)])

        def refuse(_: Request, status: int, title: str) -> PlainTextResponse:
            return PlainTextResponse(title, status)

        return guard.Guard(pages, desk.address, desk.sender_of, refuse)

    desks: list[visit.Desk] = []
    with served(make) as port:
        token = desks[0].sessions.begin(Account(STEWARD, "hash"), None)
        asked = f"GET /large HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nCookie: njia_desk={token}\r\n\r\n"
        unread = [opened(port, asked.encode()) for _ in range(240)]
        starts = [connection.recv(12) for connection in unread]
        assert starts.count(b"HTTP/1.1 200") == guard.MOST_UNDER_WAY
        assert starts.count(b"HTTP/1.1 429") == 240 - guard.MOST_UNDER_WAY
        other = requests.get(f"http://{LOOPBACK}:{port}/large", timeout=PATIENCE)
        assert other.status_code == 200
        for connection in unread:
            connection.close()


async def slow(_: Request) -> PlainTextResponse:
    await asyncio.sleep(1)
    return PlainTextResponse("whole")


async def echo(web_socket: WebSocket) -> None:
    await web_socket.accept()
    await web_socket.send_text(await web_socket.receive_text())
    await web_socket.close()


def test_a_long_answer_and_a_web_socket_outlive_the_time(impatient: None) -> None:
    routes = [Route("/slow", slow), WebSocketRoute("/echo", echo)]
    with served(lambda _: Starlette(routes=routes)) as port:
        assert requests.get(f"http://{LOOPBACK}:{port}/slow", timeout=PATIENCE).text == "whole"
        with connect(f"ws://{LOOPBACK}:{port}/echo") as web_socket:
            time.sleep(1)
            web_socket.send("still here")
            assert web_socket.recv() == "still here"


def log_in(port: int, forwarded_for: str, passphrase: str) -> int:
    headers = {"X-Forwarded-For": forwarded_for, "Origin": f"http://{LOOPBACK}:{port}"}
    sent = {"name": STEWARD, "passphrase": passphrase}
    to = f"http://{LOOPBACK}:{port}/login"
    return requests.post(to, sent, headers=headers, timeout=PATIENCE, allow_redirects=False).status_code


@pytest.mark.parametrize(("is_behind", "of_the_owner"), [(True, 303), (False, 403)])
def test_the_proxy_names_the_address_that_is_locked(
    settings: Settings, is_behind: bool, of_the_owner: int
) -> None:
    """Without a proxy nobody's header is believed: all come from this machine."""
    with served(lambda port: make_app(settings, port, ELSEWHERE), is_behind) as port:
        for number in range(WRONG_TRIES):
            forged = f"198.51.100.{number}, 203.0.113.9"
            assert log_in(port, forged, "wrong words for nobody") == 403
        assert log_in(port, "203.0.113.9", PASSPHRASE) == 403
        assert log_in(port, "203.0.113.7", PASSPHRASE) == of_the_owner


def test_it_listens_on_loopback_only(settings: Settings) -> None:
    port = free_port()
    heard: list[str] = []

    @contextmanager
    def dagster() -> Iterator[ASGIApp]:
        yield Starlette()

    def note(_: str | None) -> None:
        found = psutil.Process().net_connections("tcp")
        heard.extend(one.laddr.ip for one in found if one.laddr.port == port and one.status == "LISTEN")
        raise InterruptedError

    with pytest.raises(InterruptedError):
        serve(settings, port, ELSEWHERE, dagster(), note)
    assert heard == [LOOPBACK]


def test_an_interrupt_while_dagster_ends_is_left_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted:
        def run(self, sockets: object) -> None:
            raise KeyboardInterrupt

    ended: list[str] = []

    @contextmanager
    def dagster() -> Iterator[ASGIApp]:
        yield Starlette()
        signal.raise_signal(signal.SIGINT)
        ended.append("in order")

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr("orchestration.stewardship.desk.app.server_of", lambda *_: Interrupted())
    serve(settings, free_port(), ELSEWHERE, dagster(), lambda _: None)
    assert ended == ["in order"]
    assert signal.getsignal(signal.SIGINT) is before

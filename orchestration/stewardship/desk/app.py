"""Desk, members' files and Dagster UI as one ASGI application, served on loopback until Ctrl-C."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

import orchestration
from orchestration.core import LOOPBACK, Settings, UsageError
from orchestration.stewardship.desk.accounts import (
    DAGSTER,
    DECISIONS,
    FILES,
    REFRESH,
    read_accounts,
)
from orchestration.stewardship.desk.guard import (
    MOST_CONNECTIONS,
    Address,
    Connection,
    ErrorPage,
    Guard,
    is_of_dagster,
)
from orchestration.stewardship.desk.lists import search
from orchestration.stewardship.desk.sessions import FIRST_PATH, FirstLink
from orchestration.stewardship.desk.views import (
    deciding,
    front,
    items,
    partners,
    releases,
    rows,
    today,
    work,
)
from orchestration.stewardship.desk.visit import (
    FOLLOWED,
    Desk,
    Elsewhere,
    View,
    Visit,
    endpoint,
    signed_in,
    turned_away,
    visit_of,
)
from orchestration.stewardship.desk.words import words_of

LAST_SECONDS = 3  # for answers under way when it is stopped
STATIC = Path(__file__).with_name("static")
FONTS = Path(orchestration.__file__).parent / "outputs" / "fonts"  # of report, map and desk
# Logins that wait: visitors without an account must not crowd out the stewards.
MOST_WAITING, MOST_OF_ONE_ADDRESS = 20, 10
# Passphrases hashed at once: each takes 64 MiB of memory.
MOST_JUDGED = 2

LOOKED_AT: dict[str, View] = {
    "/work": work.work,
    "/partners": partners.partners,
    "/partners/{partner}": partners.partner,
    "/releases": releases.releases,
    "/decisions": items.decisions,
    "/record": rows.record,
    "/done/{form}": deciding.done,
    "/items/{kind}/{key:path}": items.item,
}
# Earlier addresses, which people may have kept.
MOVED = {
    "/waiting": "/work",
    "/checks": "/work?kind=check",
    "/rows": "/work?kind=rows",
    "/places": "/work?kind=place",
    "/links": "/work?kind=link",
    "/drift": "/work?kind=drift",
    "/alerts": "/work?kind=alert",
    "/extracts": "/partners",
    "/agreements": "/partners",
    "/release": "/releases",
}
FOR_EVERY_ACCOUNT: dict[str, View] = {
    "/": today.start,
    "/files": front.files,
    "/files/{path:path}": front.file,
}
DECIDED: dict[str, View] = {"/preview": deciding.preview, "/decide": deciding.decide}


def make_app(
    settings: Settings,
    port: int,
    elsewhere: Elsewhere,
    dagster: ASGIApp | None = None,
    first_link: FirstLink | None = None,
) -> ASGIApp:
    """Return the application; raises UsageError for an unfit NJIA_DESK_URL.

    `dagster` is Dagster's web application, whose paths begin with DAGSTER_PATH.
    """
    desk = Desk(settings, elsewhere, Address.of(settings.desk_url, port), first_link=first_link)

    def error_page(request: Request, status: int, title: str) -> Response:
        return Visit(desk, request, None, None).problem(status, title)

    routes: list[Route | Mount] = [
        Route("/login", endpoint(desk, front.login_form, None)),
        Route("/login", _login(desk, error_page), methods=["POST"]),
        Route(FIRST_PATH, endpoint(desk, front.first_form, None)),
        Route(FIRST_PATH, endpoint(desk, front.first, None), methods=["POST"]),
        Route(FOLLOWED, endpoint(desk, today.follow, FILES)),
        Route(FOLLOWED, endpoint(desk, today.ask, REFRESH), methods=["POST"]),
        Route("/receipts/{path:path}", endpoint(desk, partners.receipt, DECISIONS)),
        Route("/logout", endpoint(desk, front.logout, FILES), methods=["POST"]),
        Route("/language", endpoint(desk, front.language, None), methods=["POST"]),
        Route("/search", endpoint(desk, search, FILES), methods=["POST"]),
        *(Route(path, endpoint(desk, view, FILES)) for path, view in FOR_EVERY_ACCOUNT.items()),
        *(Route(path, endpoint(desk, view)) for path, view in LOOKED_AT.items()),
        *(Route(path, endpoint(desk, _moved)) for path in MOVED),
        *(Route(path, endpoint(desk, view, DECISIONS), methods=["POST"]) for path, view in DECIDED.items()),
        Mount("/static/fonts", StaticFiles(directory=FONTS)),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]

    async def on_error(request: Request, error: Exception) -> Response:
        return error_page(request, error.status_code if isinstance(error, HTTPException) else 500, "")

    pages = Starlette(routes=routes, exception_handlers={HTTPException: on_error, Exception: on_error})
    pages.router.redirect_slashes = False
    inside = _with_dagster(desk, pages, dagster) if dagster else pages
    return Guard(inside, desk.address, desk.sender_of, error_page)


def _moved(visit: Visit) -> Response:
    """Lead to where the page of an earlier address stands now, with its query."""
    to, query = MOVED[visit.request.url.path], visit.request.url.query
    return RedirectResponse(f"{to}{'&' if '?' in to else '?'}{query}" if query else to, 303)


def _login(desk: Desk, error_page: ErrorPage) -> Callable[[Request], Any]:
    login = endpoint(desk, front.login, None)
    judged, waiting = asyncio.Semaphore(MOST_JUDGED), Counter[str]()

    async def answer(request: Request) -> Response:
        address = Visit(desk, request, None, None).address
        if waiting.total() >= MOST_WAITING or waiting[address] >= MOST_OF_ONE_ADDRESS:
            return error_page(request, 429, "error.busy")
        waiting[address] += 1
        try:
            # A guesser waits here without a thread, so the other visitors go on.
            await asyncio.sleep(desk.attempts.wait(address))
            async with judged:
                return await login(request)
        finally:
            waiting[address] -= 1
            if not waiting[address]:
                del waiting[address]

    return answer


def _with_dagster(desk: Desk, pages: ASGIApp, dagster: ASGIApp) -> ASGIApp:
    """Return an application that passes Dagster's paths to `dagster`, for operators, else to `pages`."""

    def may_enter(scope: Scope) -> bool:
        account, _ = signed_in(desk, HTTPConnection(scope))
        return account is not None and account.may_enter(DAGSTER)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        is_open = True

        async def send_while_allowed(message: Message) -> None:
            """Pass on what Dagster sends until the session ends, which closes the web socket."""
            nonlocal is_open
            if is_open and not await run_in_threadpool(may_enter, scope):
                is_open = False
                await WebSocketClose(1008, words_of(None)("error.logged_out"))(scope, receive, send)
            elif is_open:
                await send(message)

        if not is_of_dagster(scope["path"]):
            await pages(scope, receive, send)
        elif scope["type"] == "websocket":
            await dagster(scope, receive, send_while_allowed)
        else:
            refusal = await run_in_threadpool(lambda: turned_away(visit_of(desk, Request(scope)), DAGSTER))
            await (refusal or dagster)(scope, receive, send)

    return answer


def serve(
    settings: Settings,
    port: int,
    elsewhere: Elsewhere,
    dagster: AbstractContextManager[ASGIApp],
    on_ready: Callable[[str | None], None],
) -> None:
    """Serve; calls `on_ready` once it answers, with the path of the first link where there is no account.

    `dagster` is entered once nothing else is in the way. Raises UsageError for a taken port, and without
    accounts behind a TLS proxy.
    """
    is_behind_proxy = Address.of(settings.desk_url, port).is_secure
    first_link = None if read_accounts(settings) else FirstLink()
    if first_link and is_behind_proxy:
        raise UsageError('Nobody can enter yet. Make the first account: `njia account add "A. Steward"`.')
    with _interrupts_as_before(), _listening(port) as listener, dagster as dagster_app:
        app = make_app(settings, port, elsewhere, dagster_app, first_link)
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
        on_ready(first_link.path if first_link else None)
        with suppress(KeyboardInterrupt):
            server_of(app, is_behind_proxy).run(sockets=[listener])
        # Ending Dagster's processes takes seconds. An interrupt meanwhile would leave some of them behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _interrupts_as_before() -> Iterator[None]:
    """Let Ctrl-C end the server, which is no interrupted command."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def server_of(app: ASGIApp, is_behind_proxy: bool = False) -> uvicorn.Server:
    # No access log: addresses hold search texts. `guard` logs errors.
    config = uvicorn.Config(
        app,
        http=Connection,
        log_config=None,
        access_log=False,
        server_header=False,
        # A proxy on this machine names the visitor's address, for the locks.
        proxy_headers=is_behind_proxy,
        forwarded_allow_ips=LOOPBACK,
        lifespan="off",
        timeout_graceful_shutdown=LAST_SECONDS,
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=64 * 1024,
    )
    return uvicorn.Server(config)


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"Port {port} of this machine is taken, perhaps by another `njia serve`. Choose another with "
                "--port."
            ) from None
        why = os.strerror(error.errno or 0)  # `strerror` of the error names the address, too
        raise UsageError(
            f"Njia cannot listen on port {port} ({why}). Choose one from 1024 with --port."
        ) from None

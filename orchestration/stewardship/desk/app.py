"""Desk, members' files and Dagster UI as one ASGI application: its routes and error pages."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from orchestration.core import Settings
from orchestration.stewardship.desk.accounts import DECISIONS, FILES, REFRESH
from orchestration.stewardship.desk.address import Address
from orchestration.stewardship.desk.dagster_door import DagsterDoor
from orchestration.stewardship.desk.elsewhere import Elsewhere
from orchestration.stewardship.desk.first_link import FIRST_PATH, FirstLink
from orchestration.stewardship.desk.guard import ErrorPage, Guard
from orchestration.stewardship.desk.lists import search
from orchestration.stewardship.desk.views import (
    agreements,
    alerts,
    checks,
    deciding,
    drift,
    extracts,
    files,
    front,
    history,
    items,
    links,
    places,
    refreshing,
    releases,
    rows,
    signing_in,
    waivers,
)
from orchestration.stewardship.desk.visit import (
    FOLLOWED,
    STATUS_WORDS,
    Desk,
    View,
    Visit,
    endpoint,
)

STATIC = Path(__file__).with_name("static")
# Logins that wait: visitors without an account must not crowd out the stewards.
MOST_WAITING, MOST_OF_ONE_ADDRESS = 20, 10
# Passphrases hashed at once: each takes 64 MiB of memory.
MOST_JUDGED = 2

LOOKED_AT: dict[str, View] = {
    "/waiting": items.waiting,
    "/checks": checks.checks,
    "/extracts": extracts.extracts,
    "/rows": rows.rows,
    "/record": rows.record,
    "/places": places.places,
    "/links": links.links,
    "/drift": drift.drift,
    "/alerts": alerts.alerts,
    "/waivers": waivers.waivers,
    "/agreements": agreements.agreements,
    "/releases": releases.releases,
    "/release": releases.release,
    "/decisions": history.history,
    "/done/{form}": deciding.done,
    "/items/{kind}/{key:path}": items.item,
}
FOR_EVERY_ACCOUNT: dict[str, View] = {
    "/": front.start,
    "/files": files.files,
    "/files/{path:path}": files.file,
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
        return Visit(desk, request, None, None).page("problem", status, title=title, sentence=None)

    routes: list[Route | Mount] = [
        Route("/login", _login(desk, error_page), methods=["GET", "POST"]),
        Route(FIRST_PATH, endpoint(desk, signing_in.first_form, None)),
        Route(FIRST_PATH, endpoint(desk, signing_in.first, None), methods=["POST"]),
        Route(FOLLOWED, endpoint(desk, refreshing.follow, FILES)),
        Route(FOLLOWED, endpoint(desk, refreshing.ask, REFRESH), methods=["POST"]),
        Route("/logout", endpoint(desk, signing_in.logout, FILES), methods=["POST"]),
        Route("/language", endpoint(desk, signing_in.language, None), methods=["POST"]),
        Route("/search", endpoint(desk, search, FILES), methods=["POST"]),
        *(Route(path, endpoint(desk, view, FILES)) for path, view in FOR_EVERY_ACCOUNT.items()),
        *(Route(path, endpoint(desk, view)) for path, view in LOOKED_AT.items()),
        *(Route(path, endpoint(desk, view, DECISIONS), methods=["POST"]) for path, view in DECIDED.items()),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]

    async def on_error(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return error_page(request, status, STATUS_WORDS.get(status, "error.unexpected"))

    faults = {HTTPException: on_error, Exception: on_error}
    pages = Starlette(routes=routes, exception_handlers=faults)
    pages.router.redirect_slashes = False
    return Guard(DagsterDoor(desk, pages, dagster) if dagster else pages, desk, error_page)


def _login(desk: Desk, error_page: ErrorPage) -> Callable[[Request], Any]:
    form, login = (endpoint(desk, view, None) for view in (signing_in.login_form, signing_in.login))
    judged, waiting = asyncio.Semaphore(MOST_JUDGED), Counter[str]()

    async def answer(request: Request) -> Response:
        if request.method != "POST":
            return await form(request)
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

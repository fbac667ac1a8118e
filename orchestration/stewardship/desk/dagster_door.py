"""The door between the desk and the Dagster UI: its pages, questions and web sockets are for operators."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from orchestration.stewardship.desk.accounts import DAGSTER
from orchestration.stewardship.desk.address import is_of_dagster
from orchestration.stewardship.desk.visit import Desk, signed_in, turned_away, visit_of
from orchestration.stewardship.desk.words import words_of


class DagsterDoor:
    """ASGI middleware that passes Dagster's paths to `dagster`, and all others to `pages`."""

    def __init__(self, desk: Desk, pages: ASGIApp, dagster: ASGIApp) -> None:
        self._desk, self._pages, self._dagster = desk, pages, dagster

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_of_dagster(scope["path"]):
            await self._pages(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._web_socket(scope, receive, send)
        else:
            refusal = await run_in_threadpool(
                lambda: turned_away(visit_of(self._desk, Request(scope)), DAGSTER)
            )
            await (refusal or self._dagster)(scope, receive, send)

    async def _web_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what Dagster sends until the session ends, which closes the web socket."""
        is_open = True

        async def send_while_allowed(message: Message) -> None:
            nonlocal is_open
            if is_open and not await run_in_threadpool(self._may_enter, scope):
                is_open = False
                await WebSocketClose(1008, words_of(None)("error.logged_out"))(scope, receive, send)
            elif is_open:
                await send(message)

        await self._dagster(scope, receive, send_while_allowed)

    def _may_enter(self, scope: Scope) -> bool:
        account, _ = signed_in(self._desk, HTTPConnection(scope))
        return account is not None and account.may_enter(DAGSTER)

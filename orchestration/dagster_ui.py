"""The Dagster UI behind a guard: no page of another origin reads it or commands it.

Dagster's own webserver answers to any Host and Origin, and runs GraphQL mutations by GET and as plain text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dagster._cli import dev
from dagster_webserver import app, cli
from dagster_webserver.webserver import DagsterWebserver
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from orchestration.loopback import LOOPBACK, loopback_hosts

# `dagster dev` has no option for another webserver. A module that is missing here stops the start.
MODULES = {"dagster_webserver": "orchestration.dagster_ui", "dagster._daemon": "dagster._daemon"}


class Guard:
    """ASGI middleware: passes on requests of this machine's own pages and programs, refuses others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = None if scope["type"] == "lifespan" else _refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(1008, refusal[1])(scope, receive, send)
        else:
            await PlainTextResponse(f"{refusal[1]}\n", refusal[0])(scope, receive, send)


class GuardedWebserver(DagsterWebserver):
    def build_middleware(self) -> list[Middleware]:
        return [Middleware(Guard), *super().build_middleware()]

    def make_security_headers(self) -> dict:
        # In a frame, a page of another origin could lead the operator's clicks.
        return {**super().make_security_headers(), "X-Frame-Options": "DENY"}


def run(port: int) -> None:
    """Run code server, daemon and guarded webserver until Ctrl-C."""
    start = dev.open_ipc_subprocess

    def start_guarded(parts: Sequence[str], **options: Any) -> Any:
        python, flag, module, *arguments = parts
        return start([python, flag, MODULES[module], *arguments], **options)

    dev.open_ipc_subprocess = start_guarded
    arguments = ["-m", "orchestration.definitions", "-h", LOOPBACK, "-p", str(port), "--log-level", "warning"]
    dev.dev_command.main(arguments, standalone_mode=False)


def _refusal(scope: Scope) -> tuple[int, str] | None:
    """Return status and sentence for a request that is refused, else None."""
    headers = Headers(scope=scope)
    host = headers.get("host", "").lower()
    if host not in (hosts := loopback_hosts(scope["server"][1])):
        return 421, f"Unknown host. The Dagster UI answers to {', '.join(sorted(hosts))}."
    # Browsers send it with every WebSocket and POST; programs that are no browser do not.
    if headers.get("origin", f"http://{host}") != f"http://{host}":
        return 403, "Refused: a page of another origin sent this."
    if scope["type"] == "websocket":
        return None
    if scope["method"] in ("GET", "HEAD"):
        return (405, "GraphQL is answered by POST only.") if scope["path"] == "/graphql" else None
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return 403, "Refused: a page of another origin sent this."
    # HTML forms of other origins cannot send this type. Dagster itself looks for it anywhere in the header.
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return 415, "The content type must be application/json."
    return None


if __name__ == "__main__":
    app.DagsterWebserver = GuardedWebserver  # type: ignore[misc]  # the command takes no other class
    cli.main()

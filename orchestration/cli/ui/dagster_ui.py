"""Run the Dagster UI with a guard, so that no page of another origin can read or command it.

Dagster's own webserver answers any Host and Origin, and runs GraphQL mutations by GET and as plain text.
`dagster dev` does not restart a killed code server, and its daemon and webserver outlive it when it is
killed. Here the code server is restarted, and the other processes end with their parent.
"""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

import psutil
from dagster._cli import dev
from dagster_webserver import app, cli
from dagster_webserver.webserver import DagsterWebserver
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from orchestration.core import LOOPBACK, NjiaError, loopback_hosts

WEBSERVER, DAEMON = "dagster_webserver", "dagster._daemon"
CHECK_EVERY, GRACE = 5, 10  # seconds


class Guard:
    """ASGI middleware that passes on only requests of this machine's own pages and programs."""

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
        # A page of another origin could put the UI into a frame and steer the operator's clicks.
        return {**super().make_security_headers(), "X-Frame-Options": "DENY"}


def run(port: int) -> None:
    """Run code server, daemon and guarded webserver until Ctrl-C; raise NjiaError if one ends earlier."""
    start = dev.open_ipc_subprocess
    started: dict[str, subprocess.Popen[bytes]] = {}

    def start_guarded(parts: Sequence[str], **options: Any) -> Any:
        python, flag, module, *arguments = parts
        # `dagster dev` has no option for another webserver, so this module starts it and the daemon.
        own = [python, flag, "orchestration.cli.ui.dagster_ui", module, str(os.getpid())]
        started[module] = start([*own, *arguments], **options)
        return started[module]

    dev.open_ipc_subprocess = start_guarded
    threading.Thread(target=_restart_dead_code_server, daemon=True).start()
    arguments = ["-m", "orchestration.definitions", "-h", LOOPBACK, "-p", str(port), "--log-level", "warning"]
    dev.dev_command.main(arguments, standalone_mode=False)
    if ended := [module for module, process in started.items() if _ended_by_itself(process.returncode)]:
        raise NjiaError(
            f"The Dagster UI stopped, because one of its processes did ({', '.join(ended)}): it was "
            f"killed, or port {port} is taken. Start it again with `njia ui`, or choose another port with "
            "--port."
        )


def _ended_by_itself(code: int | None) -> bool:
    return code is not None and (code > 0 or code == -signal.SIGKILL)


def _restart_dead_code_server() -> None:
    """Kill the parent of a dead code server, because `dagster dev` restarts the parent but not the server.

    Without its server (`dagster api grpc`), the parent (`dagster code-server start`) stays alive, and no
    schedule and no sensor runs.
    """
    has_served: set[int] = set()
    while True:
        time.sleep(CHECK_EVERY)
        try:
            for parent in _children(psutil.Process(), "code-server"):
                if _children(parent, "grpc"):
                    has_served.add(parent.pid)
                elif parent.pid in has_served:
                    parent.kill()
        except psutil.Error:
            continue  # a process ended meanwhile


def _children(process: psutil.Process, argument: str) -> list[psutil.Process]:
    """Return the live children that were started with this argument."""
    return [
        child
        for child in process.children()
        if child.status() != psutil.STATUS_ZOMBIE and argument in child.cmdline()
    ]


def _end_with(parent: int) -> None:
    """End this process soon after its parent, even if that was killed."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)


def _refusal(scope: Scope) -> tuple[int, str] | None:
    """Return status and sentence for a request that is refused, else None."""
    headers = Headers(scope=scope)
    host = headers.get("host", "").lower()
    if host not in (hosts := loopback_hosts(scope["server"][1])):
        return 421, f"Unknown host. The Dagster UI answers to {', '.join(sorted(hosts))}."
    # Browsers send Origin with every WebSocket and POST; other programs do not.
    if headers.get("origin", f"http://{host}") != f"http://{host}":
        return 403, "Refused: a page of another origin sent this."
    if scope["type"] == "websocket":
        return None
    if scope["method"] in ("GET", "HEAD"):
        return (405, "GraphQL is answered by POST only.") if scope["path"] == "/graphql" else None
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return 403, "Refused: a page of another origin sent this."
    # HTML forms of other origins cannot send this type. Dagster accepts it anywhere in the header.
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return 415, "The content type must be application/json."
    return None


if __name__ == "__main__":
    _, part, parent, *rest = sys.argv
    sys.argv = [part, *rest]
    threading.Thread(target=_end_with, args=[int(parent)], daemon=True).start()
    if part == WEBSERVER:
        app.DagsterWebserver = GuardedWebserver  # type: ignore[misc]  # the command takes no other class
        cli.main()
    else:
        runpy.run_module(part, run_name="__main__")

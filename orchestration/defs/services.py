"""Run Dagster's daemon and web application in this process, and its code server beside it.

`dagster dev` would run a web server of its own on a second port, which answers any page. The code server ends
when this process does.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import dagster as dg
import psutil

# The parts that `dagster dev` is made of; Dagster exports no public name of them.
from dagster._cli import proxy_server_manager
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import GrpcServerTarget, ModuleTarget
from dagster._daemon.controller import DagsterDaemonController, daemon_controller_from_instance
from dagster_webserver import __version__
from dagster_webserver.app import create_app_from_workspace_process_context
from starlette.types import ASGIApp

from orchestration.core import PROJECT_ROOT, NjiaError, kind_and_place
from orchestration.stewardship import desk

MODULE = "orchestration.definitions"
CHECK_EVERY = 5  # seconds
POLL_EVERY = 2000  # milliseconds, as `dagster dev` lets its pages do
# Seconds after which a code server that hears nothing ends itself; it hears every five. By Dagster's 45, the
# processes of a killed `njia serve` live on for up to a minute and a half.
proxy_server_manager.WEBSERVER_GRPC_SERVER_HEARTBEAT_TTL = 15


@contextmanager
def running() -> Iterator[ASGIApp]:
    """Yield the web application. Raises NjiaError at the end, if the daemon ended before.

    Reads DAGSTER_HOME.
    """
    # SIGTERM ends all in order, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    failures: list[str] = []
    with ExitStack() as stack:
        instance = stack.enter_context(dg.DagsterInstance.get())
        module = ModuleTarget(MODULE, None, str(PROJECT_ROOT), None)
        code = stack.enter_context(proxy_server_manager.ProxyServerManager(instance, module, "warning"))
        (spec,) = code.get_code_server_specs()
        server = spec["grpc_server"]
        target = GrpcServerTarget(
            server["host"], server.get("port"), server.get("socket"), server["location_name"]
        )
        daemon = stack.enter_context(
            daemon_controller_from_instance(
                instance, target, code_server_log_level="warning", log_level="warning"
            )
        )
        context = stack.enter_context(WorkspaceProcessContext(instance, target, version=__version__))
        for watch in (lambda: _watch_daemon(daemon, failures), _restart_dead_code_server):
            threading.Thread(target=watch, daemon=True).start()
        yield create_app_from_workspace_process_context(context, desk.DAGSTER_PATH, POLL_EVERY)
        ended_by = failures[:]  # once the daemon's threads are told to end, the watch sees them missing
    if ended_by:
        raise NjiaError(
            f"`njia serve` stopped, because Dagster's daemon did ({ended_by[0]}). Start it again."
        )


def _watch_daemon(daemon: DagsterDaemonController, failures: list[str]) -> None:
    """Keep the daemon's view of the code server fresh; where it fails, end this process as Ctrl-C would."""
    try:
        daemon.check_daemon_loop()
    except Exception as error:
        failures.append(kind_and_place(error))
        os.kill(os.getpid(), signal.SIGINT)


def _restart_dead_code_server() -> None:
    """Kill the parent of a dead code server, because Dagster restarts the parent but not the server.

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

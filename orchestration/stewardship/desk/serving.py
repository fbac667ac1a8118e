"""Serve desk, members' files and Dagster UI on loopback until Ctrl-C."""

from __future__ import annotations

import errno
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

import uvicorn
from starlette.types import ASGIApp

from orchestration.core import LOOPBACK, Settings, UsageError
from orchestration.stewardship.desk.accounts import read_accounts
from orchestration.stewardship.desk.address import Address
from orchestration.stewardship.desk.app import make_app
from orchestration.stewardship.desk.connections import MOST_CONNECTIONS, Connection
from orchestration.stewardship.desk.elsewhere import Elsewhere
from orchestration.stewardship.desk.first_link import FirstLink

LAST_SECONDS = 3  # for answers under way when it is stopped


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
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"Port {port} of this machine is taken, perhaps by another `njia serve`. Choose another with "
                "--port."
            ) from None
        raise UsageError(
            f"Njia cannot listen on port {port} ({error.strerror}). Choose one from 1024 with --port."
        ) from None
    except OverflowError:
        listener.close()
        raise UsageError(f"{port} is no port. Choose one from 1024 to 65535.") from None
    return listener

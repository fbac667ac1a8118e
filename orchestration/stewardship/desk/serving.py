"""Serve the desk on loopback until Ctrl-C."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from orchestration.core import LOOPBACK, Settings, UsageError
from orchestration.stewardship.desk.accounts import read_accounts
from orchestration.stewardship.desk.app import make_app
from orchestration.stewardship.desk.elsewhere import Elsewhere

LAST_SECONDS = 3  # for answers under way when it is stopped


def serve(settings: Settings, port: int, elsewhere: Elsewhere, on_ready: Callable[[], None]) -> None:
    """Serve; calls `on_ready` once it listens. Raises UsageError without accounts or for a taken port."""
    if not read_accounts(settings):
        raise UsageError(
            'Nobody can enter the desk yet. Make the first account: `njia desk user add "A. Steward"`.'
        )
    app = make_app(settings, port, elsewhere)
    with _listening(port) as listener:
        # No access log: addresses hold search texts. `guard` logs errors.
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            timeout_graceful_shutdown=LAST_SECONDS,
            limit_concurrency=200,
            h11_max_incomplete_event_size=64 * 1024,
        )
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
        on_ready()
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])


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
                f"Port {port} of this machine is taken, perhaps by another desk. Choose another with --port."
            ) from None
        raise UsageError(
            f"The desk cannot listen on port {port} ({error.strerror}). Choose one from 1024 with --port."
        ) from None
    except OverflowError:
        listener.close()
        raise UsageError(f"{port} is no port. Choose one from 1024 to 65535.") from None
    return listener

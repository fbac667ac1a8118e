"""Servers that tests start: a free port, signals as at a shell, waiting, and an operator who asks the Dagster UI."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable
from typing import Any

import requests

from orchestration.core import Settings
from orchestration.stewardship import desk

OPERATOR, PASSPHRASE = "A. Operator", "several words for nobody"


def reset_signals() -> None:
    """A child of a background shell would inherit ignored signals and could not be stopped by them."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(done: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if done():
                return
        except OSError:
            pass
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.5)


class Operator:
    """An account of the home, and a program that has logged in with it."""

    def __init__(self, settings: Settings, address: str) -> None:
        if not desk.read_accounts(settings):
            desk.add_account(settings, OPERATOR, PASSPHRASE, ["operator"])
        self._address = address
        self._session = requests.Session()
        self._session.headers["Origin"] = address

    def log_in(self) -> bool:
        sent = {"name": OPERATOR, "passphrase": PASSPHRASE}
        return self._session.post(f"{self._address}/login", sent, timeout=5).status_code == 200

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """Ask the GraphQL endpoint of the Dagster UI."""
        body = {"query": query, "variables": variables}
        answer = self._session.post(f"{self._address}{desk.DAGSTER_PATH}/graphql", json=body, timeout=60)
        data: dict[str, Any] = answer.json()["data"]
        return data

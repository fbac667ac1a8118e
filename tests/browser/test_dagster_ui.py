"""The Dagster UI as an operator sees it: served by `njia ui`, looked at in a real browser, used to refresh."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import scenario
from tests.conftest import EvidenceBase

BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
GROUPS = ["extracts", "places", "gates", "judge", "shape", "measure", "release"]


def reset_signals() -> None:
    """A child of a background shell would inherit ignored signals and could not be stopped by them."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def ui(evidence_base: EvidenceBase) -> Iterator[str]:
    """The address of `njia ui` over the published scenario."""
    port = free_port()
    njia = Path(sys.executable).with_name("njia")
    settings = evidence_base.settings
    process = subprocess.Popen(
        [njia, "ui", "--home", settings.home, "--partners", settings.partners, "--port", str(port)],
        env={**os.environ, "NJIA_AS_OF": scenario.AS_OF.isoformat(), "NJIA_KEYS": str(settings.keys)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=reset_signals,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: urllib.request.urlopen(f"{address}/server_info", timeout=2).status == 200, 120)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


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


def ask(address: str, query: str, **variables: object) -> dict:
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)["data"]


LAUNCH = """
mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
  ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"


def test_the_lineage_reads_like_the_way_of_the_data_and_a_run_can_be_started(
    ui: str, browser: Any, tmp_path: Path, evidence_base: EvidenceBase
) -> None:
    page = browser.new_page(viewport={"width": 1700, "height": 700})
    page.goto(f"{ui}/asset-groups")
    for group in GROUPS:
        page.get_by_text(group, exact=True).first.wait_for(timeout=60_000)
    page.screenshot(path=tmp_path / "lineage.png")
    page.goto(f"{ui}/assets/landing/swala_post?view=checks")
    page.get_by_text("quarantine_is_not_flooded").first.wait_for(timeout=60_000)
    page.close()

    selector = {
        "repositoryLocationName": "orchestration.definitions",
        "repositoryName": "__repository__",
        "jobName": "refresh",
    }
    launched = ask(ui, LAUNCH, params={"selector": selector, "runConfigData": {}, "mode": "default"})
    run_id = launched["launchRun"]["run"]["runId"]
    ended = ("SUCCESS", "FAILURE", "CANCELED")
    wait_until(lambda: ask(ui, STATUS, id=run_id)["runOrError"]["status"] in ended, 180)
    assert ask(ui, STATUS, id=run_id)["runOrError"]["status"] == "SUCCESS"

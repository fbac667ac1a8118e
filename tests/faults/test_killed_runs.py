"""SIGKILL of refreshes and of the Dagster daemon itself: what is queued still runs, and publishes.

The kills follow each other on one home: `njia refresh`; the worker of a run under the daemon; all of `njia ui`.
Each leaves a run unfinished in Dagster's run store while a later one waits for it in the queue.
"""

from __future__ import annotations

import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import dagster as dg
import pytest

from orchestration.defs.ending import OUTCOME
from orchestration.refresh_lock import last_holder
from orchestration.settings import Settings
from orchestration.stewardship import refreshes
from tests import scenario
from tests.browser.test_dagster_ui import ask, free_port, reset_signals, wait_until
from tests.command import PATIENCE, PROGRAM, Started, arguments_at, environment
from tests.conftest import EvidenceBase

LAUNCH = """
mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
  ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
NEW_ROW = scenario.CASE_HEADER + "K4;12/05/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n"

REFRESH = {
    "repositoryLocationName": "orchestration.definitions",
    "repositoryName": "__repository__",
    "jobName": "refresh",
}


class Ui:
    """`njia ui` with its webserver, daemon and code server: one process group, killed as one."""

    def __init__(self, settings: Settings) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [PROGRAM, *arguments_at(settings, "ui", "--port", str(port))],
            env=environment(settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=reset_signals,
        )

    def wait_until_it_answers(self) -> None:
        def answers() -> bool:
            return urllib.request.urlopen(f"{self.address}/server_info", timeout=5).status == 200

        wait_until(answers, PATIENCE)

    def launch(self) -> str:
        """Ask for a refresh, as the schedule does; the id of its run."""
        launched = ask(self.address, LAUNCH, params={"selector": REFRESH, "runConfigData": {}})
        return str(launched["launchRun"]["run"]["runId"])

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def runs(settings: Settings) -> dict[str, tuple[str, str | None]]:
    """Status and outcome of each run in Dagster's store, by its id."""
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        return {run.run_id: (run.status.value, run.tags.get(OUTCOME)) for run in instance.get_runs()}


def is_under_way(settings: Settings, run_id: str) -> bool:
    under_way = refreshes.under_way(settings)
    return under_way is not None and under_way.run_id == run_id


def wait_until_under_way(settings: Settings, run_id: str) -> int:
    """The process of a run that is past its first step."""
    wait_until(lambda: is_under_way(settings, run_id), PATIENCE)
    return int(last_holder(settings)["process"])


@pytest.fixture
def killed(evidence_base: EvidenceBase, tmp_path: Path) -> Iterator[tuple[Settings, list[str], str]]:
    """The runs killed, and the one that was queued when all of `njia ui` was, after it has ended."""
    settings = evidence_base.settings
    started = Started(tmp_path / "refresh", "refresh", settings=settings)
    try:
        started.wait_until(lambda: refreshes.under_way(settings) is not None, "a refresh under way")
    finally:
        started.process.kill()
    started.ended()
    by_command = str(last_holder(settings)["run"])
    assert runs(settings)[by_command] == ("STARTED", None)
    ui = Ui(settings)
    try:
        ui.wait_until_it_answers()
        by_worker = ui.launch()
        worker = wait_until_under_way(settings, by_worker)
        with_ui = ui.launch()
        os.kill(worker, signal.SIGKILL)
        wait_until_under_way(settings, with_ui)
        # Now, for the inbox sensor asks for no run while one is under way.
        evidence_base.deliver("kobe_post", "kobe_3.csv", NEW_ROW)
        last = ui.launch()
        ui.kill()
        assert runs(settings)[with_ui] == ("STARTED", None)
        assert runs(settings)[last] == ("QUEUED", None)
        ui = Ui(settings)
        wait_until(lambda: runs(settings)[last][0] in ("SUCCESS", "FAILURE"), PATIENCE)
        yield settings, [by_command, by_worker, with_ui], last
    finally:
        ui.kill()


def test_after_each_kill_the_queued_run_starts_and_the_last_one_publishes(
    killed: tuple[Settings, list[str], str],
) -> None:
    settings, dead, last = killed
    found = runs(settings)
    assert [found[run_id] for run_id in dead] == [("FAILURE", "crashed")] * 3
    assert found[last] == ("SUCCESS", "published")
    recorded = {one["run_id"]: one["outcome"] for one in refreshes.history(settings)}
    assert {run_id: found[run_id][1] for run_id in (*dead, last)} == {
        run_id: recorded.get(run_id) for run_id in (*dead, last)
    }

"""SIGKILL of refreshes and of the Dagster daemon itself: what is queued still runs, and publishes.

The kills follow each other on one home: `njia refresh`; the worker of a run under the daemon; the code server;
all of `njia ui`; the process of `njia ui` that has started the others. What one leaves unfinished in Dagster's
run store would keep all later runs in the queue.
"""

from __future__ import annotations

import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import dagster as dg
import psutil
import pytest

from orchestration.core import Settings, last_holder, refreshes
from orchestration.defs.tags import OUTCOME
from orchestration.stewardship import record_decision
from tests import scenario
from tests.browser.test_dagster_ui import ask, free_port, reset_signals, wait_until
from tests.command import PATIENCE, PROGRAM, Started, arguments_at, environment, last_object, njia
from tests.conftest import EvidenceBase, copy_of

LAUNCH = """
mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
  ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
NEW_ROWS = [
    f"{scenario.CASE_HEADER}{ref};12/05/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n"
    for ref in ("K4", "K5")
]

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
        """Ask for a refresh, as the schedule does, as soon as a code server answers; the id of its run."""
        launched: list[str] = []

        def is_launched() -> bool:
            answer = ask(self.address, LAUNCH, params={"selector": REFRESH, "runConfigData": {}})
            launched.extend(run["runId"] for run in [answer["launchRun"].get("run")] if run)
            return bool(launched)

        wait_until(is_launched, PATIENCE)
        return launched[0]

    def kill_code_server(self) -> None:
        """It alone: neither what keeps it, nor the worker of a run."""
        (server,) = self._processes("api", "grpc")
        server.kill()

    def kill_what_started_the_others(self) -> None:
        """Daemon, webserver and code server end by themselves."""
        others = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        self.process.wait()
        wait_until(lambda: not psutil.wait_procs(others, timeout=1)[1], PATIENCE)

    def _processes(self, *arguments: str) -> list[psutil.Process]:
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.Error):  # it has just ended
                if set(arguments) <= set(process.cmdline()):
                    found.append(process)
        return found

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def runs(settings: Settings) -> dict[str, tuple[str, str | None]]:
    """Status and outcome of each run in Dagster's store, by its id."""
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        return {run.run_id: (run.status.value, run.tags.get(OUTCOME)) for run in instance.get_runs()}


def has_ended(settings: Settings, run_id: str) -> bool:
    return runs(settings)[run_id][0] in ("SUCCESS", "FAILURE")


def is_under_way(settings: Settings, run_id: str) -> bool:
    under_way = refreshes.under_way(settings)
    return under_way is not None and under_way.run_id == run_id


def wait_until_under_way(settings: Settings, run_id: str) -> int:
    """The process of a run that is past its first step."""
    wait_until(lambda: is_under_way(settings, run_id), PATIENCE)
    return int(last_holder(settings)["process"])


@dataclass(frozen=True)
class Story:
    """`dead`: the runs killed; `went_on`: the one whose code server was; `last`: the one queued then."""

    settings: Settings
    dead: list[str]
    went_on: str
    last: str
    by_sensor: str


@pytest.fixture(scope="module")
def story(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The kills, one after the other; what each leaves must not stand in the way of what comes next."""
    base = copy_of(published_world, tmp_path_factory.mktemp("killed"))
    settings = base.settings
    # So that there is something to do: with nothing new, a refresh ends before Dagster starts a run.
    (settings.work / "artifacts" / "locate.json").unlink()
    started = Started(tmp_path_factory.mktemp("refresh"), "refresh", settings=settings)
    try:
        started.wait_until(
            # The journal first: from then on Dagster's stores are there, and are not made twice at once.
            lambda: (
                refreshes.under_way(settings) is not None and ("STARTED", None) in runs(settings).values()
            ),
            "a run under way",
        )
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
        went_on = ui.launch()
        os.kill(worker, signal.SIGKILL)
        wait_until_under_way(settings, went_on)
        ui.kill_code_server()
        wait_until(lambda: has_ended(settings, went_on), PATIENCE)
        # So that the next run has something to do: else it may have ended before it is killed.
        swala = next((settings.landing / "swala_post").glob("*.json")).stem
        record_decision(settings, "row_exclude", "A. Steward", "a test", scenario.AS_OF, record=f"{swala}:2")
        with_ui = ui.launch()
        wait_until_under_way(settings, with_ui)
        # Now, for the inbox sensor asks for no run while one is under way.
        base.deliver("kobe_post", "kobe_3.csv", NEW_ROWS[0])
        last = ui.launch()
        ui.kill()
        assert runs(settings)[with_ui] == ("STARTED", None)
        assert runs(settings)[last] == ("QUEUED", None)
        ui = Ui(settings)
        wait_until(lambda: has_ended(settings, last), PATIENCE)
        before = set(runs(settings))
        ui.kill_what_started_the_others()
        base.deliver("kobe_post", "kobe_4.csv", NEW_ROWS[1])
        ui = Ui(settings)
        wait_until(lambda: any(has_ended(settings, one) for one in set(runs(settings)) - before), PATIENCE)
        (by_sensor,) = set(runs(settings)) - before
        yield Story(settings, [by_command, by_worker, with_ui], went_on, last, by_sensor)
    finally:
        ui.kill()


def test_after_each_kill_the_next_run_starts_and_publishes(story: Story) -> None:
    found = runs(story.settings)
    assert {run_id: found[run_id] for run_id in story.dead} == dict.fromkeys(
        story.dead, ("FAILURE", "crashed")
    )
    assert found[story.went_on][0] == "SUCCESS", "a run goes on without the code server that started it"
    assert found[story.last] == ("SUCCESS", "published")
    assert found[story.by_sensor] == ("SUCCESS", "published")
    assert {status for status, _ in found.values()} == {"SUCCESS", "FAILURE"}


def test_the_run_store_and_the_record_of_refreshes_say_the_same(story: Story) -> None:
    recorded = {one["run_id"]: one["outcome"] for one in refreshes.history(story.settings)}
    found = {run_id: outcome for run_id, (_, outcome) in runs(story.settings).items()}
    assert found.items() <= recorded.items()


def test_status_says_that_the_next_refresh_can_start(story: Story) -> None:
    next_run = last_object(njia("status", "--json", settings=story.settings))["next_run"]
    assert next_run["can_start"], next_run["obstacles"]

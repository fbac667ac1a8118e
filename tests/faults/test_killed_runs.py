"""SIGKILL of the Dagster daemon with a run under way and one queued: after a restart the queued run publishes.

A run that nobody ends in Dagster's run store would keep all later runs in the queue.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import psutil
import pytest

from orchestration.core import Settings, refreshes
from orchestration.defs.boundary import OUTCOME
from orchestration.operations import check_files
from orchestration.release import current_release
from orchestration.stewardship import record_decision
from tests import scenario
from tests.command import PATIENCE, PROGRAM, arguments_at, environment, last_object, njia
from tests.evidence_base import EvidenceBase, copy_of
from tests.servers import Operator, free_port, reset_signals, wait_until

KILLS, SEED = int(os.environ.get("NJIA_TEST_KILLS", "2")), os.environ.get("NJIA_TEST_SEED", "0")
LAUNCH = """
mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
  ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
REFRESH = {
    "repositoryLocationName": "orchestration.definitions",
    "repositoryName": "__repository__",
    "jobName": "refresh",
}


class Server:
    """`njia serve` with its code server and run workers: one process group, killed as one."""

    def __init__(self, settings: Settings) -> None:
        port = free_port()
        self._operator = Operator(settings, f"http://127.0.0.1:{port}")
        self.process = subprocess.Popen(
            [PROGRAM, *arguments_at(settings, "serve", "--port", str(port))],
            env=environment(settings, NJIA_REFRESH_AFTER_DECISIONS="off"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=reset_signals,
        )

    def wait_until_it_answers(self) -> None:
        wait_until(self._operator.log_in, PATIENCE)

    def launch(self) -> str:
        """Ask for a refresh, as the schedule does, as soon as a code server answers; the id of its run."""
        launched: list[str] = []

        def is_launched() -> bool:
            answer = self._operator.ask(LAUNCH, params={"selector": REFRESH, "runConfigData": {}})
            launched.extend(run["runId"] for run in [answer["launchRun"].get("run")] if run)
            return bool(launched)

        wait_until(is_launched, PATIENCE)
        return launched[0]

    def kill_code_server(self) -> None:
        """Kill it alone, and not the process that keeps it; wait until another answers."""
        (killed,) = self._code_servers()
        killed.kill()
        wait_until(lambda: bool({one.pid for one in self._code_servers()} - {killed.pid}), PATIENCE)

    def kill_parent_process(self) -> None:
        """Kill `njia serve` alone; wait until its code server has ended by itself."""
        others = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        self.process.wait()
        wait_until(lambda: not psutil.wait_procs(others, timeout=1)[1], PATIENCE)

    def _code_servers(self) -> list[psutil.Process]:
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.Error):  # it has just ended
                if {"api", "grpc"} <= set(process.cmdline()):
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


def is_under_way(settings: Settings, run_id: str) -> bool:
    """Whether the run is past its first step."""
    under_way = refreshes.under_way(settings)
    return under_way is not None and under_way.run_id == run_id


@dataclass(frozen=True)
class Story:
    settings: Settings
    killed: str
    queued: str
    server: Server


@pytest.fixture(scope="module")
def story(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    settings = copy_of(published_world, tmp_path_factory.mktemp("killed")).settings
    # So that there is something to do: with nothing new, a run may end before it is killed.
    swala = next((settings.landing / "swala_post").glob("*.json")).stem
    record_decision(settings, "row_exclude", "A. Steward", "a test", scenario.AS_OF, record=f"{swala}:2")
    server = Server(settings)
    try:
        server.wait_until_it_answers()
        killed = server.launch()
        wait_until(lambda: is_under_way(settings, killed), PATIENCE)
        queued = server.launch()
        server.kill()
        assert runs(settings) == {killed: ("STARTED", None), queued: ("QUEUED", None)}
        server = Server(settings)
        server.wait_until_it_answers()
        wait_until(lambda: runs(settings)[queued][0] in ("SUCCESS", "FAILURE"), PATIENCE)
        yield Story(settings, killed, queued, server)
    finally:
        server.kill()


def test_kills_at_random_moments_leave_a_whole_release_each(
    published_world: EvidenceBase, tmp_path: Path
) -> None:
    """Of the whole server, between the launch of a refresh and a little after its end; each has a new file."""
    base, moments = copy_of(published_world, tmp_path), random.Random(SEED)  # noqa: S311
    settings, longest = base.settings, 0.0
    for number in range(KILLS + 2):
        day = f"{1 + number % 28:02d}/{1 + number // 28 % 12:02d}/2025"
        row = f"K4;{day};F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n"
        base.deliver("kobe_post", "kobe_3.csv", scenario.CASE_HEADER + row + row.replace("K4", "K5"))
        server = Server(settings)
        try:
            server.wait_until_it_answers()
            waiting = [run for run, (status, _) in runs(settings).items() if status == "QUEUED"]
            launched, began = waiting[0] if waiting else server.launch(), time.monotonic()
            if number in (0, KILLS + 1):  # the first shows how long it takes, the last that all works on
                wait_until(lambda run=launched: runs(settings)[run][0] in ("SUCCESS", "FAILURE"), PATIENCE)  # type: ignore[misc]
                longest = time.monotonic() - began
                assert runs(settings)[launched][0] == "SUCCESS"
            else:
                time.sleep(moments.uniform(0, 1.1 * longest))
        finally:
            server.kill()
        assert current_release(settings) and check_files(settings).faults == []


def test_killed_run_is_ended_and_the_queued_run_publishes(story: Story) -> None:
    assert runs(story.settings) == {
        story.killed: ("FAILURE", "crashed"),
        story.queued: ("SUCCESS", "published"),
    }


def test_run_store_and_journal_agree(story: Story) -> None:
    recorded = {one["run_id"]: one["outcome"] for one in refreshes.history(story.settings)}
    assert {
        run_id: outcome for run_id, (_, outcome) in runs(story.settings).items()
    }.items() <= recorded.items()


def test_status_says_that_the_next_refresh_can_start(story: Story) -> None:
    next_run = last_object(njia("status", "--json", settings=story.settings))["next_run"]
    assert next_run["can_start"], next_run["obstacles"]


def test_killed_code_server_is_restarted_and_answers(story: Story) -> None:
    story.server.kill_code_server()
    assert story.server.launch()


def test_killed_server_ends_all_its_processes(story: Story) -> None:
    story.server.kill_parent_process()

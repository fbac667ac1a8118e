"""Runs whose process is dead are ended in Dagster's run store, and no others."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from sqlite3 import connect

import dagster as dg
import pytest

from orchestration.core import RefreshLock, Settings, refreshes
from orchestration.defs.boundary import OUTCOME
from orchestration.defs.killed_runs import STORES, UNFINISHED, end_killed_runs
from tests import scenario
from tests.fixtures.dagster_home import instance, settings

__all__ = ["instance", "settings"]
CRASHED = ("FAILURE", "crashed")


@dg.job
def refresh() -> None:
    pass


@dataclass
class Runs:
    settings: Settings
    instance: dg.DagsterInstance

    def new(self, status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED) -> str:
        return self.instance.create_run_for_job(refresh, status=status).run_id

    def begin(self, run_id: str) -> RefreshLock:
        """Hold the lock for a run past its first step; to let go of it is what the system does for a killed process."""
        lock = RefreshLock(self.settings)
        lock.take(run_id)
        refreshes.begin(self.settings, run_id, scenario.AS_OF)
        return lock

    def killed(self) -> str:
        run_id = self.new()
        self.begin(run_id).release()
        return run_id

    def end_killed(self, *seen: str) -> list[tuple[str, str | None]]:
        """Status and outcome of these runs after killed ones were ended."""
        end_killed_runs(self.settings)
        found = [self.instance.get_run_by_id(run_id) for run_id in seen]
        return [(run.status.value, run.tags.get(OUTCOME)) for run in found if run]


@pytest.fixture
def runs(settings: Settings, instance: dg.DagsterInstance) -> Runs:
    return Runs(settings, instance)


@pytest.fixture
def no_time_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dg.DagsterInstance, "run_monitoring_start_timeout_seconds", 0)


@pytest.mark.usefixtures("no_time_to_start")
@pytest.mark.parametrize("status", UNFINISHED, ids=lambda status: status.value)
def test_a_run_whose_process_holds_the_lock_is_never_ended(runs: Runs, status: dg.DagsterRunStatus) -> None:
    run_id = runs.new(status)
    lock = runs.begin(run_id)
    assert runs.end_killed(run_id) == [(status.value, None)]
    lock.release()
    assert runs.end_killed(run_id) == [CRASHED]


def test_a_killed_run_is_recorded_as_crashed_with_dagsters_message(runs: Runs) -> None:
    run_id = runs.killed()
    assert runs.end_killed(run_id) == [CRASHED]
    last = refreshes.last(runs.settings)
    assert last is not None and (last.run_id, last.outcome) == (run_id, refreshes.CRASHED)
    (failure,) = runs.instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    assert failure.dagster_event and failure.dagster_event.message == last.reason


@pytest.mark.parametrize("since", ["another run ended", "Dagster ended it and another runs"])
def test_a_killed_run_is_recorded_as_crashed_whatever_ran_since(runs: Runs, since: str) -> None:
    run_id = runs.killed()
    if since == "another run ended":
        runs.begin("the next run").release()
    else:
        run = runs.instance.get_run_by_id(run_id)
        assert run is not None
        runs.instance.report_run_failed(run)
        RefreshLock(runs.settings).take("the next run")
    assert runs.end_killed(run_id) == [CRASHED]


def test_a_run_killed_after_it_published_keeps_that_outcome(runs: Runs) -> None:
    run_id = runs.new()
    lock = runs.begin(run_id)
    under_way = refreshes.under_way(runs.settings)
    assert under_way is not None
    refreshes.end(runs.settings, under_way, refreshes.PUBLISHED)
    lock.release()
    assert runs.end_killed(run_id) == [("FAILURE", "published")]


def test_a_killed_run_is_ended_while_another_holds_the_lock(runs: Runs) -> None:
    run_id, next_run = runs.killed(), runs.new()
    lock = runs.begin(next_run)
    assert runs.end_killed(run_id, next_run) == [CRASHED, ("STARTED", None)]
    lock.release()


@pytest.mark.usefixtures("no_time_to_start")
def test_a_refresh_killed_before_its_first_step_counts_among_the_crashes(runs: Runs) -> None:
    run_id = runs.new()
    assert runs.end_killed(run_id) == runs.end_killed(run_id) == [CRASHED]
    assert [one["run_id"] for one in refreshes.crashes_in_a_row(runs.settings)] == [run_id]


def test_a_killed_run_of_one_step_is_ended_although_it_is_no_refresh(runs: Runs) -> None:
    run_id, lock = runs.new(), RefreshLock(runs.settings)
    lock.take(run_id)
    lock.release()
    assert runs.end_killed(run_id) == [CRASHED]
    assert refreshes.last(runs.settings) is None


def test_runs_before_their_first_step_get_time_to_start(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.begin("the run before").release()
    started = [runs.new(status) for status in UNFINISHED]
    assert runs.end_killed(*started) == [(status.value, None) for status in UNFINISHED]
    monkeypatch.setattr(dg.DagsterInstance, "run_monitoring_start_timeout_seconds", 0)
    assert runs.end_killed(*started) == [CRASHED] * len(UNFINISHED)


@pytest.mark.usefixtures("no_time_to_start")
def test_runs_not_started_and_ended_runs_stay_as_they_are(runs: Runs) -> None:
    statuses = ["NOT_STARTED", "SUCCESS", "CANCELED"]
    made = [runs.new(dg.DagsterRunStatus(status)) for status in statuses]
    for run in made:
        runs.begin(run).release()
    assert [status for status, _ in runs.end_killed(*made)] == statuses


HARMS: list[Callable[[bytes], bytes]] = [
    lambda content: bytes(len(content)),
    lambda content: content[: len(content) // 2],
    lambda content: content[:4096] + b"\xa5" * (8 * 4096) + content[9 * 4096 :],
]


@pytest.mark.parametrize("turn", range(3))
def test_damaged_stores_begin_anew(settings: Settings, turn: int, caplog: pytest.LogCaptureFixture) -> None:
    for number, name in enumerate(STORES):
        store = settings.dagster_home / name
        store.write_bytes(HARMS[(number + turn) % 3](store.read_bytes()))
    end_killed_runs(settings)
    assert [name for name in STORES if f"Dagster's file {name} was damaged" not in caplog.text] == []
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as anew:
        assert refresh.execute_in_process(instance=anew).success
        assert anew.all_instigator_state() == []


def test_whole_and_locked_stores_stay(runs: Runs) -> None:
    run_id = runs.new(dg.DagsterRunStatus.SUCCESS)
    with closing(connect(runs.settings.dagster_home / STORES[1])) as writer:
        writer.execute("begin immediate")
        assert [status for status, _ in runs.end_killed(run_id)] == ["SUCCESS"]

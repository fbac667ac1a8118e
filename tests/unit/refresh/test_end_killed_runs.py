"""Runs whose process is dead are ended in Dagster's run store, and no others."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from sqlite3 import connect

import dagster as dg
import pytest

from orchestration.core import RefreshLock, Settings, refreshes
from orchestration.defs.killed_runs import STORES, UNFINISHED, end_killed_runs
from orchestration.defs.tags import OUTCOME
from tests import scenario
from tests.fixtures.dagster_home import instance, settings

__all__ = ["instance", "settings"]

STARTED = dg.DagsterRunStatus.STARTED
each_unfinished = pytest.mark.parametrize("status", UNFINISHED, ids=lambda status: status.value)


@dg.job
def refresh() -> None:
    pass


def a_run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus = STARTED) -> str:
    return instance.create_run_for_job(refresh, status=status).run_id


def seen(instance: dg.DagsterInstance, run_id: str) -> tuple[str, str | None]:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status.value, run.tags.get(OUTCOME)


def begun(settings: Settings, run_id: str) -> RefreshLock:
    """The lock held for a run past its first step; to let go of it is what the system does for a killed process."""
    lock = RefreshLock(settings)
    lock.take(run_id)
    refreshes.begin(settings, run_id, scenario.AS_OF)
    return lock


@pytest.fixture
def no_time_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dg.DagsterInstance, "run_monitoring_start_timeout_seconds", 0)


@each_unfinished
def test_a_run_whose_process_holds_the_lock_is_never_ended(
    settings: Settings, instance: dg.DagsterInstance, status: dg.DagsterRunStatus, no_time_to_start: None
) -> None:
    run_id = a_run(instance, status)
    lock = begun(settings, run_id)
    end_killed_runs(settings)
    assert seen(instance, run_id) == (status.value, None)
    lock.release()
    end_killed_runs(settings)
    assert seen(instance, run_id) == ("FAILURE", "crashed")


def test_a_killed_run_is_recorded_as_crashed_with_dagsters_message(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    run_id = a_run(instance)
    begun(settings, run_id).release()
    end_killed_runs(settings)
    assert seen(instance, run_id) == ("FAILURE", "crashed")
    last = refreshes.last(settings)
    assert last is not None and (last.run_id, last.outcome) == (run_id, refreshes.CRASHED)
    (failure,) = instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    assert failure.dagster_event and failure.dagster_event.message == last.reason


@pytest.mark.parametrize("since", ["another run ended", "Dagster ended it and another runs"])
def test_a_killed_run_is_recorded_as_crashed_whatever_ran_since(
    settings: Settings, instance: dg.DagsterInstance, since: str
) -> None:
    run_id = a_run(instance)
    begun(settings, run_id).release()
    if since == "another run ended":
        begun(settings, "the next run").release()
    else:
        run = instance.get_run_by_id(run_id)
        assert run is not None
        instance.report_run_failed(run)
        RefreshLock(settings).take("the next run")
    end_killed_runs(settings)
    assert seen(instance, run_id) == ("FAILURE", "crashed")


def test_a_run_killed_after_it_published_keeps_that_outcome(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    run_id = a_run(instance)
    lock = begun(settings, run_id)
    under_way = refreshes.under_way(settings)
    assert under_way is not None
    refreshes.end(settings, under_way, refreshes.PUBLISHED)
    lock.release()
    end_killed_runs(settings)
    assert seen(instance, run_id) == ("FAILURE", "published")


def test_a_killed_run_is_ended_while_another_holds_the_lock(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    run_id, next_run = a_run(instance), a_run(instance)
    begun(settings, run_id).release()
    lock = begun(settings, next_run)
    end_killed_runs(settings)
    assert seen(instance, run_id) == ("FAILURE", "crashed")
    assert seen(instance, next_run) == ("STARTED", None)
    lock.release()


def test_a_refresh_killed_before_its_first_step_counts_among_the_crashes(
    settings: Settings, instance: dg.DagsterInstance, no_time_to_start: None
) -> None:
    run_id = a_run(instance)
    end_killed_runs(settings)
    assert seen(instance, run_id) == ("FAILURE", "crashed")
    end_killed_runs(settings)
    assert [one["run_id"] for one in refreshes.crashes_in_a_row(settings)] == [run_id]


def test_a_killed_run_of_one_step_is_ended_although_it_is_no_refresh(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    run_id = a_run(instance)
    lock = RefreshLock(settings)
    lock.take(run_id)
    lock.release()
    end_killed_runs(settings)
    assert seen(instance, run_id) == ("FAILURE", "crashed")
    assert refreshes.last(settings) is None


def test_runs_before_their_first_step_are_given_time_to_start(
    settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(settings, "the run before").release()
    runs = {a_run(instance, status): status for status in UNFINISHED}
    end_killed_runs(settings)
    assert {run: seen(instance, run) for run in runs} == {run: (runs[run].value, None) for run in runs}
    monkeypatch.setattr(dg.DagsterInstance, "run_monitoring_start_timeout_seconds", 0)
    end_killed_runs(settings)
    assert {seen(instance, run) for run in runs} == {("FAILURE", "crashed")}


def test_runs_not_started_and_ended_runs_stay_as_they_are(
    settings: Settings, instance: dg.DagsterInstance, no_time_to_start: None
) -> None:
    statuses = ["NOT_STARTED", "SUCCESS", "CANCELED"]
    runs = [a_run(instance, dg.DagsterRunStatus(status)) for status in statuses]
    for run in runs:
        begun(settings, run).release()
    end_killed_runs(settings)
    assert [seen(instance, run)[0] for run in runs] == statuses


HARMS: list[Callable[[bytes], bytes]] = [
    lambda content: bytes(len(content)),
    lambda content: content[: len(content) // 2],
    lambda content: content[:4096] + b"\xa5" * (8 * 4096) + content[9 * 4096 :],
]


@pytest.mark.parametrize("turn", range(3))
def test_damaged_stores_of_dagster_begin_anew(
    settings: Settings, turn: int, caplog: pytest.LogCaptureFixture
) -> None:
    for number, name in enumerate(STORES):
        store = settings.dagster_home / name
        store.write_bytes(HARMS[(number + turn) % 3](store.read_bytes()))
    end_killed_runs(settings)
    assert [name for name in STORES if f"Dagster's file {name} was damaged" not in caplog.text] == []
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as anew:
        assert refresh.execute_in_process(instance=anew).success
        assert anew.all_instigator_state() == []


def test_whole_and_locked_stores_stay(settings: Settings, instance: dg.DagsterInstance) -> None:
    run_id = a_run(instance, dg.DagsterRunStatus.SUCCESS)
    with closing(connect(settings.dagster_home / STORES[1])) as writer:
        writer.execute("begin immediate")
        end_killed_runs(settings)
    assert seen(instance, run_id)[0] == "SUCCESS"

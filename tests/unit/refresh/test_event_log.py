"""Dagster's event log through kept connections: the same files, fewer transactions."""

from collections.abc import Iterator
from unittest.mock import Mock

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from sqlalchemy import event

from orchestration.core import Settings
from orchestration.defs import event_log
from orchestration.defs.event_log import OPEN_SHARDS, OpenEventLog
from tests.fixtures.dagster_home import instance, settings

__all__ = ["instance", "settings"]
CHECKS = 20


@dg.multi_asset_check(specs=[dg.AssetCheckSpec(f"check_{number}", asset="table") for number in range(CHECKS)])
def checks() -> Iterator[dg.AssetCheckResult]:
    for number in range(CHECKS):
        yield dg.AssetCheckResult(asset_key="table", check_name=f"check_{number}", passed=number != 7)


@dg.asset
def table() -> None:
    pass


JOBS = [
    dg.define_asset_job("job"),
    dg.define_asset_job("small", dg.AssetSelection.assets("table").without_checks()),
]
DEFINED = dg.Definitions([table], asset_checks=[checks], jobs=JOBS, executor=dg.in_process_executor)
JOB, SMALL = DEFINED.resolve_job_def("job"), DEFINED.resolve_job_def("small")


@pytest.fixture
def storage(instance: dg.DagsterInstance) -> OpenEventLog:
    assert isinstance(instance.event_log_storage, OpenEventLog)
    return instance.event_log_storage


def texts(storage: SqliteEventLogStorage, run_id: str) -> list[str]:
    return [record.event_log_entry.to_json() for record in storage.get_records_for_run(run_id).records]


def test_dagsters_own_log_reads_the_same_events(instance: dg.DagsterInstance, storage: OpenEventLog) -> None:
    run_id = JOB.execute_in_process(instance=instance).run_id
    plain = SqliteEventLogStorage(storage._base_dir)
    assert texts(plain, run_id) == texts(storage, run_id)
    assert len(texts(plain, run_id)) > 3 * CHECKS
    keys = [dg.AssetCheckKey(dg.AssetKey("table"), f"check_{number}") for number in range(CHECKS)]
    found = plain.get_latest_asset_check_execution_by_key(keys)
    assert [found[key].status.value for key in keys] == [
        "FAILED" if number == 7 else "SUCCEEDED" for number in range(CHECKS)
    ]


def test_events_take_few_transactions(
    instance: dg.DagsterInstance, storage: OpenEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "1000")
    JOB.execute_in_process(instance=instance)
    commits: list[object] = []
    event.listen(storage._engine("index"), "commit", commits.append)
    JOB.execute_in_process(instance=instance)
    # In the index of all runs: one for what the run means to do, one for each check, some for its start and end.
    assert CHECKS < len(commits) < 2 * CHECKS


def test_a_failed_event_is_in_neither_file(
    instance: dg.DagsterInstance, storage: OpenEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = JOB.execute_in_process(instance=instance).run_id
    stored = next(one for one in instance.all_logs(run_id) if "check_7" in one.message)
    before = texts(storage, run_id)
    monkeypatch.setattr(storage, "store_asset_check_event", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        storage.store_event(stored)
    assert texts(storage, run_id) == before


def test_earlier_runs_stay_readable_in_few_files(
    instance: dg.DagsterInstance, storage: OpenEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = Mock(side_effect=event_log.create_engine)
    monkeypatch.setattr(event_log, "create_engine", create)
    runs = [SMALL.execute_in_process(instance=instance).run_id for _ in range(OPEN_SHARDS + 1)]
    counts = [len(instance.all_logs(run_id)) for run_id in runs]
    assert min(counts) > 8 and len(set(counts)) == 1
    assert len(storage._engines) == OPEN_SHARDS
    assert create.call_count <= 2 * len(runs) + 2, "every event of a run goes through the same connections"


def test_closing_the_instance_leaves_no_write_ahead_log(settings: Settings) -> None:
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        SMALL.execute_in_process(instance=instance)
        assert list(settings.dagster_home.rglob("*.db-wal"))
    assert not list(settings.dagster_home.rglob("*.db-wal"))


def test_wiping_forgets_the_runs(instance: dg.DagsterInstance) -> None:
    run_id = SMALL.execute_in_process(instance=instance).run_id
    instance.wipe()
    assert instance.all_logs(run_id) == []
    assert SMALL.execute_in_process(instance=instance).success

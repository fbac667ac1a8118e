"""Dagster's history of runs, kept in the files that Dagster itself would write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from sqlalchemy import event

from orchestration.core import Settings, prepare_home
from orchestration.defs import event_log
from orchestration.defs.event_log import OPEN_SHARDS, OpenEventLog

CHECKS = 20


@dg.multi_asset_check(specs=[dg.AssetCheckSpec(f"check_{number}", asset="table") for number in range(CHECKS)])
def checks() -> Iterator[dg.AssetCheckResult]:
    for number in range(CHECKS):
        yield dg.AssetCheckResult(asset_key="table", check_name=f"check_{number}", passed=number != 7)


@dg.asset
def table() -> None:
    pass


JOB = dg.Definitions(
    assets=[table], asset_checks=[checks], jobs=[dg.define_asset_job("job")], executor=dg.in_process_executor
).resolve_job_def("job")


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    settings = Settings(tmp_path / "home", tmp_path, tmp_path / "keys")
    prepare_home(settings)
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as found:
        yield found


def texts(storage: SqliteEventLogStorage, run_id: str) -> list[str]:
    return [record.event_log_entry.to_json() for record in storage.get_records_for_run(run_id).records]


def test_dagsters_own_event_log_reads_the_same_events_and_checks(instance: dg.DagsterInstance) -> None:
    run_id = JOB.execute_in_process(instance=instance).run_id
    written = instance.event_log_storage
    assert isinstance(written, OpenEventLog)
    plain = SqliteEventLogStorage(written._base_dir)
    assert texts(plain, run_id) == texts(written, run_id)
    assert len(texts(plain, run_id)) > 3 * CHECKS
    keys = [dg.AssetCheckKey(dg.AssetKey("table"), f"check_{number}") for number in range(CHECKS)]
    found = plain.get_latest_asset_check_execution_by_key(keys)
    assert [found[key].status.value for key in keys] == [
        "FAILED" if number == 7 else "SUCCEEDED" for number in range(CHECKS)
    ]


def test_every_event_of_a_run_goes_through_the_same_connections(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    create = event_log.create_engine
    monkeypatch.setattr(
        event_log, "create_engine", lambda url, **options: made.append(url) or create(url, **options)
    )
    JOB.execute_in_process(instance=instance)
    assert 1 <= len(made) <= OPEN_SHARDS


def test_each_event_and_each_batch_of_events_is_one_transaction_a_file(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "1000")
    JOB.execute_in_process(instance=instance)
    commits: list[object] = []
    storage = instance.event_log_storage
    assert isinstance(storage, OpenEventLog)
    event.listen(storage._engine("index"), "commit", commits.append)
    JOB.execute_in_process(instance=instance)
    # In the index of all runs: one for what the run means to do, one for each check, some for its start and end.
    assert CHECKS < len(commits) < 2 * CHECKS


def test_an_event_that_cannot_be_stored_is_in_neither_file(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = JOB.execute_in_process(instance=instance).run_id
    storage = instance.event_log_storage
    stored = next(one for one in instance.all_logs(run_id) if "check_7" in one.message)
    before = texts(storage, run_id)
    monkeypatch.setattr(storage, "store_asset_check_event", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        storage.store_event(stored)
    assert texts(storage, run_id) == before


def test_earlier_runs_stay_readable_and_few_files_open(instance: dg.DagsterInstance) -> None:
    runs = [JOB.execute_in_process(instance=instance).run_id for _ in range(OPEN_SHARDS + 1)]
    counts = [len(instance.all_logs(run_id)) for run_id in runs]
    assert min(counts) > 3 * CHECKS and len(set(counts)) == 1
    storage = instance.event_log_storage
    assert isinstance(storage, OpenEventLog)
    assert len(storage._engines) == OPEN_SHARDS


def test_what_was_written_is_whole_in_its_file_when_the_instance_ends(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home", tmp_path, tmp_path / "keys")
    prepare_home(settings)
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        JOB.execute_in_process(instance=instance)
        assert list(settings.dagster_home.rglob("*.db-wal"))
    assert not list(settings.dagster_home.rglob("*.db-wal"))


def test_wiping_forgets_the_runs(instance: dg.DagsterInstance) -> None:
    run_id = JOB.execute_in_process(instance=instance).run_id
    instance.wipe()
    assert instance.all_logs(run_id) == []
    assert JOB.execute_in_process(instance=instance).success

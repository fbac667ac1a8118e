"""Dagster's event log through open connections: the same files, which Dagster's own log can read."""

from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy import create_engine

from orchestration.core import Settings
from orchestration.defs import history
from orchestration.defs.history import OPEN_FILES, OpenEventLog
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


def test_earlier_runs_stay_readable_and_few_files_are_open(
    instance: dg.DagsterInstance, storage: OpenEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines: list[str] = []
    monkeypatch.setattr(
        history, "create_engine", lambda url, **more: engines.append(url) or create_engine(url, **more)
    )
    runs = [SMALL.execute_in_process(instance=instance).run_id for _ in range(OPEN_FILES + 1)]
    counts = [len(instance.all_logs(run_id)) for run_id in runs]
    assert min(counts) > 8 and len(set(counts)) == 1
    assert len(storage._engines) == OPEN_FILES
    assert len(engines) <= 2 * len(runs) + 2, "every event of a run goes through the same connections"


def test_closing_the_instance_leaves_no_write_ahead_log(settings: Settings) -> None:
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        SMALL.execute_in_process(instance=instance)
        assert list(settings.dagster_home.rglob("*.db-wal"))
    assert not list(settings.dagster_home.rglob("*.db-wal"))

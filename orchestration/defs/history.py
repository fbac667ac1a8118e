"""Dagster's history: its event log, and the deletion of its oldest runs."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import EventLogEntry

# The storage that Dagster's documentation names for dagster.yaml; Dagster exports no public name of it.
from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy import Connection, Engine, create_engine, event, text

from orchestration.core import number_kept

# The index of all runs, and one run.
OPEN_FILES = 2
SECONDS_TO_WAIT = 30
FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


class OpenEventLog(SqliteEventLogStorage):
    """Dagster's own SQLite event log, with its connections kept open.

    Dagster opens a new engine for every event: it compiles its SQL again and waits for the disk. The 480
    events of a refresh of the samples cost it 4.2 CPU seconds in 20 seconds (3.9 where all runs share a
    file), and this class 1.1 in 3. A power cut may lose the last seconds of this history; a kill may leave
    the last event in the file of its run alone.
    """

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> OpenEventLog:
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:  # one thread at a time, so no connection is closed in use
            engine = self._engines.pop(shard, None) or self._new_engine(shard)
            self._engines[shard] = engine
            if len(self._engines) > OPEN_FILES:
                self._engines.pop(next(iter(self._engines))).dispose()
            with engine.begin() as connection:
                yield connection

    def _new_engine(self, shard: str) -> Engine:
        engine = create_engine(self.conn_string_for_shard(shard), connect_args={"timeout": SECONDS_TO_WAIT})
        event.listen(engine, "connect", _leave_syncing_to_checkpoints)
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        return engine

    def store_event(self, event: EventLogEntry) -> None:
        super().store_event(event)
        # The UI watches this file, but the new event is still in the write-ahead log beside it.
        with suppress(OSError):
            os.utime(self.path_for_shard(event.run_id))

    def delete_events(self, run_id: str) -> None:
        """Delete the events of a run with its file and the results of its checks, which Dagster leaves."""
        with self.index_connection() as connection:
            self.delete_events_for_run(connection, run_id)
            of_run = text("delete from asset_check_executions where run_id = :run_id")
            connection.execute(of_run, {"run_id": run_id})
        with self._db_lock:
            if engine := self._engines.pop(run_id, None):
                engine.dispose()
            self._initialized_dbs.discard(run_id)
        for suffix in ("-wal", "-shm", ""):
            Path(self.path_for_shard(run_id) + suffix).unlink(missing_ok=True)

    def dispose(self) -> None:
        super().dispose()
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


def _leave_syncing_to_checkpoints(connection: Any, _record: object) -> None:
    connection.execute("pragma synchronous = normal")


def delete_old_runs(instance: dg.DagsterInstance) -> None:
    """Delete finished runs beyond `history_policy.csv`, a tenth of them at a time, and say how many.

    A run that holds the last result of an asset stays: the UI shows it, however old.
    """
    newest = number_kept("runs")
    if instance.get_runs_count() <= newest + newest // 10:
        return
    records = instance.get_run_records(dg.RunsFilter(statuses=FINISHED))[newest:]
    shown = {
        record.asset_entry.last_materialization_record.run_id
        for record in instance.event_log_storage.get_asset_records()
        if record.asset_entry.last_materialization_record
    }
    old = [record.dagster_run.run_id for record in records if record.dagster_run.run_id not in shown]
    for run_id in old:
        instance.delete_run(run_id)
    if old:
        logging.getLogger("njia").warning(f"Removed, as history_policy.csv says: runs {len(old)}.")

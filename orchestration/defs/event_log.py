"""Dagster's SQLite event log with its connections kept open.

Dagster opens a new engine for every event: each of the thousand events of a refresh compiles its SQL again
and waits twice for the disk, and an event of a check takes five transactions. Here an event takes one
transaction a file, and the events of a batch share them. A power cut may lose the last seconds of this
history; a killed process loses nothing.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from dagster import EventLogEntry
from dagster._core.execution.plan.outputs import StepOutputData
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

# The index of all runs, and one run.
OPEN_SHARDS = 2
SECONDS_TO_WAIT = 30


class OpenEventLog(SqliteEventLogStorage):
    """Storage with the files of SqliteEventLogStorage, which can read and continue them."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        self._open: dict[str, Connection] | None = None
        self._lock = threading.RLock()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> OpenEventLog:
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        # One thread at a time, so no connection is closed in use.
        with self._lock, ExitStack() as alone:
            if self._open is None:
                yield alone.enter_context(self._engine(shard).begin())
            else:
                if shard not in self._open:
                    self._open[shard] = self._together.enter_context(self._engine(shard).begin())
                yield self._open[shard]

    @contextmanager
    def _one_transaction_a_file(self) -> Iterator[None]:
        written: set[str] = set()
        with self._lock, ExitStack() as self._together:
            self._open = {}
            try:
                yield
                written.update(self._open)
            finally:
                self._open = None
        for shard in written:
            # The UI watches this file, but the new events are still in the write-ahead log beside it.
            with suppress(OSError):
                os.utime(self.path_for_shard(shard))

    def store_event(self, event: EventLogEntry) -> None:
        with self._one_transaction_a_file():
            super().store_event(_without_copies(event))

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        with self._one_transaction_a_file():
            for event in events:
                super().store_event(_without_copies(event))

    def has_table(self, table_name: str) -> bool:
        """Whether a table exists. Remembered, because Dagster asks for each event of a check."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _engine(self, shard: str) -> Engine:
        """Return the engine of a shard; close the least recently used one beyond OPEN_SHARDS."""
        engine = self._engines.pop(shard, None) or self._new_engine(shard)
        self._engines[shard] = engine
        if len(self._engines) > OPEN_SHARDS:
            self._engines.pop(next(iter(self._engines))).dispose()
        return engine

    def _new_engine(self, shard: str) -> Engine:
        engine = create_engine(self.conn_string_for_shard(shard), connect_args={"timeout": SECONDS_TO_WAIT})
        event.listen(engine, "connect", _leave_syncing_to_checkpoints)
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        return engine

    def delete_events(self, run_id: str) -> None:
        """Delete the events of a run with its file and the results of its checks, which Dagster leaves."""
        with self.index_connection() as connection:
            self.delete_events_for_run(connection, run_id)
            of_run = AssetCheckExecutionsTable.c.run_id == run_id
            connection.execute(AssetCheckExecutionsTable.delete().where(of_run))
        with self._lock:
            if engine := self._engines.pop(run_id, None):
                engine.dispose()
            self._initialized_dbs.discard(run_id)
        for suffix in ("-wal", "-shm", ""):
            Path(self.path_for_shard(run_id) + suffix).unlink(missing_ok=True)

    def give_back_space(self) -> None:
        """Shrink the index of all runs if most of it is empty; not while somebody else writes."""
        with self._lock, suppress(OperationalError), self._engine("index").connect() as connection:
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")
            pages, empty = (
                alone.exec_driver_sql(f"pragma {name}").scalar_one()
                for name in ("page_count", "freelist_count")
            )
            if empty > pages // 2:
                alone.exec_driver_sql("vacuum")

    def wipe(self) -> None:
        self._close()
        self._tables.clear()
        super().wipe()

    def dispose(self) -> None:
        super().dispose()
        self._close()

    def _close(self) -> None:
        with self._lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


def _without_copies(entry: EventLogEntry) -> EventLogEntry:
    """Return an event without the metadata of an output: the asset's own event after it holds the same."""
    of_step = entry.dagster_event
    if of_step is None or not isinstance(of_step.event_specific_data, StepOutputData):
        return entry
    output = of_step.event_specific_data._replace(metadata={})
    return entry._replace(dagster_event=of_step._replace(event_specific_data=output))


def _leave_syncing_to_checkpoints(connection: Any, _record: object) -> None:
    connection.execute("pragma synchronous = normal")

"""The work file between refreshes: notes on which tables are current.

Schema `built` of `work/warehouse.duckdb` has a note for each built table and each test result: its
fingerprint and outcome. A note is deleted before its table is built and written afterwards, so a killed
process leaves no false note. Between refreshes the file's SHA-256 lies beside it (`warehouse.sha256`); a
changed or unreadable file is deleted and built anew.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import duckdb

from orchestration.core import Settings, durable, open_duckdb, sha256_of

LAYOUT = 1
_NOTES = """
create schema if not exists built;
create table if not exists built.work_file (layout integer, folder varchar);
create table if not exists built.nodes (unique_id varchar, fingerprint varchar, row_count bigint);
create table if not exists built.tests
    (unique_id varchar, fingerprint varchar, status varchar, failures bigint)
"""
# Tables and views besides the notes.
_RELATIONS = """
select schema_name, table_name, 'table' as kind, estimated_size as row_count from duckdb_tables()
where database_name = current_database() and schema_name <> 'built'
union all
select schema_name, view_name, 'view', null from duckdb_views()
where database_name = current_database() and not internal
"""

Relation = tuple[str, str]  # schema and name


class TableNote(NamedTuple):
    fingerprint: str
    row_count: int | None


class AnswerNote(NamedTuple):
    fingerprint: str
    status: str
    failures: int


class WorkFile:
    """The open work file: its connection and its notes."""

    def __init__(self, con: duckdb.DuckDBPyConnection, sealed: Path) -> None:
        self.con, self._sealed = con, sealed

    def standing(self, relations: Mapping[str, Relation]) -> dict[str, TableNote]:
        """Return the notes of those tables (id → relation) that exist with the noted number of rows."""
        found = {(schema, name): rows for schema, name, _, rows in self._relations()}
        noted = self.con.execute("select unique_id, fingerprint, row_count from built.nodes").fetchall()
        return {
            unique_id: TableNote(fingerprint, row_count)
            for unique_id, fingerprint, row_count in noted
            if (relation := relations.get(unique_id)) in found and found[relation] in (None, row_count)
        }

    def clear(
        self, stale: Collection[str], relations: Mapping[str, Relation], kept: Collection[Relation]
    ) -> None:
        """Before `stale` tables are rebuilt, delete them and their notes.

        Tables in neither `relations` nor `kept` belong to another version and are deleted too.
        """
        rebuilt, known = {relations[name] for name in stale}, {*relations.values(), *kept}
        obsolete = [
            (schema, name, kind)
            for schema, name, kind, _ in self._relations()
            if (schema, name) in rebuilt or (schema, name) not in known
        ]
        if not stale and not obsolete:
            return
        self._sealed.unlink(missing_ok=True)
        self.con.begin()
        self.con.execute("delete from built.nodes where list_contains(?, unique_id)", [list(stale)])
        for schema, name, kind in obsolete:
            self.con.execute(f'drop {kind} "{schema}"."{name}"')
        self.con.commit()

    def note_tables(self, built: Mapping[str, str], relations: Mapping[str, Relation]) -> None:
        """Note tables that have been built, with their fingerprints."""
        if not built:
            return
        found = {(schema, name): (kind, rows) for schema, name, kind, rows in self._relations()}
        rows = {name: found[relations[name]][1] for name in built}
        if views := [name for name in built if found[relations[name]][0] == "view"]:
            counts = (
                f'select {number} as number, count(*) as row_count from "{schema}"."{name}"'
                for number, (schema, name) in enumerate(relations[view] for view in views)
            )
            counted = self.con.execute(" union all ".join(counts)).fetchall()
            rows |= {views[number]: count for number, count in counted}
        self._write("nodes", [(name, fingerprint, rows[name]) for name, fingerprint in built.items()])

    def tests(self) -> dict[str, AnswerNote]:
        noted = self.con.execute(
            "select unique_id, fingerprint, status, failures from built.tests"
        ).fetchall()
        return {unique_id: AnswerNote(*note) for unique_id, *note in noted}

    def note_tests(self, asked: Mapping[str, AnswerNote]) -> None:
        if asked:
            self._sealed.unlink(missing_ok=True)
            self._write("tests", [(name, *note) for name, note in asked.items()])

    def _relations(self) -> list[tuple[str, str, str, int | None]]:
        return self.con.execute(_RELATIONS).fetchall()

    def _write(self, notes: str, rows: list[tuple[object, ...]]) -> None:
        columns = [list(column) for column in zip(*rows, strict=True)]
        self.con.begin()
        self.con.execute(f"delete from built.{notes} where list_contains(?, unique_id)", [columns[0]])
        values = ", ".join("unnest(?)" for _ in columns)
        self.con.execute(f"insert into built.{notes} select {values}", columns)
        self.con.commit()


@contextmanager
def open_work_file(settings: Settings) -> Iterator[WorkFile]:
    """Yield the work file, empty where it had to be made anew; after the block its SHA-256 is written."""
    path, sealed = settings.warehouse, settings.warehouse.with_suffix(".sha256")
    settings.work.mkdir(parents=True, exist_ok=True)
    con = _opened(path, sealed, settings.spill)
    try:
        con.execute("set checkpoint_threshold = '1GB'")  # one checkpoint, on closing
        yield WorkFile(con, sealed)
    finally:
        con.close()
    # An interrupted dbt may still hold the file open: then only the notes count.
    if not sealed.exists() and not _log_of(path).exists():
        durable.write_text(sealed, f"{sha256_of(path)}  {path.name}\n")


def _opened(path: Path, sealed: Path, spill: Path) -> duckdb.DuckDBPyConnection:
    log = _log_of(path)
    if path.exists() or log.exists():
        if con := _trusted(path, sealed, log, spill):
            return con
        logging.getLogger(__name__).warning(
            f"The work file {path} is open elsewhere, or was changed. It is built again."
        )
    for left in (sealed, log, path):
        left.unlink(missing_ok=True)
    con = open_duckdb(path, spill, writes=True)
    con.execute(_NOTES)
    con.execute("insert into built.work_file values (?, ?)", [LAYOUT, str(path.parent)])
    return con


def _trusted(path: Path, sealed: Path, log: Path, spill: Path) -> duckdb.DuckDBPyConnection | None:
    """Open the file as it was closed or as a killed refresh left it; None where it is another."""
    con = None
    try:
        if sealed.exists() and (log.exists() or not sealed.read_text().startswith(f"{sha256_of(path)} ")):
            return None
        con = open_duckdb(path, spill, writes=True)
        # Views hold paths of the folder they were made in.
        if con.execute("select layout, folder from built.work_file").fetchall() == [
            (LAYOUT, str(path.parent))
        ]:
            con.execute(_NOTES)
            return con
    except (OSError, ValueError, duckdb.Error):
        pass
    if con:
        con.close()
    return None


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")

"""DuckDB views of Parquet files that a refresh left in `work/`: typed tables, matched places, links, fates.

Not of the work file, which one writer holds. A table without files, as before the first refresh, is empty;
check `has_typed` before counting.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.core import Settings, open_duckdb, schemas_of, sql_text

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

# The source of tables besides the typed ones; a folder in `work/`.
_OTHERS = {"matches": "places", "links": "linkage", "in_force": "gates"}
NOT_KEPT = (
    "What it changes cannot be counted before a refresh: no typed record is kept (NJIA_DELETE_WORK is on, or "
    "no refresh has ended)."
)


def has_typed(settings: Settings) -> bool:
    """Return whether the last refresh left its typed records (NJIA_DELETE_WORK)."""
    return any((settings.typed / "records").glob("*.parquet"))


def open_views(
    settings: Settings, *tables: str, extract_ids: Collection[str] | None = None
) -> duckdb.DuckDBPyConnection:
    con = open_duckdb()
    add_views(con, settings, *tables, extract_ids=extract_ids)
    return con


def add_views(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    *tables: str,
    extract_ids: Collection[str] | None = None,
) -> None:
    """Add a view of each table: a typed one, `matches`, `links` or `in_force`.

    With `extract_ids`, typed tables have the rows of these extracts only; where two partners sent the same
    file, of both.
    """
    from orchestration.places import in_scope

    for table in tables:
        files, schema = _files(settings, table)
        if extract_ids is not None and table not in _OTHERS:
            files = [file for file in files if not _extracts_of(file).isdisjoint(extract_ids)]
        con.register("no_rows", schema.empty_table())
        con.execute(f"create table {table}_none as select * from no_rows")
        con.unregister("no_rows")
        rows = f"select * from {table}_none"
        if files:
            paths = ", ".join(map(sql_text, files))
            rows += f" union all by name select * from read_parquet([{paths}], union_by_name = true)"
        if table == "place_mentions":
            rows = in_scope(settings, rows)
        con.execute(f"create view {table} as {rows}")


def _files(settings: Settings, table: str) -> tuple[list[Path], pa.Schema]:
    """Return the files of a table that are there, and its schema."""
    from orchestration.typing.tables import SCHEMAS

    if table not in _OTHERS:
        return sorted((settings.typed / table).glob("*.parquet")), SCHEMAS[table]
    path = settings.work / _OTHERS[table] / f"{table}.parquet"
    return [path] if path.is_file() else [], schemas_of(_OTHERS[table])[table]


def files_of_extracts(settings: Settings, *tables: str) -> dict[str, list[Path]]:
    """Return the files of typed tables by extract id, as `extract_ids` chooses them."""
    found: dict[str, list[Path]] = {}
    for file in (file for table in tables for file in _files(settings, table)[0]):
        for extract_id in _extracts_of(file):
            found.setdefault(extract_id, []).append(file)
    return found


def _extracts_of(file: Path) -> set[str]:
    """Return the ids that a file may be of; `typing.step` names it."""
    return {file.stem, file.stem.rpartition("-")[0]}

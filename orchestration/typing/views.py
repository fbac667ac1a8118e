"""DuckDB views of Parquet files that a refresh left in `work/`: typed tables, matched places, links, fates.

Not of the work file, which one writer holds. A table without files, as before the first refresh, is empty;
check `has_typed` before counting.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from orchestration.core import Settings, open_duckdb, sql_text

if TYPE_CHECKING:
    import duckdb

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
    """Open a connection with a view of each table."""
    con = open_duckdb()
    add_views(con, settings, *tables, extract_ids=extract_ids)
    return con


def add_views(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    *tables: str,
    extract_ids: Collection[str] | None = None,
) -> None:
    """Add a view of each table: a typed one, `matches`, `linked_records`, `links` or `in_force`.

    With `extract_ids`, typed tables have the rows of these extracts only; where two partners sent the same
    file, of both.
    """
    import pyarrow as pa

    from orchestration.linkage import LINKED_RECORDS, LINKS
    from orchestration.places import MATCHES, in_scope
    from orchestration.typing.tables import SCHEMAS

    others = {
        "matches": (settings.work / "places" / "matches.parquet", MATCHES),
        "linked_records": (settings.linkage / "linked_records.parquet", LINKED_RECORDS),
        "links": (settings.linkage / "links.parquet", LINKS),
        "in_force": (
            settings.work / "gates" / "in_force.parquet",
            pa.schema([(name, pa.string()) for name in ("extract_id", "partner", "fate")]),
        ),
    }
    for table in tables:
        if table in others:
            path, schema = others[table]
            files = [path] if path.is_file() else []
        else:
            schema, files = SCHEMAS[table], sorted((settings.typed / table).glob("*.parquet"))
        if extract_ids is not None and table not in others:  # files are named in `typing.step`
            files = [
                path
                for path in files
                if path.stem in extract_ids or path.stem.rpartition("-")[0] in extract_ids
            ]
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

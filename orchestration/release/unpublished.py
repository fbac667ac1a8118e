"""Count what a refused candidate would have changed: the candidate is deleted, the work file still has it."""

from __future__ import annotations

import duckdb

from orchestration.core import Settings, open_duckdb
from orchestration.release.current import current_release, erasure_of
from orchestration.release.sql import attach

_MOVEMENTS = ("fct_movements", "movement_id")
_CELLS = (
    ("mart_places", "place_id, role, period_id, record_grain, population"),
    ("mart_corridors", "level, corridor_id, period_id, record_grain, population"),
)


def unpublished_changes(settings: Settings) -> tuple[int, int]:
    """Count movements, and cells of places and corridors, that differ from the current release.

    New, changed and missing ones count; before the first release all do. Missing tables count as 0. Call it
    after the release gate refused, when the work file is complete and closed.
    """
    release = current_release(settings)
    published = release.evidence_base if release and erasure_of(release) is None else None
    if not settings.warehouse.is_file():
        return 0, 0
    with open_duckdb() as con:
        attach(con, settings.warehouse, "work")
        if published:
            attach(con, published, "published")
        movements = _differing(con, *_MOVEMENTS, bool(published))
        return movements, sum(_differing(con, table, key, bool(published)) for table, key in _CELLS)


def _differing(con: duckdb.DuckDBPyConnection, table: str, key: str, is_published: bool) -> int:
    """Count the keys whose rows differ between both files."""
    if _columns(con, "work", table) is None:
        return 0
    rows = f"from work.marts.{table}"
    if is_published and _columns(con, "work", table) == _columns(con, "published", table):
        here, there = (f"select * from {name}.marts.{table}" for name in ("work", "published"))
        rows = f"from (({here} except {there}) union all ({there} except {here}))"
    [(count,)] = con.execute(f"select count(*) from (select distinct {key} {rows})").fetchall()
    return int(count)


def _columns(con: duckdb.DuckDBPyConnection, name: str, table: str) -> list[str] | None:
    rows = con.execute(
        "select column_name from duckdb_columns() where database_name = ? and schema_name = 'marts' "
        "and table_name = ? order by column_index",
        [name, table],
    ).fetchall()
    return [column for (column,) in rows] or None

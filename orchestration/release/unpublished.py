"""Count what a refused candidate would have changed: the candidate is deleted, the work file still has it."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from orchestration.core import Settings, open_duckdb
from orchestration.release.comparison import rows_changed
from orchestration.release.current import current_release, erasure_of
from orchestration.release.sql import attach
from orchestration.release.staging.hashing import column_types

_MOVEMENTS = ("fct_movements", ["movement_id"])
_CELLS = (
    ("mart_places", ["place_id", "role", "period_id", "record_grain", "population"]),
    ("mart_corridors", ["level", "corridor_id", "period_id", "record_grain", "population"]),
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


def _differing(con: duckdb.DuckDBPyConnection, table: str, key: Sequence[str], is_published: bool) -> int:
    """Count the keys whose rows differ between both files."""
    here, there = (f"{name}.marts.{table}" for name in ("work", "published"))
    columns = _columns(con, here)
    if columns is None:
        return 0
    if is_published and columns == _columns(con, there):
        return sum(rows_changed(con, there, here, columns, key))
    [(count,)] = con.execute(f"select count(*) from {here}").fetchall()
    return int(count)


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str] | None:
    try:
        return column_types(con, table)
    except duckdb.CatalogException:
        return None

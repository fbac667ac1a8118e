"""What a refused candidate keeps from the readers: the candidate is deleted, the work file still holds it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.core import Settings
from orchestration.release.current import current_release, erasure_of

_MOVEMENTS = ("fct_movements", "movement_id")
_CELLS = (
    ("mart_places", "place_id, role, period_id, record_grain, population"),
    ("mart_corridors", "level, corridor_id, period_id, record_grain, population"),
)


def waits_for_readers(settings: Settings) -> tuple[int, int]:
    """Movements, and cells of places and corridors, that are not what the release in force says of them.

    New, changed and gone ones; all of them before the first release. Asked after a refusal by the release
    gate, when the work file is whole and closed. Zeros where tables are missing: then nobody knows.
    """
    release = current_release(settings)
    held = release.evidence_base if release and erasure_of(release) is None else None
    if not settings.warehouse.is_file():
        return 0, 0
    with duckdb.connect(config={"temp_directory": ""}) as con:
        _attach(con, "made", settings.warehouse)
        if held:
            _attach(con, "told", held)
        movements = _differing(con, *_MOVEMENTS, bool(held))
        return movements, sum(_differing(con, table, key, bool(held)) for table, key in _CELLS)


def _attach(con: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    con.execute(f"attach '{str(path.resolve()).replace(chr(39), chr(39) * 2)}' as {name} (read_only)")


def _differing(con: duckdb.DuckDBPyConnection, table: str, key: str, is_told: bool) -> int:
    """Keys of the rows that are not the same in both."""
    if _columns(con, "made", table) is None:
        return 0
    rows = f"from made.marts.{table}"
    if is_told and _columns(con, "made", table) == _columns(con, "told", table):
        here, there = (f"select * from {name}.marts.{table}" for name in ("made", "told"))
        rows = f"from (({here} except {there}) union all ({there} except {here}))"
    [(found,)] = con.execute(f"select count(*) from (select distinct {key} {rows})").fetchall()
    return int(found)


def _columns(con: duckdb.DuckDBPyConnection, name: str, table: str) -> list[str] | None:
    found = con.execute(
        "select column_name from duckdb_columns() where database_name = ? and schema_name = 'marts' "
        "and table_name = ? order by column_index",
        [name, table],
    ).fetchall()
    return [column for (column,) in found] or None

"""Rows and figures of printed tables that print no count of persons, held against what is let through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

# Of each printed table the columns of numbers that the gate knows: counts, places on the map, and figures.
_COUNTS = {f"{table}.person_count" for table in ("corridors", "ends", "children")}
_PLACES = {"places.lat", "places.lon"}
FIGURES = {
    "hotspots": ("activity_ratio", "ratio_low", "ratio_high", "partner_count"),
    "corridor_shifts": ("share_odds_ratio", "ratio_low", "ratio_high"),
    "regional_risk": ("score", "low", "high"),
    "coverage": ("effort_months", "partner_count"),
    "completeness": (),
}
# What both have that make a row of the printed table one of the mart.
_KEYS = {
    "hotspots": ("place_id", "role", "period_id", "record_grain"),
    "corridor_shifts": ("corridor_id", "record_grain", "baseline_window", "current_window"),
    "regional_risk": ("place_id", "period_id", "record_grain"),
    "coverage": ("place_id", "period_id", "record_grain"),
    "completeness": ("field", "period_id", "record_grain"),
}
_ONLY = {"hotspots": "mart.population = 'all'", "corridor_shifts": "mart.level = 'od'"}
# Where figures may stand by what the mart says of the row: all its records are compared, and so are those of
# each role of a rating, whose change is told nowhere else.
_ALL_COMPARED = {
    "hotspots": "mart.compared_record_count is not distinct from mart.record_count",
    "regional_risk": """mart.change_ratio is null and not exists (
        select 1 from {of_marts}marts.mart_places as made_of
        where made_of.place_id = mart.place_id and made_of.period_id = mart.period_id
            and made_of.record_grain = mart.record_grain and made_of.population = 'all'
            and made_of.role in ('origin', 'transit', 'exploitation')
            and made_of.compared_record_count is distinct from made_of.record_count
    )""",
}
_RISK_ROLES = ("origin", "transit", "exploitation")
_PRESENCE = ["record_grain", "period_id", "origin_place_id", "destination_place_id", "kind", "value"]
_NEWS = ["record_grain", "round", "role", "item_kind", "item", "evidence_class"]
_REPORTING = ["record_grain", "period_id", "place_id", "told"]
Line = tuple[str, str, str, str, str]


def words_not_let_through(
    file: Path,
    marts: Path,
    schema: str,
    words: Mapping[str, pd.DataFrame],
    presence: pd.DataFrame,
    reporting: pd.DataFrame,
) -> int:
    """How many rows or figures of an edition's printed tables nobody let through.

    `file`: the edition's evidence base; `marts`: the partner edition's, whose figures they must repeat;
    `words`: as `disclosure.words_of` gives them for the counts that this file prints; `presence` and
    `reporting`: its rows.
    """
    columns = ["counting_table", "counting_role", "counting_id", "period_id", "record_grain"]
    lines: dict[Line, bool] = {
        (str(row[0]), str(row[1]), str(row[2]), str(row[3]), str(row[4])): bool(row[5])
        for row in words["lines"][[*columns, "tells_figures"]].itertuples(index=False, name=None)
    }
    with duckdb.connect(str(file.resolve()), read_only=True) as con:
        if file != marts:
            path = str(marts.resolve()).replace("'", "''")
            con.execute(f"attach '{path}' as partner (read_only)")
        of_marts = "" if file == marts else "partner."
        wrong = len(_unknown_numbers(con, schema))
        wrong += _not_among(words["presence"], presence, _PRESENCE)
        wrong += _not_among(words["reporting"], reporting, _REPORTING)
        for table in FIGURES:
            rows = _rows(con, schema, table, of_marts)
            wrong += sum(not _is_let_through(table, row, lines) for row in rows)
        news = con.execute(f"select {', '.join(_NEWS)} from {schema}.{schema}_novelty").df()
    return wrong + _not_among(words["news"], news, _NEWS)


def _not_among(allowed: pd.DataFrame, told: pd.DataFrame, columns: list[str]) -> int:
    rows, may_stand = (set(one[columns].itertuples(index=False, name=None)) for one in (told, allowed))
    return len(rows - may_stand)


def _unknown_numbers(con: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    """Columns of numbers that are neither attacked, nor positions, nor figures held against lines."""
    known = _COUNTS | _PLACES
    if schema != "public":
        known |= {f"{table}.{column}" for table, columns in FIGURES.items() for column in columns}
    rows = con.execute(
        "select substr(table_name, length(schema_name) + 2) || '.' || column_name from duckdb_columns() "
        "where database_name = current_database() and schema_name = ? "
        "and data_type not in ('VARCHAR', 'BOOLEAN', 'DATE')",
        [schema],
    ).fetchall()
    return sorted({name for (name,) in rows} - known)


def _rows(con: duckdb.DuckDBPyConnection, schema: str, table: str, of_marts: str) -> Iterable[dict[str, Any]]:
    """Rows of a printed table; `is_repeated` says whether each of its figures is the mart's, `has_all`
    whether they are of all the records they stand beside, `of_…` which roles a rating is made of."""
    name = f"{schema}.{schema}_{table}"
    has = {one for (one,) in con.execute(f"select column_name from (describe {name})").fetchall()}
    # A county that nobody watched has no row in the mart, and zeros here.
    zero = ", 0" if table == "coverage" else ""
    asked = ["printed.*"]
    same = [
        f"(printed.{column} is null or printed.{column} is not distinct from coalesce(mart.{column}{zero}))"
        for column in FIGURES[table]
        if column in has
    ]
    asked.append(f"{' and '.join(same) or 'true'} as is_repeated")
    asked.append(f"({_ALL_COMPARED.get(table, 'true').format(of_marts=of_marts)}) as has_all")
    if table == "regional_risk":
        asked += [f"mart.{role}_ratio is not null as of_{role}" for role in _RISK_ROLES]
    keys = " and ".join(f"printed.{key} = mart.{key}" for key in _KEYS[table])
    sql = f"""
        select {", ".join(asked)}
        from {name} as printed
        left join {of_marts}marts.mart_{table} as mart on {keys} and {_ONLY.get(table, "true")}
    """
    return con.execute(sql).to_arrow_table().to_pylist()


def _is_let_through(table: str, row: Mapping[str, Any], lines: Mapping[Line, bool]) -> bool:
    asked = _lines_of(table, row)
    if any(line not in lines for line in asked) or not row.get("is_repeated", True):
        return False
    has_figures = any(row.get(column) is not None for column in FIGURES.get(table, ()))
    may_tell = all(lines[line] for line in asked) and row.get("place_level", "county") == "county"
    return (may_tell and bool(row.get("has_all", True))) or not has_figures


def _lines_of(table: str, row: Mapping[str, Any]) -> list[Line]:
    """The lines that a row of a printed table rests on. Coverage has none: words of it are held apart."""
    grain = str(row["record_grain"])
    if table == "corridor_shifts":
        then = "od_of_nobody" if row["status"] in ("emerging", "new_source") else "od"
        now = "od_of_nobody" if row["status"] == "abandoned" else "od"
        return [
            ("corridors", role, str(row["corridor_id"]), str(row[window]), grain)
            for role, window in ((then, "baseline_window"), (now, "current_window"))
        ]
    period = str(row["period_id"])
    if table == "regional_risk":
        return [
            ("hotspots", role, str(row["place_id"]), period, grain)
            for role in _RISK_ROLES
            if row[f"of_{role}"]
        ]
    if table == "coverage":
        return []
    if table == "completeness":
        return [("completeness", "", str(row["field"]), period, grain)]
    return [("hotspots", str(row["role"]), str(row["place_id"]), period, grain)]

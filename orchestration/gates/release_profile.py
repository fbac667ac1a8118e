"""The profile of a candidate: rows of every published table, measures of the whole, and last time's.

Both evidence bases are opened read-only, one after the other, and measured by the same queries.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd

from expectations import thresholds
from orchestration.core import Settings
from orchestration.gates.county_change import CountyChange, counties_of, county_change
from orchestration.gates.landed import landed_extracts
from orchestration.gates.protection import MEASURES
from orchestration.release import county_counts

# Without these nothing below can be measured, whatever dbt says is published.
_ALWAYS_EXPECTED = frozenset(
    {"marts.fct_movements", "marts.dim_place", "quality.reconciliation", "quality.extracts", "meta.release"}
)
_FATES = (
    "rows_current",
    "rows_superseded",
    "rows_quarantined",
    "rows_withdrawn",
    "rows_held",
    "rows_embargoed",
)


@dataclass(frozen=True)
class ReleaseProfile:
    """`tables`: one row per published table. `measures`: one row. Numbers and table names only.

    `moved_by`: by the name of a check, a sentence on whose numbers moved it (partner codes).
    """

    tables: pd.DataFrame
    measures: pd.DataFrame
    moved_by: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Measured:
    rows: Mapping[str, int]
    measures: Mapping[str, float | None]
    undescribed: int


def release_profile(
    settings: Settings,
    candidate: Path,
    current: Path | None,
    published: Collection[str] = (),
    of_published: Mapping[str, float | None] | None = None,
) -> ReleaseProfile:
    """Measure the candidate's evidence base and, where there is one, the current release's.

    `published` names the tables (`schema.table`) that dbt publishes in the members' edition; `of_published`
    are the measures of what both editions publish.
    """
    now = _measure(candidate)
    last = _measure(current) if current else None
    expected = {*_ALWAYS_EXPECTED, *published, *(last.rows if last else ())}
    measures = dict(now.measures)
    measures["reconciliation_difference"] = _add(
        now.measures["reconciliation_difference"], _landed_elsewhere(settings, now.measures["rows_landed"])
    )
    measures |= {
        "tables_missing": float(len(expected - set(now.rows))),
        "columns_undescribed": float(now.undescribed),
        **_partners(settings),
        **(of_published or dict.fromkeys(MEASURES)),
    }
    before = last.measures if last else {}
    for name in ("movements", "quarantine_share", "county_resolved_share", "partners_published"):
        measures[f"{name}_last"] = before.get(name)
    enough = (measures["movements_last"] or 0) >= thresholds.SMALL_TABLE
    measures["movements_vs_last"] = (
        _ratio(measures["movements"], measures["movements_last"]) if enough else None
    )
    measures["partners_vs_last"] = _ratio(measures["partners_published"], measures["partners_published_last"])
    measures["quarantine_change"] = _change(measures["quarantine_share"], measures["quarantine_share_last"])
    of_partners = _of_partners(candidate, current)
    measures["county_change"] = (
        of_partners.change
        if of_partners
        else _change(measures["county_resolved_share"], measures["county_resolved_share_last"])
    )

    tables = []
    for name in sorted(now.rows):
        before_rows = last.rows.get(name) if last else None
        # Quality tables shrink when things get better; only what analysts count is compared.
        compared = name.startswith("marts.") and (before_rows or 0) >= thresholds.SMALL_TABLE
        tables.append(
            {
                "table": name,
                "rows": float(now.rows[name]),
                "rows_last": before_rows,
                "rows_vs_last": _ratio(now.rows[name], before_rows) if compared else None,
            }
        )
    frame = pd.DataFrame(tables, columns=["table", "rows", "rows_last", "rows_vs_last"])
    numeric = frame.columns.drop("table")
    frame[numeric] = frame[numeric].astype("float64")
    moved_by = {"counties_are_as_last_time": of_partners.moved_by} if of_partners else {}
    return ReleaseProfile(frame, pd.DataFrame([measures]).astype("float64"), moved_by)


def _of_partners(candidate: Path, current: Path | None) -> CountyChange | None:
    now, last = counties_of(candidate), counties_of(current) if current else None
    return county_change(now, last) if now and last else None


def _measure(evidence_base: Path) -> _Measured:
    con = duckdb.connect(str(evidence_base.resolve()), read_only=True)
    try:
        names = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where schema_name in ('marts', 'published', 'quality', 'meta') order by 1"
        ).fetchall()
        rows = {name: _one(con, f"select count(*) from {name}") for (name,) in names}
        undescribed = _one(
            con,
            "select count(*) from duckdb_columns() "
            "where schema_name in ('marts', 'published', 'quality', 'meta') and not internal "
            "and coalesce(comment, '') = ''",
        )
        sums = _reconciliation(con)
        movements = rows.get("marts.fct_movements")
        landed, quarantined = sums["rows_landed"], sums["rows_quarantined"]
        judged = _add(landed, _negative(_add(sums["rows_held"], sums["rows_withdrawn"])))
        measures = {
            "movements": None if movements is None else float(movements),
            "rows_landed": landed,
            "reconciliation_difference": sums["difference"],
            "quarantine_share": (quarantined / judged if judged else 0.0)
            if judged is not None and quarantined is not None
            else None,
            "county_resolved_share": _county_share(con),
            "partners_published": _maybe(
                con, "select count(distinct partner_code) from quality.extracts where fate = 'in_force'"
            ),
        }
        return _Measured(
            {name: int(count or 0) for name, count in rows.items()}, measures, int(undescribed or 0)
        )
    finally:
        con.close()


def _reconciliation(con: duckdb.DuckDBPyConnection) -> dict[str, float | None]:
    """Sums of the table, and by how many rows its two identities miss, extract by extract."""
    names = ("rows_read", "rows_refused", "rows_landed", *_FATES)
    found = {
        name: _maybe(con, f"select coalesce(sum({name}), 0) from quality.reconciliation") for name in names
    }
    found["difference"] = _maybe(
        con,
        "select coalesce(sum(abs(rows_read - rows_refused - rows_landed)), 0) "
        f"+ coalesce(sum(abs(rows_landed - ({' + '.join(_FATES)}))), 0) from quality.reconciliation",
    )
    return found


def _county_share(con: duckdb.DuckDBPyConnection) -> float | None:
    """The share of movements with an end in a known county; None where a table is not there."""
    try:
        row = con.execute(county_counts("marts.fct_movements", "marts.dim_place", "'all'")).fetchone()
    except (duckdb.CatalogException, duckdb.BinderException):
        return None
    return float(row[2]) / float(row[1]) if row and row[1] else None


def _landed_elsewhere(settings: Settings, landed: float | None) -> float | None:
    """Rows by which the candidate differs from the landing register, which no model has touched."""
    if landed is None:
        return None
    registered = sum(int(extract.content.get("rows_landed") or 0) for extract in landed_extracts(settings))
    return float(abs(registered - landed))


def _partners(settings: Settings) -> dict[str, float | None]:
    path = settings.work / "gates" / "in_force.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    names = ("partners_in_force", "partners_stale", "partners_held", "partners_overdue")
    return {name: float(len(found[name])) if name in found else None for name in names}


def _maybe(con: duckdb.DuckDBPyConnection, query: str) -> float | None:
    """One number, or None where a table or column of the query is not there: the check then fails by name."""
    try:
        return _one(con, query)
    except (duckdb.CatalogException, duckdb.BinderException):
        return None


def _one(con: duckdb.DuckDBPyConnection, query: str) -> float | None:
    row = con.execute(query).fetchone()
    return None if row is None or row[0] is None else float(row[0])


def _add(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _negative(number: float | None) -> float | None:
    return None if number is None else -number


def _ratio(now: float | None, last: float | None) -> float | None:
    return None if now is None or not last else now / last


def _change(now: float | None, last: float | None) -> float | None:
    return None if now is None or last is None else round(now - last, 9)

"""The profile of a candidate: rows of every published table and measures of the whole, now and last time.

The same queries measure both evidence bases, opened read-only one after the other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from expectations import thresholds
from orchestration.core import Settings, open_duckdb, read_json
from orchestration.gates.landed import landed_extracts
from orchestration.gates.like_for_like import LikeForLike

# Tables that the measures need.
_ALWAYS_EXPECTED = frozenset(
    {"marts.fct_movements", "marts.dim_place", "quality.reconciliation", "quality.extracts", "meta.release"}
)
_FATES = (
    "rows_current", "rows_superseded", "rows_quarantined", "rows_withdrawn", "rows_held", "rows_embargoed",
)  # fmt: skip


# A movement may be Kenyan unless both its places are known to lie abroad: an unreadable one is unknown.
_COUNTIES = """
    with ends as (
        select movement_id, origin_place_id as place_id from marts.fct_movements
        union all
        select movement_id, destination_place_id from marts.fct_movements
    ),
    movements as (
        select ends.movement_id,
            bool_or(places.iso_alpha3 = 'KEN' or places.kind = 'unknown') as may_be_kenyan,
            bool_or(places.iso_alpha3 = 'KEN' and places.kind <> 'country') as has_county
        from ends inner join marts.dim_place as places on ends.place_id = places.place_id
        group by ends.movement_id
    )
    select count(*), count(*) filter (where has_county) from movements where may_be_kenyan
"""


@dataclass(frozen=True)
class ReleaseProfile:
    """`tables`: one row per published table; `measures`: one row. Numbers and names of tables only.

    `parts`: a frame for each check of single partners, counties or corridors, by its name.
    """

    tables: pd.DataFrame
    measures: pd.DataFrame
    parts: Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class _Measured:
    rows: Mapping[str, int]
    measures: Mapping[str, float | None]
    undescribed: int


def release_profile(
    settings: Settings,
    candidate: Path,
    current: Path | None,
    published: Collection[str],
    of_published: Mapping[str, float | None],
    same_records: LikeForLike,
) -> ReleaseProfile:
    """Measure the evidence bases of the candidate and of the current release, if there is one.

    `published`: tables (`schema.table`) that dbt publishes for members; `of_published`: measures of the
    published tables of both editions. `same_records`: the records of both, compared.
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
        **of_published,
        "lineages_missing": same_records.lineages_missing,
    }
    before = last.measures if last else {}
    for name in ("movements", "quarantine_share", "partners_published"):
        measures[f"{name}_last"] = before.get(name)
    enough = (measures["movements_last"] or 0) >= thresholds.SMALL_TABLE
    measures["movements_vs_last"] = (
        _ratio(measures["movements"], measures["movements_last"]) if enough else None
    )
    measures["partners_vs_last"] = _ratio(measures["partners_published"], measures["partners_published_last"])
    measures["quarantine_change"] = _change(measures["quarantine_share"], measures["quarantine_share_last"])

    tables = []
    for name in sorted(now.rows):
        before_rows = last.rows.get(name) if last else None
        # Only marts are compared: quality tables shrink when quality improves.
        compared = name.startswith("marts.") and (before_rows or 0) >= thresholds.SMALL_TABLE
        tables.append(
            {
                "subject": name,
                "rows": float(now.rows[name]),
                "rows_last": before_rows,
                "rows_vs_last": _ratio(now.rows[name], before_rows) if compared else None,
            }
        )
    frame = pd.DataFrame(tables, columns=["subject", "rows", "rows_last", "rows_vs_last"])
    numeric = frame.columns.drop("subject")
    frame[numeric] = frame[numeric].astype("float64")
    return ReleaseProfile(frame, pd.DataFrame([measures]).astype("float64"), same_records.parts)


def _measure(evidence_base: Path) -> _Measured:
    with open_duckdb(evidence_base.resolve()) as con:
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


def _reconciliation(con: duckdb.DuckDBPyConnection) -> dict[str, float | None]:
    """Return sums of the reconciliation, and by how many rows its two identities fail."""
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
    """Return the share of movements with a known county at an end; None where a table is missing."""
    try:
        row = con.execute(_COUNTIES).fetchone()
    except (duckdb.CatalogException, duckdb.BinderException):
        return None
    return float(row[1]) / float(row[0]) if row and row[0] else None


def _landed_elsewhere(settings: Settings, landed: float | None) -> float | None:
    """Return by how many rows the candidate differs from the landing register."""
    if landed is None:
        return None
    registered = sum(int(extract.content.get("rows_landed") or 0) for extract in landed_extracts(settings))
    return float(abs(registered - landed))


def _partners(settings: Settings) -> dict[str, float | None]:
    path = settings.work / "gates" / "in_force.json"
    found = read_json(path) if path.is_file() else {}
    names = ("partners_in_force", "partners_stale", "partners_held", "partners_overdue")
    return {name: float(len(found[name])) if name in found else None for name in names}


def _maybe(con: duckdb.DuckDBPyConnection, query: str) -> float | None:
    """Return one number; None where a table or column is missing, so that its check fails."""
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

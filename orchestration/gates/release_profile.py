"""The profile of a candidate: published tables and the whole now and last time, and records like for like.

The same queries measure both evidence bases, opened read-only one after the other.

Like for like, the records of the current release are compared with what the same extracts say now. The
partner sent nothing new in them, so what changes comes from a contract, a seed, a decision or the program. A
record of an extract that feeds both releases is compared in both lineages. One whose extract a newer one has
replaced is compared with the typed row of the old extract, which today's contract reads. What the new extract
changes is judged by the extract gate."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from expectations import Expectation, thresholds
from expectations.release_gate import LINKAGE_GATE, PART_GATE, WHOLE
from orchestration.core import Settings, attach, open_duckdb, read_artifact, read_json, seed_rows
from orchestration.gates.compared_records import COMPARED_TABLES, FIELDS, RECORDS
from orchestration.gates.landed import landed_extracts
from orchestration.linkage import LINK
from orchestration.release import (
    MEMBERS_SCHEMAS,
    RECORD_FIELDS,
    Line,
    add_lineages,
    changed_lines,
    lineage_of,
    read_published_models,
)
from orchestration.typing import add_views

# Tables that the measures need.
_ALWAYS_EXPECTED = frozenset(
    {"marts.fct_movements", "marts.dim_place", "quality.reconciliation", "quality.extracts", "meta.release"}
)
_FATES = (
    "rows_current", "rows_superseded", "rows_quarantined", "rows_withdrawn", "rows_held", "rows_embargoed",
)  # fmt: skip
_MEASURES = {
    "movements": "select count(*) from marts.fct_movements",
    "rows_landed": "select coalesce(sum(rows_landed), 0) from quality.reconciliation",
    "reconciliation_difference": f"""
        select coalesce(sum(abs(rows_read - rows_refused - rows_landed)), 0)
            + coalesce(sum(abs(rows_landed - ({" + ".join(_FATES)}))), 0)
        from quality.reconciliation
    """,
    "quarantine_share": """
        select coalesce(sum(rows_quarantined) / nullif(
            coalesce(sum(rows_landed), 0) - coalesce(sum(rows_held), 0) - coalesce(sum(rows_withdrawn), 0), 0
        ), 0)
        from quality.reconciliation
    """,
    # A movement may be Kenyan unless both its places are known to lie abroad: an unreadable one is unknown.
    "county_resolved_share": """
        with ends as (
            select movement_id, start_place_id as place_id from marts.fct_movements
            union all
            select movement_id, end_place_id from marts.fct_movements
        ),
        movements as (
            select ends.movement_id,
                bool_or(places.iso_alpha3 = 'KEN' or places.kind = 'unknown') as may_be_kenyan,
                bool_or(places.iso_alpha3 = 'KEN' and places.kind <> 'country') as has_county
            from ends inner join marts.dim_place as places on ends.place_id = places.place_id
            group by ends.movement_id
        )
        select count(*) filter (where has_county) / nullif(count(*), 0) from movements where may_be_kenyan
    """,
    "partners_published": """
        select count(distinct partner_code) from quality.extracts where fate = 'in_force'
    """,
}


@dataclass(frozen=True)
class ReleaseProfile:
    """`tables`: one row per published table; `measures`: one row. Numbers and names of tables only.

    `parts`: a frame for each check of PART_GATE and LINKAGE_GATE, by its name.
    """

    tables: pd.DataFrame
    measures: pd.DataFrame
    parts: Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class _Measured:
    """Rows of each table, and _MEASURES; NaN where a table or column is missing, so that its check fails."""

    rows: Mapping[str, int]
    measures: Mapping[str, float]
    undescribed: float


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
    last = _measure(current) if current else _Measured({}, dict.fromkeys(_MEASURES, nan), nan)
    registered = sum(int(extract.content.get("rows_landed") or 0) for extract in landed_extracts(settings))
    measures: dict[str, float | None] = {
        **now.measures,
        "reconciliation_difference": now.measures["reconciliation_difference"]
        + abs(registered - now.measures["rows_landed"]),
        "tables_missing": float(len({*_ALWAYS_EXPECTED, *published, *last.rows} - now.rows.keys())),
        "columns_undescribed": now.undescribed,
        **_partners(settings),
        **of_published,
        "lineages_missing": same_records.lineages_missing,
    }
    for name in ("movements", "quarantine_share", "partners_published"):
        measures[f"{name}_last"] = last.measures[name]
    is_enough = last.measures["movements"] >= thresholds.SMALL_TABLE
    measures["movements_vs_last"] = _ratio(now, last, "movements") if is_enough else None
    measures["partners_vs_last"] = _ratio(now, last, "partners_published")
    measures["quarantine_change"] = round(
        now.measures["quarantine_share"] - last.measures["quarantine_share"], 9
    )
    tables = pd.DataFrame(
        [
            {
                "subject": name,
                "rows": rows,
                "rows_last": last.rows.get(name),
                # Only marts are compared: quality tables shrink when quality improves.
                "rows_vs_last": rows / last.rows[name]
                if name.startswith("marts.") and last.rows.get(name, 0) >= thresholds.SMALL_TABLE
                else None,
            }
            for name, rows in sorted(now.rows.items())
        ],
        columns=["subject", "rows", "rows_last", "rows_vs_last"],
    ).astype(dict.fromkeys(("rows", "rows_last", "rows_vs_last"), "float64"))
    parts = {**same_records.parts, **_of_linkage(settings)}
    return ReleaseProfile(tables, pd.DataFrame([measures]).astype("float64"), parts)


def published_tables(settings: Settings, schemas: tuple[str, ...], is_public: bool = False) -> set[str]:
    """Return `schema.table` of the models in these schemas; empty before dbt has parsed the project.

    `is_public`: leave out the tables that members alone have.
    """
    manifest = settings.work / "dbt" / "manifest.json"
    models = read_published_models(manifest, schemas) if manifest.is_file() else []
    return {table.full_name for table in models if not (is_public and table.is_of_members)}


def _ratio(now: _Measured, last: _Measured, measure: str) -> float | None:
    return now.measures[measure] / last.measures[measure] if last.measures[measure] else None


def _measure(evidence_base: Path) -> _Measured:
    in_schemas = f"schema_name in {MEMBERS_SCHEMAS}"
    with open_duckdb(evidence_base.resolve()) as con:
        names = con.execute(
            f"select schema_name || '.' || table_name from duckdb_tables() where {in_schemas}"
        ).fetchall()
        return _Measured(
            {name: int(_number(con, f"select count(*) from {name}")) for (name,) in names},
            {name: _number(con, query) for name, query in _MEASURES.items()},
            _number(
                con,
                "select count(*) from duckdb_columns() "
                f"where {in_schemas} and not internal and coalesce(comment, '') = ''",
            ),
        )


def _number(con: duckdb.DuckDBPyConnection, query: str) -> float:
    """Return one number; NaN for null, and where a table or column is missing."""
    try:
        [(number,)] = con.execute(query).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):
        return nan
    return nan if number is None else float(number)


def _partners(settings: Settings) -> dict[str, float | None]:
    path = settings.work / "gates" / "in_force.json"
    found = read_json(path) if path.is_file() else {}
    names = ("partners_in_force", "partners_stale", "partners_held", "partners_overdue")
    return {name: float(len(found[name])) if name in found else None for name in names}


def _of_linkage(settings: Settings) -> dict[str, pd.DataFrame]:
    """Return what is judged of partners' numbers and shared persons; empty before the first linkage."""
    noted = read_artifact(settings.work, LINK)
    ignored, shared = (noted.facts[name] if noted else [] for name in ("ignored_numbers", "shared_persons"))
    enough = [row for row in shared if row["records"] >= thresholds.SMALL_EXTRACT]
    return {
        check.name: _frame(check, [{"subject": row["partner"], **row} for row in rows], 0.0)
        for check, rows in zip(LINKAGE_GATE, (ignored, enough), strict=True)
    }


_LABELS = {
    "start_place": FIELDS["place(origin)"].label,
    "end_place": "Destination",
    "month": FIELDS["month"].label,
    "form_label": FIELDS["exploitation_type"].label,
    "sex": FIELDS["sex"].label,
    "age_band": FIELDS["age_band"].label,
}
_BEFORE = ", ".join(f"{name}_before" for name in RECORD_FIELDS)
_COMPARED = f"""
    create temp table compared as
    with said as (
        select partner, extract_id, record_id, list(label) as labels
        from record_codes inner join labels_of_codes using (domain, code)
        group by partner, extract_id, record_id
    ),
    replaced as (
        select partner, record_id, extract_id_before as extract_id, {_BEFORE}
        from both_releases where became <> 'new' and not is_same_extract
    )
    select partner, {_BEFORE}, {", ".join(RECORD_FIELDS)}
    from both_releases where became <> 'new' and is_same_extract
    union all by name
    select partner, {_BEFORE}, origin_place as start_place,
        coalesce(exploitation_place, intended_destination_place) as end_place,
        strftime(coalesce(dated, within_a_month), '%Y-%m-01') as month,
        case when list_contains(labels, split_part(form_label_before, ' / ', 1)) then form_label_before end
            as form_label,
        sex, age_band
    from replaced
    semi join extracts using (partner, extract_id)
    left join ({RECORDS}) as typed using (partner, extract_id, record_id)
    left join said using (partner, extract_id, record_id)
"""
_PARTNERS = " union all ".join(
    f"""
    select partner, '{name}' as field, count(*) as known,
        count(*) filter (where {name} is distinct from {name}_before) as changed
    from compared where {name}_before is not null group by partner
    """
    for name in RECORD_FIELDS
)
# The field of each partner that changed most.
_WORST = f"""
    select partner, field, changed, known from ({_PARTNERS}) where known >= $enough
    qualify row_number() over (partition by partner order by changed / known desc, field) = 1
    order by changed / known desc, partner
"""
# A movement within a county counts there once.
_ENDS = """
    with kept as (select * from both_releases where is_same_extract)
    select start_place_before as before, null::varchar as now, partner from kept
    union all
    select end_place_before, null, partner from kept
    where end_place_before is distinct from start_place_before
    union all
    select null, start_place, partner from kept
    union all
    select null, end_place, partner from kept where end_place is distinct from start_place
"""
_PAIRS = """
    select start_place_before || '>' || end_place_before as before,
        start_place || '>' || end_place as now, partner
    from both_releases where is_same_extract
"""


@dataclass(frozen=True)
class LikeForLike:
    """`parts`: by check of PART_GATE what changed, the worst first, else one row with the subject `release`.

    `lineages_missing`: 1 where nothing could be compared, None where there is no current release.
    """

    parts: Mapping[str, pd.DataFrame]
    lineages_missing: float | None = None


def like_for_like(
    settings: Settings, evidence_base: Path, candidate: str, current: str | None
) -> LikeForLike:
    """Compare a candidate with the current release, both by release id; `evidence_base`: the candidate's."""
    with open_duckdb() as con:
        attach(con, evidence_base, "newer")
        if not current or not add_lineages(
            con, lineage_of(settings, candidate), lineage_of(settings, current)
        ):
            nothing = {check.name: _frame(check, [], None) for check in PART_GATE}
            return LikeForLike(nothing, 1.0 if current else None)
        _compare(con, settings)
        partners = con.execute(_WORST, {"enough": thresholds.SMALL_EXTRACT}).fetchall()
        lines = [changed_lines(con, moves) for moves in (_ENDS, _PAIRS)]
        places = dict(con.execute("select place_id, name from places").fetchall())
    rows = [
        [
            {
                "subject": partner, "partner": partner, "field": _LABELS[name], "changed_records": changed,
                "known_records": known, "changed_share": changed / known,
            }
            for partner, name, changed, known in partners
        ],
        *(
            [
                {
                    "subject": one.line, "partner": one.partner, "of_partner": -one.of_partner,
                    "places": " → ".join(places.get(part, part) for part in one.line.split(">")),
                    "before": one.before, "now": one.now, share: one.now / one.before,
                }
                for one in _emptied(of_kind)
            ]
            for share, of_kind in zip(("county_kept_share", "corridor_kept_share"), lines, strict=True)
        ),
    ]  # fmt: skip
    frames = {
        check.name: _frame(check, of_check, unchanged)
        for check, of_check, unchanged in zip(PART_GATE, rows, (0.0, 1.0, 1.0), strict=True)
    }
    return LikeForLike(frames, 0.0)


def _compare(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Create the table `compared`: each record of the current release, as it was and as it is."""
    replaced = con.execute(
        "select distinct extract_id_before from both_releases where became <> 'new' and not is_same_extract"
    ).fetchall()
    add_views(con, settings, *COMPARED_TABLES, extract_ids={extract_id for (extract_id,) in replaced})
    labels = [row for row in seed_rows("codes") if row["domain"] in ("exploitation_type", "industry")]
    con.register("labels_of_codes", pa.Table.from_pylist(labels))
    con.execute(_COMPARED)


def _emptied(lines: Sequence[Line]) -> list[Line]:
    """Return the lines that had enough movements and lost some, the smallest share left first."""
    lost = [one for one in lines if one.before >= thresholds.SMALL_TABLE and one.now < one.before]
    return sorted(lost, key=lambda one: (one.now / one.before, one.line))


def _frame(check: Expectation, rows: Sequence[Mapping[str, Any]], unchanged: float | None) -> pd.DataFrame:
    """Return what is judged by a check: rows, the worst first, or the whole release where nothing changed."""
    [limit] = check.limits
    frame = pd.DataFrame(rows or [{"subject": WHOLE, limit.column: unchanged}])
    return frame.astype({limit.column: "float64"})

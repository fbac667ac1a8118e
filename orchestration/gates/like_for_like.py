"""Compare the records of the current release with what the same extracts say now.

The partner sent nothing new in them, so what changes comes from a contract, a seed, a decision or the
program. A record of an extract that feeds both releases is compared in both lineages. One whose extract a
newer one has replaced is compared with the typed row of the old extract, which today's contract reads. What
the new extract changes is judged by the extract gate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from expectations import Expectation, thresholds
from expectations.release_gate import PART_GATE, WHOLE
from orchestration.core import Settings, seed_rows
from orchestration.gates.comparison import LABELS, RECORDS
from orchestration.gates.parquet_views import add_typed_records
from orchestration.release import RECORD_FIELDS, Line, changed_lines, lineage_of, open_both

_LABELS = {
    "origin": LABELS["place(origin)"][0],
    "destination": LABELS["destination"][0],
    "month": LABELS["month"][0],
    "form_label": LABELS["exploitation_type"][0],
    "sex": LABELS["sex"][0],
    "age_band": LABELS["age_band"][0],
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
    select partner, {_BEFORE}, origin_place as origin,
        coalesce(exploitation_place, intended_destination_place) as destination,
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
    select origin_before as before, null::varchar as now, partner from kept
    union all
    select destination_before, null, partner from kept where destination_before is distinct from origin_before
    union all
    select null, origin, partner from kept
    union all
    select null, destination, partner from kept where destination is distinct from origin
"""
_PAIRS = """
    select origin_before || '>' || destination_before as before, origin || '>' || destination as now, partner
    from both_releases where is_same_extract
"""


@dataclass(frozen=True)
class LikeForLike:
    """`parts`: by check of PART_GATE what breaks its limit, else the worst under the subject `release`.

    `lineages_missing`: 1 where nothing could be compared, None where there is no current release.
    """

    parts: Mapping[str, pd.DataFrame]
    lineages_missing: float | None = None


def like_for_like(
    settings: Settings, evidence_base: Path, candidate: str, current: str | None
) -> LikeForLike:
    """Compare a candidate with the current release, both by release id; `evidence_base`: the candidate's."""
    con = None
    if current:
        con = open_both(evidence_base, lineage_of(settings, candidate), lineage_of(settings, current))
    if con is None:
        return LikeForLike({check.name: _frame(check, []) for check in PART_GATE}, 1.0 if current else None)
    with con:
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
    frames = {check.name: _frame(check, found, 1) for check, found in zip(PART_GATE, rows, strict=True)}
    return LikeForLike(frames, 0.0)


def _compare(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Create the table `compared`: each record of the current release, as it was and as it is."""
    replaced = con.execute(
        "select distinct partner, extract_id_before from both_releases "
        "where became <> 'new' and not is_same_extract"
    ).fetchall()
    add_typed_records(con, settings, replaced)
    labels = [row for row in seed_rows("codes") if row["domain"] in ("exploitation_type", "industry")]
    con.register("labels_of_codes", pa.Table.from_pylist(labels))
    con.execute(_COMPARED)


def _emptied(lines: Sequence[Line]) -> list[Line]:
    """Return the lines that had enough movements and lost some, the smallest share left first."""
    lost = [one for one in lines if one.before >= thresholds.SMALL_TABLE and one.now < one.before]
    return sorted(lost, key=lambda one: (one.now / one.before, one.line))


def _frame(check: Expectation, rows: Sequence[Mapping[str, Any]], compared: int = 0) -> pd.DataFrame:
    """Return the rows that break the limit of a check, else the first, the worst, as the whole release."""
    [limit] = check.limits
    unchanged = (0.0 if limit.minimum is None else 1.0) if compared else None
    broken = [row for row in rows if not limit.is_kept(row[limit.column])]
    worst = rows[0][limit.column] if rows else unchanged
    frame = pd.DataFrame(broken or [{"subject": WHOLE, limit.column: worst}])
    return frame.astype({limit.column: "float64"})

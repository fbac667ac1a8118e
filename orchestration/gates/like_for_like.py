"""Compare the records of a candidate with the same records of the current release.

Only records of extracts that feed both: what changes in them comes from a contract, a seed, a decision or
the program, because the partner sent nothing new. New extracts are held against their history by the extract
gate. The records are those of the two lineages; without one there is nothing to compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from expectations import thresholds
from orchestration.core import Settings
from orchestration.release import lineage_of

PARTNER, COUNTY, CORRIDOR = "partner_changed_share", "county_kept_share", "corridor_kept_share"
_MOST_NAMED = 3
_FIELDS = ("origin", "destination", "month", "form_label", "sex", "age_band")
_RECORDS = """
    select records.partner, records.extract_id, records.record_id,
        coalesce(origins.county_place_id, nullif(origins.country_place_id, 'KEN')) as origin,
        coalesce(destinations.county_place_id, nullif(destinations.country_place_id, 'KEN')) as destination,
        case when month_from = month_to then month_from::varchar end as month,
        form_label, nullif(sex, 'unknown') as sex, nullif(age_band, 'unknown') as age_band
    from read_parquet($records) as records
    left join places as origins on records.origin_place_id = origins.place_id
    left join places as destinations on records.destination_place_id = destinations.place_id
    where records.is_counted
"""
_PLACES = """
    create temp table places as
    select place_id, name, county_place_id, country_place_id from marts.dim_place
"""
_BOTH = f"""
    create temp table both_releases as
    with same as (select partner, extract_id from read_parquet($extracts_now)
        intersect select partner, extract_id from read_parquet($extracts_before)),
    before as ({_RECORDS.replace("$records", "$records_before")}),
    now as ({_RECORDS.replace("$records", "$records_now")})
    select partner, {", ".join(f"before.{name} as {name}_before, now.{name} as {name}" for name in _FIELDS)},
        before.record_id is not null as was_there, now.record_id is not null as is_there
    from before
    full join now using (partner, extract_id, record_id)
    inner join same using (partner, extract_id)
"""
_PARTNERS = " union all ".join(
    f"""
    select partner, '{name}' as field, count(*) as known,
        count(*) filter (where {name} is distinct from {name}_before) as changed
    from both_releases where was_there and {name}_before is not null group by partner
    """
    for name in _FIELDS
)
_ENDS = """
    select origin_before as before, origin as now, partner from both_releases
    union all
    select destination_before, destination, partner from both_releases
    where destination_before is distinct from origin_before or destination is distinct from origin
"""
_PAIRS = """
    select origin_before || ' > ' || destination_before as before, origin || ' > ' || destination as now,
        partner
    from both_releases
"""
# Of each line (a county, a corridor) its movements before and now, and the partner that lost most of them.
_LINES = """
    with moves as ({moves}),
    counts as (
        select line, partner, sum(before) as before, sum(now) as now from (
            select before as line, partner, 1 as before, 0 as now from moves where before is not null
            union all select now, partner, 0, 1 from moves where now is not null
        ) group by line, partner
    )
    select line, sum(before)::integer as before, sum(now)::integer as now,
        arg_max(partner, before - now) as partner, max(before - now)::integer as lost
    from counts group by line
    having sum(before) >= $enough and sum(now) < sum(before)
    order by sum(now) / sum(before), line
"""


@dataclass(frozen=True)
class LikeForLike:
    """`measures`: the worst partner, county and corridor; None where there is nothing to compare.

    `findings`: by measure, a sentence on what changed most; it names partners.
    """

    measures: Mapping[str, float | None] = field(
        default_factory=lambda: dict.fromkeys((PARTNER, COUNTY, CORRIDOR))
    )
    findings: Mapping[str, str] = field(default_factory=dict)


def like_for_like(settings: Settings, evidence_base: Path, candidate: str, current: str) -> LikeForLike:
    """Compare a candidate with the current release, both by release id; `evidence_base`: the candidate's."""
    folders = {"now": lineage_of(settings, candidate), "before": lineage_of(settings, current)}
    paths = {
        f"{name}_{when}": str(folder / f"{name}.parquet")
        for when, folder in folders.items()
        for name in ("records", "extracts")
    }
    if not all(Path(path).is_file() for path in paths.values()):
        return LikeForLike()
    if "origin_place_id" not in pq.read_schema(paths["records_before"]).names:  # of an older Njia
        return LikeForLike()
    with duckdb.connect(str(evidence_base.resolve()), read_only=True) as con:
        try:
            con.execute(_PLACES)
        except duckdb.CatalogException:  # another check refuses a candidate without this table
            return LikeForLike()
        con.execute(_BOTH, paths)
        partners = con.execute(
            f"select * from ({_PARTNERS}) where known >= $enough and changed > 0 "
            "order by changed / known desc, partner, field",
            {"enough": thresholds.SMALL_EXTRACT},
        ).fetchall()
        enough = {"enough": thresholds.SMALL_TABLE}
        counties = con.execute(_LINES.format(moves=_ENDS), enough).fetchall()
        corridors = con.execute(_LINES.format(moves=_PAIRS), enough).fetchall()
        places = dict(con.execute("select place_id, name from places").fetchall())
        [(compared,)] = con.execute("select count(*) from both_releases").fetchall()
    if not compared:
        return LikeForLike()

    def named(line: str) -> str:
        return " → ".join(places.get(part, part) for part in line.split(" > "))

    of_lines = {
        measure: "; ".join(
            f"{named(line)}: {now} of {before} movements are left, {lost} of the others were {partner}'s"
            for line, before, now, partner, lost in lines[:_MOST_NAMED]
        )
        for measure, lines in ((COUNTY, counties), (CORRIDOR, corridors))
    }
    return LikeForLike(
        {
            PARTNER: partners[0][3] / partners[0][2] if partners else 0.0,
            COUNTY: counties[0][2] / counties[0][1] if counties else 1.0,
            CORRIDOR: corridors[0][2] / corridors[0][1] if corridors else 1.0,
        },
        of_lines
        | {
            PARTNER: "; ".join(
                f"{partner}: {name} changed or went in {changed} of {known} records"
                for partner, name, known, changed in partners[:_MOST_NAMED]
            )
        },
    )

"""Compare the records of a candidate with the same records of the current release.

Only records of extracts that feed both: what changes in them comes from a contract, a seed, a decision or
the program, because the partner sent nothing new. New extracts are held against their history by the extract
gate. The records are those of the two lineages; without one there is nothing to compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from expectations import thresholds
from orchestration.core import Settings
from orchestration.release import RECORD_FIELDS, Line, changed_lines, open_both

PARTNER, COUNTY, CORRIDOR = "partner_changed_share", "county_kept_share", "corridor_kept_share"
_MOST_NAMED = 3
_PARTNERS = " union all ".join(
    f"""
    select partner, '{name}' as field, count(*) as known,
        count(*) filter (where {name} is distinct from {name}_before) as changed
    from both_releases where is_same_extract and was_there and {name}_before is not null group by partner
    """
    for name in RECORD_FIELDS
)
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
    select origin_before || ' > ' || destination_before as before, origin || ' > ' || destination as now,
        partner
    from both_releases where is_same_extract
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
    con = open_both(settings, evidence_base, candidate, current)
    if con is None:
        return LikeForLike()
    with con:
        [(compared,)] = con.execute("select count(*) from both_releases where is_same_extract").fetchall()
        partners = con.execute(
            f"select * from ({_PARTNERS}) where known >= $enough and changed > 0 "
            "order by changed / known desc, partner, field",
            {"enough": thresholds.SMALL_EXTRACT},
        ).fetchall()
        counties, corridors = (_emptied(changed_lines(con, moves)) for moves in (_ENDS, _PAIRS))
        places = dict(con.execute("select place_id, name from places").fetchall())
    if not compared:
        return LikeForLike()

    def named(line: str) -> str:
        return " → ".join(places.get(part, part) for part in line.split(" > "))

    of_lines = {
        measure: "; ".join(
            f"{named(one.line)}: {one.now} of {one.before} movements are left, "
            f"{-one.of_partner} of the others were {one.partner}'s"
            for one in lines[:_MOST_NAMED]
        )
        for measure, lines in ((COUNTY, counties), (CORRIDOR, corridors))
    }
    return LikeForLike(
        {
            PARTNER: partners[0][3] / partners[0][2] if partners else 0.0,
            COUNTY: counties[0].now / counties[0].before if counties else 1.0,
            CORRIDOR: corridors[0].now / corridors[0].before if corridors else 1.0,
        },
        of_lines
        | {
            PARTNER: "; ".join(
                f"{partner}: {name} changed or went in {changed} of {known} records"
                for partner, name, known, changed in partners[:_MOST_NAMED]
            )
        },
    )


def _emptied(lines: list[Line]) -> list[Line]:
    """Return the lines that had enough movements and lost some, the smallest share left first."""
    lost = [one for one in lines if one.before >= thresholds.SMALL_TABLE and one.now < one.before]
    return sorted(lost, key=lambda one: (one.now / one.before, one.line))

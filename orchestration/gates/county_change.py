"""The share of movements with a known county against last time, partner by partner.

A partner that came in or left changes the share of the whole and says nothing about how names are read: so
each partner is compared with itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from expectations import thresholds
from orchestration.release import EVIDENCE_BASE

Counts = Mapping[str, Mapping[str, int]]
MOST_NAMED = 3


@dataclass(frozen=True)
class CountyChange:
    """`change` in shares from -1 to 1, None where no partner is in both; `moved_by` names who lowered it."""

    change: float | None
    moved_by: str


def county_change(now: Counts, last: Counts) -> CountyChange:
    """Of today's records of partners in both releases: the share with a county, less what it would be had
    each partner's share stayed as it was (a direct standardisation to today's partners).

    `now` and `last` give `records` and `with_county` by partner code.
    """
    both = [code for code in sorted(now) if code in last and now[code]["records"] and last[code]["records"]]
    # One record more or less of a small partner moves its share by more than the gate's whole margin.
    both = [code for code in both if last[code]["records"] >= thresholds.SMALL_EXTRACT] or both
    total = sum(now[code]["records"] for code in both)
    shares = {code: (_share(last[code]), _share(now[code])) for code in both}
    moved = {code: (shares[code][1] - shares[code][0]) * now[code]["records"] / total for code in both}
    fallen = [code for code in sorted(moved, key=lambda code: moved[code]) if moved[code] < 0]
    named = [f"{code} ({shares[code][0]:.0%} → {shares[code][1]:.0%})" for code in fallen[:MOST_NAMED]]
    return CountyChange(
        round(sum(moved.values()), 9) if both else None,
        f"Lowered by: {', '.join(named)}." if named else "",
    )


def counties_of(evidence_base: Path) -> Counts | None:
    """What the manifest beside an evidence base says; None where it does not (a release of an older Njia)."""
    folder = evidence_base.parents[len(Path(EVIDENCE_BASE).parts) - 1]
    try:
        found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    counts: Counts | None = found.get("counties_by_partner")
    return counts or None


def _share(counts: Mapping[str, int]) -> float:
    return counts["with_county"] / counts["records"]

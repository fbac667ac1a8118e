"""The truth of generated partners, written out: what is planted in their world, as far as their months reach.

It lies beside the partners' folders as `truth.json`, for people and tests; no step of Njia reads it.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.core import replacing
from seeds.build.partners.corridors import CORRIDORS
from seeds.build.partners.partners import CASE_PARTNERS, FIRST_MONTH, month_of
from seeds.build.partners.planted import HOTSPOTS, NEW_WAYS, PARTNER_CHANGES, SHIFTS
from seeds.build.partners.world import COUNTIES

TRUTH_FILE = "truth.json"


def write_truth(folder: Path, seed: int, months: int, cases: int) -> Path:
    """Write `truth.json` into the folder of the partners; a month is told by its first day."""
    path = folder / TRUTH_FILE
    told = {
        "about": "SYNTHETIC: what is planted in the world of these partners. No step reads this file.",
        "seed": seed,
        "cases": cases,
        "first_month": FIRST_MONTH,
        "last_month": month_of(months - 1),
        **truth(month_of(months - 1)),
    }
    with replacing(path) as partial:
        partial.write_text(json.dumps(told, indent=2, default=date.isoformat) + "\n", encoding="utf-8")
    return path


def truth(last_month: date) -> dict[str, list[dict[str, Any]]]:
    """What of the planted holds in a world that ends with this month."""
    weights = {one.corridor_id: one.weight_in for one in CORRIDORS}
    watched = {partner.code: partner.watches for partner in CASE_PARTNERS}
    return {
        "hotspots": [
            {
                "place_id": one.place_id,
                "role": one.role,
                "times_the_mean_county": round(activity(one.role, last_month)[one.place_id], 1),
            }
            for one in HOTSPOTS
        ],
        "shifts": [
            {
                "corridor_id": one.corridor_id,
                "from_month": one.month,
                "weight_before": weights[one.corridor_id](FIRST_MONTH),
                "weight_after": weights[one.corridor_id](one.month),
                "status": one.status,
                "instead_of": one.instead_of,
            }
            for one in SHIFTS
            if one.month <= last_month
        ],
        "new_ways": [
            {
                "corridor_ids": one.corridor_ids,
                "pair": one.pair,
                "from_month": one.month,
                "share_of_journeys_that_tell_a_way": round(one.share, 2),
            }
            for one in NEW_WAYS
            if one.month <= last_month
        ],
        "partner_changes": [
            {
                "partner": one.partner,
                "change": one.change,
                "from_month": one.month,
                "watches": watched[one.partner],
                "watches_after_the_move": one.watches or None,
            }
            for one in PARTNER_CHANGES
            if one.month <= last_month
        ],
    }


def activity(role: str, month: date) -> dict[str, float]:
    """Weight of each county in this role, origin or exploitation, over the mean of all counties."""
    weights = dict.fromkeys(COUNTIES, 0.0)
    for corridor in CORRIDORS:
        if corridor.ends[role] in weights:
            weights[corridor.ends[role]] += corridor.weight_in(month)
    mean = sum(weights.values()) / len(weights)
    return {county: weight / mean for county, weight in weights.items()}

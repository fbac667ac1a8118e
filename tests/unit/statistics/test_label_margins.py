"""Margins of public labels, worked out by hand: in hundredths of the scale of the noise, .10 of places, .05 of corridors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from orchestration.core import load_publication_policy
from orchestration.statistics.label_margins import label_margins
from orchestration.statistics.policy import load_policy

REACH = 1.959964


def margins(places: list[dict[str, object]], shifts: list[dict[str, object]]) -> dict[str, int]:
    of_place = {
        "period_id": "year-2025", "place_id": "KE040", "place_role": "origin", "population": "all", "record_grain": "case",
        "label": "hotspot", "probability_high": 0.99, "ratio_low": 6.0, "expected_witness_count": 30.0,
        "log_ratio": np.log(8), "log_error": 0.1468,
    }  # fmt: skip
    of_shift = {
        "corridor_id": "KE010>KE047", "record_grain": "case", "comparison": "years", "level": "od",
        "baseline_window": "year-2024", "current_window": "year-2025", "share_odds_ratio": 0.4,
        "ratio_low": 0.4 * np.exp(-REACH * 0.1), "ratio_high": 0.4 * np.exp(REACH * 0.1),
        "leave_one_out_low": 0.35, "leave_one_out_high": 0.5, "witness_count_baseline": 150, "witness_count_current": 50,
    }  # fmt: skip
    found = label_margins(
        pd.DataFrame([of_place | one for one in places]),
        pd.DataFrame([of_shift | one for one in shifts]),
        load_policy(),
        load_publication_policy(),
    )
    return dict(zip(found["label"], found["margin"], strict=True))


@pytest.mark.parametrize(
    ("place", "margin"),
    [
        ({}, 1680),  # ln 8 - 1.96 √(.1468² + 2 · .10²)
        ({"expected_witness_count": 2.4}, -2231),  # 10 ln(2.4 / 3)
        ({"label": "elevated"}, 205),  # its office is estimated: ln 1.5 - 2 · .10
        ({"label": "elevated", "probability_high": 0.9}, 1680),
    ],
)
def test_a_place_lies_so_far_above_the_others(place: dict[str, object], margin: int) -> None:
    assert margins([place], []) == {"hotspot": margin}


@pytest.mark.parametrize(
    ("shift", "change", "stable"),
    [
        # ln .5 of the weakest rest less ln 1.25; ln 2 - (.9163 + .1960)
        ({}, 940, -838),
        # .9163 - 3.3 √(.10² + 2 · .05²)
        ({"leave_one_out_high": 0.42}, 1024, -838),
        # ln(24 / 20) - ln 1.25: one record fewer may not decide whether it is judged
        ({"witness_count_baseline": 20, "witness_count_current": 4}, -82, -838),
        ({"leave_one_out_high": np.nan, "leave_one_out_low": np.nan}, None, -838),  # one partner alone
    ],
)
def test_a_corridor_lies_so_far_from_none_and_from_twofold(
    shift: dict[str, object], change: int | None, stable: int
) -> None:
    found = margins([], [shift])
    assert (found.get("shift"), found["stable"]) == (change, stable)

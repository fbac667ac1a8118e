"""Trend categories of a place over its quarters, one series for each category."""

import math
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from orchestration.statistics.hotspots import category, direction, mann_kendall, with_trend
from orchestration.statistics.policy import load_policy

POLICY = load_policy()


@pytest.mark.parametrize(
    ("values", "s", "p"),
    [
        (range(10), 45, 8.3031e-05), ([1, 3, 2, 6, 4, 8, 7, 9, 5, 12], 31, 0.0072904),
        # S = 3 + 2 + 0 + 0; ties take 2 x 1 x 9 from 4 x 3 x 13, and a 18th of 138 is the variance.
        ([1, 2, 3, 3], 5, 0.148562), ([3, 3, 3], 0, 1),
    ],
)  # fmt: skip
def test_mann_kendall(values: Any, s: int, p: float) -> None:
    """By hand, and by pymannkendall 1.4.3."""
    assert mann_kendall(values) == (s, pytest.approx(p, rel=1e-5))


@pytest.mark.parametrize(
    ("states", "trend", "expected"),
    [
        ("hhhhhhh", 1, "insufficient"), ("hhhhhhhh", 1, "intensifying"), ("hhhhhhhh", -1, "diminishing"),
        ("hhhhhhhh", 0, "persistent"), (".hhhhhhhhh", 0, "persistent"), (".......h", 1, "new"),
        (".....hhh", 1, "consecutive"), ("c...h..h", 0, "oscillating"), ("h.h..h.h", 0, "sporadic"),
        ("hhhhhhh.", 0, "historical"), ("hhhhhhhh..h.", 0, "none"), ("c.......", -1, "none"),
    ],
)  # fmt: skip
def test_the_first_row_that_holds(states: str, trend: int, expected: str) -> None:
    assert category(states, trend, POLICY) == expected


def test_a_trend_needs_to_be_more_than_chance() -> None:
    assert direction([1, 2, 3, 4, 5, 6, 7, 8], POLICY) == 1
    assert direction([8, 7, 6, 5, 4, 3, 2, 1], POLICY) == -1
    assert direction([1, 2, 1, 2, 1, 2, 1, 2], POLICY) == 0


def quarters(count: int) -> pd.DataFrame:
    rows = []
    for at in range(count):
        year, quarter = 2020 + at // 4, at % 4 + 1
        after = date(year + quarter // 4, quarter % 4 * 3 + 1, 1)
        end = after - timedelta(days=1)
        rows += [
            {"period_id": f"{year}-Q{quarter}", "period_kind": "quarter", "period_to": end},
            {"period_id": f"{year}-Q{quarter}-12m", "period_kind": "rolling_12_months", "period_to": end},
            {"period_id": f"round-{year}-{quarter}", "period_kind": "round", "period_to": end},
        ]
    return pd.DataFrame(rows).assign(is_complete=True)


def place(periods: pd.DataFrame, label: str = "hotspot", high: float = 0.99) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place_id": "KE047", "place_role": "transit", "record_grain": "case", "population": "all",
            "period_id": periods["period_id"], "label": label, "activity_ratio": 2.0,
            "probability_high": high, "probability_low": 0.0,
        }
    )  # fmt: skip


def category_of(found: pd.DataFrame, period: str) -> Any:
    (answer,) = found.loc[found["period_id"] == period, "trend_category"]
    return None if answer is None or (isinstance(answer, float) and math.isnan(answer)) else answer


def test_the_trend_of_a_period_is_that_of_the_quarters_up_to_its_end() -> None:
    periods = quarters(9)
    found = with_trend(place(periods), periods, POLICY)
    named = {
        "2021-Q3": "insufficient",
        "2021-Q4": "persistent",
        "2022-Q1-12m": "persistent",
        "round-2022-1": None,
    }
    assert {period: category_of(found, period) for period in named} == named


def test_quarters_long_ago_are_forgotten() -> None:
    """Cold in the first quarter, hot in the last four of thirteen: the cold one has left the twelve."""
    periods = quarters(13)
    frame = place(periods)
    first, last = (frame["period_id"].isin(periods["period_id"][at]) for at in (slice(0, 3), slice(27, None)))
    frame.loc[~last, "probability_high"] = 0.5
    frame.loc[first, "probability_low"] = 0.99
    frame.loc[frame["period_id"] == "2021-Q1", "probability_high"] = 0.99
    found = with_trend(frame, periods, POLICY)
    assert [category_of(found, period) for period in ("2022-Q4", "2023-Q1")] == ["oscillating", "sporadic"]


def test_a_place_whose_last_quarter_is_not_judged_has_no_trend() -> None:
    periods = quarters(10)
    frame = place(periods)
    frame.loc[frame["period_id"].str.startswith("2022-Q2"), "label"] = "insufficient"
    found = with_trend(frame, periods, POLICY)
    assert category_of(found, "2022-Q1") == "persistent"
    assert category_of(found, "2022-Q2") == "insufficient"

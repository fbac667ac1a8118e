"""Corridor shifts of every comparison: from counts of corridors by partner and month to judged rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from orchestration.statistics.comparisons import Comparison, Told, comparisons, told, with_month_numbers
from orchestration.statistics.mix_change import mix_change
from orchestration.statistics.policy import Policy
from orchestration.statistics.shifts import displaced_from, judge_shifts

GRAINS = ("case", "route_report")
# What is not known of a record at each level: an end of a corridor, or also the way between the ends.
UNKNOWN_OF_LEVEL = {"od": "unknown_end_count", "odv": "unknown_way_count"}
_PLACES = ["corridor_id", "origin_place_id", "via_place_id", "destination_place_id"]
_UNKNOWN = "unknown"


def corridor_shifts(
    corridor_counts: pd.DataFrame,
    partner_counts: pd.DataFrame,
    active_months: pd.DataFrame,
    calendar: pd.DataFrame,
    periods: pd.DataFrame,
    policy: Policy,
) -> pd.DataFrame:
    """One row per grain, comparison, level and corridor with two known ends that was told in either window.

    Args:
        corridor_counts: source, record_grain, corridor_level, corridor_id and its places, month_from,
            month_to, round, record_count.
        partner_counts: the same without the corridor, with unknown_end_count and unknown_way_count.
        active_months: source, record_grain, month_start.
        calendar: month_start, is_complete.
        periods: period_id, period_kind, label, period_from, period_to, is_complete.
    """
    corridors, records = with_month_numbers(corridor_counts), with_month_numbers(partner_counts)
    active = with_month_numbers(active_months)
    has_ends = (corridors["origin_place_id"] != _UNKNOWN) & (corridors["destination_place_id"] != _UNKNOWN)
    corridors = corridors[has_ends]
    found = []
    for grain in GRAINS:
        told_of, told_in_all, reported = (
            frame[frame["record_grain"] == grain] for frame in (corridors, records, active)
        )
        rounds_told = set(told_in_all["round"].dropna())
        for comparison in comparisons(calendar, periods, rounds_told, policy):
            for level in UNKNOWN_OF_LEVEL:
                of_level = told_of[told_of["corridor_level"] == level]
                side_by_side = told(comparison, of_level, told_in_all, reported, "corridor_id")
                if side_by_side.items:
                    judged = _judge(comparison, side_by_side, of_level, policy)
                    unknown = _unknown_shares(comparison, side_by_side, told_in_all, UNKNOWN_OF_LEVEL[level])
                    found.append(judged.assign(record_grain=grain, level=level, **unknown))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _judge(
    comparison: Comparison, side_by_side: Told, of_level: pd.DataFrame, policy: Policy
) -> pd.DataFrame:
    places = of_level[_PLACES].drop_duplicates("corridor_id").set_index("corridor_id")
    seen_before = set(of_level.loc[comparison.precede(of_level), "corridor_id"])
    shifts = judge_shifts(
        side_by_side.windows,
        np.array([one in seen_before for one in side_by_side.items], dtype=np.bool_),
        side_by_side.dispersion(policy),
        policy,
    )
    shifts.insert(0, "corridor_id", side_by_side.items)
    shifts = shifts.join(places, on="corridor_id")
    mix = mix_change(side_by_side.monthly, side_by_side.is_active, side_by_side.month_windows, policy)
    return shifts.assign(
        comparison=comparison.kind,
        baseline_window=comparison.baseline.name,
        current_window=comparison.current.name,
        baseline_from=comparison.baseline.first_day,
        baseline_to=comparison.baseline.last_day,
        current_from=comparison.current.first_day,
        current_to=comparison.current.last_day,
        mix_divergence=mix.divergence if mix else np.nan,
        mix_p_value=mix.p_value if mix else np.nan,
        displaced_from=pd.Series(displaced_from(shifts), dtype="object"),
    )


def _unknown_shares(
    comparison: Comparison, side_by_side: Told, records: pd.DataFrame, unknown: str
) -> dict[str, Any]:
    """Part of the comparable partners' records in each window that cannot be placed at this level."""
    comparable = np.array(side_by_side.partners)[side_by_side.windows.is_comparable]
    of_comparable = records[records["source"].isin(comparable)]
    shares = {}
    for side, window in (("baseline", comparison.baseline), ("current", comparison.current)):
        inside = of_comparable[window.holds(of_comparable)]
        told_of = inside["record_count"].sum()
        shares[f"unknown_end_share_{side}"] = inside[unknown].sum() / told_of if told_of else np.nan
    return shares

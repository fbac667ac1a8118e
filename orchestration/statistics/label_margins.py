"""How far each place and corridor lies from a public label: one number, which the release draws with noise.

Columns read: of hotspots log_ratio, log_error, expected_witness_count, label, probability_high, ratio_low; of
shifts share_odds_ratio, ratio_low and _high, leave_one_out_low and _high, witness_count_baseline, _current.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from orchestration.core import PublicationPolicy
from orchestration.statistics.comparable import Floats
from orchestration.statistics.policy import Policy

HOTSPOT, SHIFT, STABLE = "hotspot", "shift", "stable"
STEEP = 10


def label_margins(
    places: pd.DataFrame, shifts: pd.DataFrame, policy: Policy, publication: PublicationPolicy
) -> pd.DataFrame:
    """One row per label that could be drawn: its margin in hundredths of the scale of its noise.

    A hotspot's margin is the low end of its log ratio; that of a shift and of a stable corridor lies above 0
    where the label holds. Cases alone; `places` and `shifts` as the statistics made them.
    """
    reach = special.ndtri((1 + policy.interval_coverage) / 2)
    of_places, of_shifts = (publication[name] / 100 for name in ("hotspot_label_scale", "shift_label_scale"))
    parts = []
    if len(places):
        is_year = places["period_id"].str.startswith("year-")  # no other period has public labels
        is_measured = is_year & (places["record_grain"] == "case") & places["log_ratio"].notna()
        spots = places[is_measured].rename(columns={"place_id": "item_id"})
        low_end = spots["log_ratio"] - reach * np.hypot(spots["log_error"], np.sqrt(2) * of_places)
        # Where an estimated office alone makes a hotspot, it stays below one.
        is_doubted = (
            (spots["label"] == "elevated")
            & (spots["probability_high"] > policy.hotspot_certainty)
            & (spots["ratio_low"] >= policy.hotspot_least_low)
        )
        most = np.where(is_doubted, np.log(policy.hotspot_ratio) - 2 * of_places, np.inf)
        # Below the least expected records the low end falls steeply: one record changes them little.
        expected = np.log(spots["expected_witness_count"] / policy.hotspot_minimum_expected)
        margin = np.minimum.reduce([low_end, most, STEEP * expected])
        parts.append(_rows(spots, HOTSPOT, margin / of_places))
    if len(shifts):
        years = shifts[
            (shifts["record_grain"] == "case")
            & (shifts["comparison"] == "years")
            & (shifts["level"] == "od")
            & shifts["share_odds_ratio"].notna()
        ].rename(columns={"corridor_id": "item_id", "current_window": "period_id"})
        margins = shift_margins(years, reach, of_shifts, policy, publication)
        named = years.assign(
            earlier_period_id=years["baseline_window"],
            status=np.where(years["share_odds_ratio"] > 1, "growing", "fading"),
        )
        parts += [_rows(named, label, margins[label] / of_shifts) for label in (SHIFT, STABLE)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def shift_margins(
    years: pd.DataFrame, reach: float, scale: float, policy: Policy, publication: PublicationPolicy
) -> dict[str, Floats]:
    """The margins of SHIFT and STABLE as differences of log ratios, a row a judged corridor."""
    low, high = np.log(years["ratio_low"]), np.log(years["ratio_high"])
    ratio, error = np.log(years["share_odds_ratio"]), (high - low) / (2 * reach)
    without_one = np.where(
        ratio > 0, np.log(years["leave_one_out_low"]), -np.log(years["leave_one_out_high"])
    )
    records = years["witness_count_baseline"] + years["witness_count_current"]
    least = np.log(policy.shift_least_factor)
    errors = publication.numbers["shift_label_errors"]
    shift = np.minimum.reduce(
        [
            ratio.abs() - errors * np.hypot(error, np.sqrt(2) * scale),
            ratio.abs() - least,
            without_one - least,
            # A corridor is judged from so many records on: near them, one record would decide.
            np.log(records / policy.shift_minimum_records) - least,
        ]
    )
    return {SHIFT: shift, STABLE: np.log(policy.shift_stable_factor) - (ratio.abs() + reach * error)}


def _rows(of: pd.DataFrame, label: str, margin: Floats) -> pd.DataFrame:
    names = ("period_id", "item_id", "place_role", "population", "earlier_period_id", "status")
    columns = {name: of.get(name) for name in names}
    found = pd.DataFrame(columns, index=of.index).assign(label=label, margin=margin)
    return found[np.isfinite(found["margin"])].assign(
        margin=lambda rows: (100 * rows["margin"]).round().astype(int)
    )

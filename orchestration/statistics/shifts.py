"""Which corridors shifted between two windows: one status each, its reason, and how far the evidence goes.

A status answers for the share that a corridor has of each partner's own records, never for persons, and never
by the word of partners that reported in one window alone.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from orchestration.statistics.policy import Policy
from orchestration.statistics.share_ratio import (
    Flags,
    Floats,
    Reference,
    TwoWindows,
    range_without_one,
    share_ratios,
)

UP, DOWN = ("emerging", "growing"), ("abandoned", "fading")
STATUSES = ("new_source", "too_few", *UP, *DOWN, "stable")
REASONS = ("no_comparable_partner", "below_minimum", "reappeared", "interval_too_wide")
EVIDENCE = ("panel", "single_partner")


def judge_shifts(
    windows: TwoWindows,
    seen_before: Flags,
    dispersion: Floats,
    policy: Policy,
    shared: Reference | None = None,
    reported: TwoWindows | None = None,
) -> pd.DataFrame:
    """One row an item, in its order: counts, odds ratio with its interval, q, status, reason and evidence.

    `seen_before` says which items anybody reported before the baseline. Shares are of the reference `shared`.
    `reported` holds all records, also those that `windows` leaves out of the comparison. Figures stand beside
    judged items only.
    """
    reported = reported or windows
    comparable = windows.of(windows.is_comparable)
    all_then, all_now = reported.baseline.sum(axis=0), reported.current.sum(axis=0)
    then, now = comparable.baseline.sum(axis=0), comparable.current.sum(axis=0)
    ratios = share_ratios(windows, shared)
    error = ratios.standard_error * np.sqrt(dispersion)
    is_judged = (then + now >= policy.shift_minimum_records) & np.isfinite(ratios.log_ratio) & (error > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = ratios.log_ratio / error
    # Only judged items: the many that are too few to judge would hide a shift among the others.
    q_value = q_values(2 * special.ndtr(-np.abs(np.where(is_judged, z, np.nan))))
    reach = special.ndtri((1 + policy.interval_coverage) / 2)
    ratio, low, high = (
        np.where(is_judged, np.exp(ratios.log_ratio + side * reach * error), np.nan) for side in (0, -1, 1)
    )
    with np.errstate(invalid="ignore"):
        is_beyond_chance = q_value < policy.shift_largest_q
        up = is_beyond_chance & (ratio >= policy.shift_least_factor)
        down = is_beyond_chance & (ratio <= 1 / policy.shift_least_factor)
        is_stable = is_judged & (low > 1 / policy.shift_stable_factor) & (high < policy.shift_stable_factor)
    nobody_then, nobody_now = all_then == 0, all_now == 0
    status = np.select(
        [
            nobody_then & (now == 0) & (windows.current.sum(axis=0) > 0),
            then + now == 0,
            then + now < policy.shift_minimum_records,
            up & nobody_then,
            up,
            down & nobody_now,
            down,
            is_stable,
        ],
        ["new_source", "too_few", "too_few", "emerging", "growing", "abandoned", "fading", "stable"],
        default="too_few",
    )
    reason = np.select(
        [
            (status == "too_few") & (then + now == 0),
            (status == "too_few") & (then + now < policy.shift_minimum_records),
            status == "too_few",
            (status == "emerging") & seen_before,
        ],
        ["no_comparable_partner", "below_minimum", "interval_too_wide", "reappeared"],
        default="",
    )
    tells = comparable.baseline + comparable.current > 0
    lowest, highest = range_without_one(windows, shared)
    is_held = (up & (lowest >= policy.shift_least_factor)) | (
        down & (highest <= 1 / policy.shift_least_factor)
    )
    panel = is_held & (tells.sum(axis=0) >= policy.shift_panel_partners)
    return pd.DataFrame(
        {
            "record_count_baseline": all_then,
            "record_count_current": all_now,
            "comparable_count_baseline": then,
            "comparable_count_current": now,
            "partner_count": ((reported.baseline + reported.current) > 0).sum(axis=0),
            "comparable_partner_count": tells.sum(axis=0),
            "partners_started": ((windows.current > 0) & (windows.baseline_totals == 0)[:, None]).sum(axis=0),
            "partners_stopped": ((windows.baseline > 0) & (windows.current_totals == 0)[:, None]).sum(axis=0),
            **_shares(reported, comparable, ratio),
            "share_odds_ratio": ratio,
            "ratio_low": low,
            "ratio_high": high,
            "q_value": q_value,
            "dispersion": np.where(is_judged, dispersion, np.nan),
            "leave_one_out_low": np.where(is_judged, lowest, np.nan),
            "leave_one_out_high": np.where(is_judged, highest, np.nan),
            "status": status,
            "reason": _or_none(reason),
            "evidence": _or_none(np.where(up | down, np.where(panel, "panel", "single_partner"), "")),
        }
    )


def q_values(p: Floats) -> Floats:
    """Return Benjamini and Hochberg's q of each p that is a number; the others are no tests and stay nan."""
    from scipy.stats import false_discovery_control  # the library takes a second to load

    q, judged = np.full(len(p), np.nan), ~np.isnan(p)
    if judged.any():
        q[judged] = false_discovery_control(p[judged], method="bh")
    return q


def displaced_from(shifts: pd.DataFrame) -> list[str | None]:
    """For each corridor that rose: those that fell and share an end with it, joined by `;`, else None.

    Both rest on a panel, so that one partner's move is no displacement. Consistent with one is all that it
    can be.
    """
    on_panel = shifts["evidence"] == "panel"
    has_fallen, has_risen = (on_panel & shifts["status"].isin(moved) for moved in (DOWN, UP))
    ends = list(zip(shifts["origin_place_id"], shifts["destination_place_id"], strict=True))
    fallen = [
        (corridor, *places)
        for corridor, places, fell in zip(shifts["corridor_id"], ends, has_fallen, strict=True)
        if fell
    ]
    found: list[str | None] = []
    for risen, (origin, destination) in zip(has_risen, ends, strict=True):
        sharing = [one for one, start, end in fallen if risen and (start == origin or end == destination)]
        found.append(";".join(sorted(sharing)) or None)
    return found


def _or_none(texts: np.ndarray) -> list[str | None]:
    return [str(text) or None for text in texts]


def _shares(reported: TwoWindows, comparable: TwoWindows, ratio: np.ndarray) -> dict[str, np.ndarray]:
    """Raw shares of all records beside those of comparable partners, the current one adjusted by the odds
    ratio.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        then = reported.baseline.sum(axis=0) / reported.baseline_totals.sum()
        now = reported.current.sum(axis=0) / reported.current_totals.sum()
        compared = comparable.baseline.sum(axis=0) / comparable.baseline_totals.sum()
        odds = compared / (1 - compared) * ratio
        adjusted = np.where(np.isfinite(odds), odds / (1 + odds), np.nan)
    return {
        "share_baseline": then,
        "share_current": now,
        "comparable_share_baseline": compared,
        "adjusted_share_current": adjusted,
    }

"""Corridor shifts of every comparison: from counts of corridors by partner and month to judged rows.

Each corridor has one status, its reason, and how far the evidence goes. A status answers for the share that a
corridor has of each partner's own records, never for persons, and never by the word of partners that reported
in one window alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from orchestration.statistics.comparisons import (
    ROUNDS,
    Comparison,
    Reports,
    SideBySide,
    comparisons,
    side_by_side,
)
from orchestration.statistics.moved_partners import (
    UNKNOWN,
    all_moves,
    at_places,
    ends_of,
)
from orchestration.statistics.policy import Policy
from orchestration.statistics.share_ratio import (
    Counts,
    Flags,
    Floats,
    Reference,
    TwoWindows,
    range_without_one,
    reference,
    reference_of,
    share_ratios,
)
from orchestration.statistics.still_to_come import StillFilling

UP, DOWN = ("emerging", "growing"), ("abandoned", "fading")


def judge_shifts(
    windows: TwoWindows,
    seen_before: Flags,
    dispersion: Floats,
    policy: Policy,
    shared: Reference | None = None,
    reported: TwoWindows | None = None,
    is_filling: Flags | None = None,
) -> pd.DataFrame:
    """One row an item, in its order: counts, odds ratio with its interval, q, status, reason and evidence.

    `windows` hold the witnesses that are compared, `reported` all records, which are shown. `seen_before`
    says which items anybody reported before the baseline, `is_filling` of which records are still to come.
    Shares are of the reference `shared`. Figures stand beside judged items only.
    """
    reported = reported or windows
    comparable = windows.of(windows.is_comparable)
    all_then, all_now = reported.baseline.sum(axis=0), reported.current.sum(axis=0)
    then, now = comparable.baseline.sum(axis=0), comparable.current.sum(axis=0)
    ratios = share_ratios(windows, shared)
    shared = shared or reference_of(windows, np.ones(then.size, dtype=np.bool_))
    error = shared.error(ratios, dispersion)
    is_filling = np.zeros(then.size, dtype=np.bool_) if is_filling is None else is_filling
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
            is_filling,
            (status == "too_few") & (then + now == 0),
            (status == "too_few") & (then + now < policy.shift_minimum_records),
            status == "too_few",
            (status == "emerging") & seen_before,
        ],
        ["still_filling", "no_comparable_partner", "below_minimum", "interval_too_wide", "reappeared"],
        default="",
    )
    tells = comparable.baseline + comparable.current > 0
    lowest, highest = (np.full(then.size, np.nan) for _ in range(2))
    about = windows.about(is_judged), shared._replace(is_in=shared.is_in[is_judged])
    lowest[is_judged], highest[is_judged] = range_without_one(*about)
    is_held = (up & (lowest >= policy.shift_least_factor)) | (
        down & (highest <= 1 / policy.shift_least_factor)
    )
    panel = is_held & (tells.sum(axis=0) >= policy.shift_panel_partners)
    return pd.DataFrame(
        {
            "record_count_baseline": all_then,
            "record_count_current": all_now,
            "witness_count_baseline": then,
            "witness_count_current": now,
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
            "yearly_scatter": np.where(is_judged, shared.yearly, np.nan),
            "is_yearly_assumed": shared.is_yearly_assumed,
            "leave_one_out_low": lowest,
            "leave_one_out_high": highest,
            "status": status,
            "reason": _or_none(reason),
            "evidence": _or_none(np.where(up | down, np.where(panel, "panel", "single_partner"), "")),
        }
    )


def q_values(p: Floats) -> Floats:
    """Return Benjamini and Hochberg's q of each p that is a number; the others are no tests and stay nan."""
    q, judged = np.full(len(p), np.nan), np.flatnonzero(~np.isnan(p))
    order = judged[np.argsort(p[judged])]
    rising = p[order] * (len(order) / np.arange(1, len(order) + 1))
    q[order] = np.clip(np.minimum.accumulate(rising[::-1])[::-1], 0, 1)
    return q


def displaced_from(shifts: pd.DataFrame) -> list[str | None]:
    """For each corridor that rose: those that fell and share an end with it, joined by `;`, else None.

    Both rest on a panel, so that one partner's move is no displacement. Consistent with one is all that it
    can be.
    """
    on_panel = shifts["evidence"] == "panel"
    has_fallen, has_risen = (on_panel & shifts["status"].isin(moved) for moved in (DOWN, UP))
    ends = list(zip(shifts["start_place_id"], shifts["end_place_id"], strict=True))
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


GRAINS = ("case", "route_report")
# What is not known of a record at each level: an end of a corridor, or also the way between the ends.
UNKNOWN_OF_LEVEL = {"od": "unknown_end_count", "odv": "unknown_way_count"}
PLACES = ["corridor_id", "start_place_id", "via_place_id", "end_place_id"]

# Stands among the corridors for all records with an unknown end: a change in what is known moves shares too.
UNKNOWN_END = ""


def of_level(reports: Reports, level: str) -> Reports:
    """Corridors with two known ends, and at level `od` the unknown end as one more."""
    corridors = reports.counts[reports.counts["corridor_level"] == level]
    is_known = (corridors["start_place_id"] != UNKNOWN) & (corridors["end_place_id"] != UNKNOWN)
    if level != "od" or not is_known.any():
        return reports._replace(counts=corridors[is_known])
    as_one = {"corridor_id": UNKNOWN_END} | dict.fromkeys(PLACES[1:], UNKNOWN)
    unknown = corridors[~is_known].assign(**as_one, campaign_count=0)
    return reports._replace(counts=pd.concat([corridors[is_known], unknown], ignore_index=True))


class Compared(NamedTuple):
    """One level as it is compared, and what its shares are taken of.

    `moves` says at which place (column) a partner (row) is left out, `left_out` how many records of each
    corridor are left out, and why, `is_filling` of which corridors records are still to come.
    """

    reported: SideBySide
    compared: SideBySide
    ends: pd.DataFrame
    shared: Reference
    places: list[str]
    moves: Flags
    left_out: dict[str, Counts]
    is_filling: Flags

    @property
    def reference_share(self) -> float:
        """Part of the comparable partners' records that shares are taken of."""
        windows = self.compared.windows.of(self.compared.windows.is_comparable)
        shared = self.shared.of(self.compared.windows.is_comparable)
        all_records = windows.baseline_totals.sum() + windows.current_totals.sum()
        in_it = shared.baseline_totals.sum() + shared.current_totals.sum()
        return float(in_it / all_records) if all_records else np.nan


def corridor_shifts(
    all_reports: Reports,
    calendar: pd.DataFrame,
    periods: pd.DataFrame,
    policy: Policy,
    filling: StillFilling | None = None,
    yearly: float | None = None,
) -> pd.DataFrame:
    """One row per grain, comparison, level and corridor with two known ends reported in either window.

    Args:
        all_reports: of corridors.
        calendar: month_start, is_complete.
        periods: period_id, period_kind, label, period_from, period_to, is_complete.
        yearly: τ² between two windows of cases, if `alerts` could measure it.
    """
    found = []
    for grain in GRAINS:
        reports = all_reports.of_grain(grain)
        outside, reported_rounds = reports.outside_campaigns(), set(reports.totals["round"].dropna())
        for comparison in comparisons(calendar, periods, reported_rounds, policy):
            scatter = yearly if grain == "case" and comparison.kind != ROUNDS else None
            above: Compared | None = None
            for level, unknown in UNKNOWN_OF_LEVEL.items():
                is_filling = partial(_is_filling, comparison, grain, filling)
                inside, cleared = (of_level(one, level) for one in (reports, outside))
                side = _compared(comparison, inside, cleared, above, is_filling, scatter, policy)
                if side is None:
                    break
                above = above or side
                shares = _unknown_shares(comparison, side.compared, outside.totals, unknown)
                before = reports.counts[comparison.precede(reports.counts)]
                judged = _judge(comparison, side, set(before["corridor_id"]), policy)
                found.append(judged.assign(record_grain=grain, level=level, **shares))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _is_filling(comparison: Comparison, grain: str, filling: StillFilling | None, ends: pd.Series) -> Flags:
    """Which of these ends have records of either window still to come; rounds have no months to fill."""
    if filling is None or comparison.kind == ROUNDS:
        return np.zeros(len(ends), dtype=np.bool_)
    windows = comparison.baseline.months, comparison.current.months
    return np.any([filling.of_ends(grain, ends, months) for months in windows], axis=0)


def _compared(
    comparison: Comparison,
    reports: Reports,
    outside: Reports,
    above: Compared | None,
    fills: Callable[[pd.Series], Flags],
    yearly: float | None,
    policy: Policy,
) -> Compared | None:
    """The level without what is left out, None where nothing was reported.

    Level `odv` has the totals, the reference and the moved partners of `above`, which is level `od`: there
    each record stands once.
    """
    reported = side_by_side(comparison, reports, "corridor_id")
    if not reported.items:
        return None
    compared = side_by_side(comparison, outside, "corridor_id", reported.items)
    ends = reports.counts[PLACES].drop_duplicates("corridor_id").set_index("corridor_id").loc[reported.items]
    places = above.places if above else ends_of(ends)
    there = at_places(ends, places)
    declared, months = reports.declared, comparison.months
    moves = above.moves if above else all_moves(compared, there, places, declared, months, policy)
    is_moved = moves @ there.T
    touches_campaign = compared.campaign & ~is_moved
    is_filling = fills(ends["end_place_id"])
    cleared = compared.without(is_moved | touches_campaign | is_filling)
    if above:
        totals = above.compared.windows[2:]
        cleared = replace(cleared, windows=TwoWindows(*cleared.windows[:2], *totals))
        parents = (ends["start_place_id"] + ">" + ends["end_place_id"]).tolist()
        is_in = dict(zip(above.reported.items, above.shared.is_in, strict=True))
        shared = above.shared._replace(is_in=np.array([is_in[parent] for parent in parents]))
    else:
        shared = reference(cleared.windows, cleared.dispersion(policy), policy, yearly)
    all_records, comparable = (one.records.baseline + one.records.current for one in (reported, compared))
    moved_records, campaign_records = (
        (comparable * flags).sum(axis=0) for flags in (is_moved, touches_campaign)
    )
    counted_out = {
        "moved_record_count": moved_records,
        "campaign_record_count": all_records.sum(axis=0) - comparable.sum(axis=0) + campaign_records,
    }
    return Compared(reported, cleared, ends, shared, places, moves, counted_out, is_filling)


def _judge(comparison: Comparison, of_level: Compared, seen_before: set[str], policy: Policy) -> pd.DataFrame:
    items = np.array([item != UNKNOWN_END for item in of_level.compared.items])
    compared, shared = of_level.compared, of_level.shared
    names = [item for item in compared.items if item != UNKNOWN_END]
    shifts = judge_shifts(
        compared.windows.about(items),
        np.array([name in seen_before for name in names], dtype=np.bool_),
        compared.dispersion(policy)[items],
        policy,
        shared._replace(is_in=shared.is_in[items]),
        of_level.reported.records.about(items),
        of_level.is_filling[items],
    )
    shifts.insert(0, "corridor_id", names)
    shifts = shifts.join(of_level.ends, on="corridor_id")
    return shifts.assign(
        comparison=comparison.kind,
        baseline_window=comparison.baseline.name,
        current_window=comparison.current.name,
        baseline_from=comparison.baseline.first_day,
        baseline_to=comparison.baseline.last_day,
        current_from=comparison.current.first_day,
        current_to=comparison.current.last_day,
        displaced_from=pd.Series(displaced_from(shifts), dtype="object"),
        reference_share=of_level.reference_share,
        **{name: counts[items] for name, counts in of_level.left_out.items()},
    )


def _unknown_shares(
    comparison: Comparison, reported: SideBySide, records: pd.DataFrame, unknown: str
) -> dict[str, Any]:
    """Part of the comparable partners' records in each window that cannot be placed at this level."""
    comparable = np.array(reported.partners)[reported.windows.is_comparable]
    of_comparable = records[records["source"].isin(comparable)]
    shares = {}
    for side, window in (("baseline", comparison.baseline), ("current", comparison.current)):
        inside = of_comparable[window.holds(of_comparable)]
        reported_of = inside["record_count"].sum()
        shares[f"unknown_end_share_{side}"] = inside[unknown].sum() / reported_of if reported_of else np.nan
    return shares

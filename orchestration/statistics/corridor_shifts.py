"""Corridor shifts of every comparison: from counts of corridors by partner and month to judged rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from orchestration.statistics.comparisons import Comparison, Reports, SideBySide, comparisons, side_by_side
from orchestration.statistics.mix_change import mix_change
from orchestration.statistics.moved_partners import (
    UNKNOWN,
    all_moves,
    at_places,
    ends_of,
)
from orchestration.statistics.policy import Policy
from orchestration.statistics.reference import reference
from orchestration.statistics.share_ratio import Counts, Flags, Reference, TwoWindows
from orchestration.statistics.shifts import displaced_from, judge_shifts

GRAINS = ("case", "route_report")
# What is not known of a record at each level: an end of a corridor, or also the way between the ends.
UNKNOWN_OF_LEVEL = {"od": "unknown_end_count", "odv": "unknown_way_count"}
PLACES = ["corridor_id", "origin_place_id", "via_place_id", "destination_place_id"]

# Stands among the corridors for all records with an unknown end: a change in what is known moves shares too.
UNKNOWN_END = ""


def of_level(reports: Reports, level: str) -> Reports:
    """Corridors with two known ends, and at level `od` the unknown end as one more."""
    corridors = reports.counts[reports.counts["corridor_level"] == level]
    ends = corridors["origin_place_id"], corridors["destination_place_id"]
    known = corridors[(ends[0] != UNKNOWN) & (ends[1] != UNKNOWN)]
    unknown = reports.totals[reports.totals["unknown_end_count"] > 0]
    if level != "od" or unknown.empty or known.empty:
        return reports._replace(counts=known)
    unknown = unknown[["source", "record_grain", "month_from", "month_to", "round"]].assign(
        corridor_level=level,
        corridor_id=UNKNOWN_END,
        **dict.fromkeys(PLACES[1:], UNKNOWN),
        record_count=unknown["unknown_end_count"],
        campaign_count=0,
    )
    return reports._replace(counts=pd.concat([known, unknown], ignore_index=True))


class Compared(NamedTuple):
    """One level as it is compared, and what its shares are taken of.

    `moves` says at which place (column) a partner (row) is left out, `left_out` how many records of each
    corridor are left out, and why.
    """

    reported: SideBySide
    compared: SideBySide
    ends: pd.DataFrame
    shared: Reference
    places: list[str]
    moves: Flags
    left_out: dict[str, Counts]

    @property
    def reference_share(self) -> float:
        """Part of the comparable partners' records that shares are taken of."""
        windows = self.compared.windows.of(self.compared.windows.is_comparable)
        shared = self.shared.of(self.compared.windows.is_comparable)
        all_records = windows.baseline_totals.sum() + windows.current_totals.sum()
        in_it = shared.baseline_totals.sum() + shared.current_totals.sum()
        return float(in_it / all_records) if all_records else np.nan


def corridor_shifts(
    all_reports: Reports, calendar: pd.DataFrame, periods: pd.DataFrame, policy: Policy
) -> pd.DataFrame:
    """One row per grain, comparison, level and corridor with two known ends reported in either window.

    Args:
        all_reports: of corridors.
        calendar: month_start, is_complete.
        periods: period_id, period_kind, label, period_from, period_to, is_complete.
    """
    found = []
    for grain in GRAINS:
        reports = all_reports.of_grain(grain)
        outside, reported_rounds = reports.outside_campaigns(), set(reports.totals["round"].dropna())
        for comparison in comparisons(calendar, periods, reported_rounds, policy):
            above: Compared | None = None
            for level, unknown in UNKNOWN_OF_LEVEL.items():
                side = _compared(
                    comparison, of_level(reports, level), of_level(outside, level), above, policy
                )
                if side is None:
                    break
                above = above or side
                shares = _unknown_shares(comparison, side.compared, outside.totals, unknown)
                before = reports.counts[comparison.precede(reports.counts)]
                judged = _judge(comparison, side, set(before["corridor_id"]), policy)
                found.append(judged.assign(record_grain=grain, level=level, **shares))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _compared(
    comparison: Comparison, reports: Reports, outside: Reports, above: Compared | None, policy: Policy
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
    cleared = compared.without(is_moved | touches_campaign)
    if above:
        totals = above.compared.windows[2:]
        cleared = replace(cleared, windows=TwoWindows(*cleared.windows[:2], *totals))
        parents = (ends["origin_place_id"] + ">" + ends["destination_place_id"]).tolist()
        is_in = dict(zip(above.reported.items, above.shared.is_in, strict=True))
        shared = above.shared._replace(is_in=np.array([is_in[parent] for parent in parents]))
    else:
        shared = reference(cleared.windows, cleared.dispersion(policy), policy)
    all_records, comparable = (one.windows.baseline + one.windows.current for one in (reported, compared))
    moved_records, campaign_records = (
        (comparable * flags).sum(axis=0) for flags in (is_moved, touches_campaign)
    )
    counted_out = {
        "moved_record_count": moved_records,
        "campaign_record_count": all_records.sum(axis=0) - comparable.sum(axis=0) + campaign_records,
    }
    return Compared(reported, cleared, ends, shared, places, moves, counted_out)


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
        of_level.reported.windows.about(items),
    )
    shifts.insert(0, "corridor_id", names)
    shifts = shifts.join(of_level.ends, on="corridor_id")
    mix = mix_change(compared.monthly[:, items], compared.is_active, compared.month_windows, policy)
    return shifts.assign(
        comparison=comparison.kind,
        baseline_window=comparison.baseline.name,
        current_window=comparison.current.name,
        baseline_from=comparison.baseline.first_day,
        baseline_to=comparison.baseline.last_day,
        current_from=comparison.current.first_day,
        current_to=comparison.current.last_day,
        mix_divergence=mix.divergence,
        mix_p_value=mix.p_value,
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

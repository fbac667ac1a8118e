"""Partners that began or ceased to work at a place inside the windows: their records there compare nothing.

A partner is compared with itself, which fails where it changes its own field. Such a partner is left out at
that place, in both windows and in its totals. A contract may declare the change; otherwise two rules find it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.statistics.comparisons import SideBySide, cells
from orchestration.statistics.policy import Policy
from orchestration.statistics.scatter import Counts, Flags, Monthly, added
from orchestration.statistics.share_ratio import TwoWindows, share_ratios

# A partner's own share at a place must have changed by so many standard errors before others are asked.
_OWN_Z = 2.0
UNKNOWN = "unknown"


def all_moves(
    reported: SideBySide,
    at_place: Flags,
    places: list[str],
    declared: pd.DataFrame,
    months: range,
    policy: Policy,
) -> Flags:
    """Partner × place: declared to have moved in these months, or found to have without campaigns and the
    declared.
    """
    known = declared_moves(declared, reported.partners, places, months)
    rest = reported.without(reported.campaign | (known @ at_place.T))
    spread = float(rest.dispersion(policy).min())
    return known | moved(rest.monthly, rest.monthly_totals, rest.windows, at_place, spread, policy)


def moved(
    monthly: Monthly, totals: Counts, windows: TwoWindows, at_place: Flags, spread: float, policy: Policy
) -> Flags:
    """Partner × place: who moved away from a place, or to it.

    Args:
        monthly: records by month, both windows in one row of months.
        totals: all records of partner × month.
        windows: records of the windows, by partner and corridor.
        at_place: corridor × place: the place is an end of the corridor.
        spread: the dispersion of all corridors together.
    """
    there = _by_place(monthly, at_place)
    falls_silent, starts = (
        _silent_run(there[:, :, way], totals[:, way], spread, policy)
        for way in (slice(None), slice(None, None, -1))
    )
    found = np.zeros(falls_silent.shape, dtype=np.bool_)
    for runs, backwards in ((falls_silent, False), (starts, True)):
        for partner, place in np.argwhere(runs >= 0):
            run = np.zeros(totals.shape[1], dtype=np.bool_)
            run[runs[partner, place] + 1 :] = True
            if backwards:
                run = run[::-1]
            halves = (run, ~run) if backwards else (~run, run)
            before_and_after = TwoWindows(
                *(monthly._replace(counts=monthly.counts[:, half]).sums for half in halves),
                *(totals[:, half].sum(axis=1) for half in halves),
            )
            others, _ = _others(before_and_after, partner, at_place[:, place])
            sign = 1 if backwards else -1
            found[partner, place] = sign * others < np.log(policy.moved_same_factor)
    return found | _odd_one_out(windows, at_place, spread, policy)


def ends_of(corridors: pd.DataFrame) -> list[str]:
    """The places at the ends of corridors, sorted."""
    return sorted({*corridors["start_place_id"], *corridors["end_place_id"]} - {UNKNOWN})


def at_places(corridors: pd.DataFrame, places: list[str]) -> Flags:
    """Corridor × place: the place is an end of the corridor."""
    ends = (corridors[end].to_numpy()[:, None] for end in ("start_place_id", "end_place_id"))
    return np.any([end == np.array(places, dtype=object) for end in ends], axis=0)


def declared_moves(declared: pd.DataFrame, partners: list[str], places: list[str], months: range) -> Flags:
    """Partner × place: whose coverage of the place begins or ends in these months.

    A row of kind `coverage` names the first month of the new state; a change in the first month is none.
    """
    changes = declared[(declared["kind"] == "coverage") & declared["month_from"].isin(months[1:])]
    return cells(changes, (partners, "source"), (places, "place_id"), of=None) > 0


def _by_place(monthly: Monthly, at_place: Flags) -> Counts:
    """Partner × place × month."""
    row, place = at_place[monthly.item].nonzero()
    shape = monthly.shape[0], at_place.shape[1], monthly.counts.shape[1]
    cell = monthly.partner[row] * shape[1] + place
    return added(monthly.counts[row], cell, shape[0] * shape[1]).reshape(shape)


def _silent_run(there: Counts, totals: Counts, spread: float, policy: Policy) -> Counts:
    """Partner × place: the last month with records there, if the silence after it is not the partner's own;
    else -1.

    What the partner reported elsewhere says which part of its records there the silence would have held. The
    chance that all fall before it is that the last of so many does.
    """
    elsewhere = totals[:, None, :] - there
    months = np.arange(there.shape[2])
    last = np.where(there > 0, months, -1).max(axis=2)
    until = (elsewhere * (months <= last[:, :, None])).sum(axis=2)
    part = until / np.maximum(elsewhere.sum(axis=2), 1)
    is_silent = (until > 0) & (part ** (there.sum(axis=2) / spread) < policy.moved_chance)
    return np.where(is_silent & (last >= 0), last, -1)


def _odd_one_out(windows: TwoWindows, at_place: Flags, spread: float, policy: Policy) -> Flags:
    """Partner × place: whose share there changed by far more than the others' on the same corridors."""
    # Whole numbers, in floats: only these are multiplied fast.
    is_there = at_place.astype(np.float64)
    then, now = (counts.astype(np.float64) @ is_there for counts in (windows.baseline, windows.current))
    cells = [
        counts + 0.5
        for counts in (
            now,
            np.maximum(windows.baseline_totals[:, None] - then, 0),
            then,
            np.maximum(windows.current_totals[:, None] - now, 0),
        )
    ]
    own = np.log(cells[0] * cells[1] / (cells[2] * cells[3]))
    error = np.sqrt(spread * sum(1 / cell for cell in cells))
    found = np.zeros(own.shape, dtype=np.bool_)
    is_asked = windows.is_comparable[:, None] & (np.abs(own) > _OWN_Z * error)
    for partner, place in np.argwhere(is_asked):
        others, others_error = _others(windows, partner, at_place[:, place])
        apart = abs(own[partner, place] - others)
        z = apart / np.hypot(error[partner, place], others_error * np.sqrt(spread))
        found[partner, place] = bool(apart > np.log(policy.moved_apart_factor) and z > policy.moved_apart_z)
    return found


def _others(windows: TwoWindows, partner: int, is_there: Flags) -> tuple[float, float]:
    """Log ratio of the other partners' share, and its error, on the corridors of a place that this one
    reported, each weighing as much as among this one's records; nan where nobody else reported them.
    """
    records = windows.baseline + windows.current
    others = np.arange(len(records)) != partner
    theirs = records[others].sum(axis=0)
    shared = np.flatnonzero(is_there & (records[partner] > 0) & (theirs > 0))
    if not shared.size:
        return np.nan, np.nan
    weight = records[partner, shared] / theirs[shared]
    weight *= theirs[shared].sum() / records[partner, shared].sum()
    together = windows.of(others).about(shared)
    then, now = (
        np.minimum((counts * weight).sum(axis=1), totals)[:, None]
        for counts, totals in (
            (together.baseline, together.baseline_totals),
            (together.current, together.current_totals),
        )
    )
    ratios = share_ratios(together._replace(baseline=then, current=now))
    uneven = (weight**2 * theirs[shared]).sum() / (weight * theirs[shared]).sum()
    return float(ratios.log_ratio[0]), float(ratios.standard_error[0] * np.sqrt(uneven))

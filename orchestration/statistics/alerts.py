"""Early warning: corridors whose records of single months leave what their partners' own level lets expect.

A two-sided CUSUM a corridor. Each month stands against the twelve that ended three months before it, as a
standard normal deviation z: what partners reported of the corridor, beside what their other corridors let
expect. Deviations beyond the allowance add up, and an alert is raised where their sum passes the bound and
the share of the newest three months has changed with any partner left out.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from orchestration.statistics.comparisons import (
    Reports,
    SideBySide,
    cells,
    first_day,
    month_number,
    of_one_month,
)
from orchestration.statistics.moved_partners import all_moves, at_places, ends_of
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
from orchestration.statistics.shifts import PLACES, UNKNOWN_END, of_level

LEVEL, GRAIN = "od", "case"
DIRECTIONS = {"rise": 1, "fall": -1}
# Month t is judged against t-14 ... t-3; the share of t-2 ... t is compared with the same.
BASELINE, RECENT = 12, 3
_BEFORE = BASELINE + RECENT - 1
# The sum of deviations may have left zero before the oldest month in which an alert is still listed.
_WARM_UP = 12
# Records expected of a corridor that its partners did not report in the baseline.
_LEAST_EXPECTED = 0.5 / BASELINE
# So that a negative binomial exists.
_LEAST_SPREAD = 1.001


class Expected(NamedTuple):
    """Records of comparable partners in some months, beside a negative binomial of what was expected."""

    records: Counts
    mean: Floats
    spread: Floats  # variance over mean

    @property
    def deviation(self) -> Floats:
        """The normal deviation with the same mid-p as the records."""
        size, chance = self.mean / (self.spread - 1), 1 / self.spread
        at, before = self.records.astype(np.float64), np.maximum(self.records - 1.0, 0)
        has_before = self.records > 0
        below = special.betainc(size, at + 1, chance)
        above = special.betainc(at + 1, size, 1 - chance)
        below_before = np.where(has_before, special.betainc(size, before + 1, chance), 0)
        above_before = np.where(has_before, special.betainc(before + 1, size, 1 - chance), 1)
        low, high = (below + below_before) / 2, (above + above_before) / 2
        smaller = np.maximum(np.minimum(low, high), np.finfo(np.float64).tiny)
        return np.where(low < high, 1, -1) * special.ndtri(smaller)

    def interval(self, coverage: float) -> tuple[Floats, Floats]:
        from scipy.stats import nbinom  # the library takes a second to load

        tail = (1 - coverage) / 2
        law = nbinom(self.mean / (self.spread - 1), 1 / self.spread)
        return law.ppf(tail), law.ppf(1 - tail)


class Months(NamedTuple):
    """Reports by month, from the month with the number `first` on.

    `monthly` and `campaign` hold records of partner × corridor × month, `totals` and `is_active` those of
    partner × month; `there` is corridor × place, `declared` the changes of coverage.
    """

    first: int
    partners: list[str]
    places: list[str]
    there: Flags
    declared: pd.DataFrame
    monthly: Counts
    campaign: Counts
    totals: Counts
    is_active: Flags

    def windows(self, at: int, first: int, last: int) -> TwoWindows:
        """The baseline of month `at` beside the months from `first` to `last`."""
        spans = (slice(at - _BEFORE, at - RECENT + 1), slice(first, last + 1))
        return TwoWindows(
            *(self.monthly[:, :, span].sum(axis=2) for span in spans),
            *(self.totals[:, span].sum(axis=1) for span in spans),
        )

    def side_by_side(self, at: int) -> SideBySide:
        """The baseline of month `at` beside the newest three months up to it."""
        inside = slice(at - _BEFORE, at + 1)
        return SideBySide(
            self.partners,
            [],
            self.windows(at, at - RECENT + 1, at),
            self.monthly[:, :, inside],
            self.totals[:, inside],
            self.is_active[:, inside],
            (slice(0, BASELINE), slice(BASELINE, BASELINE + RECENT)),
            self.campaign[:, :, inside].sum(axis=2) > 0,
        )

    def left_out(self, at: int, policy: Policy) -> Flags:
        """Partner × corridor: not compared in month `at`: the partner moved, or declares a campaign."""
        reported, months = self.side_by_side(at), range(self.first + at - _BEFORE, self.first + at + 1)
        moves = all_moves(reported, self.there, self.places, self.declared, months, policy)
        return reported.campaign | (moves @ self.there.T)


class Month(NamedTuple):
    """One month of every corridor: its deviation, and how its share of the newest three months changed."""

    deviation: Floats
    windows: TwoWindows
    shared: Reference
    dispersion: Floats
    left_out: Flags
    is_judged: Flags

    def has_changed(self, items: Flags, side: int, policy: Policy) -> Flags:
        """Which of the items lie beyond the least factor on that side, with any partner left out."""
        changed = np.zeros(items.size, dtype=np.bool_)
        if items.any():
            ratio, low, high = self.share_ratio(items)
            least = np.log(policy.alert_least_factor)
            without = (side * np.log(one) for one in (low, high))
            is_held = np.all([(one >= least) | np.isnan(one) for one in without], axis=0)
            changed[items] = is_held & (side * np.log(ratio) >= least)
        return changed

    def share_ratio(self, items: Counts | Flags) -> tuple[Floats, Floats, Floats]:
        """The odds ratio and its range with one partner left out, nan where one partner alone reports."""
        about, shared = self.windows.about(items), self.shared._replace(is_in=self.shared.is_in[items])
        return np.exp(share_ratios(about, shared).log_ratio), *range_without_one(about, shared)


def alerts(all_reports: Reports, calendar: pd.DataFrame, policy: Policy) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row a corridor with an alert raised at most twelve months before the newest complete month; one row
    that counts the corridors that could not be judged in that month, if any.

    The arguments are those of `corridor_shifts`. Records whose date allows several months do not enter.
    """
    complete = calendar.loc[calendar["is_complete"].astype("bool"), "month_start"]
    reports = of_level(all_reports.of_grain(GRAIN).outside_campaigns(), LEVEL)
    if complete.empty:
        return pd.DataFrame(), pd.DataFrame()
    newest = month_number(complete.max())
    first = newest - int(policy.alert_judged_months) - _WARM_UP - _BEFORE + 1
    ends = reports.counts[PLACES].drop_duplicates("corridor_id").sort_values("corridor_id", ignore_index=True)
    months = _months(reports, ends, range(first, newest + 1))
    names = ends["corridor_id"].tolist()
    not_measured = _not_measured(months, names, policy)
    found = [
        ends.loc[item].to_dict()
        | row
        | {name: first_day(first + row[name]) for name in ("first_month", "newest_month", "alerted_month")}
        for item, row in raised(months, policy)
        if names[item] != UNKNOWN_END
    ]
    return pd.DataFrame(found), not_measured


def _not_measured(months: Months, names: list[str], policy: Policy) -> pd.DataFrame:
    """How many corridors could not be judged in the newest month, and why: `below_minimum`, or of all of them
    `no_corridor_judged` or `short_history`.
    """
    newest = months.totals.shape[1] - 1
    is_old = newest >= _first_judged(months)
    none = np.zeros(len(names), np.bool_)
    is_judged = judge(months, newest, policy).is_judged if is_old and names else none
    judged = is_judged[[name != UNKNOWN_END for name in names]]
    if judged.size and judged.all():
        return pd.DataFrame()
    row = {
        "period_id": f"{first_day(months.first + newest):%Y-%m}",
        "reason": "below_minimum" if judged.any() else "no_corridor_judged" if is_old else "short_history",
        "corridor_count": int((~judged).sum()),
    }
    return pd.DataFrame([row])


def raised(months: Months, policy: Policy) -> list[tuple[int, dict[str, Any]]]:
    """The alert of each corridor that has one, as its number and a row; months are numbers from 0 on."""
    judged_from, newest = _first_judged(months), months.totals.shape[1] - 1
    if judged_from > newest or not months.monthly.any():
        return []
    judged = [judge(months, at, policy) for at in range(judged_from, newest + 1)]
    deviations = np.array([month.deviation for month in judged])
    of_item: dict[int, dict[str, Any]] = {}
    for direction, side in DIRECTIONS.items():
        sums = cusum(side * deviations, policy)
        over = zip(judged, sums > policy.alert_bound, strict=True)
        holds = np.array([month.has_changed(is_over, side, policy) for month, is_over in over])
        for item in np.flatnonzero(holds.any(axis=0)):
            begun, alerted, last = _newest_run(sums[:, item], holds[:, item])
            if alerted + judged_from < newest - policy.alert_judged_months:
                continue  # no early warning any more: shifts tell it
            row = {
                "direction": direction,
                "first_month": judged_from + begun,
                "newest_month": newest,
                "alerted_month": judged_from + alerted,
                "is_in_force": judged_from + last == newest,
                **_figures(months, int(item), judged_from + begun, judged[begun:], last - begun, policy),
            }
            rivals = (of_item.get(int(item), row), row)
            of_item[int(item)] = max(rivals, key=lambda one: (one["is_in_force"], one["alerted_month"]))
    return sorted(of_item.items())


def judge(months: Months, at: int, policy: Policy) -> Month:
    """Month `at` of every corridor against the twelve months that ended three months before."""
    left_out = months.left_out(at, policy)
    reported = months.side_by_side(at).without(left_out)
    spread, windows = reported.dispersion(policy), reported.windows
    one_month = months.windows(at, at, at).without(left_out)
    shared = reference(windows, spread, policy)
    of_month = reference_of(one_month, shared.is_in)
    beside = expected(one_month, of_month, spread)
    is_compared = of_month.baseline_totals[:, None] > one_month.baseline * shared.is_in
    records = beside.records + (one_month.baseline * is_compared).sum(axis=0)
    enough = records >= policy.alert_minimum_records
    return Month(np.where(enough, beside.deviation, 0.0), windows, shared, spread, left_out, enough)


def expected(windows: TwoWindows, shared: Reference, spread: Floats) -> Expected:
    """What the baseline and the reference let expect of each corridor in the current window.

    A partner's baseline count grows as its reference does, the corridor itself left out; it is not expected
    to report what it cannot be compared by. The spread adds the chance in both to the dispersion.
    """
    then = windows.baseline.astype(np.float64)
    other_then = shared.baseline_totals[:, None] - then * shared.is_in
    other_now = shared.current_totals[:, None] - windows.current * shared.is_in
    is_comparable = other_then > 0
    other_then = np.where(is_comparable, other_then, 1)
    growth = np.where(is_comparable, other_now / other_then, 0)
    mean = np.maximum((then * growth).sum(axis=0), _LEAST_EXPECTED)
    of_counts = (then * growth**2).sum(axis=0)
    of_growth = (then**2 * (growth / other_then) * (1 + growth)).sum(axis=0)
    return Expected(
        (windows.current * is_comparable).sum(axis=0),
        mean,
        np.maximum(spread * (1 + (of_counts + of_growth) / mean), _LEAST_SPREAD),
    )


def cusum(deviations: Floats, policy: Policy) -> Floats:
    """Sums of the deviations (month × corridor) beyond the allowance, from zero up; at most twice the bound.

    The upper end lets an alert pass when a level has become the usual one.
    """
    sums, held = np.zeros(deviations.shape), np.zeros(deviations.shape[1])
    for at, deviation in enumerate(deviations):
        held = np.clip(held + deviation - policy.alert_allowance, 0, 2 * policy.alert_bound)
        sums[at] = held
    return sums


def _newest_run(sums: Floats, holds: Flags) -> tuple[int, int, int]:
    """Of the newest run of months above zero with an alert: its first month, and the first and last in which
    the alert held.
    """
    last = int(np.flatnonzero(holds)[-1])
    at_zero = np.flatnonzero(sums[:last] == 0)
    begun = int(at_zero[-1]) + 1 if at_zero.size else 0
    return begun, begun + int(np.flatnonzero(holds[begun:])[0]), last


def _figures(
    months: Months, item: int, begun: int, run: list[Month], held: int, policy: Policy
) -> dict[str, Any]:
    """Records since the run began beside those expected, and the share ratio of the month `held`.

    `run` holds the months from the first of the run to the newest.
    """
    left_out = np.any([month.left_out for month in run], axis=0)
    windows = months.windows(begun, begun, months.totals.shape[1] - 1).without(left_out)
    since = expected(windows, reference(windows, run[0].dispersion, policy), run[0].dispersion)
    low, high = since.interval(policy.alert_interval_coverage)
    last = run[held]
    ratio, without_low, without_high = (values[0] for values in last.share_ratio(np.array([item])))
    compared = last.windows.of(last.windows.is_comparable)
    partners = int((compared.baseline[:, item] + compared.current[:, item] > 0).sum())
    return {
        "expected_record_count": since.mean[item],
        "expected_low": low[item],
        "expected_high": high[item],
        "record_count": since.records[item],
        "monthly_baseline": windows.baseline[:, item].sum() / BASELINE,
        "share_odds_ratio": ratio,
        "leave_one_out_low": without_low,
        "leave_one_out_high": without_high,
        "partner_count": partners,
        "evidence": "panel" if partners >= policy.shift_panel_partners else "single_partner",
    }


def _first_judged(months: Months) -> int:
    """The first month with a whole baseline since anybody reported."""
    reported = np.flatnonzero(months.totals.any(axis=0))
    return (int(reported[0]) if reported.size else months.totals.shape[1]) + _BEFORE


def _months(reports: Reports, ends: pd.DataFrame, span: range) -> Months:
    """Arrays of the span, with the corridors in the order of `ends`."""
    corridors, totals = of_one_month(reports.counts), of_one_month(reports.totals)
    partners = sorted({*totals["source"], *reports.active_months["source"]})
    by_partner, by_month = (partners, "source"), (span, "month_from")
    by_cell = by_partner, (ends["corridor_id"].tolist(), "corridor_id"), by_month
    in_all = cells(totals, by_partner, by_month)
    watched = cells(reports.active_months, by_partner, (span, "month_start"), of=None)
    places = ends_of(ends)
    return Months(
        span[0],
        partners,
        places,
        at_places(ends, places),
        reports.declared,
        cells(corridors, *by_cell),
        cells(corridors, *by_cell, of="campaign_count"),
        in_all,
        (watched > 0) | (in_all > 0),
    )

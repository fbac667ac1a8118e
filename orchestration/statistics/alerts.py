"""Early warning: corridors whose newest months leave what the months before let expect.

Windows of 2, 4, 6 and 12 months end with each judged month: a fast change shows in few months, a slow one in
many. Each stands against up to 24 months before it: the witnesses of a corridor beside what its partners'
other corridors let expect, as a standard normal deviation. An alert is raised beyond the bound where the
corridor's share has changed with any partner left out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from orchestration.statistics.comparisons import (
    Reports,
    SideBySide,
    by_month,
    cells,
    first_day,
    month_number,
    of_one_month,
    without_bursts,
)
from orchestration.statistics.moved_partners import all_moves, at_places, ends_of
from orchestration.statistics.policy import Policy
from orchestration.statistics.scatter import Counts, Flags, Floats, Monthly, between, dispersion
from orchestration.statistics.share_ratio import (
    Reference,
    TwoWindows,
    range_without_one,
    reference,
    share_ratios,
)
from orchestration.statistics.shifts import PLACES, UNKNOWN_END, of_level
from orchestration.statistics.still_to_come import StillFilling

LEVEL, GRAIN = "od", "case"
MONTHS_OF_ALERT = ("first_month", "alerted_month", "window_from", "newest_month")
WIDTHS = (2, 4, 6, 12)
_BASELINE, _LEAST_BASELINE = 24, 12
# Windows judged for the scatter from year to year end in so many months, and expect at least so much.
_YEAR, _LEAST_OF_YEAR, _CUT = 12, 5.0, 2.5
# Fewer such windows prove nothing.
_LEAST_PROOF = 20
# Witnesses expected a month of a corridor that its partners did not report in the baseline.
_LEAST_EXPECTED = 0.5 / 12
# So that a negative binomial exists.
_LEAST_SPREAD = 1.001


class Months(NamedTuple):
    """Reports by month, from the month with the number `first` on.

    `records`, `witnesses`, `numbered` and `campaign` are of partners at corridors, with the same rows,
    `totals` (witnesses) and `is_active` partner × month; `there` is corridor × place, `declared` the changes
    of coverage.
    """

    first: int
    partners: list[str]
    places: list[str]
    there: Flags
    declared: pd.DataFrame
    records: Monthly
    witnesses: Monthly
    numbered: Monthly
    campaign: Monthly
    totals: Counts
    is_active: Flags

    def begin(self, at: int, width: int) -> tuple[int, int]:
        """The first month of the baseline, none before anybody reported, and of the window that ends so."""
        reported = np.flatnonzero(self.totals.any(axis=0))
        first = int(reported[0]) if reported.size else self.totals.shape[1]
        return max(first, at - width + 1 - _BASELINE), at - width + 1

    def capped(self, span: slice) -> Counts:
        """Witnesses of each row in a window, without bursts."""
        active = self.is_active[:, span][self.witnesses.partner]
        return without_bursts(self.witnesses.counts[:, span], self.numbered.counts[:, span], active)

    def compared(self, at: int, width: int, policy: Policy, left_out: Flags | bool = False) -> SideBySide:
        """The baseline beside the window that ends with month `at`, without the corridors `left_out`, and
        without partners at corridors where they moved or declare a campaign.
        """
        base, begin = self.begin(at, width)
        spans, split = (slice(base, begin), slice(begin, at + 1)), begin - base
        inside = slice(base, at + 1)
        reported = self.witnesses._replace(counts=self.witnesses.counts[:, inside])
        monthly = reported._replace(counts=np.concatenate([self.capped(span) for span in spans], axis=1))
        totals = self.totals[:, inside] - reported.of_partners + monthly.of_partners
        windows = TwoWindows(
            monthly._replace(counts=monthly.counts[:, :split]).sums,
            monthly._replace(counts=monthly.counts[:, split:]).sums,
            totals[:, :split].sum(axis=1),
            totals[:, split:].sum(axis=1),
        )
        side = SideBySide(
            self.partners,
            [],
            windows,
            windows,
            monthly,
            totals,
            self.is_active[:, inside],
            (slice(0, split), slice(split, at + 1 - base)),
            self.campaign._replace(counts=self.campaign.counts[:, inside]).sums > 0,
        )
        months = range(self.first + base, self.first + at + 1)
        moves = all_moves(side, self.there, self.places, self.declared, months, policy)
        return side.without(side.campaign | (moves @ self.there.T) | left_out)


class Judged(NamedTuple):
    """The window of `width` months that ends with month `at`, of every corridor.

    `witnesses` of comparable partners stand beside a negative binomial: `mean` expected, and `spread`, the
    variance over the mean. `is_judged`: there are enough of them in window and baseline. `partner_count`: of
    those compared. `yearly`: τ² of all windows of this width in the newest year, if they are enough.
    `bound`: the normal deviation from which an alert is raised.
    """

    at: int
    width: int
    windows: TwoWindows
    shared: Reference
    witnesses: Counts
    mean: Floats
    spread: Floats
    is_judged: Flags
    partner_count: Counts
    yearly: float | None = None
    bound: float = np.inf

    @property
    def deviation(self) -> Floats:
        """The normal deviation with the same mid-p as the witnesses."""
        size, chance = self.mean / (self.spread - 1), 1 / self.spread
        at, before = self.witnesses.astype(np.float64), np.maximum(self.witnesses - 1.0, 0)
        has_before = self.witnesses > 0
        below = special.betainc(size, at + 1, chance)
        above = special.betainc(at + 1, size, 1 - chance)
        below_before = np.where(has_before, special.betainc(size, before + 1, chance), 0)
        above_before = np.where(has_before, special.betainc(before + 1, size, 1 - chance), 1)
        low, high = (below + below_before) / 2, (above + above_before) / 2
        smaller = np.maximum(np.minimum(low, high), np.finfo(np.float64).tiny)
        return np.where(self.is_judged, np.where(low < high, 1, -1) * special.ndtri(smaller), 0.0)

    def interval(self, item: int, coverage: float) -> tuple[float, float]:
        """The quantiles of the witnesses of one corridor."""
        tail, mean, spread = (1 - coverage) / 2, self.mean[item], self.spread[item]
        witnesses = np.arange(int(mean + 50 * np.sqrt(mean * spread)) + 2)
        below = special.betainc(mean / (spread - 1), witnesses + 1, 1 / spread)
        low, high = np.searchsorted(below, [tail, 1 - tail])
        return float(low), float(high)

    def alerts(self, policy: Policy) -> Floats:
        """The deviation of each corridor with an alert, 0 of the others.

        It lies beyond the bound, and the share beyond the least factor with any partner left out.
        """
        deviation = self.deviation
        found, over = np.zeros(deviation.size), np.flatnonzero(np.abs(deviation) >= self.bound)
        if over.size:
            side, least = np.sign(deviation[over]), np.log(policy.alert_least_factor)
            ratio, low, high = (side * np.log(one) for one in self.share_ratio(over))
            is_held = np.all([(one >= least) | np.isnan(one) for one in (low, high)], axis=0)
            found[over] = np.where(is_held & (ratio >= least), deviation[over], 0.0)
        return found

    def share_ratio(self, items: Counts) -> tuple[Floats, Floats, Floats]:
        """The odds ratio and its range with one partner left out, nan where one partner alone reports."""
        about, shared = self.windows.about(items), self.shared._replace(is_in=self.shared.is_in[items])
        return np.exp(share_ratios(about, shared).log_ratio), *range_without_one(about, shared)


class Alerts(NamedTuple):
    """One row a corridor with an alert raised at most twelve months before the newest complete month; one row
    that counts the corridors that could not be judged in that month, if any. `yearly`: as `yearly_of` says.
    """

    raised: pd.DataFrame
    not_measured: pd.DataFrame
    yearly: float | None = None


def alerts(
    all_reports: Reports, calendar: pd.DataFrame, policy: Policy, filling: StillFilling | None = None
) -> Alerts:
    """The alerts of cases.

    The arguments are those of `corridor_shifts`. Records whose date allows several months do not enter.
    Corridors of which a window still fills are not judged in it.
    """
    complete = calendar.loc[calendar["is_complete"].astype("bool"), "month_start"]
    reports = of_level(all_reports.of_grain(GRAIN).outside_campaigns(), LEVEL)
    if complete.empty:
        return Alerts(pd.DataFrame(), pd.DataFrame())
    newest = month_number(complete.max())
    first = newest - int(policy.alert_judged_months) - max(WIDTHS) - _BASELINE + 1
    ends = reports.counts[PLACES].drop_duplicates("corridor_id").sort_values("corridor_id", ignore_index=True)
    months = _months(reports, ends, range(first, newest + 1))
    fills = partial(filling.of_ends, GRAIN, ends["end_place_id"]) if filling else None
    judged = judge(months, policy, fills)
    found = [
        ends.loc[item].to_dict() | row | {name: first_day(first + row[name]) for name in MONTHS_OF_ALERT}
        for item, row in raised(months, judged, policy)
        if ends.loc[item, "corridor_id"] != UNKNOWN_END
    ]
    not_measured = _not_measured(months, judged, ends["corridor_id"] != UNKNOWN_END)
    return Alerts(pd.DataFrame(found), not_measured, yearly_of(judged, policy))


def yearly_of(judged: list[Judged], policy: Policy) -> float | None:
    """τ² between two windows of twelve months, from those that end in the newest year, each beside the months
    before it; None where they are few. They are many, so a corridor that truly changed widens it little.
    """
    yearly = next((one.yearly for one in judged if one.width == max(WIDTHS)), None)
    return None if yearly is None else policy.shift_yearly_factor * yearly


def _not_measured(months: Months, judged: list[Judged], is_known: pd.Series) -> pd.DataFrame:
    """How many corridors no window of the newest month could judge, and why: `below_minimum`, or of all of
    them `no_corridor_judged` or `short_history`.
    """
    newest = months.totals.shape[1] - 1
    at_newest = [one.is_judged for one in judged if one.at == newest]
    is_judged = np.any([np.zeros(len(is_known), np.bool_), *at_newest], axis=0)[is_known.to_numpy(np.bool_)]
    if is_judged.size and is_judged.all():
        return pd.DataFrame()
    reason = "below_minimum" if is_judged.any() else "no_corridor_judged" if at_newest else "short_history"
    row = {
        "period_id": f"{first_day(months.first + newest):%Y-%m}",
        "reason": reason,
        "corridor_count": int((~is_judged).sum()),
    }
    return pd.DataFrame([row])


def judge(months: Months, policy: Policy, is_filling: Callable[[range], Flags] | None = None) -> list[Judged]:
    """Every window that ends in one of the newest months and has a baseline, in the order of months.

    `is_filling` says of which corridors records of so many months are still to come: they are left out.

    The spread holds what all corridors scatter by from year to year, measured on windows of that width. Where
    it is all but nothing and no month holds a rescue, partners share nothing: a lower bound is safe then.
    """
    newest = months.totals.shape[1] - 1
    if not months.witnesses.counts.any():
        return []
    found = []
    for at in range(newest - int(policy.alert_judged_months), newest + 1):
        for width in WIDTHS:
            base, begin = months.begin(at, width)
            if begin - base >= _LEAST_BASELINE:
                span = range(months.first + begin, months.first + at + 1)
                left_out = is_filling(span) if is_filling else False
                found.append(_judge(months.compared(at, width, policy, left_out), at, width, policy))
    yearly, known = {}, {}
    for width in WIDTHS:
        of_year = [one for one in found if one.width == width and one.at > newest - _YEAR]
        witnesses, mean, spread = (
            np.concatenate([getattr(one, name) for one in of_year] or [np.zeros(0)])
            for name in ("witnesses", "mean", "spread")
        )
        large = mean >= _LEAST_OF_YEAR
        squares = (witnesses - mean)[large] ** 2
        yearly[width] = between(squares, (spread * mean)[large], mean[large] ** 2, _CUT)
        if squares.size >= _LEAST_PROOF:
            known[width] = yearly[width]
    is_calm = all(known.get(width, np.inf) <= policy.alert_alone_scatter for width in WIDTHS[1:])
    bound = policy.alert_bound_alone if is_calm and not _has_burst(months, policy) else policy.alert_bound
    spreads = [one.spread + yearly[one.width] * one.mean for one in found]
    return [
        one._replace(spread=spread, yearly=known.get(one.width), bound=bound)
        for one, spread in zip(found, spreads, strict=True)
    ]


def _has_burst(months: Months, policy: Policy) -> bool:
    """Whether a partner's month of a corridor holds many records of few witnesses, as rescues leave them."""
    last = months.totals.shape[1]
    for end in range(last, max(last - _BASELINE - max(WIDTHS), 0), -_YEAR):
        span = slice(max(end - _YEAR, 0), end)
        burst = months.records.counts[:, span] - months.capped(span)
        if burst.max(initial=0) >= policy.alert_burst_records:
            return True
    return False


def _judge(side: SideBySide, at: int, width: int, policy: Policy) -> Judged:
    """One window; what the baseline and the reference let expect of each corridor.

    A partner's baseline count grows as its reference does, the corridor itself left out; one that reports
    nothing else in either, or less than a year of the baseline, is not compared. The spread adds the chance
    in both to the dispersion, which is measured before the window: a change must not hide itself.
    """
    windows, before = side.windows, side.month_windows[:1]
    measured = dispersion(side.monthly, side.is_active, before)
    scatter = np.nan_to_num(measured, nan=policy.shift_unknown_dispersion)
    shared = reference(windows, scatter, policy)
    then = windows.baseline.astype(np.float64)
    other_then = shared.baseline_totals[:, None] - then * shared.is_in
    other_now = shared.current_totals[:, None] - windows.current * shared.is_in
    has_baseline = side.is_active[:, before[0]].sum(axis=1) >= _LEAST_BASELINE
    is_comparable = (other_then > 0) & (other_now > 0) & has_baseline[:, None]
    other_then = np.where(is_comparable, other_then, 1)
    growth = np.where(is_comparable, other_now / other_then, 0)
    mean = np.maximum((then * growth).sum(axis=0), _LEAST_EXPECTED * width)
    of_counts = (then * growth**2).sum(axis=0)
    of_growth = (then**2 * (growth / other_then) * (1 + growth)).sum(axis=0)
    witnesses = (windows.current * is_comparable).sum(axis=0)
    compared = witnesses + (windows.baseline * is_comparable).sum(axis=0)
    return Judged(
        at,
        width,
        windows,
        shared,
        witnesses,
        mean,
        np.maximum(scatter * (1 + (of_counts + of_growth) / mean), _LEAST_SPREAD),
        compared >= policy.alert_minimum_records,
        ((windows.baseline + windows.current) * is_comparable > 0).sum(axis=0),
    )


def raised(months: Months, judged: list[Judged], policy: Policy) -> list[tuple[int, dict[str, Any]]]:
    """The newest alert of each corridor that has one: its number and a row, months as numbers from 0 on."""
    if not judged:
        return []
    newest = months.totals.shape[1] - 1
    deviations = np.array([one.alerts(policy) for one in judged])
    ends = np.array([one.at for one in judged])
    found = []
    for item in np.flatnonzero(deviations.any(axis=0)):
        of_item = deviations[:, item]
        last = ends[of_item != 0].max()
        window = judged[int(np.argmax(np.where(ends == last, np.abs(of_item), -1)))]
        side = np.sign(deviations[judged.index(window), item])
        alerted = ends[np.sign(of_item) == side].min()
        # When it began stays as it was first told, whichever window shows it best since.
        first = judged[int(np.argmax(np.where(ends == alerted, side * of_item, -np.inf)))]
        begun = {"first_month": first.at - first.width + 1, "alerted_month": int(alerted)}
        found.append((int(item), _row(months, window, int(item), newest, policy) | begun))
    return found


def _row(months: Months, window: Judged, item: int, newest: int, policy: Policy) -> dict[str, Any]:
    low, high = window.interval(item, policy.alert_interval_coverage)
    ratio, without_low, without_high = (values[0] for values in window.share_ratio(np.array([item])))
    partners = int(window.partner_count[item])
    first = window.at - window.width + 1
    return {
        "direction": "rise" if window.deviation[item] > 0 else "fall",
        "window_from": first,
        "newest_month": window.at,
        "is_in_force": window.at == newest,
        "record_count": int(months.records.of_item(item)[first : window.at + 1].sum()),
        "witness_count": int(window.witnesses[item]),
        "expected_witness_count": window.mean[item],
        "expected_low": low,
        "expected_high": high,
        "share_odds_ratio": ratio,
        "leave_one_out_low": without_low,
        "leave_one_out_high": without_high,
        "partner_count": partners,
        "evidence": "panel" if partners >= policy.shift_panel_partners else "single_partner",
    }


def _months(reports: Reports, ends: pd.DataFrame, span: range) -> Months:
    """Arrays of the span, with the corridors in the order of `ends`."""
    corridors, totals = of_one_month(reports.counts), of_one_month(reports.totals)
    partners = sorted({*totals["source"], *reports.active_months["source"]})
    by_partner, of_month = (partners, "source"), (span, "month_from")
    by_corridor = ends["corridor_id"].tolist(), "corridor_id"
    kinds = (f"{of}_count" for of in ("record", "witness", "numbered", "campaign"))
    records, witnesses, numbered, campaign = by_month(
        [(corridors, of_month)], by_partner, by_corridor, *kinds
    )
    watched = cells(reports.active_months, by_partner, (span, "month_start"), of=None)
    places = ends_of(ends)
    return Months(
        span[0],
        partners,
        places,
        at_places(ends, places),
        reports.declared,
        records,
        witnesses,
        numbered,
        campaign,
        cells(totals, by_partner, of_month, of="witness_count"),
        (watched > 0) | (cells(totals, by_partner, of_month) > 0),
    )

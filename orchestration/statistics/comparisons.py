"""Which windows are compared, and what partners reported in both: from counts by months to arrays.

Witnesses are what is compared: an incident, or a person linked across partners, is one; months in which one
event may have added many are capped. Records stand beside them, to be shown. Months are numbers here (year ×
12 + month), so that windows are plain arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from orchestration.statistics.policy import Policy
from orchestration.statistics.scatter import Counts, Flags, Floats, Monthly, capped, dispersion
from orchestration.statistics.share_ratio import TwoWindows

MONTHS, QUARTERS, YEARS, ROUNDS = "months", "quarters", "years", "rounds"


@dataclass(frozen=True)
class Window:
    """Whole months, or a survey round, which holds what was collected in it whatever its dates."""

    name: str
    first_day: date
    last_day: date
    round: str | None = None

    @property
    def months(self) -> range:
        return range(month_number(self.first_day), month_number(self.last_day) + 1)

    def holds(self, counts: pd.DataFrame) -> pd.Series:
        """Which rows lie inside: every day that a record's date allows, or all of the round."""
        if self.round is not None:
            return counts["round"] == self.round
        return (counts["month_from"] >= self.months[0]) & (counts["month_to"] <= self.months[-1])


@dataclass(frozen=True)
class Comparison:
    """Two windows side by side; `earlier_rounds` are those before the baseline."""

    kind: str
    baseline: Window
    current: Window
    earlier_rounds: tuple[str, ...] = ()

    @property
    def months(self) -> range:
        """From the first to the last of both windows."""
        return range(self.baseline.months[0], self.current.months[-1] + 1)

    @property
    def days(self) -> tuple[date, date]:
        """From the first to the last of both windows."""
        return self.baseline.first_day, self.current.last_day

    def precede(self, counts: pd.DataFrame) -> pd.Series:
        """Which rows lie before the baseline."""
        if self.kind == ROUNDS:
            return counts["round"].isin(self.earlier_rounds)
        return counts["month_to"] < self.baseline.months[0]


@dataclass(frozen=True)
class SideBySide:
    """What partners reported in two windows; `items` and `partners` name the columns and rows of the arrays.

    `windows`, `monthly` and `monthly_totals` hold witnesses, `records` all records of both windows.
    `campaign` says of which items (columns) a partner (row) reported in a campaign.
    """

    partners: list[str]
    items: list[str]
    windows: TwoWindows
    records: TwoWindows
    monthly: Monthly
    monthly_totals: Counts
    is_active: Flags
    month_windows: tuple[slice, slice]
    campaign: Flags

    def dispersion(self, policy: Policy) -> Floats:
        """Of each item, measured on months; the policy's where no month is known."""
        measured = dispersion(self.monthly, self.is_active, self.month_windows)
        return np.nan_to_num(measured, nan=policy.shift_unknown_dispersion)

    def without(self, left_out: Flags) -> SideBySide:
        """The same without the records of these partners about these items, in the totals too."""
        return replace(
            self,
            windows=self.windows.without(left_out),
            records=self.records.without(left_out),
            monthly=self.monthly.where(~left_out),
            monthly_totals=self.monthly_totals - self.monthly.where(left_out).of_partners,
        )


class Reports(NamedTuple):
    """What partners reported, and the changes that their contracts declare. Months are numbers.

    Attributes:
        counts: source, record_grain, the columns of a corridor or county, month_from, month_to, round (of
            corridors), record_count, witness_count, numbered_count (witnesses that an incident number
            tells), campaign_count.
        totals: the same without corridor or county and without numbered_count and campaign_count; with
            unknown_end_count and unknown_way_count (of records).
        active_months: source, record_grain, month_start: when a partner reported, be it nothing.
        declared: source, record_grain, kind, place_id, month_from, month_to.
    """

    counts: pd.DataFrame
    totals: pd.DataFrame
    active_months: pd.DataFrame
    declared: pd.DataFrame

    @classmethod
    def of(cls, *frames: pd.DataFrame) -> Reports:
        """With months as numbers."""
        return cls(*map(with_month_numbers, frames))

    def of_grain(self, grain: str) -> Reports:
        return Reports(*(frame[frame["record_grain"] == grain] for frame in self))

    def outside_campaigns(self) -> Reports:
        """Without the months of which a partner declares a campaign with no place named.

        All its work was campaign then; a report whose dates may touch these months leaves.
        """
        campaigns = self.declared[self.declared["kind"] == "campaign"]
        columns = [campaigns[name] for name in ("source", "month_from", "month_to")]
        left = list(self[:3])
        for source, begin, end in zip(*columns, strict=True):
            for at, (first, last) in enumerate([("month_from", "month_to")] * 2 + [("month_start",) * 2]):
                one = left[at]
                left[at] = one[~((one[first] <= end) & (one[last] >= begin) & (one["source"] == source))]
        return Reports(*[*left, self.declared])


def with_month_numbers(counts: pd.DataFrame) -> pd.DataFrame:
    """The same rows with months as numbers, missing where the date is not known at all."""
    numbers = {
        name: counts[name].map(month_number, na_action="ignore").astype("float64")
        for name in ("month_from", "month_to", "month_start")
        if name in counts
    }
    return counts.assign(**numbers)


def month_windows(last_month: date, months: int) -> tuple[Window, Window]:
    """Two windows of so many months, one after the other, the second ending with this month."""
    last = month_number(last_month)
    return _window(last - 2 * months + 1, last - months), _window(last - months + 1, last)


def comparisons(
    calendar: pd.DataFrame, periods: pd.DataFrame, reported_rounds: set[str], policy: Policy
) -> list[Comparison]:
    """The newest complete months against those before, twelve months that end with the newest complete
    quarter as well; the newest complete years, and each complete round, against the one before.

    `reported_rounds` are the rounds in which anything of the grain was reported.
    """
    found = []
    complete = calendar.loc[calendar["is_complete"].astype("bool"), "month_start"]
    if len(complete):
        found.append(Comparison(MONTHS, *month_windows(complete.max(), int(policy.shift_window_months))))
    years = _of_periods(YEARS, "year", periods)[: int(policy.shift_years)]
    at_quarter_end = _of_periods(QUARTERS, "rolling_12_months", periods)[:1]
    # Twelve months that end with December are a year, and stand under its name.
    found += [one for one in at_quarter_end if one.days not in {year.days for year in years}]
    found += years
    rounds = periods[(periods["period_kind"] == "round") & periods["is_complete"].astype("bool")]
    rounds = rounds[rounds["label"].isin(reported_rounds)].sort_values(["period_from", "label"])
    columns = (rounds[name] for name in ("period_id", "period_from", "period_to", "label"))
    in_order = [Window(*row) for row in zip(*columns, strict=True)]
    names = tuple(str(one.round) for one in in_order)
    for place, (baseline, current) in enumerate(pairwise(in_order)):
        found.append(Comparison(ROUNDS, baseline, current, names[:place]))
    return found


def _of_periods(kind: str, period_kind: str, periods: pd.DataFrame) -> list[Comparison]:
    """Each complete period of a kind against the one that ends where it begins, the newest first: under the
    names of their periods they can be looked up, and shown."""
    is_asked = (periods["period_kind"] == period_kind) & periods["is_complete"].astype("bool")
    columns = (periods.loc[is_asked, name] for name in ("period_id", "period_from", "period_to"))
    of_end = {row[2]: Window(*row) for row in zip(*columns, strict=True)}
    newest = sorted(of_end.values(), key=lambda window: window.last_day, reverse=True)
    before = [of_end.get(window.first_day - timedelta(days=1)) for window in newest]
    return [
        Comparison(kind, baseline, current)
        for baseline, current in zip(before, newest, strict=True)
        if baseline
    ]


def side_by_side(
    comparison: Comparison, reports: Reports, item: str, items: list[str] | None = None
) -> SideBySide:
    """Arrays of one grain's counts: by month, and partner × item of both windows.

    `item` names the column of the items; without `items`, these are all of either window. A record has one
    corridor, and may touch several counties.
    """
    counts, totals, active_months, _ = reports
    partners = sorted(set(totals["source"]))
    sides = [
        (span, counts[span.holds(counts)], totals[span.holds(totals)])
        for span in (comparison.baseline, comparison.current)
    ]
    items = items or sorted({reported_of for _, inside, _ in sides for reported_of in inside[item]})
    by_partner, by_item = (partners, "source"), (items, item)
    dated = [(of_one_month(inside), (span.months, "month_from")) for span, inside, _ in sides]
    told, numbered = by_month(dated, by_partner, by_item, "witness_count", "numbered_count")
    monthly, monthly_totals, is_active = [], [], []
    witnesses: list[list[Counts]] = [[], []]
    split = len(sides[0][0].months)
    month_windows = slice(0, split), slice(split, told.counts.shape[1])
    for (span, inside, reported), at in zip(sides, month_windows, strict=True):
        months = of_one_month(reported), by_partner, (span.months, "month_from")
        watched = cells(active_months, by_partner, (span.months, "month_start"), of=None)
        is_active.append((watched > 0) | (cells(*months) > 0))
        of_span = told.counts[:, at], numbered.counts[:, at], is_active[-1][told.partner]
        monthly.append(without_bursts(*of_span))
        burst = told._replace(counts=told.counts[:, at] - monthly[-1])
        of_all = burst.of_partners if item == "corridor_id" else burst.most_of_partners
        monthly_totals.append(cells(*months, of="witness_count") - of_all)
        witnesses[0].append(cells(inside, by_partner, by_item, of="witness_count") - burst.sums)
        witnesses[1].append(cells(reported, by_partner, of="witness_count") - of_all.sum(axis=1))
    campaigns = [cells(inside, by_partner, by_item, of="campaign_count") for _, inside, _ in sides]
    return SideBySide(
        partners,
        items,
        TwoWindows(*witnesses[0], *witnesses[1]),
        TwoWindows(
            *(cells(inside, by_partner, by_item) for _, inside, _ in sides),
            *(cells(reported, by_partner) for *_, reported in sides),
        ),
        told._replace(counts=np.concatenate(monthly, axis=1)),
        np.concatenate(monthly_totals, axis=1),
        np.concatenate(is_active, axis=1),
        month_windows,
        campaigns[0] + campaigns[1] > 0,
    )


def without_bursts(witnesses: Counts, numbered: Counts, is_active: Flags) -> Counts:
    """Months of a window with what no incident number tells capped."""
    return numbered + capped(witnesses - numbered, is_active)


# Names, and the column that holds them.
Axis = tuple[Sequence[Any], str]


def cells(frame: pd.DataFrame, *axes: Axis, of: str | None = "record_count") -> Counts:
    """Sums of the column `of`, or numbers of rows, at the names that each axis has in its column; rows with
    other names are left out.
    """
    held, at = _numbered(frame, *axes)
    filled = np.zeros([len(names) for names, _ in axes], dtype=np.int64)
    np.add.at(filled, at, frame[of].to_numpy()[held] if of else 1)
    return filled


def by_month(
    frames: Sequence[tuple[pd.DataFrame, Axis]], by_partner: Axis, by_item: Axis, *columns: str
) -> list[Monthly]:
    """The same by month: sums of each column, the months of all frames one after the other."""
    shape, size, found = (len(by_partner[0]), len(by_item[0])), 0, []
    for frame, of_month in frames:
        held, (partner, item, month) = _numbered(frame, by_partner, by_item, of_month)
        found.append((frame.loc[held, [*columns]], partner * shape[1] + item, size + month))
        size += len(of_month[0])
    pairs = np.unique(np.concatenate([cell for _, cell, _ in found]))
    filled = [np.zeros((len(pairs), size), dtype=np.int64) for _ in columns]
    for frame, cell, month in found:
        at = np.searchsorted(pairs, cell), month
        for counts, column in zip(filled, columns, strict=True):
            np.add.at(counts, at, frame[column].to_numpy())
    return [Monthly(shape, *np.divmod(pairs, max(shape[1], 1)), counts) for counts in filled]


def _numbered(frame: pd.DataFrame, *axes: Axis) -> tuple[Flags, tuple[Counts, ...]]:
    """Which rows have a name of each axis, and the numbers of these names."""
    kinds = [float if isinstance(names, range) else object for names, _ in axes]  # guessing them takes long
    at = [
        pd.Index(names, dtype=kind).get_indexer(pd.Index(frame[column], dtype=kind))
        for (names, column), kind in zip(axes, kinds, strict=True)
    ]
    held = np.all([places >= 0 for places in at], axis=0)
    return held, tuple(places[held] for places in at)


def of_one_month(counts: pd.DataFrame) -> pd.DataFrame:
    return counts[counts["month_from"] == counts["month_to"]]


def _window(first: int, last: int) -> Window:
    last_day = first_day(last + 1) - timedelta(days=1)
    return Window(f"{last_day:%Y-%m}-{last - first + 1}m", first_day(first), last_day)


def month_number(day: date) -> int:
    """Year × 12 + month, from 0 on."""
    return day.year * 12 + day.month - 1


def first_day(number: int) -> date:
    """Of the month with this number."""
    return date(number // 12, number % 12 + 1, 1)

"""How many records of the newest years are still to come, from the delays of records that came.

A delay is the number of months from a record's event to its first delivery. It lies between the partner's
delivery before and that one; delays longer than a month's age are not seen yet. Shares are therefore
estimated backwards (reverse hazards of right-truncated delays, Lawless 1994): the chance that a delay of at
most d months is one of d exactly is taken from records whose age allows it, and EM spreads a record over the
months that its interval leaves open. All delays are taken to end within the longest age seen.

Left out are a partner's first delivery, which brings what had gathered before, with all events before it; and
partners that have been silent for more than two of their usual gaps and a month.

Months are numbers here (year × 12 + month), shares arrays by delay in months.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestration.statistics.comparisons import first_day, month_number
from orchestration.statistics.policy import Policy

Floats = NDArray[np.float64]
# By partner and day of delivery, in order: the last day that had been reported.
Days = dict[str, dict[date, date]]
Row = dict[str, Any]
# Records by partner and quarter, and by low and high end of their delay and their age.
Delays = Counter[tuple[tuple[str, int], tuple[int, int, int]]]
ESTIMATED, TOO_YOUNG, DELIVERED_ONCE = "estimated", "too_young", "delivered_once"
_ENDS = ("to_come_low", "to_come", "to_come_high")
_DELIVERY = ("partner", "delivered_on", "reported_to")
_DAYS_OF_A_MONTH = 365.25 / 12
_DRAWS, _ROUNDS, _ROUNDS_OF_A_DRAW = 250, 200, 15
# Delays are looked for up to the longest age of so many records.
_LEAST_AT_AGE = 20


class StillToCome(NamedTuple):
    """A row per group and year, and one per group and month: the tables of these names."""

    still_to_come: pd.DataFrame
    still_filling: pd.DataFrame


class Came(NamedTuple):
    """Records of a partner and month of the event; `on` is the day of their first delivery, if known."""

    partner: str
    month: int
    on: date | None
    records: int


class StillFilling:
    """Which windows may lack so many records that a rise or fall would be no more than delay."""

    def __init__(self, months: pd.DataFrame, policy: Policy) -> None:
        names = ("record_grain", "is_abroad", "month_start", "record_count", "expected_count", "is_filling")
        rows = zip(*(months[name].tolist() for name in names), strict=True) if len(months) else ()
        self._least_share = policy.filling_least_share
        self._months = {(row[0], row[1], month_number(row[2])): row[3:] for row in rows}

    def of(self, record_grain: str, end_place_id: str, months: range) -> bool:
        """Return whether a window of corridors with this end is filling: those abroad, or all others."""
        # Ids of places in Kenya begin like Kenya's own, and those of no other country do.
        is_abroad = end_place_id != "unknown" and not end_place_id.startswith("KE")
        found = (self._months.get((record_grain, is_abroad, month)) for month in months)
        seen = whole = 0.0
        for count, expected, is_filling in filter(None, found):
            if np.isnan(expected) and is_filling:
                return True
            seen, whole = seen + count, whole + (count if np.isnan(expected) else expected)
        return bool(seen < self._least_share * whole)

    def of_ends(self, record_grain: str, ends: pd.Series, months: range) -> NDArray[np.bool_]:
        """`of` each of these ends."""
        fills = {end: self.of(record_grain, end, months) for end in set(ends)}
        return np.array([fills[end] for end in ends], dtype=np.bool_)


def still_to_come(counts: pd.DataFrame, deliveries: pd.DataFrame, policy: Policy) -> StillToCome:
    """Estimate what is to come of the newest years, beside what was estimated a year before and what came.

    `counts`: partner, record_grain, is_abroad, event_month, first_delivered_on (None: not known),
    record_count. `deliveries`: partner, record_grain, delivered_on, reported_to.
    """
    years: list[Row] = []
    months = [pd.DataFrame()]
    names = ("partner", "event_month", "first_delivered_on", "record_count")
    for (grain, is_abroad), own in counts.groupby(["record_grain", "is_abroad"]):
        rows = zip(*(own[name].astype(object).tolist() for name in names), strict=True)
        came = [
            Came(partner, month_number(event), on if isinstance(on, date) else None, number)
            for partner, event, on, number in rows
        ]
        days: Days = {}
        of_grain = deliveries[deliveries["record_grain"] == grain].sort_values("delivered_on")
        for sent in zip(*(of_grain[name].tolist() for name in _DELIVERY), strict=True):
            days.setdefault(sent[0], {})[sent[1]] = sent[2]
        for year, filling in _of_group(came, days, policy) if days else ():
            years.append({"record_grain": grain, "is_abroad": is_abroad} | year)
            months.append(filling.assign(record_grain=str(grain), is_abroad=bool(is_abroad)))
    return StillToCome(pd.DataFrame(years), pd.concat(months))


def _of_group(came: list[Came], days: Days, policy: Policy) -> Iterator[tuple[Row, pd.DataFrame]]:
    # A partner that delivered once does not say how far the others have come.
    newest = max([max(own) for own in days.values() if len(own) > 1] or map(max, days.values()))
    then = newest - timedelta(days=365)
    days_then = {
        partner: {day: to for day, to in own.items() if day <= then}
        for partner, own in days.items()
        if min(own) <= then
    }
    had_come = [one for one in came if one.on and one.on <= then]
    now, before = _Estimate(came, days, newest, policy), _Estimate(had_come, days_then, then, policy)
    since = Counter[int]()
    for one in came:
        if one.on and one.on > then and one.month in before.seen.get(one.partner, {}):
            since[one.month // 12] += one.records
    for year in range(newest.year - int(policy.to_come_years) + 1, newest.year + 1):
        row, was = now.of_year(year), before.of_year(year)
        if row["record_count"]:
            row |= {f"last_year_{name}": was[name] for name in _ENDS}
            row["came_since"] = since[year] if was["record_count"] else None
            yield row, now.filling(year, row["state"])


class _Estimate:
    """A group as it had been delivered on a day: records seen, the share delivered by age, and draws of it.

    `seen`: by partner and month that it has reported to the end, the number of records, be it none.
    """

    def __init__(self, came: list[Came], days: Days, newest: date, policy: Policy) -> None:
        gaps = {
            partner: median((later - one).days for one, later in pairwise(own))
            for partner, own in days.items()
            if len(own) > 1
        }
        usual = median(gaps.values()) if gaps else np.inf
        self._days = {
            partner: list(own)
            for partner, own in days.items()
            if (newest - max(own)).days <= 2 * gaps.get(partner, usual) + _DAYS_OF_A_MONTH
        }
        self._policy = policy
        self.seen: dict[str, Counter[int]] = {}
        for partner in self._days:
            of_partner = [one for one in came if one.partner == partner]
            # The first month that was not over, or not reported to its end.
            end = month_number(max(days[partner].values()) + timedelta(days=1))
            first = min((one.month for one in of_partner), default=end)
            self.seen[partner] = Counter(dict.fromkeys(range(first, end), 0))
            for one in of_partner:
                if one.month < end:
                    self.seen[partner][one.month] += one.records
        delays, of_age = Delays(), Counter[int]()
        for one in came:
            if delay := self._delay(one):
                delays[delay] += one.records
                of_age.update(dict.fromkeys(range(delay[1][2] + 1), one.records))
        self._longest = max((age for age, number in of_age.items() if number >= _LEAST_AT_AGE), default=0)
        reasons = {
            DELIVERED_ONCE: not delays,
            "few_records": delays.total() < policy.to_come_least_records,
            "short_history": self._longest < policy.to_come_least_months,
        }
        self._reason = next((name for name, holds in reasons.items() if holds), None)
        if self._reason is None:
            self._dice = np.random.default_rng(len(delays))
            self._shares, self._drawn = _shares(delays, self._longest, self._dice)

    def _delay(self, one: Came) -> tuple[tuple[str, int], tuple[int, int, int]] | None:
        own = self._days.get(one.partner)
        if own is None or one.on is None or one.on <= own[0] or one.month <= month_number(own[0]):
            return None
        before = max(day for day in own if day < one.on)
        high = max(month_number(one.on) - one.month, 0)
        low = min(max(month_number(before) + 1 - one.month, 0), high)
        return (one.partner, one.month // 3), (low, high, month_number(own[-1]) - one.month)

    def of_year(self, year: int) -> Row:
        """Return the columns of a year: records seen and to come, state and reason."""
        own = self._months_of(year)
        count = sum(sum(counts) for _, _, counts in own)
        row: Row = {"period_id": f"year-{year}", "record_count": count, "months": self._longest or None}
        row |= {"state": TOO_YOUNG, "reason": self._reason} | dict.fromkeys(_ENDS)
        if self._reason or not count:
            return row
        to_come = float(sum(_to_come(self._shares[ages], sum(counts)).sum() for _, ages, counts in own))
        # Neither records seen nor those to come are as regular as their mean.
        spread, means = self._policy.to_come_spread, np.full(_DRAWS, 1e-9)
        for _, ages, counts in own:
            level = spread * self._dice.gamma(sum(counts) / spread, size=_DRAWS)
            means += _to_come(self._drawn[:, ages], level[:, None]).sum(axis=1)
        drawn = self._dice.negative_binomial(means / (spread - 1), 1 / spread)
        tail = (1 - self._policy.interval_coverage) / 2
        low, high = np.quantile(drawn, [tail, 1 - tail])
        if high - low > self._policy.to_come_widest * (count + to_come):
            return row | {"reason": "wide"}
        return row | {"state": ESTIMATED} | dict(zip(_ENDS, (low, to_come, high), strict=True))

    def filling(self, year: int, state: str) -> pd.DataFrame:
        """Return what is seen and expected of each month of a year, and whether it is filling."""
        parts = []
        for own, ages, counts in self._months_of(year):
            to_come = _to_come(self._shares[ages], sum(counts)) if state == ESTIMATED else np.nan
            parts.append(
                pd.DataFrame({"month": own, "age": ages, "record_count": counts, "to_come": to_come})
            )
        by_month = pd.concat(parts).groupby("month")
        months = by_month.agg(age=("age", "min"), record_count=("record_count", "sum"))
        months["expected_count"] = months["record_count"] + by_month["to_come"].sum(min_count=1)
        months["month_start"] = months.index.map(first_day)
        months["is_filling"] = (
            months["record_count"] < self._policy.filling_least_share * months["expected_count"]
        )
        if state == TOO_YOUNG and self._reason != DELIVERED_ONCE:
            months["is_filling"] = months["age"] < self._policy.to_come_least_months
        return months

    def _months_of(self, year: int) -> list[tuple[list[int], NDArray[np.int64], list[int]]]:
        """Return each partner's months of a year with their ages and numbers of records."""
        found = []
        for partner, months in self.seen.items():
            if own := [month for month in months if month // 12 == year]:
                ages = month_number(self._days[partner][-1]) - np.array(own)
                longest = self._longest if self._reason is None else None
                found.append((own, np.minimum(ages, longest or ages), [months[month] for month in own]))
        return found


def _to_come(shares: Floats, count: float | Floats) -> Floats:
    """Return the records to come of each month after `count` in all; none where none can have come yet."""
    seen = shares.sum(axis=-1, keepdims=True)
    return np.where(seen > 0, count / np.where(seen > 0, seen, 1), 0) * (1 - shares)


def _shares(delays: Delays, longest: int, dice: np.random.Generator) -> tuple[Floats, Floats]:
    """Return the share delivered by each delay, and draws of it, a row each."""
    cells = {cell: number for number, cell in enumerate(sorted({cell for cell, _ in delays}))}
    kinds, kind = np.unique(np.minimum([kind for _, kind in delays], longest), axis=0, return_inverse=True)
    at = np.array([cells[cell] for cell, _ in delays]) * len(kinds) + kind
    shape = (len(cells), len(kinds))
    table = np.bincount(at, list(delays.values()), shape[0] * shape[1]).reshape(shape).astype(float)
    even = np.full((1, longest + 1), 1 / (longest + 1))
    shares = _spread_over_open_months(kinds, table.sum(axis=0)[None], even, _ROUNDS)
    times = dice.multinomial(len(cells), np.full(len(cells), 1 / len(cells)), size=_DRAWS)
    start = np.repeat(np.diff(shares, axis=1, prepend=0), _DRAWS, axis=0)
    return shares[0], _spread_over_open_months(kinds, times @ table, start, _ROUNDS_OF_A_DRAW)


def _spread_over_open_months(
    kinds: NDArray[np.int64], weights: Floats, chances: Floats, rounds: int
) -> Floats:
    """Return shares delivered by delay for each row of `weights`, by EM from `chances`.

    `kinds`: low, high and age of each column of `weights`.
    """
    low, high, age = kinds.T
    delay = np.arange(chances.shape[1])
    is_open = ((low[:, None] <= delay) & (delay <= high[:, None])).astype(float)
    shares = np.cumsum(chances, axis=1)
    for _ in range(rounds):
        rates = weights / np.maximum(chances @ is_open.T, 1e-12)
        came, hazards = np.zeros_like(shares), np.ones_like(shares)
        for at in delay[:0:-1]:  # from the oldest on: a delay is judged among those whose age allows it
            if (own := age == at).any():
                came += chances * (rates[:, own] @ is_open[own])
            hazards[:, at] = came[:, at] / np.maximum(came[:, : at + 1].sum(axis=1), 1e-12)
        later = np.cumprod((1 - hazards)[:, :0:-1], axis=1)[:, ::-1]
        shares = np.concatenate([later, np.ones((len(weights), 1))], axis=1)
        chances = np.diff(shares, axis=1, prepend=0)
    return shares

"""Both editions' periods side by side: which remainders its readers have, and who is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from orchestration.disclosure.printed_counts import (
    ENDS,
    OF_COUNTRY,
    POPULATION,
    WHOLE,
    count_children,
    count_ends,
    whole_countries,
)
from orchestration.disclosure.printing import KIND_OF_GRAIN, NO_COUNTS, Days, Printing, days_of, universe_of
from orchestration.disclosure.protect import TooMuch
from orchestration.disclosure.remainders import Remainder, Term, runs
from orchestration.disclosure.system import keys_of
from orchestration.disclosure.tables import TOTAL, CountTable


def too_much_beside(told: pd.DataFrame, printing: Printing) -> TooMuch | None:
    """Asks of all that the partner edition would print what it gives away beside the public one; None where
    no periods overlap. `told`: rows of int_told."""
    remainders = remainders_of(told, printing)
    if not remainders:
        return None

    def too_much(printed: Mapping[str, int]) -> set[str]:
        ours = {cell: (float(value),) for cell, value in printed.items()}
        have = {cell: tuple(map(float, values)) for cell, values in printing.known.items()} | ours
        hideable = {cell: values for cell, values in ours.items() if cell not in printing.known}
        for one in remainders:
            if found := one.too_much(have, hideable):
                return found
        return set()

    return too_much


def remainders_of(told: pd.DataFrame, printing: Printing) -> list[Remainder]:
    """One for each run of periods of both editions, the shorter ones first."""
    if printing.edition == "public":
        return []
    told = told.rename(columns={"person_count": "persons", "record_count": "records"})
    groups, found = whole_countries(told), []
    for grain, rows in by_days(told, printing):
        periods = PeriodsOfGrain(grain, rows, printing)
        for run in runs(periods.near):
            added, taken = run[::2], run[1::2]
            left = periods.rows(added)
            left = left[~left["movement_id"].isin(periods.rows(taken)["movement_id"])]
            if len(left):
                tables = periods.tables("remainder", left, periods.rows(run))
                terms = {days: periods.term(days) for days in run}
                of_added, of_taken = [terms[days] for days in added], [terms[days] for days in taken]
                found.append(Remainder(of_added, of_taken, tables, groups, printing.rules))
    return sorted(found, key=lambda one: len(one.added))


def by_days(told: pd.DataFrame, printing: Printing) -> Iterator[tuple[str, pd.DataFrame]]:
    """Rows by grain, of the grains that are counted by days: a round holds what was collected under its
    name, so that one round less another is nobody."""
    for grain, kind in sorted(KIND_OF_GRAIN[printing.edition].items()):
        rows = told[told["record_grain"] == grain]
        if kind != "round" and len(rows):
            yield grain, rows


class PeriodsOfGrain:
    """The periods of one grain by which either edition counts: `near` those that hold anything, and the one
    before and the one after. `told`: rows of int_told, their counts named as in `CountTable`."""

    def __init__(self, grain: str, told: pd.DataFrame, printing: Printing) -> None:
        self.grain, self._told, self._printing = grain, told, printing
        ours = {printing.periods.days[name]: name for name in printing.periods.counted.get(grain, ())}
        theirs = {days: name for name, days in printing.beside.get(grain, {}).items()}
        counts = [cell for cell in printing.known if not cell.startswith(NO_COUNTS)]
        self._tells_children = any(f"{POPULATION}=" in cell for cell in counts)
        printed = {cell.partition(": ")[0] for cell in counts}
        for universe in printed:
            of_grain, days = days_of(universe)
            if of_grain == grain:
                theirs.setdefault(days, "")
        self._names, self._ours = theirs | ours, set(ours)
        held = [
            days
            for days in sorted(self._names)
            if universe_of(grain, days) in printed or len(self.rows([days]))
        ]
        # Nobody reported anything before the first and after the last of these, which is known.
        ordered = sorted(self._names)
        if held:
            first, last = ordered.index(held[0]), ordered.index(held[-1])
            ordered = ordered[max(first - 1, 0) : last + 2]
        self.near: list[Days] = ordered if held else []
        self._terms: dict[Days, Term] = {}

    def rows(self, periods: Sequence[Days]) -> pd.DataFrame:
        names = [self._names[days] for days in periods]
        return self._told[self._told["period_id"].isin(names)]

    def term(self, days: Days) -> Term:
        if days not in self._terms:
            universe, rows = universe_of(self.grain, days), self.rows([days])
            counted: dict[str, int] = {}
            if len(rows):
                for table in self.tables(universe, rows, rows):
                    cells = table.cells
                    counted |= dict(zip(keys_of(table.dimensions, cells), cells["persons"], strict=True))
            self._terms[days] = Term(universe, counted, days in self._ours)
        return self._terms[days]

    def tables(self, universe: str, rows: pd.DataFrame, around: pd.DataFrame) -> list[CountTable]:
        """Rows counted as both editions do, with all places of `around`."""
        tables = [count_ends(universe, rows)]
        if self._tells_children:
            tables += count_children(universe, rows, self._printing)
            tables += count_children(f"{universe} in public", rows, replace(self._printing, edition="public"))
        return [_with_places(replace(table, universe=universe), around) for table in tables]


def _with_places(table: CountTable, rows: pd.DataFrame) -> CountTable:
    """The table with a total of each place, nobody's too: that others' journeys led there is known."""
    ends = [end for end in ENDS if end in table.dimensions]
    found = [table.cells]
    for end in ends:
        is_whole = (table.levels or {}).get(end) == "country"
        places = rows[OF_COUNTRY[end]].astype(str) + WHOLE if is_whole else rows[end].astype(str)
        missing = sorted(set(places) - set(table.cells[end]))
        empty = {**dict.fromkeys(table.cells.columns, 0), **dict.fromkeys(table.dimensions, TOTAL)}
        if missing:
            found.append(pd.DataFrame([{**empty, end: place} for place in missing]))
    return replace(table, cells=pd.concat(found, ignore_index=True))

"""Both editions' periods side by side: which there are, who is in them, and how they are counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import pandas as pd

from orchestration.disclosure.printed_counts import (
    ENDS,
    OF_COUNTRY,
    POPULATION,
    WHOLE,
    count_children,
    count_ends,
)
from orchestration.disclosure.printing import (
    KIND_OF_GRAIN,
    NO_COUNTS,
    Days,
    Printing,
    days_of,
    overlap,
    universe_of,
)
from orchestration.disclosure.remainders import Term
from orchestration.disclosure.system import keys_of
from orchestration.disclosure.tables import TOTAL, CountTable


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

    @property
    def overlap(self) -> bool:
        return any(overlap(one, other) for one, other in pairwise(self.near))

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

"""Across periods: what a hidden cell must hold because of the same cell in the periods that overlap its own.

A year lies within the two twelve months around it, so a hidden cell of the one holds at least what the year
holds beyond the other. Counts of one cell up to each day are a chain of differences, each bounded by a
printed number: the closest bounds are shortest ways through it. Knowing them, each period is attacked anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from orchestration.disclosure.audit import PrintedTable, audit
from orchestration.disclosure.policy import EditionPolicy
from orchestration.disclosure.printing import Days, Printing
from orchestration.disclosure.protected import full_key
from orchestration.disclosure.remainders import Values, known_values
from orchestration.disclosure.system import Floats, Mask, System, Told, build, keys_of
from orchestration.disclosure.tables import CountTable, Groups
from orchestration.disclosure.windows import PeriodsOfGrain

# Cells by periods: the least and the most that readers know each to hold.
Bounds = tuple[Floats, Floats]


def closest(periods: Sequence[Days], known: Bounds) -> Bounds:
    """The closest bounds of each cell in each period that those of all periods allow. Where these contradict
    each other (an old number is among them) nothing follows."""
    low, high = known
    days = sorted({one for first, last in periods for one in (first, last + timedelta(days=1))})
    place = {day: at for at, day in enumerate(days)}
    ends = [(place[first], place[last + timedelta(days=1)]) for first, last in periods]
    most = np.full((len(low), len(days), len(days)), np.inf)  # how much more had come by the second day
    for at in range(len(days)):
        most[:, at, at] = 0.0
        most[:, at, :at] = 0.0  # nobody is counted back
    for at, (first, last) in enumerate(ends):
        most[:, first, last] = np.minimum(most[:, first, last], high[:, at])
        most[:, last, first] = np.minimum(most[:, last, first], -low[:, at])
    for by in range(len(days)):
        most = np.minimum(most, most[:, :, by, None] + most[:, None, by, :])
    fits = np.all(most.diagonal(axis1=1, axis2=2) >= 0, axis=1, keepdims=True)
    found_low = np.stack([-most[:, last, first] for first, last in ends], axis=1)
    found_high = np.stack([most[:, first, last] for first, last in ends], axis=1)
    return np.where(fits, found_low, low), np.where(fits, found_high, high)


@dataclass(frozen=True)
class _Period:
    """One period as counted: its tables as one system, and what readers are asked about."""

    universe: str
    tables: list[CountTable]
    system: System
    persons: Floats
    is_ours: bool


class Overlapping:
    """The periods of one grain by which either edition counts, of which each may bound the others."""

    def __init__(self, periods: PeriodsOfGrain, groups: Groups, printing: Printing) -> None:
        self._of, self._groups, self._rules = periods, groups, printing.rules
        self._near, self._periods = periods.near, dict[Days, _Period]()
        for days in self._near:
            term, rows = periods.term(days), periods.rows([days])
            if len(rows):
                tables = periods.tables(term.universe, rows, rows)
                system = build([Told(one.name, one.dimensions, one.cells) for one in tables], groups)
                persons = np.zeros(system.size)
                for key, cell in system.named.items():
                    persons[cell] = max(persons[cell], term.counted.get(key, 0))
                self._periods[days] = _Period(term.universe, tables, system, persons, term.is_ours)
        named = {key for one in self._periods.values() for key in one.system.named}
        self._keys = {key: at for at, key in enumerate(sorted(named))}
        self._safe: dict[Days, bytes] = {}

    def narrow(self, have: Mapping[str, Values]) -> list[tuple[Days, str]]:
        """Hidden cells that readers narrow down too far by the periods around them, though not without."""
        told = {days: self._shown(days, have) for days in self._near}
        bounds = closest(self._near, self._known(told))
        return [
            (days, cell)
            for at, days in enumerate(self._near)
            if days in self._periods
            for cell in self._opened(days, told[days], (bounds[0][:, at], bounds[1][:, at]))
        ]

    def too_much(self, have: Mapping[str, Values], ours: Mapping[str, Values]) -> set[str]:
        """Printed cells of windows that are to be hidden so that these stay hidden: the same cell where it is
        smallest, or else the smallest beside it."""
        found = set()
        for days, cell in self.narrow(have):
            system = self._periods[days].system
            same = {key for key, at in system.named.items() if at == system.named[cell]}
            lines = [system.lines[number] for number in system.lines_of.get(system.named[cell], ())]
            beside = {int(part) for line in lines for part in (line.parent, *line.parts)}
            linked = {key for key, at in system.named.items() if at in beside}
            others = [one for one in self._periods.values() if one.universe != self._periods[days].universe]
            for keys, among in ((same, others), (linked, [self._periods[days]]), (linked, others)):
                names = [full_key(one.universe, key) for one in among for key in keys]
                if printed := sorted((ours[name][-1], name) for name in names if name in ours):
                    found.add(printed[0][1])
                    break
        return found

    # --- what readers have ------------------------------------------------------------------------------

    def _shown(self, days: Days, have: Mapping[str, Values]) -> Mapping[int, float] | None:
        """The cells of a period of which readers have a number: the nearest to what is counted today, if it
        is near. None where they know that nobody was reported."""
        if days not in self._periods:
            return None
        one, k = self._periods[days], self._rules.least_persons
        found = {}
        for cell, values in enumerate(known_values(one.system, self._of.term(days), have)):
            near = [value for value in values if abs(value - one.persons[cell]) < k]
            if near:
                found[cell] = min(near, key=lambda value: abs(value - one.persons[cell]))
        return found

    def _known(self, told: Mapping[Days, Mapping[int, float] | None]) -> Bounds:
        low = np.zeros((len(self._keys), len(self._near)))
        high = np.full(low.shape, np.inf)
        for at, days in enumerate(self._near):
            shown = told[days]
            if shown is None:
                high[:, at] = 0.0
                continue
            one = self._periods[days]
            for key, cell in one.system.named.items():
                if cell in shown:
                    slack = _slack(shown[cell], one.persons[cell], self._rules)
                    low[self._keys[key], at] = max(shown[cell] - slack, 0)
                    high[self._keys[key], at] = shown[cell] + slack
        return low, high

    # --- what they make of it ---------------------------------------------------------------------------

    def _opened(self, days: Days, shown: Mapping[int, float] | None, bounds: Bounds) -> list[str]:
        one = self._periods[days]
        low, high = np.zeros(one.system.size), np.full(one.system.size, np.inf)
        for key, cell in one.system.named.items():
            low[cell] = max(low[cell], bounds[0][self._keys[key]])
            high[cell] = min(high[cell], bounds[1][self._keys[key]])
        # Who believes in a bound that is not true is mistaken.
        low[low > one.persons], high[high < one.persons] = 0.0, np.inf
        shown = shown or {}
        is_hidden = np.array([cell not in shown for cell in range(one.system.size)])
        tells = is_hidden & ((low > 0) | (high < self._at_most(one, shown)))
        if not (tells & (one.persons > 0)).any():
            return []
        asked = np.concatenate([low, high, is_hidden]).tobytes()
        if self._safe.get(days) == asked:
            return []
        opened = self._attacked(one, shown, (low, high))
        if opened:
            opened -= self._attacked(one, shown, (np.zeros_like(low), np.full_like(high, np.inf)))
        if not opened:
            self._safe[days] = asked
        return sorted(opened)

    def _at_most(self, one: _Period, shown: Mapping[int, float]) -> Floats:
        """What the totals around a cell leave it."""
        most = np.full(one.system.size, np.inf)
        for line in one.system.lines:
            if line.parent in shown:
                rest = shown[line.parent] - sum(shown.get(int(part), 0.0) for part in line.parts)
                most[line.parts] = np.minimum(most[line.parts], rest)
        return most

    def _attacked(self, one: _Period, shown: Mapping[int, float], bounds: Bounds) -> set[str]:
        k, tables = self._rules.least_persons, []
        for table in one.tables:
            cells, rows = one.system.cells[table.name], one.system.rows[table.name]
            is_shown: Mask = np.array([int(row) in shown for row in rows])
            values = [shown[int(row)] for row in rows[is_shown]]
            frame = cells.loc[is_shown, [*table.dimensions]].assign(value=values)
            frame["is_carried"] = frame["value"].to_numpy() != one.persons[rows[is_shown]]
            printed = PrintedTable.of(replace(table, cells=cells), frame, k)
            tables.append(_bounded(printed, one.system, bounds))
        found = audit(tables, k, self._groups, insider_width=self._rules.insider_least_width)
        return set(found.cells.loc[~found.cells["passed"], "cell"].astype(str))


def _slack(value: float, counted: float, rules: EditionPolicy) -> float:
    return 0.0 if value == counted else rules.least_persons - 1.0


def _bounded(printed: PrintedTable, system: System, bounds: Bounds) -> PrintedTable:
    """The table with what is known of its hidden cells."""
    cells = printed.cells.copy()
    at = [system.named[key] for key in keys_of(printed.dimensions, cells)]
    hidden = cells["is_hidden"].to_numpy(dtype=bool)
    cells["low"] = np.where(hidden, bounds[0][at], cells["low"].to_numpy(dtype=float))
    cells["high"] = np.where(hidden, bounds[1][at], cells["high"].to_numpy(dtype=float))
    return replace(printed, cells=cells)

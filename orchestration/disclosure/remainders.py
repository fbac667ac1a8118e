"""Remainders: periods of both editions that overlap one after the other, every second one taken off.

Twelve months to June and the twelve after them, less the calendar year that lies in both, are the first half
of the one and the last half of the other. Who has the terms has the table that is left, so it is treated as
one more table of the edition that is not frozen: what it would have to hide, one of its windows hides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

import numpy as np

from orchestration.disclosure.carrying import derived_changes
from orchestration.disclosure.policy import EditionPolicy
from orchestration.disclosure.printing import Days
from orchestration.disclosure.protected import full_key
from orchestration.disclosure.suppression import COMPLEMENTARY, PRINTED
from orchestration.disclosure.system import Mask, System
from orchestration.disclosure.tables import CountTable, Groups
from orchestration.disclosure.universe import Round, Universe

# What readers have of a cell: every value ever printed of it; none where they have nothing.
Values = tuple[float, ...]
_NOBODY: Values = (0.0,)


def runs(periods: Collection[Days]) -> list[tuple[Days, ...]]:
    """Three periods and more, an odd number, each of which overlaps the next and ends where the one after
    that begins: every other one, less those between, is a piece of the first and a piece of the last.

    Three at a time do not cover the longer ones: with 2 and 10 left of the first two, 10 and 1 of the next,
    the outer pieces are 3.
    """
    found = []
    ordered = sorted(set(periods))
    for at, first in enumerate(ordered):
        run = [first]
        for one in ordered[at + 1 :]:
            if not run[-1][0] < one[0] <= run[-1][1] < one[1]:
                break
            if len(run) > 1 and one[0] != run[-2][1] + timedelta(days=1):
                break
            run.append(one)
            if len(run) > 2 and len(run) % 2:
                found.append(tuple(run))
    return sorted(found, key=lambda run: (len(run), run))


@dataclass(frozen=True)
class Term:
    """A period of a run: `universe` names it, `counted` has the persons of each cell that holds any, and
    `is_ours` says whether the edition at work may hide a cell of it."""

    universe: str
    counted: Mapping[str, int]
    is_ours: bool


@dataclass
class Remainder:
    """What a run leaves. `tables`: its movements, counted as those of the windows are."""

    added: Sequence[Term]
    taken: Sequence[Term]
    tables: Sequence[CountTable]
    groups: Groups
    rules: EditionPolicy

    def __post_init__(self) -> None:
        self._work = Universe("remainder", self.tables, self.rules, self.groups, {})
        self._system, self._persons, self._reasons = self._work.counted()
        self._keys: dict[int, list[str]] = {}
        for key, cell in self._system.named.items():
            self._keys.setdefault(cell, []).append(key)
        self._settled: Mask | None = None
        self._terms = [(term, 1) for term in self.added] + [(term, -1) for term in self.taken]
        ours = [term.universe for term, _ in self._terms if term.is_ours]
        self._windows = sorted(ours, reverse=True)

    def too_much(self, printed: Mapping[str, Values], ours: Mapping[str, Values]) -> set[str]:
        """Cells of the windows, by their full keys, that are to be hidden as well.

        `printed`: all that readers have of both editions; `ours`: what of it hiding takes from them.
        """
        values = [known_values(self._system, term, printed) for term, _ in self._terms]
        signs = [sign for _, sign in self._terms]
        told = [left_of(one, signs) for one in zip(*values, strict=True)]
        guessed = [left_of(one, signs) for one in zip(*self._with_nobody(values), strict=True)]
        is_known = np.array([bool(options) for options in guessed])
        if self._settled is not None and not (is_known & ~self._settled).any():
            return set()  # of cells that were found to be safe fewer are known now
        wrong = self._wrong(guessed)
        wrong |= self._attacked(told, wrong, ours)
        self._settled = is_known & ~wrong
        return self._to_hide([int(cell) for cell in np.flatnonzero(wrong)], ours)

    # --- what readers have ------------------------------------------------------------------------------

    def _with_nobody(self, values: list[list[Values]]) -> list[list[Values]]:
        """The same for a reader who guesses which hidden cells hold nobody: hiding those protects nobody."""
        found = []
        for (term, _), of_term in zip(self._terms, values, strict=True):
            is_held = np.zeros(self._system.size, dtype=bool)
            for key, cell in self._system.named.items():
                is_held[cell] |= term.counted.get(key, 0) > 0
            found.append(
                [options or (() if held else _NOBODY) for options, held in zip(of_term, is_held, strict=True)]
            )
        return found

    # --- what they may not have -------------------------------------------------------------------------

    def _wrong(self, told: Sequence[Values]) -> Mask:
        """Known cells that may not stand by themselves. Nobody may be known to be left."""
        k = self.rules.least_persons
        is_small = np.array([any(0 < abs(one) < k for one in options) for options in told])
        is_as_counted = np.array(
            [
                any(abs(one - count) < k for one in options)
                for options, count in zip(told, self._persons, strict=True)
            ]
        )
        return is_small | (is_as_counted & (self._reasons != PRINTED) & (self._persons > 0))

    def _attacked(self, told: Sequence[Values], wrong: Mask, ours: Mapping[str, Values]) -> Mask:
        """Known cells to be hidden so that the others do not tell too much of those that are not known.

        A remainder that differs much from what is counted (an old number of the other edition is in it)
        tells nothing of those counted now.
        """
        persons, k = self._persons, self.rules.least_persons
        nearest = np.array(
            [
                min(options, key=lambda one: abs(one - count)) if options else np.inf
                for options, count in zip(told, persons, strict=True)
            ]
        )
        stands = ~wrong & (np.abs(nearest - persons) < k)
        if not stands.any():
            return np.zeros_like(stands)
        reasons = np.where(self._reasons == PRINTED, COMPLEMENTARY, self._reasons)
        reasons[stands] = PRINTED
        can_hide = np.array(
            [any(self._names(cell, window, ours) for window in self._windows) for cell in range(len(stands))]
        )
        pinned = stands & ~can_hide
        ceiling = self._work.splits(self._system, persons, reasons, pinned)
        now = Round(self._system, persons, reasons, pinned, np.where(stands, nearest, persons), ceiling)
        if self._work.rounds(now):
            return stands & can_hide  # no part of it is safe
        return stands & (now.reasons != PRINTED)

    def _to_hide(self, cells: Collection[int], ours: Mapping[str, Values]) -> set[str]:
        """For each cell a printed one of a window, without which it is not known: of one window as far as it
        goes, for they protect each other, and of the one where that hides the fewest persons."""
        found: set[str] = set()
        left = set(cells)
        while left:
            of_windows = []
            for at, window in enumerate(self._windows):
                names = {cell: self._names(cell, window, ours) for cell in left}
                hidden = {cell: of_cell[0] for cell, of_cell in names.items() if of_cell}
                persons = sum(ours[name][-1] for name in hidden.values())
                of_windows.append((-len(hidden), persons, at, hidden))
            hidden = min(of_windows, key=lambda one: one[:3])[3]
            if not hidden:
                break  # no window prints any of them
            found |= set(hidden.values())
            left -= set(hidden)
        return found

    def _names(self, cell: int, window: str, ours: Mapping[str, Values]) -> list[str]:
        """Cells of a window that tell a cell and can be hidden; where only its parts can, those, the smallest
        first."""
        lines = [self._system.lines[number] for number in self._system.lines_of.get(cell, ())]
        parts = [part for line in lines if line.parent == cell for part in line.parts.tolist()]
        for cells in ([cell], parts):
            names = [full_key(window, key) for one in cells for key in self._keys[one]]
            if found := sorted((ours[name][-1], name) for name in names if name in ours):
                return [name for _, name in found]
        return []


def left_of(of_terms: Sequence[Values], signs: Sequence[int]) -> Values:
    """The remainders of a cell that readers can work out; none if a term is not known."""
    return tuple(
        sum(sign * value for sign, value in zip(signs, values, strict=True)) for values in product(*of_terms)
    )


def known_values(system: System, term: Term, printed: Mapping[str, Values]) -> list[Values]:
    """What readers have of a period in each cell: printed, or left by subtraction. That nobody reported
    anything of a period is known."""
    values: list[Values] = [() if term.counted else _NOBODY] * system.size
    for key, cell in system.named.items():
        values[cell] = printed.get(full_key(term.universe, key), values[cell])
    known = {cell: options[-1] for cell, options in enumerate(values) if options}
    for cell, value in _derived(system, known).items():
        values[cell] = (value,)
    return values


def _derived(system: System, known: Mapping[int, float]) -> dict[int, float]:
    """What follows from known cells by subtraction; where the parts of a cell leave nothing, that the rest of
    them hold nobody."""
    found = dict(known)
    is_going_on = True
    while is_going_on:
        found |= derived_changes(system.lines, found)
        is_going_on = False
        for line in system.lines:
            parts = line.parts.tolist()
            unknown = [part for part in parts if part not in found]
            told = sum(found[part] for part in parts if part in found)
            if unknown and line.parent in found and found[line.parent] == told:
                found |= dict.fromkeys(unknown, 0.0)
                is_going_on = True
    return {cell: value for cell, value in found.items() if cell not in known}

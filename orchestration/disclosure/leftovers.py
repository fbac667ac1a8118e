"""Leftovers: what readers of both editions' files work out of days that only one of their periods holds.

The protect step takes runs of periods apart (`remainders`). The gate asks anew, without runs (how tables are
counted and what follows by subtraction, both take from the same place): over the pieces
of time between all first and last days each printed number is an equation, and what one or two pieces are
known to hold must be nobody or enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, pairwise, product

import numpy as np
import pandas as pd

from orchestration.disclosure.audit import PrintedTable, audit
from orchestration.disclosure.printed_counts import printed_cells, whole_countries
from orchestration.disclosure.printing import NO_COUNTS, NO_ZEROS, Days, Printing, Zeros, days_of
from orchestration.disclosure.remainders import Values, known_values, left_of
from orchestration.disclosure.system import Floats, Mask, System, Told, build
from orchestration.disclosure.tables import CountTable, Groups
from orchestration.disclosure.windows import PeriodsOfGrain, by_days
from orchestration.disclosure.zeros import as_printed
from orchestration.errors import NjiaError

# Of one cell the values that readers have of each period.
Known = dict[Days, Values]


def open_leftovers(
    told: pd.DataFrame, printed: pd.DataFrame, printing: Printing, zeros: Zeros = NO_ZEROS
) -> int:
    """How many cells of pieces of time readers of the partner edition know to hold a few, and how many that
    they do not know they narrow down too far.

    `told`: rows of int_told; `printed`: as for `printed_cells`; `zeros`: cells that words of the same release
    tell to be empty.
    """
    have = {cell: tuple(map(float, values)) for cell, values in as_printed(zeros).items()}
    have |= {cell: tuple(map(float, values)) for cell, values in printing.known.items()}
    have |= {cell: (float(value),) for cell, value in printed_cells(printed).items()}
    of_grains = _by_grain(have)
    told = told.rename(columns={"person_count": "persons", "record_count": "records"})
    groups, rules = whole_countries(told), printing.rules
    found, tables = 0, list[PrintedTable]()
    for grain, rows in by_days(told, printing):
        periods = PeriodsOfGrain(grain, rows, printing)
        apart = _taken_apart(periods.near) if periods.near else []
        if not apart:
            continue
        cells, k = of_grains.get(grain, {}), rules.least_persons
        found += sum(_is_told_as_few(periods, cell, known, k) for cell, known in cells.items())
        for signs in apart:
            left = _left(periods, have, signs, groups, k)
            tables += left.tables
            found += left.few
    attacked = audit(tables, rules.least_persons, groups, insider_width=rules.insider_least_width)
    return found + int((~attacked.cells["passed"]).sum()) + len(attacked.contradictions)


def _by_grain(have: Mapping[str, Values]) -> dict[str, dict[str, Known]]:
    found: dict[str, dict[str, Known]] = {}
    for name, values in have.items():
        if not name.startswith(NO_COUNTS):
            universe, _, cell = name.partition(": ")
            grain, days = days_of(universe)
            found.setdefault(grain, {}).setdefault(cell, {})[days] = values
    return found


# --- what is known exactly ------------------------------------------------------------------------------


def _is_told_as_few(periods: PeriodsOfGrain, cell: str, known: Known, k: int) -> bool:
    """Whether one or two pieces of time are known to hold 1 to k - 1 persons of a cell. A hidden cell that
    holds nobody counts as known: hiding it protects nobody."""
    of_cell = {
        days: known.get(days) or (() if periods.term(days).counted.get(cell) else (0,))
        for days in periods.near
    }
    of_cell = {days: values for days, values in of_cell.items() if values}
    return any(_leaves_few([*of_cell], np.array(one, dtype=float), k) for one in product(*of_cell.values()))


def _leaves_few(periods: Sequence[Days], values: Floats, k: int) -> bool:
    holds, pieces = _pieces(periods)
    is_empty = np.zeros(holds.shape[1], dtype=bool)
    while True:
        is_known, left = _worked_out(holds[:, ~is_empty], pieces[:, ~is_empty], values)
        if (is_known & (abs(left) > 0.5) & (abs(left) < k - 0.5)).any():
            return True
        of_nobody = pieces[is_known & (abs(left) < 0.5)].sum(axis=0) > 0
        if not (of_nobody & ~is_empty).any():
            return False
        is_empty |= of_nobody


def _pieces(periods: Sequence[Days]) -> tuple[Floats, Floats]:
    """Which pieces of time each period holds, and every choice of one or two of them."""
    ends = sorted({first for first, _ in periods} | {last + timedelta(days=1) for _, last in periods})
    between: list[tuple[date, date]] = list(pairwise(ends))
    holds = np.array([[first <= one < last for one, _ in between] for first, last in periods], dtype=float)
    single = np.eye(len(between))
    pairs = [single[one] + single[other] for one, other in combinations(range(len(between)), 2)]
    return holds, np.array([*single, *pairs])


def _worked_out(holds: Floats, pieces: Floats, values: Floats) -> tuple[Mask, Floats]:
    """Which choices of pieces follow from the periods, and what they hold."""
    weights = pieces @ np.linalg.pinv(holds)
    is_known = np.asarray(np.isclose(weights @ holds, pieces, atol=1e-6).all(axis=1), dtype=bool)
    return is_known, weights @ values


# --- what is narrowed down ------------------------------------------------------------------------------


def _taken_apart(periods: Sequence[Days]) -> list[dict[Days, int]]:
    """Each choice of pieces for which a period has to be taken off others: period → 1 where it is added, -1
    where it is taken off. Raises NjiaError where a period would have to be taken in part or several times."""
    holds, pieces = _pieces(periods)
    weights = np.round(pieces @ np.linalg.pinv(holds), 6)
    follows = np.isclose(weights @ holds, pieces, atol=1e-6).all(axis=1)
    found = []
    for of_periods in weights[follows]:
        signs = {days: int(sign) for days, sign in zip(periods, of_periods, strict=True) if sign}
        if not np.isin(of_periods, (-1, 0, 1)).all():
            first, last = min(one for one, _ in periods), max(one for _, one in periods)
            raise NjiaError(
                f"What periods from {first} to {last} tell of the days that they share cannot be judged: "
                "they overlap in another way than years and twelve months do. Report it; the current release "
                "stays."
            )
        if -1 in signs.values():
            found.append(signs)
    return found


@dataclass(frozen=True)
class _Left:
    """What is left where periods are taken off each other: its tables with what readers know of them, none if
    that is nothing; and how many of its cells they know to hold a few."""

    tables: list[PrintedTable]
    few: int


def _left(
    periods: PeriodsOfGrain, have: Mapping[str, Values], signs: Mapping[Days, int], groups: Groups, k: int
) -> _Left:
    added, taken = (
        periods.rows([days for days, sign in signs.items() if sign == which]) for which in (1, -1)
    )
    left = added[~added["movement_id"].isin(taken["movement_id"])]
    if not len(left):
        return _Left([], 0)
    name = "left of " + " ".join(f"{sign:+}{first}..{last}" for (first, last), sign in signs.items())
    tables = periods.tables(name, left, pd.concat([added, taken]))
    system = build([Told(one.name, one.dimensions, one.cells) for one in tables], groups)
    terms = [known_values(system, periods.term(days), have) for days in signs]
    sums = [left_of(options, [*signs.values()]) for options in zip(*terms, strict=True)]
    shown = [_shown(table, system, sums, k) for table in tables]
    few = sum(any(0 < abs(one) < k for one in of_cell) for of_cell in sums)
    if not any(len(one) for one in shown):
        return _Left([], few)
    return _Left([PrintedTable.of(table, one, k) for table, one in zip(tables, shown, strict=True)], few)


def _shown(table: CountTable, system: System, sums: Sequence[Values], k: int) -> pd.DataFrame:
    """What readers know of the cells of a table. What differs much from what is counted (an old number of the
    other edition is in it) tells nothing of those counted now."""
    cells = system.cells[table.name]
    rows = []
    for at, persons in zip(system.rows[table.name], cells["persons"].fillna(0), strict=True):
        near = [one for one in sums[at] if abs(one - persons) < k]
        value = min(near, key=lambda one: abs(one - persons)) if near else None
        rows.append((value, value != persons))
    told = pd.DataFrame(rows, columns=["value", "is_carried"], index=cells.index)
    return cells[[*table.dimensions]].join(told).dropna(subset=["value"])

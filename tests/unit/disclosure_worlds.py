"""Small tables with their margins, and a solver of its own that says what their hidden cells can be.

The solver enters every finest cell, every printed number and nothing else into `scipy.optimize.milp`: whole
persons, no code of the room that is judged by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from orchestration.disclosure import (
    TOTAL,
    CountTable,
    DisclosurePolicy,
    Protected,
    load_disclosure_policy,
    tabulate,
)

POLICY = load_disclosure_policy()
WIDE = {"least_records": 1, "least_partners": 1, "dominance_percent": 0.0, "attribute_share": 1.0}


def k_alone(k: int, **others: object) -> DisclosurePolicy:
    """Only the number of persons counts, in both editions."""
    counts_only: dict[str, Any] = {"least_persons": k, **WIDE, **others}
    public, partner = replace(POLICY.public, **counts_only), replace(POLICY.partner, **counts_only)
    return replace(POLICY, public=public, partner=partner)


def grid(counts: np.ndarray | list, name: str = "grid", axes: str = "abcd", **others: object) -> CountTable:
    """A table with all its totals: dimension `a` has the values a0, a1 …; one partner tells everything, and
    every person is a record of its own.
    """
    cube = np.asarray(counts)
    dimensions = tuple(axes[: cube.ndim])
    rows = []
    for kept in product((True, False), repeat=cube.ndim):
        summed = cube.sum(axis=tuple(at for at, one in enumerate(kept) if not one), keepdims=True)
        for place in np.ndindex(summed.shape):
            values = [
                f"{one}{at}" if keep else TOTAL for one, at, keep in zip(dimensions, place, kept, strict=True)
            ]
            rows.append((*values, int(summed[place])))
    cells = pd.DataFrame(rows, columns=[*dimensions, "persons"])
    cells = cells.assign(records=cells["persons"], partners=1, top1=cells["persons"], top2=0)
    others = {"attributes": (), **others}
    return CountTable(name, dimensions, cells, **others)  # type: ignore[arg-type]


def told_by(rows: list[tuple], columns: str = "a b", **others: object) -> CountTable:
    """A table from (partner, persons, a, b): one movement and one record for each person."""
    names = columns.split()
    told = pd.DataFrame(rows, columns=["partner", "persons", *names])
    told = told.loc[told.index.repeat(told["persons"])].assign(persons=1, records=1)
    told["movement_id"] = range(len(told))
    return tabulate("told", told, names, **{"attributes": (), **others})  # type: ignore[arg-type]


def printed(protected: Protected, table: str = "grid") -> dict[tuple[str, ...], int]:
    shown = protected.table(table).printed()
    dimensions = [column for column in shown if column not in ("value", "is_carried")]
    return {
        tuple(row): int(value)
        for row, value in zip(shown[dimensions].itertuples(index=False), shown["value"], strict=True)
    }


def possible(
    counts: np.ndarray,
    numbers: Mapping[tuple[str, ...], int],
    axes: str = "abcd",
    most: Mapping | None = None,
) -> dict[tuple[str, ...], tuple[int, int]]:
    """Smallest and largest whole number of persons in each cell and total that is not printed.

    `most`: what a reader guesses of cells, as an upper bound. For cells of `counts` with its totals.
    """
    shape = counts.shape
    places = np.arange(counts.size).reshape(shape)

    def row(cell: tuple[str, ...]) -> np.ndarray:
        at = tuple(slice(None) if one == TOTAL else int(one[1:]) for one in cell)
        found = np.zeros(counts.size)
        found[np.ravel(places[at])] = 1
        return found

    names = [[*(f"{axis}{at}" for at in range(size)), TOTAL] for axis, size in zip(axes, shape, strict=False)]
    constraints = [LinearConstraint(row(cell), value, value) for cell, value in numbers.items()]
    constraints += [LinearConstraint(row(cell), 0, value) for cell, value in (most or {}).items()]
    found = {}
    for cell in product(*names):
        if cell in numbers:
            continue
        ends = []
        for sign in (1, -1):
            answer = milp(
                sign * row(cell),
                integrality=np.ones(counts.size),
                bounds=Bounds(0, counts.sum()),
                constraints=constraints or None,
            )
            assert answer.success, answer.message
            ends.append(round(sign * answer.fun))
        found[cell] = (ends[0], min(ends[1], int(counts.sum())))
    return found

"""What hidden cells can be, given every number that is published: bounds by linear programming.

The unknowns are the finest cells of all published tables together, hidden or printed. Each published number,
a printed cell, a total or a total of another table, is one equation over them. Tables that are attacked one
by one model a weaker reader than there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

from orchestration.errors import NjiaError

Floats = NDArray[np.float64]
_INFEASIBLE = 2


@dataclass(frozen=True)
class Published:
    """`equations` @ cells = `sums`; cells are never negative."""

    equations: csr_array
    sums: Floats

    @classmethod
    def of(cls, cell_count: int, numbers: Iterable[tuple[Sequence[int], float]]) -> Published:
        """Each number with the places of the cells that it adds up; a printed cell adds up itself."""
        pairs = list(numbers)
        lengths = [len(cells) for cells, _ in pairs]
        rows = np.repeat(np.arange(len(pairs)), lengths)
        columns = np.concatenate([np.asarray(cells, dtype=np.int64) for cells, _ in pairs])
        shape = (len(pairs), cell_count)
        sums = np.array([value for _, value in pairs], dtype=np.float64)
        return cls(csr_array((np.ones(len(rows)), (rows, columns)), shape=shape), sums)

    def cheapest(self, cost: Floats, most: Floats) -> Floats:
        """A table that fits, with the lowest cost; `most` is what each cell is known not to exceed.

        Raises NjiaError if no table fits.
        """
        found = linprog(
            cost,
            A_eq=self.equations,
            b_eq=self.sums,
            bounds=np.column_stack([np.zeros_like(most), most]),
            method="highs",
        )
        if found.status == _INFEASIBLE:
            raise NjiaError(
                "The published numbers contradict each other: no table adds up to all of them. One of the "
                "tables was counted from other records than the rest; build them from the same release."
            )
        if not found.success:
            raise RuntimeError(f"HiGHS ended with status {found.status}")
        return np.asarray(found.x)


def intervals(published: Published, most: Floats, cells: Iterable[int]) -> tuple[Floats, Floats]:
    """Smallest and largest value that each of these cells can have: exact, two programs a cell."""
    low, high = [], []
    for cell in cells:
        cost = np.zeros(len(most))
        cost[cell] = 1.0
        low.append(published.cheapest(cost, most)[cell])
        high.append(published.cheapest(-cost, most)[cell])
    return np.array(low), np.array(high)

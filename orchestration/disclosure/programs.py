"""Linear programs over a system: which tables fit all that a reader knows.

One HiGHS model a reader; only costs and bounds change between programs, so that each starts where the last
one ended.
"""

from __future__ import annotations

from collections.abc import Iterator

import highspy
import highspy._core
import numpy as np
from scipy.sparse import csr_array

from orchestration.disclosure.system import Floats, Mask
from orchestration.errors import ReleaseRefused

_LARGE = 5_000  # unknowns
# A changed cost leaves the last table feasible: the primal method goes on from there. From nowhere the dual
# one is faster, because every unknown has two bounds.
_ON, _ANEW = 4, 1
_OPTIMAL, _INFEASIBLE = highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible
_INFEASIBLE_OR_UNBOUNDED = highspy.HighsModelStatus.kUnboundedOrInfeasible


class Contradiction(ReleaseRefused):
    """No table fits: the published numbers contradict each other."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(
            "The published numbers contradict each other: no table adds up to all of them. One of the tables "
            "was counted from other records than the rest, or a total counts what its parts leave out"
            f"{detail}. Build them from the same release, or describe the total that is not the sum of its "
            "parts."
        )


class Programs:
    """What a reader knows: each cell lies between `low` and `high`, both 0 or more (persons).

    `at_most` bounds every unknown. Cells in `moving` get other bounds later, by `know`.
    """

    def __init__(
        self, members: csr_array, low: Floats, high: Floats, at_most: float, moving: Mask | None = None
    ) -> None:
        self.members, self.at_most = members, at_most
        sizes = np.diff(members.indptr)
        tells = (low > 0) | (high < at_most)
        if moving is not None:
            tells = tells | moving
        self._single = np.flatnonzero(sizes == 1)
        self._column_of = members.indices[members.indptr[self._single]]
        self._sums = np.flatnonzero(tells & (sizes > 1))
        self._columns = np.arange(members.shape[1], dtype=np.int32)
        self._rows = np.arange(len(self._sums), dtype=np.int32)
        self._model = self._passed(members[self._sums])
        self.know(low, high)

    def _passed(self, equations: csr_array) -> highspy._core._Highs:
        # The class that highspy offers prints its name on standard output before it can be told not to.
        model = highspy._core._Highs()
        for option, value in (
            ("output_flag", False), ("threads", 1), ("random_seed", 0), ("solver", "simplex"),
        ):  # fmt: skip
            model.setOptionValue(option, value)
        program = highspy.HighsLp()
        rows, columns = equations.shape
        program.num_row_, program.num_col_ = rows, columns
        program.col_cost_ = np.zeros(columns)
        program.col_lower_, program.col_upper_ = np.zeros(columns), np.full(columns, self.at_most)
        program.row_lower_, program.row_upper_ = np.zeros(rows), np.full(rows, highspy.kHighsInf)
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = equations.indptr.astype(np.int32)
        program.a_matrix_.index_ = equations.indices.astype(np.int32)
        program.a_matrix_.value_ = equations.data
        model.passModel(program)
        return model

    def know(self, low: Floats, high: Floats, unknowns: Floats | None = None) -> None:
        """Other bounds of the cells; those of sums count only where the cell told something, or moves.
        `unknowns`: the least that each unknown holds."""
        least = np.zeros(len(self._columns)) if unknowns is None else unknowns.copy()
        most = np.full(len(self._columns), self.at_most)
        np.maximum.at(least, self._column_of, low[self._single])
        np.minimum.at(most, self._column_of, high[self._single])
        if (least > most).any():
            raise Contradiction()
        self._least, self._most = least, most
        self._model.changeColsBounds(len(self._columns), self._columns, least, most)
        if len(self._rows):
            bounds = low[self._sums], high[self._sums]
            self._model.changeRowsBounds(len(self._rows), self._rows, *bounds)  # type: ignore[attr-defined]

    def cap(self, most: Floats | None) -> None:
        """Hold unknowns down for a while, to spread persons over many cells; None lets them go."""
        held = self._most if most is None else np.minimum(self._most, np.maximum(most, self._least))
        self._model.changeColsBounds(len(self._columns), self._columns, self._least, held)

    def cheapest(self, cost: Floats, is_far: bool = False) -> Floats:
        """The cells of a table that fits, with the lowest cost (over unknowns).

        `is_far`: it has little to do with the last one, so that in a large program starting anew is faster
        (at 11,000 unknowns .1 to .6 s instead of 5 to 12). Raises Contradiction if no table fits.
        """
        self._model.changeColsCost(len(self._columns), self._columns, cost)
        if is_far and len(self._columns) > _LARGE:
            status = self._ended("off", _ANEW)  # to presolve takes longer than it saves
        else:
            status = self._ended("choose", _ON)
        if status not in (_OPTIMAL, _INFEASIBLE, _INFEASIBLE_OR_UNBOUNDED):
            status = self._ended("choose", _ANEW)  # it now and then gives up on where the last program ended
        if status in (_INFEASIBLE, _INFEASIBLE_OR_UNBOUNDED):
            raise Contradiction()
        if status != _OPTIMAL:
            raise RuntimeError(f"HiGHS ended with {self._model.modelStatusToString(status)}")
        return self.members @ np.asarray(self._model.getSolution().col_value)

    def _ended(self, presolve: str, strategy: int) -> highspy.HighsModelStatus:
        """How the model ends as it now stands."""
        if strategy == _ANEW:
            self._model.clearSolver()
        self._model.setOptionValue("presolve", presolve)
        self._model.setOptionValue("simplex_strategy", strategy)
        self._model.run()
        return self._model.getModelStatus()

    def extremes(self, cell: int, is_far: bool = False) -> Iterator[Floats]:
        """Two tables that fit: one with the most persons in a cell, one with the least."""
        cost = self.members[[cell]].toarray().ravel()
        yield self.cheapest(-cost, is_far)
        yield self.cheapest(cost)

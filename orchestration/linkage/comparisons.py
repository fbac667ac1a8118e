"""One fact of two records compared: how it counts as evidence, and how often strangers agree in it.

Both come from one description. How often strangers agree is counted over all pairs of records, from how often
each value stands there: drawing some of the pairs would draw by record ids, which hang on the keys, and other
keys would give other links.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from splink.internals.comparison_creator import ComparisonCreator

Counts = npt.NDArray[np.int64]


class When(Enum):
    """Which pairs a comparison speaks of, by another column `beside` it."""

    ALWAYS = "always"
    SAME = "same"  # both tell the other column, and alike
    NOT_SAME = "not same"
    NOT_BOTH_TOLD = "not both told"


@dataclass(frozen=True)
class Comparison:
    """It speaks of pairs that both tell `column`, `when` the column `beside` is as said.

    Its levels, best first: equal, or, with `apart`, a whole number at most so far from the other; then, with
    `wider`, this coarser column equal; then otherwise. `agree` holds, level by level but the last, how often
    records of one person fall into it. With `rare`, agreeing on a rare value is stronger evidence.
    """

    column: str
    agree: Sequence[float]
    apart: Sequence[int] = ()
    wider: str = ""
    rare: bool = False
    when: When = When.ALWAYS
    beside: str = ""

    @property
    def needs(self) -> set[str]:
        """Columns without which it says nothing of any pair."""
        return {self.column, self.beside} if self.when is When.SAME else {self.column}

    def strangers(self, records: pa.Table) -> list[float]:
        """The share of all pairs of records that falls into each level; all 0 where it speaks of none."""
        told = pc.is_valid(records[self.column])
        counts = self._agreeing(records.filter(told))
        if self.when is not When.ALWAYS:
            both = records.filter(pc.and_(told, pc.is_valid(records[self.beside])))
            of_these = self._agreeing(both, within="" if self.when is When.NOT_BOTH_TOLD else self.beside)
            counts = of_these if self.when is When.SAME else counts - of_these
        levels, pairs = np.diff(counts, prepend=0), counts[-1]
        return (levels / pairs).tolist() if pairs else [0.0] * len(levels)

    def for_splink(self, records: pa.Table) -> ComparisonCreator:
        """The same to Splink, with chances of agreeing that a small table can bear.

        What was never seen among few records may still happen: taken for impossible, a single agreement, or
        even a disagreement, would decide.
        """
        import splink.comparison_level_library as level
        from splink.comparison_library import CustomComparison

        *chances, otherwise = self.strangers(records)
        made = [level.CustomLevel(self._silent(), "silent").configure(is_null_level=True)]
        for number, (sql, agree, chance) in enumerate(
            zip(self._conditions(), self.agree, chances, strict=True)
        ):
            one = level.CustomLevel(sql, sql).configure(
                m_probability=agree, u_probability=max(chance, 1 / records.num_rows)
            )
            is_rare = self.rare and number == 0
            made.append(one.configure(tf_adjustment_column=self.column) if is_rare else one)
        rest = 1 - sum(self.agree)
        made.append(level.ElseLevel().configure(m_probability=rest, u_probability=max(otherwise, rest)))
        name = f"{self.column}_of_one_{self.beside}" if self.when is When.SAME else self.column
        return CustomComparison(output_column_name=name, comparison_levels=[*made])

    def _silent(self) -> str:
        untold = f"{self.column}_l is null or {self.column}_r is null"
        beside = {
            When.ALWAYS: "false",
            When.SAME: f"not {_same(self.beside)}",
            When.NOT_SAME: _same(self.beside),
            When.NOT_BOTH_TOLD: f"{self.beside}_l is not null and {self.beside}_r is not null",
        }
        return f"{untold} or ({beside[self.when]})"

    def _conditions(self) -> list[str]:
        near = [f"abs({self.column}_l - {self.column}_r) <= {apart}" for apart in self.apart]
        wider = [_same(self.wider)] if self.wider else []
        return [*(near or [f"{self.column}_l = {self.column}_r"]), *wider]

    def _agreeing(self, records: pa.Table, within: str = "") -> Counts:
        """How many pairs of these records reach each level or a better one; the last: all pairs.

        `within`: only pairs that are equal in that column.
        """
        groups, values = _numbered(records, within), _numbered(records, self.column)
        if self.apart:
            values = records[self.column].to_numpy().astype(np.int64)
        counts = [_pairs_near(groups, values, apart) for apart in self.apart or [0]]
        if self.wider:
            told = records.filter(pc.is_valid(records[self.wider]))
            others, wide = _numbered(told, within), _numbered(told, self.wider)
            also_wide = _pairs_near(others, wide, 0) - _pairs_near(
                _joint(others, wide), _numbered(told, self.column), 0
            )
            counts.append(counts[-1] + also_wide)
        return np.array([*counts, _pairs_near(groups, np.zeros_like(groups), 0)], dtype=np.int64)


def _same(column: str) -> str:
    return f"coalesce({column}_l = {column}_r, false)"


def _numbered(records: pa.Table, column: str) -> Counts:
    """A number a value, from 0; all the same without a column."""
    if not column:
        return np.zeros(records.num_rows, dtype=np.int64)
    indices = pc.dictionary_encode(records[column]).combine_chunks().indices
    return np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _joint(one: Counts, other: Counts) -> Counts:
    return one * (other.max(initial=0) + 1) + other


def _pairs_near(groups: Counts, values: Counts, apart: int) -> int:
    """Pairs of one group whose values are at most so far apart."""
    if not len(values):
        return 0
    values = values - values.min()
    spread = values.max() + apart + 1  # no value of the next group is near
    line = np.sort(groups * spread + values)
    reach = np.searchsorted(line, line + apart, side="right")
    return int(np.sum(reach - np.arange(len(line)) - 1))

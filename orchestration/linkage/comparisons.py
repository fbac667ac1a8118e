"""One field of two records compared: which comparison level they fall into, and how often strangers do (u).

u hangs on the value, as agreement on a rare one is stronger evidence. It is counted over all records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
import numpy.typing as npt

from orchestration.linkage import policy
from orchestration.linkage.frame import Frame, Ints
from orchestration.linkage.tables import NAME_CODES

Floats = npt.NDArray[np.float64]
SILENT = -1
# For pairs of records the level of each, SILENT if a value is missing, and its u.
Levels = Callable[[Ints, Ints], tuple[Ints, Floats]]
_LEAST_U = 1e-9


@dataclass(frozen=True)
class Comparison:
    """Compares records that both give `column`, unless both give `unless`.

    Its levels, best first: equal, or, with `apart`, a whole number at most so far from the other; then, with
    `wider`, this coarser column equal; then otherwise. `m` holds, level by level but the last, how often
    records of one person fall into it, and `m_of_kin` the same for companions. Strangers that agree in the
    columns of `given`, in the first and then in more, are counted apart: who comes from one county mostly
    goes to the same few places, and there into the same few forms of exploitation.
    """

    column: str
    m: Sequence[float]
    m_of_kin: Sequence[float] = ()
    apart: Sequence[int] = ()
    wider: str = ""
    given: Sequence[str] = ()
    unless: str = ""

    @property
    def columns(self) -> set[str]:
        """What a blocking rule must not be by, for its pairs to teach m."""
        return {self.column, self.wider}

    def rates(self, kin: bool = False) -> Floats:
        """m of all levels, as one row."""
        m = self.m_of_kin if kin and self.m_of_kin else self.m
        return np.array([[*m, 1 - sum(m)]])

    def of(self, frame: Frame) -> Levels:
        """The comparison prepared for the records of a frame."""
        levels = (_numbers if self.apart else _values)(self, frame)
        own, beside = frame.columns[self.column], frame.columns.get(self.unless)

        def compared(one: Ints, other: Ints) -> tuple[Ints, Floats]:
            level, u = levels(one, other)
            both = (own[one] >= 0) & (own[other] >= 0)
            if beside is not None:
                both &= (beside[one] < 0) | (beside[other] < 0)
            return np.where(both, level, SILENT), u

        return compared


def _values(comparison: Comparison, frame: Frame) -> Levels:
    values = frame.columns[comparison.column]
    wide = frame.columns.get(comparison.wider)
    counts = np.bincount(values[values >= 0], minlength=1)
    among, last = max(int(counts.sum()) - 1, 1), len(comparison.m)
    rest = 1 - _share(counts)
    if wide is not None:
        wide_counts = np.bincount(wide[(values >= 0) & (wide >= 0)], minlength=1)
        rest -= max(_share(wide_counts) - (1 - rest), 0.0)
    width, group, among_given = int(values.max(initial=0)) + 1, np.zeros(frame.size, dtype=np.int64), []
    for column in (frame.columns[name] for name in comparison.given):
        group = np.where((group >= 0) & (column >= 0), group * (column.max(initial=0) + 1) + column, -1)
        both = (values >= 0) & (group >= 0)
        joint = np.unique(group[both] * width + values[both], return_counts=True)
        group_counts = np.bincount(group[both], minlength=int(group.max(initial=0)) + 1)
        among_given.append((group, *joint, group_counts, 1 - _share(joint[1], group_counts)))

    def levels(one: Ints, other: Ints) -> tuple[Ints, Floats]:
        equal = values[one] == values[other]
        level = np.where(equal, 0, last)
        u = np.where(equal, np.maximum(counts[values[one]] - 1.5, 0.5) / among, 0)
        otherwise = np.full(len(one), rest)
        if wide is not None:
            near = ~equal & _same(wide, one, other)
            level[near] = 1
            wide_among = max(int(wide_counts.sum()) - 1, 1)
            u[near] = (np.maximum(wide_counts[wide[one]] - 1, 1) / wide_among)[near]
        for group, joint, joint_counts, group_counts, rest_given in among_given:
            same = _same(group, one, other)
            place = np.minimum(np.searchsorted(joint, group[one] * width + values[one]), len(joint) - 1)
            own = joint_counts[place] - 1 if len(joint) else 0
            among_these = np.maximum(group_counts[group[one]] - 1, 0) + policy.SHRUNK_BY
            u = np.where(same & equal, (own + policy.SHRUNK_BY * u) / among_these, u)
            otherwise[same] = rest_given
        u = np.where(level == last, np.maximum(otherwise, 1 - sum(comparison.m)), u)
        return level, np.maximum(u, _LEAST_U)

    return levels


def _numbers(comparison: Comparison, frame: Frame) -> Levels:
    values = frame.columns[comparison.column]
    given = frame.columns[comparison.given[0]] if comparison.given else None
    line = np.sort(values[values >= 0])
    among, last = max(len(line) - 1, 1), len(comparison.apart)
    every = np.arange(int(values.max(initial=0)) + 1)
    # How many records are at most so far from each value.
    reached = [
        np.searchsorted(line, every + apart, side="right") - np.searchsorted(line, every - apart)
        for apart in comparison.apart
    ]
    pairs = 0
    if given is not None:
        both = (values >= 0) & (given >= 0)
        counts = [_pairs_near(given[both], values[both], apart) for apart in comparison.apart]
        pairs = _pairs_near(given[both], np.zeros_like(values[both]), 0)
        u_given = np.diff([0, *counts, pairs]) / max(pairs, 1)

    def levels(one: Ints, other: Ints) -> tuple[Ints, Floats]:
        ours, theirs = values[one], values[other]
        level = np.searchsorted(np.array(comparison.apart), np.abs(ours - theirs))
        within = [0.5 * (counts[ours] + counts[theirs]) - 1 for counts in reached]
        shares = np.diff([np.zeros(len(ours)), *within, np.full(len(ours), float(among))], axis=0) / among
        u = shares[level, np.arange(len(ours))]
        if given is not None and pairs:
            u = np.where(_same(given, one, other), u_given[level], u)
        u = np.maximum(u, 1 / (among + 1))
        return level, np.where(level == last, np.maximum(u, 1 - sum(comparison.m)), u)

    return levels


@dataclass(frozen=True)
class SharedWords:
    """How many words of the kind `column` two names share; a row of m for each number of words in the two.

    Strangers share a word as often as records of one sex have it, and two as often as they have both.
    """

    column: str
    m: float
    m_of_kin: float
    also: str = ""

    @property
    def columns(self) -> set[str]:
        return {self.column, self.also}

    def rates(self, kin: bool = False) -> Floats:
        m, rows = self.m_of_kin if kin else self.m, np.zeros((_LEVELS**2, _LEVELS))
        for row in range(len(rows)):
            fewer = min(divmod(row, _LEVELS))
            for shared in range(fewer + 1):
                rows[row, shared] = comb(fewer, shared) * m**shared * (1 - m) ** (fewer - shared)
        return rows

    def row(self, one: Ints, other: Ints) -> Ints:
        """The row of m, by how many words each of two names has."""
        return np.minimum(one, other) * _LEVELS + np.maximum(one, other)

    def of(self, frame: Frame) -> Levels:
        words, sexes = frame.words[self.column], frame.columns["sex"] + 1
        lengths = (words >= 0).sum(axis=1)
        width = int(words.max(initial=0)) + 1

        def joint(sex: Ints, first: Ints, second: Ints) -> Ints:
            return (sex * width + np.maximum(first, 0)) * width + np.maximum(second, 0)

        uses = np.bincount((sexes[:, None] * width + words)[words >= 0], minlength=4 * width)
        naming = np.bincount(sexes[lengths > 0], minlength=4)
        columns = words.T
        pairs = [
            joint(sexes, columns[first], columns[second])[columns[second] >= 0]
            for first in range(len(columns))
            for second in range(first + 1, len(columns))
        ]
        both, both_counts = np.unique(np.concatenate([*pairs, np.zeros(1, np.int64)]), return_counts=True)
        squares = np.sum(uses[: 4 * width].reshape(4, width).astype(float) ** 2, axis=1)
        some = np.minimum(squares / np.maximum(naming[:4] ** 2, 1), 0.9)  # the share of strangers with some

        def levels(one: Ints, other: Ints) -> tuple[Ints, Floats]:
            ours, theirs = words[one], words[other]
            shared = ((ours[:, :, None] == theirs[:, None, :]) & (ours[:, :, None] >= 0)).any(axis=2)
            count, rows = shared.sum(axis=1), np.arange(len(one))
            sex, fewer = sexes[one], np.minimum(lengths[one], lengths[other])
            among = np.maximum(naming[sex], 2).astype(float)
            rarest = np.argmax(shared, axis=1)
            word = ours[rows, rarest]
            of_word = uses[sex * width + word]
            u = (of_word - 1.5) / (among - 1)
            many = count > 1
            if many.any():
                shared[rows, rarest] = False
                second = ours[rows, np.argmax(shared, axis=1)]
                by_chance = of_word * (uses[sex * width + second] / among)
                key = joint(sex, word, second)
                place = np.minimum(np.searchsorted(both, key), len(both) - 1)
                seen = np.where(both[place] == key, both_counts[place], 0)
                of_both = (np.maximum(seen - 2, 0) + by_chance + policy.UNSEEN_NAME) / among
                u = np.where(many, np.minimum(of_both, u), u)
            u = np.where(count == 0, 1 - some[sex], u * _WAYS[fewer, count])
            level = self.row(lengths[one], lengths[other]) * _LEVELS + count
            return np.where(fewer > 0, level, SILENT), np.clip(u, _LEAST_U, 1)

        return levels


_LEVELS = len(NAME_CODES) + 1
_WAYS = np.array(
    [[max(comb(fewer, shared), 1) for shared in range(_LEVELS)] for fewer in range(_LEVELS)], float
)


def _same(values: Ints, one: Ints, other: Ints) -> npt.NDArray[np.bool_]:
    return np.asarray((values[one] >= 0) & (values[one] == values[other]))


def _share(counts: Ints, of: Ints | None = None) -> float:
    """The share of pairs that agree: in a value, of all pairs; or with `of`, of the pairs of those groups."""
    pairs = int(np.sum(counts * (counts - 1)))
    among = int(counts.sum()) * (int(counts.sum()) - 1) if of is None else int(np.sum(of * (of - 1)))
    return pairs / among if among else 0.0


def _pairs_near(groups: Ints, values: Ints, apart: int) -> int:
    """Pairs of one group whose values are at most so far apart."""
    if not len(values):
        return 0
    values = values - values.min()
    spread = values.max() + apart + 1  # no value of the next group is near
    line = np.sort(groups * spread + values)
    reach = np.searchsorted(line, line + apart, side="right")
    return int(np.sum(reach - np.arange(len(line)) - 1))

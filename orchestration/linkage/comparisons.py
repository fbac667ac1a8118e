"""One fact of two records compared: how far they agree, and how often strangers agree so.

How often strangers agree hangs on the value: a rare one is stronger evidence. It is counted over all records,
from how often each value stands there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from orchestration.linkage import policy
from orchestration.linkage.frame import Frame, Ints

Floats = npt.NDArray[np.float64]
SILENT = -1


class Compared(Protocol):
    """A comparison prepared for the records of one frame."""

    def levels(self, one: Ints, other: Ints) -> tuple[Ints, Floats]:
        """For pairs of records the level each falls into, SILENT if none, and its chance among strangers."""


@dataclass(frozen=True)
class Comparison:
    """It speaks of pairs that both tell `column`, and not both tell `unless`.

    Its levels, best first: equal, or, with `apart`, a whole number at most so far from the other; then, with
    `wider`, this coarser column equal; then otherwise. `agree` holds, level by level but the last, how often
    records of one person fall into it, and `kin` the same for companions. With `given`, strangers that agree
    in that column are counted apart: who comes from one county mostly goes to the same few places.
    """

    column: str
    agree: Sequence[float]
    kin: Sequence[float] = ()
    apart: Sequence[int] = ()
    wider: str = ""
    given: str = ""
    unless: str = ""

    @property
    def needs(self) -> set[str]:
        return {self.column}

    @property
    def says(self) -> set[str]:
        """What a block must not be by, for its pairs to teach how often this agrees."""
        return {self.column, self.wider}

    @property
    def expected(self) -> Floats:
        """How often records of one person fall into each level: one row, as this has one kind of pairs."""
        return np.array([[*self.agree, 1 - sum(self.agree)]])

    @property
    def expected_of_kin(self) -> Floats:
        return np.array([[*self.kin, 1 - sum(self.kin)]]) if self.kin else self.expected

    def of(self, frame: Frame) -> Compared:
        return _Near(self, frame) if self.apart else _Equal(self, frame)


class _Equal:
    def __init__(self, compared: Comparison, frame: Frame) -> None:
        self._compared, self._columns = compared, frame.columns
        self._values = frame.columns[compared.column]
        told = self._values[self._values >= 0]
        self._counts, self._told = np.bincount(told, minlength=1), len(told)
        self._equal = _share(self._counts)
        if compared.wider:
            wide = self._columns[compared.wider]
            wide = wide[(self._values >= 0) & (wide >= 0)]
            self._wide, self._wide_told = np.bincount(wide, minlength=1), len(wide)
            self._wider = max(_share(self._wide) - self._equal, 0.0)
        if compared.given:
            given = self._columns[compared.given]
            both = (self._values >= 0) & (given >= 0)
            self._width = int(self._values.max(initial=0)) + 1
            joint = given[both] * self._width + self._values[both]
            self._joint, self._joint_counts = np.unique(joint, return_counts=True)
            self._given = np.bincount(given[both], minlength=int(given.max(initial=0)) + 1)
            self._equal_given = _share(self._joint_counts, self._given)

    def levels(self, one: Ints, other: Ints) -> tuple[Ints, Floats]:
        compared = self._compared
        ours, theirs = self._values[one], self._values[other]
        last = 1 + bool(compared.wider)
        equal = ours == theirs
        level = np.where(equal, 0, last)
        among = max(self._told - 1, 1)
        chance = np.where(equal, np.maximum(self._counts[ours] - 1.5, 0.5) / among, 0)
        rest = 1 - self._equal
        if compared.wider:
            wide = self._columns[compared.wider]
            near = ~equal & (wide[one] >= 0) & (wide[one] == wide[other])
            level[near] = 1
            chance[near] = (np.maximum(self._wide[wide[one]] - 1, 1) / max(self._wide_told - 1, 1))[near]
            rest -= self._wider
        otherwise = np.full(len(ours), rest)
        if compared.given:
            given = self._columns[compared.given]
            same = (given[one] >= 0) & (given[one] == given[other])
            place = np.minimum(
                np.searchsorted(self._joint, given[one] * self._width + ours), len(self._joint) - 1
            )
            prior = policy.SHRUNK_BY * chance
            own = self._joint_counts[place] - 1 if len(self._joint) else 0
            of_these = (own + prior) / (np.maximum(self._given[given[one]] - 1, 0) + policy.SHRUNK_BY)
            chance = np.where(same & equal, of_these, chance)
            otherwise[same] = 1 - self._equal_given
        chance = np.where(level == last, np.maximum(otherwise, 1 - sum(compared.agree)), chance)
        return _spoken(compared, self._columns, one, other, level), np.maximum(chance, 1e-9)


class _Near:
    def __init__(self, compared: Comparison, frame: Frame) -> None:
        self._compared, self._columns = compared, frame.columns
        values = self._values = frame.columns[compared.column]
        told = np.sort(values[values >= 0])
        self._told = len(told)
        # How many records are at most so far from each value.
        every = np.arange(int(values.max(initial=0)) + 1)
        self._within = [
            np.searchsorted(told, every + apart, side="right") - np.searchsorted(told, every - apart)
            for apart in compared.apart
        ]
        if compared.given:
            given = frame.columns[compared.given]
            both = (values >= 0) & (given >= 0)
            counts = [_pairs_near(given[both], values[both], apart) for apart in compared.apart]
            pairs = _pairs_near(given[both], np.zeros(int(both.sum()), dtype=np.int64), 0)
            self._given = np.diff([0, *counts, pairs]) / max(pairs, 1) if pairs else None

    def levels(self, one: Ints, other: Ints) -> tuple[Ints, Floats]:
        compared, among = self._compared, max(self._told - 1, 1)
        ours, theirs = self._values[one], self._values[other]
        level = np.searchsorted(np.array(compared.apart), np.abs(ours - theirs))
        within = [0.5 * (counts[ours] + counts[theirs]) - 1 for counts in self._within]
        shares = np.diff([np.zeros(len(ours)), *within, np.full(len(ours), float(among))], axis=0) / among
        chance = shares[level, np.arange(len(ours))]
        if compared.given and self._given is not None:
            given = self._columns[compared.given]
            same = (given[one] >= 0) & (given[one] == given[other])
            chance = np.where(same, self._given[level], chance)
        chance = np.maximum(chance, 1 / (among + 1))
        last = level == len(compared.apart)
        chance = np.where(last, np.maximum(chance, 1 - sum(compared.agree)), chance)
        return _spoken(compared, self._columns, one, other, level), chance


@dataclass(frozen=True)
class SharedWords:
    """How many words of one kind two names share; a kind of pairs for each number of words that they tell.

    Strangers share a word as often as records of one sex have it, and two as often as they have both.
    """

    kind: str
    same: float
    same_of_kin: float
    also: str = ""
    most: int = 4

    @property
    def needs(self) -> set[str]:
        return {self.kind}

    @property
    def says(self) -> set[str]:
        return {self.kind, self.also}

    @property
    def expected(self) -> Floats:
        return self._rows(self.same)

    @property
    def expected_of_kin(self) -> Floats:
        return self._rows(self.same_of_kin)

    def row(self, one: Ints, other: Ints) -> Ints:
        """The kind of pairs, by how many words each of the two tells."""
        return np.minimum(one, other) * (self.most + 1) + np.maximum(one, other)

    def of(self, frame: Frame) -> Compared:
        return _Shared(self, frame)

    def _rows(self, same: float) -> Floats:
        rows = np.zeros(((self.most + 1) ** 2, self.most + 1))
        for row in range(len(rows)):
            told = min(divmod(row, self.most + 1))
            for shared in range(told + 1):
                rows[row, shared] = comb(told, shared) * same**shared * (1 - same) ** (told - shared)
        return rows


class _Shared:
    def __init__(self, compared: SharedWords, frame: Frame) -> None:
        self._compared = compared
        self._words, self._sex = frame.words[compared.kind], frame.columns["sex"] + 1
        self._version = frame.columns["names_version"]
        self._told = (self._words >= 0).sum(axis=1)
        self._width = int(self._words.max(initial=0)) + 1
        names = self._words.shape[1]
        sex = np.repeat(self._sex, names)
        flat = self._words.ravel()
        self._counts = np.bincount((sex * self._width + flat)[flat >= 0], minlength=1)
        self._naming = np.bincount(self._sex[self._told > 0], minlength=4)
        pairs = [
            self._joint(self._sex, self._words[:, one], self._words[:, two])[self._words[:, two] >= 0]
            for one in range(names)
            for two in range(one + 1, names)
        ]
        self._both, self._both_counts = np.unique(
            np.concatenate([*pairs, np.zeros(1, np.int64)]), return_counts=True
        )
        by_sex = [self._counts[sex * self._width : (sex + 1) * self._width] for sex in range(4)]
        self._any = np.array(
            [
                min(float(np.sum(counts.astype(float) ** 2)) / max(int(naming) ** 2, 1), 0.9)
                for counts, naming in zip(by_sex, self._naming, strict=True)
            ]
        )

    def levels(self, one: Ints, other: Ints) -> tuple[Ints, Floats]:
        ours, theirs = self._words[one], self._words[other]
        shared = ((ours[:, :, None] == theirs[:, None, :]) & (ours[:, :, None] >= 0)).any(axis=2)
        count = shared.sum(axis=1)
        sex, told, told_there = self._sex[one], self._told[one], self._told[other]
        among = np.maximum(self._naming[sex], 2).astype(float)
        rows = np.arange(len(one))
        rarest = np.argmax(shared, axis=1)
        word = ours[rows, rarest]
        of_word = self._counts[np.minimum(sex * self._width + word, len(self._counts) - 1)]
        chance = (of_word - 1.5) / (among - 1)
        many = count > 1
        if many.any():
            rest = shared.copy()
            rest[rows, rarest] = False
            second = ours[rows, np.argmax(rest, axis=1)]
            also = self._counts[np.minimum(sex * self._width + second, len(self._counts) - 1)]
            by_chance = of_word * (also / among)
            key = self._joint(sex, word, second)
            place = np.minimum(np.searchsorted(self._both, key), len(self._both) - 1)
            both = np.where(self._both[place] == key, self._both_counts[place], 0)
            joint = (np.maximum(both - 2, 0) + by_chance + policy.UNSEEN_NAME) / among
            chance = np.where(many, np.minimum(joint, chance), chance)
        fewer = np.minimum(told, told_there)
        ways = _WAYS[np.minimum(fewer, 4), np.minimum(count, 4)]
        chance = np.where(count == 0, 1 - self._any[sex], chance * ways)
        row = self._compared.row(told, told_there)
        told_alike = (fewer > 0) & (self._version[one] == self._version[other])
        level = np.where(told_alike, row * (self._compared.most + 1) + count, SILENT)
        return level, np.clip(chance, 1e-9, 1)

    def _joint(self, sex: Ints, one: Ints, two: Ints) -> Ints:
        return (sex * self._width + np.maximum(one, 0)) * self._width + np.maximum(two, 0)


_WAYS = np.array([[max(comb(told, shared), 1) for shared in range(5)] for told in range(5)], dtype=float)


def _spoken(compared: Comparison, columns: Any, one: Ints, other: Ints, level: Ints) -> Ints:
    values = columns[compared.column]
    spoken = (values[one] >= 0) & (values[other] >= 0)
    if compared.unless:
        beside = columns[compared.unless]
        spoken &= ~((beside[one] >= 0) & (beside[other] >= 0))
    return np.where(spoken, level, SILENT)


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

"""How many persons are to be expected behind some registrations, and how sure that is.

Duplicates are the probabilities of all pairs, more by what the rules miss and less by what they count twice:
of three records of one person two are duplicates, though there are three pairs. The range comes from learning
again (with pairs weighted at random, other m to begin with, and names without their kinds) and from the
chance of the pairs: ten of .1 each are none, one or two duplicates. So where nobody is known twice it reaches
the number of records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from orchestration.linkage import policy
from orchestration.linkage.blocks import Blocking, Kinds
from orchestration.linkage.comparisons import Floats, SharedWords
from orchestration.linkage.frame import Frame, Ints, mixed, together
from orchestration.linkage.learning import Comparisons, Evidence, Rates, Rivals

_SEED = 20_240_101
RANGE = (1 - policy.RANGE_SHARE) / 2, (1 + policy.RANGE_SHARE) / 2


@dataclass(frozen=True)
class Estimate:
    """Each pair's probability, and of each kind the share of pairs of one person that the rules find."""

    probability: Floats
    coverage: Floats


@dataclass(frozen=True)
class Scored:
    """Pairs across partners, as rows of the frame; `weight` is log2 of the odds, before rivals.

    Links are decided by `estimate`, which finds more of them; persons are counted by `counted`, of names
    without their kinds, which comes closer to their number. `draws` are estimates under other assumptions, a
    list for each way of drawing. `false`: the pairs within partners that would be counted as one person.
    """

    first: Ints
    second: Ints
    kinds: Ints
    weight: Floats
    rivals: Rivals
    estimate: Estimate
    counted: Estimate
    draws: list[list[Estimate]]
    false: Floats
    left_out: dict[str, int]

    @classmethod
    def nothing(cls, kinds: Kinds) -> Self:
        none, numbers = np.zeros(0, dtype=np.int64), np.zeros(0)
        estimate = Estimate(numbers, np.ones(len(kinds.groups)))
        false = np.zeros(len(kinds.groups))
        rivals = Rivals(none, none, none)
        return cls(none, none, none, numbers, rivals, estimate, estimate, [[estimate]], false, {})


@dataclass(frozen=True)
class Duplicates:
    """What each pair adds to the records that are somebody's second, with its variance; and the sums by kind.

    `low` and `high` are of what was learned; `with_chance` adds the chance of the pairs.
    """

    brings: Floats
    variance: Floats
    low: Floats
    expected: Floats
    high: Floats

    def with_chance(self, kinds: Ints) -> tuple[Floats, Floats]:
        chance = policy.RANGE_REACH**2 * sums_of(kinds, self.variance, len(self.expected))
        low, high = (np.hypot(self.expected - end, np.sqrt(chance)) for end in (self.low, self.high))
        return np.maximum(self.expected - low, 0), self.expected + high


def duplicates_of(scored: Scored, ruled: Floats) -> Duplicates:
    """`ruled` is 1 or 0 where stewards ruled on a pair, else NaN."""

    def likely_and_found(estimate: Estimate) -> tuple[Floats, Floats]:
        likely = np.where(np.isnan(ruled), estimate.probability, ruled)
        return likely, np.where(ruled == 1, 1.0, estimate.coverage[scored.kinds])

    def brought(estimate: Estimate) -> Floats:
        """Of a person known to k partners every pair is found, k (k - 1) / 2 of them, and brings 2 / k: k - 1
        in all. Between two whole numbers k it is the share of both.
        """
        likely, found = likely_and_found(estimate)
        partners = 2 + scored.rivals.beside(likely) / found / 2
        whole = np.floor(partners)
        return np.asarray(likely / found * 2 * (2 * whole + 1 - partners) / (whole * (whole + 1)))

    kinds = len(scored.counted.coverage)
    brings = brought(scored.counted)
    # Of a pair p (1 - p), and of those the rules miss beside it p (1 - c) / c**2.
    likely, found = likely_and_found(scored.counted)
    variance = brings * (2 - likely - found) / found
    expected = sums_of(scored.kinds, brings, kinds)
    drawn = [np.array([sums_of(scored.kinds, brought(one), kinds) for one in way]) for way in scored.draws]
    ends = np.concatenate([[expected], *(np.quantile(way, RANGE, axis=0) for way in drawn)])
    return Duplicates(brings, variance, ends.min(axis=0), expected, ends.max(axis=0))


def sums_of(kinds: Ints, values: Floats, count: int) -> Floats:
    """The sum of the values of each kind."""
    return np.asarray(np.bincount(kinds, values, count), dtype=np.float64)


class Coverage:
    """The share of pairs of one person that some rule finds, drawn: each from a record, the empty fields of
    another record of another partner, and m.
    """

    def __init__(self, blocking: Blocking, frame: Frame, kinds: Kinds) -> None:
        self.rules, self._blocking = blocking.rules, blocking
        every = np.arange(frame.size)
        strongest = kinds.of(every, every)
        self._drawn = [
            self._ends(frame, np.flatnonzero(strongest == kind)) for kind in range(len(kinds.groups))
        ]

    def of(
        self, comparisons: Comparisons, rates: Sequence[Rates], draws: int = policy.COVERAGE_DRAWS
    ) -> Floats:
        """A row for each m, with a share for each kind of pairs."""
        found = np.ones((len(rates), len(self._drawn)))
        for kind, (one, other) in enumerate(self._drawn):
            if not one.size:
                continue
            rows = np.arange(min(draws, one.size))
            one, other = one.take(rows), other.take(rows)
            others = [_second(one, other, comparisons, m) for m in rates]
            covered = self._blocking.covered(together([one] * len(rates)), together(others))
            found[:, kind] = covered.reshape(len(rates), -1).mean(axis=1)
        return np.maximum(found, policy.LOWEST_COVERAGE)

    def _ends(self, frame: Frame, rows: Ints) -> tuple[Frame, Frame]:
        dice = np.random.default_rng(_SEED)
        one, other = (
            rows[dice.integers(len(rows), size=policy.COVERAGE_DRAWS)] if len(rows) else rows for _ in "ab"
        )
        apart = frame.columns["partner"][one] != frame.columns["partner"][other]
        return frame.take(one[apart]), frame.take(other[apart])


def _second(one: Frame, other: Frame, comparisons: Comparisons, m: Rates) -> Frame:
    """Another record of the persons of `one`, which agrees by m, with the empty fields of `other`."""
    dice = np.random.default_rng(_SEED)
    columns = {name: np.full(one.size, -1) for name in one.columns}
    if "sex" in columns:
        columns["sex"] = np.where(other.columns["sex"] >= 0, one.columns["sex"], -1)
    words = {kind: np.full_like(own, -1) for kind, own in one.words.items()}
    for compared, rates in zip(comparisons, m, strict=True):
        if isinstance(compared, SharedWords):
            for kind in filter(None, (compared.column, compared.also)):
                ours, theirs = one.words[kind], other.words[kind]
                row = compared.row((ours >= 0).sum(axis=1), (theirs >= 0).sum(axis=1))
                shared = _drawn(rates[row], dice)
                shuffled = np.argsort(np.where(ours >= 0, dice.random(ours.shape), 2), axis=1)
                words[kind] = np.where(np.argsort(shuffled, axis=1) < shared[:, None], ours, -1)
            continue
        level = _drawn(np.repeat(rates, one.size, axis=0), dice)
        ours, theirs = one.columns[compared.column], other.columns[compared.column]
        both = (ours >= 0) & (theirs >= 0)
        if compared.apart:
            reach = np.array([*compared.apart, -1])[level]
            side = np.where(dice.random(one.size) < 0.5, -1, 1)
            value = np.where(reach >= 0, np.maximum(ours + side * reach, 0), -1)
        else:
            value = np.where(level == 0, ours, -1)
        columns[compared.column] = np.where(both, value, -1)
        if compared.wider:
            wide = np.where(level <= 1, one.columns[compared.wider], -1)
            columns[compared.wider] = np.where(both, wide, columns[compared.wider])
    return Frame(columns, words, one.signature)


def _drawn(rates: Floats, dice: np.random.Generator) -> Ints:
    return np.asarray((dice.random(len(rates))[:, None] > np.cumsum(rates, axis=1)[:, :-1]).sum(axis=1))


def weights_of(frame: Frame, evidence: Evidence, repetition: int) -> Floats:
    """A weight a pair, drawn from the exponential distribution by the values of its records."""
    ends = frame.signature[evidence.found.first] ^ mixed(frame.signature[evidence.found.second])
    bits = mixed(ends ^ mixed(np.array([repetition], dtype=np.uint64))) >> np.uint64(11)
    return np.asarray(-np.log((bits.astype(np.float64) + 0.5) / 2**53))


def drawn_rates(added: Rates, dice: np.random.Generator) -> Rates:
    """m drawn around what was measured, a Dirichlet distribution a row."""
    drawn = [dice.standard_gamma(np.maximum(policy.DRAWN_AROUND * rows, 1e-3)) * (rows > 0) for rows in added]
    return [rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-9) for rows in drawn]

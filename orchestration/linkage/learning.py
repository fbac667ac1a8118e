"""How often two records of one person agree, learned from the records (expectation maximisation).

What strangers agree in is known beforehand. Of each comparison is learned from pairs that some block found
without it: a block by origin finds only pairs that agree there. Pairs within one partner are never one
person: what those look like that are too alike for strangers, companions such as sisters, is learned there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from orchestration.linkage import policy
from orchestration.linkage.blocks import Block, Looked
from orchestration.linkage.comparisons import SILENT, Comparison, Floats, SharedWords
from orchestration.linkage.frame import Frame, Ints

Agreement = list[Floats]  # a comparison: a row a kind of pairs, a column a level
_AT_ONCE = 400_000
_ROUNDS = 40
_SMALLEST, _LARGEST = 1e-6, 60.0  # of a chance, and of the logarithm of odds
_STILL = 1e-4


@dataclass(frozen=True)
class Evidence:
    """Pairs with the levels of each comparison, gathered in patterns that many pairs share.

    `rare` is the sum of the natural logarithms of 1 / chance among strangers. `learns` says, comparison by
    comparison, which patterns may teach it; `at` is where a pair stands among those looked at.
    """

    first: Ints
    second: Ints
    rare: Floats
    pattern: Ints
    levels: Ints
    learns: Any
    at: Ints

    @property
    def size(self) -> int:
        return len(self.first)

    def gain(self, agreement: Agreement) -> Floats:
        """The natural logarithm of each pair's Bayes factor."""
        return np.asarray(self.rare + _gain(self.levels, agreement)[self.pattern])

    def rates(self, weights: Floats, added: Agreement, pairs: float) -> Agreement:
        """The share of each level among pairs with these weights, and `pairs` more that agree as `added`."""
        of_pattern = np.bincount(self.pattern, weights, minlength=len(self.levels))
        rates = []
        for at, rows in enumerate(added):
            chosen = self.learns[:, at] & (self.levels[:, at] != SILENT)
            seen = np.bincount(self.levels[chosen, at], of_pattern[chosen], minlength=rows.size)
            counts = seen.reshape(rows.shape) + pairs * rows
            rates.append(counts / np.maximum(counts.sum(axis=1, keepdims=True), _SMALLEST))
        return rates

    def where(self, chosen: Any) -> Evidence:
        patterns, pattern = np.unique(self.pattern[chosen], return_inverse=True)
        return Evidence(
            self.first[chosen],
            self.second[chosen],
            self.rare[chosen],
            pattern,
            self.levels[patterns],
            self.learns[patterns],
            self.at[chosen],
        )


def evidence_of(
    frame: Frame,
    looked: Looked,
    blocks: Sequence[Block],
    comparisons: Sequence[Comparison | SharedWords],
    assumed: Sequence[Agreement],
    least: float,
) -> Evidence:
    """What all comparisons say of those of the pairs, given too, whose Bayes factor reaches `least` (its
    natural logarithm) under some of the agreement that is `assumed`.
    """
    compared = [one.of(frame) for one in comparisons]
    parts: list[tuple[Ints, Floats, Ints]] = []
    for start in range(0, max(len(looked.first), 1), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        first, second = looked.first[part], looked.second[part]
        rare, levels = np.zeros(len(first)), np.zeros((len(first), len(comparisons)), dtype=np.int64)
        for at, one in enumerate(compared):
            levels[:, at], chance = one.levels(first, second)
            rare -= np.where(levels[:, at] == SILENT, 0, np.log(chance))
        gains = [_gain(levels, agreement) for agreement in assumed]
        kept = np.flatnonzero(rare + np.max(gains, axis=0) > least)
        parts.append((kept + start, rare[kept], levels[kept]))
    kept, rare, levels = (np.concatenate(column) for column in zip(*parts, strict=True))
    masks = [
        sum(1 << number for number, block in enumerate(blocks) if not one.says & block.needs)
        for one in comparisons
    ]
    learns = np.stack([(looked.blocks[kept] & mask) != 0 for mask in masks], axis=1)
    pattern = np.zeros(len(kept), dtype=np.int64)
    for column in (*(levels.T + 1), *learns.T.astype(np.int64)):
        pattern = pattern * (int(column.max(initial=0)) + 1) + column
    _, where, pattern = np.unique(pattern, return_index=True, return_inverse=True)
    first, second = looked.first[kept], looked.second[kept]
    return Evidence(first, second, rare, pattern, levels[where], learns[where], kept)


def _gain(levels: Ints, agreement: Agreement) -> Floats:
    gain = np.zeros(len(levels))
    for at, rates in enumerate(agreement):
        logs = np.append(np.log(np.maximum(rates.ravel(), _SMALLEST)), 0.0)  # the last: SILENT
        gain += logs[levels[:, at]]
    return gain


@dataclass(frozen=True)
class Learned:
    """`share` is the chance that two records are one person, `kin_share` that they are companions."""

    agreement: Agreement
    share: float
    kin: Agreement | None = None
    kin_share: float = 0.0


class Rivals:
    """Which pairs exclude one another: a record has at most one other at each partner."""

    def __init__(self, evidence: Evidence, partner: Ints) -> None:
        count = int(partner.max(initial=0)) + 1
        ends = [(evidence.first, evidence.second), (evidence.second, evidence.first)]
        keys, at = np.unique(
            np.concatenate([one * count + partner[other] for one, other in ends]), return_inverse=True
        )
        self._records, self._at = keys // count, at.reshape(2, -1)

    def probabilities(self, odds: Floats) -> Floats:
        sums = self._sums(odds)[self._at]
        return np.asarray(odds / (1 + sums[0] + sums[1] - odds))

    def beside(self, probabilities: Floats) -> Floats:
        """For each pair, how many further links its two ends are expected to have, at third partners."""
        sums = self._sums(probabilities)
        of_record = np.bincount(self._records, sums, minlength=1)
        return np.asarray((of_record[self._records] - sums)[self._at].sum(axis=0))

    def _sums(self, values: Floats) -> Floats:
        sums = np.bincount(self._at.ravel(), np.tile(values, 2), minlength=len(self._records))
        return np.asarray(sums, dtype=np.float64)


def odds_of(evidence: Evidence, learned: Learned) -> Floats:
    """The odds that a pair is one person and not two, who may be companions."""
    odds = (
        np.exp(np.minimum(evidence.gain(learned.agreement), _LARGEST)) * learned.share / (1 - learned.share)
    )
    if learned.kin is not None:
        kin = (
            np.exp(np.minimum(evidence.gain(learned.kin), _LARGEST)) * learned.kin_share / (1 - learned.share)
        )
        odds = odds / (1 + kin)
    return np.asarray(odds)


@dataclass(frozen=True)
class Setting:
    """The pairs across partners to learn from; `coverage` is the share of pairs that the blocks find, pair by
    pair; `possible` the number of all pairs, `bounds` those of the share of one person.
    """

    evidence: Evidence
    rivals: Rivals
    coverage: Floats
    possible: int
    bounds: tuple[float, float]


@dataclass(frozen=True)
class Prior:
    """So many pairs that agree as `added` stand beside those that are found."""

    added: Agreement
    pairs: float = policy.ADDED_PAIRS


def learn(setting: Setting, first: Learned, prior: Prior | None, weights: Floats | None = None) -> Learned:
    """Agreement and share that explain the pairs best; without a prior the agreement stays as it is."""
    learned, evidence = first, setting.evidence
    for _ in range(_ROUNDS):
        before = learned
        found = setting.rivals.probabilities(odds_of(evidence, learned))
        if weights is not None:
            found = found * weights
        kin_share = learned.kin_share
        if learned.kin is not None:
            kin = np.exp(np.minimum(evidence.gain(learned.kin), _LARGEST)) * kin_share
            kin_share = float(np.sum((1 - np.minimum(found, 1)) * kin / (1 + kin))) / setting.possible
        share = float(np.sum(found / setting.coverage)) / setting.possible
        share = min(max(share, setting.bounds[0]), setting.bounds[1])
        agreement = evidence.rates(found, prior.added, prior.pairs) if prior else learned.agreement
        learned = replace(learned, agreement=agreement, share=share, kin_share=kin_share)
        moved = max(float(np.abs(a - b).max()) for a, b in zip(agreement, before.agreement, strict=True))
        if moved < _STILL and abs(share - before.share) < _STILL * before.share:
            break
    return learned


def learn_companions(evidence: Evidence, added: Agreement, possible: float) -> tuple[Agreement, float]:
    """How companions agree, from pairs within partners, and how many such pairs there are."""
    if not evidence.size:
        return added, 0.0
    agreement, share = added, 1.0 / possible
    found = np.zeros(evidence.size)
    for _ in range(_ROUNDS):
        odds = np.exp(np.minimum(evidence.gain(agreement), _LARGEST)) * share / (1 - share)
        found, before = odds / (1 + odds), share
        share = min(max(float(np.sum(found)) / possible, 1e-12), 0.5)
        agreement = evidence.rates(found, added, policy.ADDED_PAIRS)
        if abs(share - before) < _STILL * before:
            break
    return agreement, float(np.sum(found))

"""How often two records of one person agree (m), learned from the records by expectation maximisation.

u is known beforehand. m of each comparison is learned from pairs that some blocking rule found without it: a
rule by origin finds only pairs that agree there. Pairs within one partner are never one person: how those
agree that are too alike for strangers, companions such as sisters, is learned there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from orchestration.linkage import policy
from orchestration.linkage.blocks import Candidates, Rule, joined
from orchestration.linkage.comparisons import SILENT, Comparison, Floats, SharedWords
from orchestration.linkage.frame import Frame, Ints

Comparisons = Sequence[Comparison | SharedWords]
Rates = list[Floats]  # m of each comparison: a row a kind of pairs, a column a level
ROUNDS = 40
STILL = 1e-4  # a change as small as this ends the rounds
_AT_ONCE = 400_000
DIGITS = 9  # of what is learned, and of what is compared with a threshold, so that all machines agree
_SMALLEST, _LARGEST = 1e-6, 60.0  # of a rate, and of the logarithm of odds


@dataclass(frozen=True)
class Parameters:
    """`share` is the chance that two records are one person, `kin_share` that they are companions.

    `coverage`: of each kind, the share of pairs of one person that the rules find.
    """

    m: Rates
    share: float
    coverage: Floats
    m_of_kin: Rates | None = None
    kin_share: float = 0.0

    def rounded(self) -> Parameters:
        """Return these to DIGITS significant digits."""
        return Parameters(**{name: _rounded(value) for name, value in vars(self).items()})


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(rows) for rows in value]
    if isinstance(value, np.ndarray):
        return np.array([float(f"{number:.{DIGITS}g}") for number in value.flat]).reshape(value.shape)
    return value if value is None else float(f"{value:.{DIGITS}g}")


@dataclass(frozen=True)
class Evidence:
    """Pairs with the levels of each comparison, gathered in patterns that many pairs share.

    `rarity` is the sum of the natural logarithms of 1 / u. `levels` has a row a comparison and a column a
    pattern; `taught` the same plus 1, and 0 where a pattern may not teach m. `found` are the pairs, with the
    rules that found them.
    """

    found: Candidates
    rarity: Floats
    pattern: Ints
    levels: Ints
    taught: Ints

    def bayes_factors(self, m: Rates) -> Floats:
        """m / u of each pair."""
        return np.exp(np.minimum(self.rarity + _log_m(self.levels, m)[self.pattern], _LARGEST))

    def odds(self, of: Parameters, kin: Floats | None = None) -> Floats:
        """The odds that a pair is one person, not two or companions; `kin`: factors of these, if known."""
        odds = self.bayes_factors(of.m) * of.share / (1 - of.share)
        if of.m_of_kin is not None:
            kin = self.bayes_factors(of.m_of_kin) if kin is None else kin
            odds = odds / (1 + kin * of.kin_share / (1 - of.share))
        return np.asarray(odds)

    def rates(self, weights: Floats, added: Rates, pairs: float) -> Rates:
        """m of pairs with these weights, and of `pairs` more that agree as `added`."""
        of_pattern = np.bincount(self.pattern, weights, minlength=self.levels.shape[1])
        found = []
        for taught, rows in zip(self.taught, added, strict=True):
            seen = np.bincount(taught, of_pattern, minlength=rows.size + 1)[1:]
            counts = seen.reshape(rows.shape) + pairs * rows
            found.append(counts / np.maximum(counts.sum(axis=1, keepdims=True), _SMALLEST))
        return found

    def where(self, chosen: Any) -> Evidence:
        patterns, pattern = np.unique(self.pattern[chosen], return_inverse=True)
        own = self.levels[:, patterns], self.taught[:, patterns]
        return Evidence(self.found.where(chosen), self.rarity[chosen], pattern, *own)


def evidence_of(
    frame: Frame,
    candidates: Iterable[Candidates],
    rules: Sequence[Rule],
    comparisons: Comparisons,
    least: float,
) -> Evidence:
    """What all comparisons say of the pairs whose Bayes factor reaches `least` (its natural logarithm) under
    the rates that are added, of one person or of companions. The candidates come in parts, one or more.
    """
    compared = [one.of(frame) for one in comparisons]
    assumed = [[one.rates(kin) for one in comparisons] for kin in (False, True)]
    parts: list[tuple[Candidates, Floats, npt.NDArray[np.int8]]] = []
    for part in (part for whole in candidates for part in whole.parts(_AT_ONCE)):
        rarity, levels = np.zeros(len(part.first)), np.zeros((len(comparisons), len(part.first)), np.int8)
        for at, levels_of in enumerate(compared):
            levels[at], u = levels_of(part.first, part.second)
            rarity -= np.where(levels[at] == SILENT, 0, np.log(u))
        likeliest = rarity + np.max([_log_m(levels, m) for m in assumed], axis=0)
        kept = np.flatnonzero(np.round(likeliest, DIGITS) > least)
        parts.append((part.where(kept), rarity[kept], levels[:, kept]))
    pairs, rarities, all_levels = zip(*parts, strict=True)
    found, levels = joined(pairs), np.concatenate(all_levels, axis=1)
    masks = [
        sum(1 << number for number, rule in enumerate(rules) if not one.columns & rule.columns)
        for one in comparisons
    ]
    learns = np.stack([(found.rules & mask) != 0 for mask in masks])
    pattern = np.zeros(len(found.first), dtype=np.int64)
    for level in levels:
        pattern = pattern * (int(level.max(initial=0)) + 2) + level + 1
    for teaches in learns:
        pattern = pattern * 2 + teaches
    _, where, pattern = np.unique(pattern, return_index=True, return_inverse=True)
    own, learns = levels[:, where].astype(np.int64), learns[:, where]
    return Evidence(found, np.concatenate(rarities), pattern, own, np.where(learns, own + 1, 0))


def _log_m(levels: npt.NDArray[np.signedinteger[Any]], m: Rates) -> Floats:
    found = np.zeros(levels.shape[1])
    for level, rates in zip(levels, m, strict=True):
        found += np.append(np.log(np.maximum(rates.ravel(), _SMALLEST)), 0.0)[level]  # the last: SILENT
    return found


class Rivals:
    """Which pairs exclude one another: a record has at most one other at each partner."""

    def __init__(self, first: Ints, second: Ints, partner: Ints) -> None:
        count = int(partner.max(initial=0)) + 1
        sides = [one * count + partner[other] for one, other in ((first, second), (second, first))]
        keys, at = np.unique(np.concatenate(sides), return_inverse=True)
        self._records, self._at = keys // count, at.reshape(2, -1)

    def probabilities(self, odds: Floats) -> Floats:
        sums = self._sums(odds)[self._at]
        return np.asarray(odds / (1 + sums[0] + sums[1] - odds))

    def beside(self, probabilities: Floats) -> Floats:
        """For each pair, how many further links its two records are expected to have, at third partners."""
        sums = self._sums(probabilities)
        of_record = np.bincount(self._records, sums, minlength=1)
        return np.asarray((of_record[self._records] - sums)[self._at].sum(axis=0))

    def _sums(self, values: Floats) -> Floats:
        sums = np.bincount(self._at.ravel(), np.tile(values, 2), minlength=len(self._records))
        return np.asarray(sums, dtype=np.float64)


def learn_companions(evidence: Evidence, added: Rates, possible: float) -> tuple[Rates, float]:
    """How companions agree, from pairs within partners, and how many such pairs there are."""
    m, share, found = added, 1.0 / possible, np.zeros(len(evidence.found.first))
    for _ in range(ROUNDS if len(found) else 0):
        odds = evidence.bayes_factors(m) * share / (1 - share)
        found, before = odds / (1 + odds), share
        share = min(max(float(np.sum(found)) / possible, 1e-12), 0.5)
        m = evidence.rates(found, added, policy.ADDED_PAIRS)
        if is_still(abs(share / before - 1)):
            break
    return m, float(np.sum(found))


def is_still(change: float) -> bool:
    """Whether learning ends, on all machines in the same round."""
    return round(change, DIGITS) < STILL

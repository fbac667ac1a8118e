"""How many persons are to be expected behind some registrations: a range, because the prior moves the answer.

The duplicates are the probabilities of a spanning forest of the pairs, the likeliest first, and not of all
pairs: of three records of one person two are duplicates, though there are three pairs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from orchestration.linkage import policy
from orchestration.linkage.clusters import Clusters
from orchestration.linkage.decisions import Rulings, ScoredPair

Floats = npt.NDArray[np.float64]


def prior_of(weights: Floats, possible_pairs: int, records: int) -> float:
    """The chance that two records of different partners are one person, which explains the weights best.

    `weights` are log2 Bayes factors of the pairs that were looked at, `possible_pairs` all there are. Found
    by expectation maximisation over this one number, within `policy.DUPLICATE_SHARE_BOUNDS`.
    """
    lowest, highest = (share * records / possible_pairs for share in policy.DUPLICATE_SHARE_BOUNDS)
    prior = policy.DUPLICATE_SHARE_AT_FIRST * records / possible_pairs
    weights = np.sort(weights)  # a sum of floats hangs on its order, and the order of pairs on their ids
    for _ in range(100):
        before, prior = prior, float(np.sum(probabilities(weights, prior))) / possible_pairs
        prior = min(max(prior, lowest), highest, 0.5)
        if abs(prior - before) < 1e-6 * before:
            break
    return prior


def probabilities(weights: Floats, prior: float) -> Floats:
    """Each pair's probability under a prior, by Bayes."""
    odds = np.exp2(weights) * (prior / (1 - prior))
    return np.asarray(odds / (1 + odds))


@dataclass(frozen=True)
class Duplicates:
    """How many records are somebody's second, under the lowest, the estimated and the highest prior."""

    low: float = 0.0
    expected: float = 0.0
    high: float = 0.0


def expected_duplicates(pairs: Iterable[ScoredPair]) -> dict[str, Duplicates]:
    """By the tier that compared them, of pairs as `counted_pairs` gives them."""
    sums: dict[str, list[float]] = {}
    forest = Clusters()
    for one in pairs:
        if not forest.join(*one.pair):
            continue
        of_tier = sums.setdefault(one.tier, [0.0, 0.0, 0.0])
        for place, probability in enumerate((one.low, one.probability, one.high)):
            of_tier[place] += probability
    return {tier: Duplicates(*found) for tier, found in sums.items()}


def counted_pairs(pairs: Iterable[ScoredPair], rulings: Rulings | None = None) -> list[ScoredPair]:
    """Pairs that bring duplicates, likeliest first. Sure where a steward accepted, none where rejected."""
    rulings = rulings or Rulings()
    counted = [
        one._replace(low=1.0, probability=1.0, high=1.0) if one.pair in rulings.accepted else one
        for one in pairs
        if one.pair not in rulings.rejected
    ]
    likely = [one for one in counted if one.high >= policy.COUNTED_FROM]
    return sorted(likely, key=lambda one: (-one.probability, -one.low, -one.high, one.tier, one.pair))

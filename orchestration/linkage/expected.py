"""How many persons are to be expected behind some registrations: a range, because the prior moves the answer.

The duplicates are the probabilities of a spanning forest of the pairs, the likeliest first, and not of all
pairs: of three records of one person two are duplicates, though there are three pairs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
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


def expected_duplicates(
    pairs: Collection[ScoredPair], rulings: Rulings | None = None
) -> dict[str, Duplicates]:
    """By the tier that compared them. A pair is sure where a steward accepted it, none where rejected."""
    rulings = rulings or Rulings()
    sums: dict[str, list[float]] = {}
    forest = Clusters()
    for one in _likeliest_first(pairs, rulings.accepted):
        if one.pair in rulings.rejected or not forest.join(*one.pair):
            continue
        sure = one.pair in rulings.accepted
        found = (1.0, 1.0, 1.0) if sure else (one.low, one.probability, one.high)
        of_tier = sums.setdefault(one.tier, [0.0, 0.0, 0.0])
        for place, probability in enumerate(found):
            of_tier[place] += probability
    return {tier: Duplicates(*found) for tier, found in sums.items()}


def _likeliest_first(pairs: Iterable[ScoredPair], accepted: Collection[tuple[int, int]]) -> list[ScoredPair]:
    counted = [one for one in pairs if one.high >= policy.COUNTED_FROM or one.pair in accepted]
    return sorted(counted, key=lambda one: (one.pair not in accepted, -one.probability, one.pair))

"""How many persons are to be expected behind some registrations: a range, because the prior moves the answer.

The duplicates are the probabilities of a spanning forest of the pairs, the likeliest first, and not of all
pairs: of three records of one person two are duplicates, though there are three pairs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.linkage import policy
from orchestration.linkage.decisions import Pair, Rulings

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


def expected_duplicates(pairs: pa.Table) -> dict[str, Duplicates]:
    """By the tier that compared them, of pairs as `counted_pairs` gives them."""
    likeliest = pairs.take(_forest(pairs))
    tiers, of_tier = np.unique(likeliest["tier"].to_numpy(), return_inverse=True)
    sums = np.zeros((len(tiers), 3))
    found = [likeliest[name].to_numpy() for name in ("low", "probability", "high")]
    np.add.at(sums, of_tier, np.column_stack(found))  # one by one, the likeliest first
    return {str(tier): Duplicates(*row) for tier, row in zip(tiers, sums.tolist(), strict=True)}


def counted_pairs(pairs: pa.Table, rulings: Rulings | None = None) -> pa.Table:
    """Of PAIRS those that bring duplicates, likeliest first; as stewards ruled where they did."""
    rulings = rulings or Rulings()
    accepted = ruled(pairs, rulings.accepted)
    for name in ("low", "probability", "high"):
        sure = pc.if_else(accepted, pa.scalar(1.0), pairs[name])
        pairs = pairs.set_column(pairs.schema.get_field_index(name), name, sure)
    likely = pc.greater_equal(pairs["high"], policy.COUNTED_FROM)
    counted = pairs.filter(pc.and_(likely, pc.invert(ruled(pairs, rulings.rejected))))
    order = [(name, "descending") for name in ("probability", "low", "high")]
    return counted.sort_by([*order, *((name, "ascending") for name in ("tier", "record_a", "record_b"))])


def ruled(pairs: pa.Table, rulings: Collection[Pair]) -> pa.Array:
    """For each of some pairs whether it is among those ruled on, of which there are few."""
    found = np.zeros(pairs.num_rows, dtype=bool)
    first = pa.array({pair[0] for pair in rulings}, type=pa.int64())
    for at in np.flatnonzero(pc.is_in(pairs["record_a"], value_set=first).to_numpy()).tolist():
        found[at] = (pairs["record_a"][at].as_py(), pairs["record_b"][at].as_py()) in rulings
    return pa.array(found)


def _forest(pairs: pa.Table) -> npt.NDArray[np.int64]:
    """Where the pairs stand that close no circle with likelier ones (Kruskal), in their order."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    ends = np.concatenate([pairs[name].to_numpy() for name in ("record_a", "record_b")])
    records, nodes = np.unique(ends, return_inverse=True)
    # A pair's place stands for how likely it is: no two are equal, so no tie decides.
    places = np.arange(1.0, pairs.num_rows + 1)
    graph = coo_array((places, (nodes[: len(places)], nodes[len(places) :])), shape=(len(records),) * 2)
    return np.sort(minimum_spanning_tree(graph.tocsr()).data.astype(np.int64)) - 1

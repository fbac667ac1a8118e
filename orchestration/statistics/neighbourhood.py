"""Is the neighbourhood high? Getis and Ord's Gi* with binary neighbours, the place itself included.

It does not ask whether one place is high: a lone city among quiet neighbours can be missed.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, norm

from orchestration.settings import REFERENCE_SEEDS
from orchestration.statistics.two_way import Floats, Mask

# A seed, so that a new boundary file cannot change who neighbours whom.
NEIGHBOURS_SEED = REFERENCE_SEEDS / "county_adjacency.csv"
Pairs = frozenset[tuple[str, str]]


def load_neighbours(seed: Path = NEIGHBOURS_SEED) -> Pairs:
    """Pairs of neighbouring counties, in both directions; one that meets only in a point counts."""
    with seed.open(encoding="utf-8", newline="") as lines:
        pairs = [(row["place_id"], row["neighbour_place_id"]) for row in csv.DictReader(lines)]
    return frozenset(pairs) | frozenset((other, one) for one, other in pairs)


def ties(place_ids: Sequence[str], neighbours: Pairs) -> Mask:
    """Which of these places neighbour each other, each itself included."""
    position = {place_id: at for at, place_id in enumerate(place_ids)}
    near = np.eye(len(place_ids), dtype=bool)
    for one, other in neighbours:
        if one in position and other in position:
            near[position[one], position[other]] = True
    return near


def gi_star(x: Floats, near: Mask) -> Floats:
    """z of each place; nan where there is nothing to tell apart: equal values, or all places near.

    Args:
        x: one value a place.
        near: places x places, the diagonal true.
    """
    n, near_count = len(x), near.sum(axis=1)
    if n < 2 or np.ptp(x) <= np.finfo(float).eps * np.abs(x).max():
        return np.full(n, np.nan)
    spread = x.std() * np.sqrt((n * near_count - near_count**2) / (n - 1))
    above = (near * x).sum(axis=1) - x.mean() * near_count
    return np.divide(above, spread, out=np.full(n, np.nan), where=spread > 0)


def two_sided(z: Floats) -> Floats:
    """p of z by the normal distribution: of 999 permutations none of 47 places could ever be found."""
    return 2 * norm.sf(np.abs(z))


def q_values(p: Floats) -> NDArray[np.float64]:
    """Benjamini and Hochberg's q of each p that is a number; the others were never judged and stay nan."""
    q = np.full(len(p), np.nan)
    judged = ~np.isnan(p)
    if judged.any():
        q[judged] = false_discovery_control(p[judged], method="bh")
    return q

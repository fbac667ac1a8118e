"""For exploring by hand: no table of a release rests on these.

Moran's I says whether neighbours are alike at all, and names no place. EARS looks for a sudden rise in one
series of counts; on raw monthly counts of partners it mostly finds partners that start (docs/methods.md).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import special

from orchestration.statistics.comparable import Floats, Mask

BASELINE, GUARD = 7, 2


class Moran(NamedTuple):
    """Moran's I, with its mean and variance if the values were dealt to the places at random."""

    i: float
    expected: float
    variance: float
    z: float


def moran(x: Floats, near: Mask) -> Moran:
    """Moran's I with row-standardised neighbours; `near` is places x places, the diagonal false."""
    n, w = len(x), near / near.sum(axis=1, keepdims=True)
    z = x - x.mean()
    total = w.sum()
    i = n / total * (z @ w @ z) / (z @ z)
    s1 = ((w + w.T) ** 2).sum() / 2
    s2 = ((w.sum(axis=1) + w.sum(axis=0)) ** 2).sum()
    kurtosis = (z**4).mean() / (z**2).mean() ** 2
    expected = -1 / (n - 1)
    squared = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * total**2) - kurtosis * (
        (n**2 - n) * s1 - 2 * n * s2 + 6 * total**2
    )
    variance = squared / ((n - 1) * (n - 2) * (n - 3) * total**2) - expected**2
    return Moran(i, expected, variance, (i - expected) / math.sqrt(variance))


def ears_bounds(counts: Floats, guard: int = 0, alpha: float = 0.001) -> Floats:
    """Upper bound of each count by the seven before it, `guard` steps left out between; nan at the start.

    Without guard this is EARS C1, with GUARD it is C2. A count above its bound is an alarm.
    """
    bounds = np.full(len(counts), np.nan)
    for at in range(BASELINE + guard, len(counts)):
        before = counts[at - guard - BASELINE : at - guard]
        bounds[at] = before.mean() + -special.ndtri(alpha) * before.std(ddof=1)
    return bounds

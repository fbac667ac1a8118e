"""How many of the findings among several tests are false: two-sided p and Benjamini and Hochberg's q."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from orchestration.statistics.comparable import Floats


def two_sided(z: Floats) -> Floats:
    """Return the p of each z by the normal distribution."""
    return 2 * special.ndtr(-np.abs(z))


def q_values(p: Floats) -> NDArray[np.float64]:
    """Return the q of each p that is a number; the others are no tests and stay nan."""
    from scipy.stats import false_discovery_control  # the library takes a second to load

    q = np.full(len(p), np.nan)
    judged = ~np.isnan(p)
    if judged.any():
        q[judged] = false_discovery_control(p[judged], method="bh")
    return q

"""The attack: two readers who know everything that is published, and how well cells are hidden from them.

The first knows the grand total. The second also guesses that every cell hidden for itself is below the
smallest count that may be printed, which is what most hidden cells are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.disclosure.feasible import Floats, Published, intervals

KNOWS_TOTAL, GUESSES_SMALL = "knows_total", "guesses_small"
_BATCHES, _SEED, _SLACK = 12, 20, 1e-6
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Attacked:
    """What one attacker learns of each hidden cell that holds somebody.

    The cell lies at least anywhere from `low` to `high` for all that the attacker knows; where `is_safe` is
    false these are the exact bounds.
    """

    attacker: str
    cells: NDArray[np.int64]
    low: Floats
    high: Floats
    is_safe: Mask


def attack(
    published: Published, true: Floats, is_hidden: Mask, is_primary: Mask, smallest_printed: int
) -> list[Attacked]:
    """One result an attacker. A cell is safe if the values it could have lie `smallest_printed` - 1 or more
    apart and, for the one who does not guess, reach up to `smallest_printed`.

    `true` is every cell as it is; `is_primary` are those hidden for themselves, not to protect another.
    """
    total = np.full(len(true), true.sum())
    # A large cell, hidden for its few partners, would make the guess wrong: no table would fit.
    guessed = np.where(is_primary & (true < smallest_printed), smallest_printed - 1.0, total)
    asked, width = np.flatnonzero(is_hidden & (true > 0)), smallest_printed - 1.0
    found = []
    for attacker, most, reach in (
        (KNOWS_TOTAL, total, float(smallest_printed)),
        (GUESSES_SMALL, guessed, 0.0),
    ):
        low, high = _bounds(published, most, true, asked, width, reach)
        found.append(Attacked(attacker, asked, low, high, _is_safe(low, high, width, reach)))
    return found


def _bounds(
    published: Published, most: Floats, true: Floats, asked: NDArray[np.int64], width: float, reach: float
) -> tuple[Floats, Floats]:
    """Wide enough bounds of each cell asked about, or its exact ones.

    Any two tables that fit and differ by so much in a cell prove it safe, and one with random costs differs
    in many cells at once: a few programs settle most cells, two exact ones each are left for the rest.
    """
    low, high = true.copy(), true.copy()
    chance = np.random.default_rng(_SEED)
    for _ in range(_BATCHES):
        doubtful = asked[~_is_safe(low[asked], high[asked], width, reach)]
        if not len(doubtful):
            break
        cost = np.zeros(len(true))
        cost[doubtful] = chance.choice([-1, 1], len(doubtful)) * (1 + chance.random(len(doubtful)))
        for one in (cost, -cost):
            table = published.cheapest(one, most)
            low, high = np.minimum(low, table), np.maximum(high, table)
    doubtful = asked[~_is_safe(low[asked], high[asked], width, reach)]
    low[doubtful], high[doubtful] = intervals(published, most, doubtful)
    return low[asked], high[asked]


def _is_safe(low: Floats, high: Floats, width: float, reach: float) -> Mask:
    return (high - low >= width - _SLACK) & (high >= reach - _SLACK)

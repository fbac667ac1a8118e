"""How much more counts scatter than chance alone makes them, and what one event may add to a month.

Partners share waves, rescues and campaigns, so a corridor scatters at several levels: in each partner's
months, in the months of all partners together, in their quarters, and from year to year. Arrays are partner ×
item × month; windows are slices of the months.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Records an active month: cells with fewer say nothing about a partner's scatter.
_LEAST_MEAN_OF_A_CELL = 0.2
# Months of a block: waves that last longer than a month show in blocks.
BLOCKS = (1, 3)
# An item's own scatter weighs as its blocks, that of all items as so many.
_BLOCKS_OF_ALL = 20.0
# One month beside the others of its window: so many deviations of counts that scatter by this square.
_MOST_DEVIATIONS, _SCATTER_OF_A_MONTH, _ROUNDS = 3.0, 0.15, 3


def capped(monthly: Counts, is_active: Flags) -> Counts:
    """Each month of a window, at most what the mean m of the other active months lets expect of one.

    min(y, ceil(m + 3 √(m + 0.15 m²) + 1)), three times, so that a second month in the mean is capped too: a
    rescue of forty people is one event where no incident number says so.
    """
    held = monthly.astype(np.float64)
    active = is_active.astype(np.float64)[:, None, :]
    others = active.sum(axis=2, keepdims=True) - active
    is_beside_others = others > 0
    for _ in range(_ROUNDS):
        mean = ((held * active).sum(axis=2, keepdims=True) - held * active) / np.maximum(others, 1)
        most = mean + _MOST_DEVIATIONS * np.sqrt(mean + _SCATTER_OF_A_MONTH * mean**2) + 1
        held = np.where(is_beside_others, np.minimum(monthly, np.ceil(most)), monthly)
    return held.astype(np.int64)


def dispersion(monthly: Counts, is_active: Flags, windows: tuple[slice, ...]) -> Floats:
    """Variance over mean of each item: the largest of partners' months, of months and of quarters of all
    partners; at least 1. nan if no month can tell.
    """
    of_all = [of_blocks(monthly, is_active, windows, size) for size in BLOCKS]
    by_level = [1 + beyond * size for beyond, size in of_all]
    return np.maximum.reduce([_of_cells(monthly, is_active, windows), *by_level])


def _of_cells(monthly: Counts, is_active: Flags, windows: tuple[slice, ...]) -> Floats:
    """Each partner's months beside their mean.

    Variance grows as mean + κ mean², with one κ for all items: an item's own scatter is uncertain, and one
    figure for all would be too small for the large items.
    """
    ratios, squares, expected, freedom = (np.zeros(monthly.shape[1]) for _ in range(4))
    scatter = 0.0
    for reported, mean, active in _windows(monthly, is_active, windows):
        months = active.sum(axis=1)[:, None]
        counts = (mean > _LEAST_MEAN_OF_A_CELL) & (months > 1)
        free = np.where(counts, months - 1, 0)
        spread = np.where(counts, ((reported - mean[:, :, None]) ** 2 * active[:, None, :]).sum(axis=2), 0)
        ratios += (spread / np.where(counts, mean, 1)).sum(axis=0)
        squares += (free * mean**2).sum(axis=0)
        expected += (free * mean).sum(axis=0)
        freedom += free.sum(axis=0)
        scatter += float(spread.sum())
    if not freedom.any():
        return np.full(monthly.shape[1], np.nan)
    beyond = max(0.0, (scatter - expected.sum()) / squares.sum())
    own = 1 + beyond * squares / np.where(expected > 0, expected, 1)
    return np.maximum(np.maximum(own, ratios.sum() / freedom.sum()), 1)


def of_blocks(
    monthly: Counts, is_active: Flags, windows: tuple[slice, ...], size: int
) -> tuple[Floats, Floats]:
    """κ of each item in blocks of so many months of all partners: variance is mean + κ mean².

    Beside it Σ mean² over Σ mean: 1 + κ times it is the variance over the mean. Partners' own means say what
    is expected of a block. Of two windows the calmer one says what an item's κ is: a change within the other
    must not hide itself. It is drawn to that of all items, which weighs as twenty blocks. The oldest months
    of a window that fill no block are left out.
    """
    by_window, means, squares, blocks_of = [], *(np.zeros(monthly.shape[1]) for _ in range(3))
    for reported, mean, active in _windows(monthly, is_active, windows):
        blocks = reported.shape[2] // size
        if blocks < 2:
            continue
        counted, expected = (
            one[:, one.shape[1] - blocks * size :].reshape(len(one), blocks, size).sum(axis=2)
            for one in (reported.sum(axis=0), mean.T @ active)
        )
        free = 1 - 1 / blocks
        beyond = ((counted - expected) ** 2 - free * expected).sum(axis=1)
        by_window.append((beyond, free * (expected**2).sum(axis=1)))
        means += expected.sum(axis=1)
        squares += (expected**2).sum(axis=1)
        blocks_of += free * (expected > 0).sum(axis=1)
    if not by_window:
        return np.zeros(monthly.shape[1]), np.zeros(monthly.shape[1])
    found, weighted = (np.array(one) for one in zip(*by_window, strict=True))
    by_item = np.where(weighted > 0, found / np.where(weighted > 0, weighted, 1), np.inf)
    calmer = by_item.argmin(axis=0), np.arange(monthly.shape[1])
    own, weight = (
        np.maximum(0.0, np.where(np.isfinite(by_item[calmer]), by_item[calmer], 0.0)),
        weighted[calmer],
    )
    of_all = max(0.0, float(found[calmer].sum() / weight.sum())) if weight.any() else 0.0
    beyond = (blocks_of * own + _BLOCKS_OF_ALL * of_all) / (blocks_of + _BLOCKS_OF_ALL)
    return beyond, squares / np.where(means > 0, means, 1)


def _windows(
    monthly: Counts, is_active: Flags, windows: tuple[slice, ...]
) -> Iterator[tuple[Floats, Floats, Floats]]:
    """Of each window: counts of active months, the mean of partner and item, and which months were active."""
    for window in windows:
        active = is_active[:, window].astype(np.float64)
        reported = monthly[:, :, window] * active[:, None, :]
        yield reported, reported.sum(axis=2) / np.maximum(active.sum(axis=1)[:, None], 1), active


def between(squares: Floats, chance: Floats, sizes: Floats | float, cut: float) -> float:
    """τ² ≥ 0 so that squared deviations scatter as chance + τ² size lets expect, each counting up to cut²
    times: what changed by far does not widen the judgement of the rest.

    Solves mean min(d² / (chance + τ² size), c²) = E min(Z², c²), with Z standard normal.
    """
    usual = 1 - 2 * special.ndtr(-cut) - 2 * cut * np.exp(-cut * cut / 2) / np.sqrt(2 * np.pi)
    usual += 2 * cut * cut * special.ndtr(-cut)

    def beyond(tau: float) -> float:
        return float(np.minimum(squares / (chance + tau * sizes), cut * cut).mean() - usual)

    if not squares.size or beyond(0.0) <= 0:
        return 0.0
    high = 1.0
    while beyond(high) > 0:
        high *= 2
    return float(optimize.brentq(beyond, 0.0, high))

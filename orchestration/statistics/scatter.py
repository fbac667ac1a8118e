"""How much more counts scatter than chance alone makes them, and what one event may add to a month.

Partners share waves, rescues and campaigns, so a corridor scatters at several levels: in each partner's
months, in the months of all partners together, in their quarters, and from year to year. Windows are slices
of the months.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special
from scipy.sparse import csr_array

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


class Monthly(NamedTuple):
    """Counts by month of each partner and item that has any: with all the others, most would be zero.

    `partner` and `item` number those of each row of `counts`; `shape` says how many there are of both.
    """

    shape: tuple[int, int]
    partner: Counts
    item: Counts
    counts: NDArray[Any]

    @classmethod
    def of(cls, *arrays: Counts) -> list[Monthly]:
        """Arrays of partner × item × month, with the same rows."""
        partner, item = np.any([array.any(axis=2) for array in arrays], axis=0).nonzero()
        return [cls(array.shape[:2], partner, item, array[partner, item]) for array in arrays]

    def matrix(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values of the rows as partner × item."""
        found = np.zeros(self.shape, dtype=values.dtype)
        found[self.partner, self.item] = values
        return found

    @property
    def sums(self) -> Counts:
        """Partner × item."""
        return self.matrix(self.counts.sum(axis=1))

    @property
    def of_partners(self) -> Counts:
        """Sums, partner × month."""
        return added(self.counts, self.partner, self.shape[0])

    @property
    def most_of_partners(self) -> Counts:
        """The largest of all items, partner × month."""
        found = np.zeros((self.shape[0], self.counts.shape[1]), dtype=np.int64)
        np.maximum.at(found, self.partner, self.counts)
        return found

    def of_item(self, item: int) -> Counts:
        """Sums by month of one item."""
        return np.asarray(self.counts[self.item == item].sum(axis=0))

    def where(self, flags: Flags) -> Monthly:
        """Those that partner × item marks."""
        rows = flags[self.partner, self.item]
        return Monthly(self.shape, self.partner[rows], self.item[rows], self.counts[rows])


def added(rows: NDArray[Any], numbers: Counts, size: int) -> NDArray[Any]:
    """Sums of the rows with each number, exact for whole numbers."""
    at = np.arange(len(rows))
    return csr_array((np.ones(len(rows), rows.dtype), (numbers, at)), shape=(size, len(rows))) @ rows


def capped(monthly: Counts, is_active: Flags) -> Counts:
    """Each month of a window, at most what the mean m of the other active months lets expect of one.

    Months are the last axis.

    min(y, ceil(m + 3 √(m + 0.15 m²) + 1)), three times, so that a second month in the mean is capped too: a
    rescue of forty people is one event where no incident number says so.
    """
    found = monthly.copy()
    asked = monthly.max(axis=-1, initial=0) > 1  # at least one is always expected
    told, active = monthly[asked], np.broadcast_to(is_active, monthly.shape)[asked].astype(np.float64)
    held = told.astype(np.float64)
    others = active.sum(axis=-1, keepdims=True) - active
    is_beside_others = others > 0
    for _ in range(_ROUNDS):
        mean = ((held * active).sum(axis=-1, keepdims=True) - held * active) / np.maximum(others, 1)
        most = mean + _MOST_DEVIATIONS * np.sqrt(mean + _SCATTER_OF_A_MONTH * mean**2) + 1
        held = np.where(is_beside_others, np.minimum(told, np.ceil(most)), told)
    found[asked] = held
    return found


def dispersion(monthly: Monthly, is_active: Flags, windows: tuple[slice, ...]) -> Floats:
    """Variance over mean of each item: the largest of partners' months, of months and of quarters of all
    partners; at least 1. nan if no month can tell.
    """
    reports = window_counts(monthly, is_active, windows)
    of_all = [of_blocks(reports, size) for size in BLOCKS]
    by_level = [1 + beyond * size for beyond, size in of_all]
    return np.maximum.reduce([_of_cells(reports), *by_level])


class WindowCounts(NamedTuple):
    """A window: counts of active months, their mean by row, and which months were active by partner."""

    monthly: Monthly
    mean: Floats
    active: Floats


def window_counts(monthly: Monthly, is_active: Flags, windows: tuple[slice, ...]) -> list[WindowCounts]:
    found = []
    for window in windows:
        active = is_active[:, window].astype(np.float64)
        reported = monthly.counts[:, window] * active[monthly.partner]
        mean = reported.sum(axis=1) / np.maximum(active.sum(axis=1), 1)[monthly.partner]
        found.append(WindowCounts(monthly._replace(counts=reported), mean, active))
    return found


def _of_cells(windows: list[WindowCounts]) -> Floats:
    """Each partner's months beside their mean.

    Variance grows as mean + κ mean², with one κ for all items: an item's own scatter is uncertain, and one
    figure for all would be too small for the large items.
    """
    items = windows[0].monthly.shape[1]
    ratios, squares, expected, freedom = (np.zeros(items) for _ in range(4))
    scatter = 0.0
    for reported, means, active in windows:
        months = active.sum(axis=1)[reported.partner]
        counts = (means > _LEAST_MEAN_OF_A_CELL) & (months > 1)
        told, active = reported.counts[counts], active[reported.partner[counts]]
        deviations = np.zeros(len(means))
        deviations[counts] = ((told - means[counts, None]) ** 2 * active).sum(axis=1)
        spread = reported.matrix(deviations)
        mean, free = reported.matrix(means), reported.matrix(np.where(counts, months - 1, 0))
        ratios += reported.matrix(deviations / np.where(counts, means, 1)).sum(axis=0)
        squares += (free * mean**2).sum(axis=0)
        expected += (free * mean).sum(axis=0)
        freedom += free.sum(axis=0)
        scatter += float(spread.sum())
    if not freedom.any():
        return np.full(items, np.nan)
    beyond = max(0.0, (scatter - expected.sum()) / squares.sum())
    own = 1 + beyond * squares / np.where(expected > 0, expected, 1)
    return np.maximum(np.maximum(own, ratios.sum() / freedom.sum()), 1)


def of_blocks(windows: list[WindowCounts], size: int) -> tuple[Floats, Floats]:
    """κ of each item in blocks of so many months of all partners: variance is mean + κ mean².

    Beside it Σ mean² over Σ mean: 1 + κ times it is the variance over the mean. Partners' own means say what
    is expected of a block. Of two windows the calmer one says what an item's κ is: a change within the other
    must not hide itself. It is drawn to that of all items, which weighs as twenty blocks. The oldest months
    of a window that fill no block are left out.
    """
    items = windows[0].monthly.shape[1]
    by_window, means, squares, blocks_of = [], *(np.zeros(items) for _ in range(3))
    for reported, mean, active in windows:
        blocks = active.shape[1] // size
        if blocks < 2:
            continue
        counted, expected = (
            one[:, one.shape[1] - blocks * size :].reshape(len(one), blocks, size).sum(axis=2)
            for one in (
                added(reported.counts, reported.item, items),
                reported.matrix(mean).T @ active,
            )
        )
        free = 1 - 1 / blocks
        beyond = ((counted - expected) ** 2 - free * expected).sum(axis=1)
        by_window.append((beyond, free * (expected**2).sum(axis=1)))
        means += expected.sum(axis=1)
        squares += (expected**2).sum(axis=1)
        blocks_of += free * (expected > 0).sum(axis=1)
    if not by_window:
        return np.zeros(items), np.zeros(items)
    found, weighted = (np.array(one) for one in zip(*by_window, strict=True))
    by_item = np.where(weighted > 0, found / np.where(weighted > 0, weighted, 1), np.inf)
    calmer = by_item.argmin(axis=0), np.arange(items)
    own, weight = (
        np.maximum(0.0, np.where(np.isfinite(by_item[calmer]), by_item[calmer], 0.0)),
        weighted[calmer],
    )
    of_all = max(0.0, float(found[calmer].sum() / weight.sum())) if weight.any() else 0.0
    beyond = (blocks_of * own + _BLOCKS_OF_ALL * of_all) / (blocks_of + _BLOCKS_OF_ALL)
    return beyond, squares / np.where(means > 0, means, 1)


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

"""The two-way model: records ~ Poisson(months watched x level of the partner x ratio of the place).

Each partner is compared with itself, so a partner that is big, new or growing is no hotspot by that. Only
what lies within declared coverage enters, and zeros there count. Places are comparable only where partners
tie them together; outside the largest such group ratios have no common scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# The fit stops when no ratio moves by more than this part of itself; a ratio that tends to zero never stops.
TOLERANCE, MOST_ROUNDS = 1e-10, 500


@dataclass(frozen=True)
class TwoWay:
    """The fit over the compared places, in the order of the matrix's columns.

    `ratio` is relative to an effort-weighted mean of 1; `expected` is what the place would report at ratio
    1, in records; `level` is records a month of each compared partner at ratio 1.
    """

    partners: Mask
    places: Mask
    ratio: Floats
    expected: Floats
    level: Floats


def within_effort(records: Floats, months: Floats) -> Floats:
    """Records of partners at places they say they watch; the rest has no months to be compared by."""
    return np.where(months > 0, records, 0.0)


def two_way(records: Floats, months: Floats) -> TwoWay:
    """Fit the model on partners x places. Columns outside the largest comparable group are left out."""
    y = within_effort(records, months)
    partners, places = comparable(y, months)
    y, e = y[np.ix_(partners, places)], months[np.ix_(partners, places)]
    ratio, level = np.ones(y.shape[1]), np.zeros(y.shape[0])
    of_partner, of_place = y.sum(axis=1), y.sum(axis=0)
    for _ in range(MOST_ROUNDS if y.size else 0):
        level = of_partner / (e * ratio).sum(axis=1)
        before, ratio = ratio, of_place / (e * level[:, None]).sum(axis=0)
        if np.all(np.abs(ratio - before) <= TOLERANCE * np.maximum(ratio, before)):
            break
    expected = (e * level[:, None]).sum(axis=0)
    mean = (ratio * expected).sum() / expected.sum() if y.size else 1.0
    return TwoWay(partners, places, ratio / mean, expected * mean, level * mean)


def comparable(records: Floats, months: Floats) -> tuple[Mask, Mask]:
    """Partners and places of the largest group in which each place is tied to each other by partners.

    A place without records ties nobody: any ratio of levels between its partners would explain its zeros.
    It joins the group if a partner of the group watches it.
    """
    telling = records.sum(axis=1) > 0
    reported = records.sum(axis=0) > 0
    watched = months > 0
    if not telling.any():
        return telling, np.zeros(records.shape[1], dtype=bool)
    group_of_partner, group_of_place = _groups(watched & telling[:, None] & reported[None, :])
    groups = sorted(set(group_of_partner[telling].tolist()))
    weight = [
        (int((reported & (group_of_place == one)).sum()), float(records[group_of_partner == one].sum()), -one)
        for one in groups
    ]
    largest = groups[weight.index(max(weight))]
    partners = telling & (group_of_partner == largest)
    return partners, watched[partners].any(axis=0)


def _groups(ties: Mask) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Number of the connected group of each row and of each column."""
    rows, columns = ties.shape
    row, column = np.nonzero(ties)
    size = rows + columns
    graph = coo_array((np.ones(len(row)), (row, column + rows)), shape=(size, size))
    _, group = connected_components(graph, directed=False)
    return group[:rows], group[rows:]

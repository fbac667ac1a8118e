"""The two-way model: records ~ Poisson(months watched x level of the partner x ratio of the place).

Each partner is compared with itself, so a partner that is big, new or growing is no hotspot by that. Only
what lies within declared coverage enters, and zeros there count. Places are comparable only where partners
tie them together; ratios of places outside the largest such group have no common scale with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# The fit stops when no ratio moves by more than this part of itself.
TOLERANCE, MOST_ROUNDS = 1e-10, 200
# Where few records tie places together plain rounds creep, so Newton's steps help them from here on.
PLAIN_ROUNDS, LONGEST_LEAP = 30, 2.0


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
    for round_number in range(MOST_ROUNDS if y.size else 0):
        level = of_partner / (e * ratio).sum(axis=1)
        before, ratio = ratio, of_place / (e * level[:, None]).sum(axis=0)
        if np.all(np.abs(ratio - before) <= TOLERANCE * np.maximum(ratio, before)):
            break
        if round_number >= PLAIN_ROUNDS:
            ratio = _leap(e, of_partner, of_place, ratio)
    expected = (e * level[:, None]).sum(axis=0)
    mean = (ratio * expected).sum() / expected.sum() if y.size else 1.0
    return TwoWay(partners, places, ratio / mean, expected * mean, level * mean)


def _leap(months: Floats, of_partner: Floats, of_place: Floats, ratio: Floats) -> Floats:
    """One Newton step of the log ratios, the partners' levels adjusting to it."""
    seen = of_place > 0
    weight = (months * ratio)[:, seen]
    mean = weight * (of_partner / weight.sum(axis=1))[:, None]
    step = np.linalg.solve(curvature(mean), of_place[seen] - mean.sum(axis=0))
    leapt = ratio.copy()
    leapt[seen] *= np.exp(np.clip(step, -LONGEST_LEAP, LONGEST_LEAP))
    return leapt


def curvature(mean: Floats) -> Floats:
    """Of the likelihood in the log ratios, the partners' levels following; `mean` is partners x places.

    The common scale of all ratios is free, so along it a constant stands instead of nothing.
    """
    return (
        np.diag(mean.sum(axis=0))
        - mean.T @ (mean / mean.sum(axis=1, keepdims=True))
        + mean.sum() / mean.shape[1] ** 2
    )


def comparable(records: Floats, months: Floats) -> tuple[Mask, Mask]:
    """Partners and places of the largest group within which every two ratios can be compared.

    To watch two places is not enough. If the partners that report some places have seen nothing at all of
    the others, while whoever reports the others does not watch these, then any ratio between them, however
    large, fits as well. The groups are the strongly connected ones of the graph with an arrow from a
    partner to each place it watches, and one back from each place it reports (the condition under which
    the likelihood has a maximum; Haberman 1974). A place without records joins if a partner of the group
    watches it: whatever its scale, its ratio is 0.
    """
    telling, reported = records.sum(axis=1) > 0, records.sum(axis=0) > 0
    watched = months > 0
    if not telling.any():
        return telling, np.zeros(records.shape[1], dtype=bool)
    group_of_partner, group_of_place = _groups(watched, records > 0)
    groups = sorted(set(group_of_partner[telling].tolist()))
    sizes = [
        (int((reported & (group_of_place == one)).sum()), float(records[group_of_partner == one].sum()))
        for one in groups
    ]
    largest = groups[sizes.index(max(sizes))]
    partners = telling & (group_of_partner == largest)
    places = watched[partners].any(axis=0) & (~reported | (group_of_place == largest))
    return partners, places


def _groups(watched: Mask, seen: Mask) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Number of the strongly connected group of each partner (row) and of each place (column)."""
    rows, columns = watched.shape
    graph = np.zeros((rows + columns, rows + columns), dtype=bool)
    graph[:rows, rows:], graph[rows:, :rows] = watched, seen.T
    _, group = connected_components(csr_array(graph), directed=True, connection="strong")
    return group[:rows], group[rows:]

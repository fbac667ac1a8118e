"""Which places can be compared, by what ties partners together, and the label that may be said of each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from orchestration.statistics.policy import Policy

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Numbers = NDArray[np.int_]


def within_effort(records: Floats, months: Floats) -> Floats:
    """Records of partners at places they say they watch; the rest has no months to be compared by."""
    return np.where(months > 0, records, 0.0)


def comparable(records: Floats, months: Floats) -> tuple[Mask, Mask]:
    """Partners and places of the largest group within which every two ratios can be compared.

    To watch two places is not enough. If the partners that report some places have seen nothing at all of
    the others, while whoever reports the others does not watch these, then any ratio between them, however
    large, fits as well. The groups are the strongly connected ones of the graph with an arrow from a
    partner to each place it watches, and one back from each place it reports (the condition under which
    the likelihood has a maximum; Haberman 1974). A place without records joins if a partner of the group
    watches it: whatever its scale, nothing is reported there.
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


# Labels that stand instead of numbers.
WITHOUT_NUMBERS = ("insufficient", "single_source", "not_comparable")


def labels(
    records: Any,
    partners: Any,
    expected: Floats,
    above_mark: Floats,
    above_one: Floats,
    below_mark: Floats,
    low: Floats,
    policy: Policy,
) -> np.ndarray:
    """The first label that holds for each place.

    Args:
        records: within declared coverage.
        partners: those with such records.
        expected: records expected at ratio 1; nan outside the comparable group.
        above_mark, above_one, below_mark: probability of a ratio above the policy's mark, above 1, and below
            the inverse of the mark; nan outside the group.
        low: end of the interval shown beside the label; near 1 it would say nothing of high activity.
    """
    rules = {
        "insufficient": (records < policy.hotspot_minimum_records)
        | (expected < policy.hotspot_minimum_expected),
        "single_source": partners == 1,
        "not_comparable": np.isnan(expected),
        "hotspot": (above_mark > policy.hotspot_certainty) & (low >= policy.hotspot_least_low),
        "elevated": (above_one > policy.hotspot_certainty) & (low > 1),
        "lower": below_mark > policy.hotspot_certainty,
    }
    return np.select([*rules.values()], [*rules], default="not_distinguished")

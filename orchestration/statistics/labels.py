"""The label of a place: what may be said of it, or why nothing may."""

from __future__ import annotations

from typing import Any

import numpy as np

from orchestration.statistics.comparable import Floats
from orchestration.statistics.policy import Policy

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

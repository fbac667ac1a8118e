"""The label of a place: what may be said of it, or why nothing may."""

from __future__ import annotations

from orchestration.statistics.policy import Policy

# Labels that stand instead of numbers.
WITHOUT_NUMBERS = ("insufficient", "single_source", "not_comparable")


def without_comparison(records: int, partners: int, policy: Policy) -> str:
    """Of a place outside the largest comparable group: nothing can be expected there."""
    if records < policy.hotspot_minimum_records:
        return "insufficient"
    return "single_source" if partners == 1 else "not_comparable"


def label(
    records: int,
    partners: int,
    expected: float,
    above_mark: float,
    above_one: float,
    below_mark: float,
    policy: Policy,
) -> str:
    """The first that holds. The last three numbers are probabilities: of a ratio above the policy's mark,
    above 1, and below the inverse of the mark; `partners` are those with records here.
    """
    if records < policy.hotspot_minimum_records or expected < policy.hotspot_minimum_expected:
        return "insufficient"
    if partners == 1:
        return "single_source"
    if above_mark > policy.hotspot_certainty:
        return "hotspot"
    if above_one > policy.hotspot_certainty:
        return "elevated"
    if below_mark > policy.hotspot_certainty:
        return "lower"
    return "not_distinguished"

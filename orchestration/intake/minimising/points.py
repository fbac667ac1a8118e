"""Coordinates → the county or country they lie in: all of them that may land.

The landed cell holds a P-code or ISO alpha-3 code; its kind says how the position was read.
"""

from __future__ import annotations

import re
from functools import lru_cache

from orchestration.contracts import Cell

POINT = "point"
NEAR_A_LINE, SWAPPED, ZERO, UNREAD = "near_a_line", "swapped", "zero", "unread"
# What a mention's code is a code of, where it comes from a position.
SYSTEM, SYSTEM_NEAR_A_LINE = "point", "point_near_a_line"
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


def is_point(field: str) -> bool:
    """Whether a canonical field takes coordinates, `place(origin).point`."""
    return field.endswith(f".{POINT}")


def located(cell: Cell) -> Cell:
    """`-1.2921, 36.8219` → `KE047` of the kind `point`; a position nobody can read has no value."""
    value, kinds = _located(cell.value)
    return Cell(value, " ".join((POINT, *kinds)))


def _are_degrees(numbers: list[str]) -> bool:
    """A whole number may be half of one with a decimal comma; zeros are what devices write."""
    return all("." in number for number in numbers) or not any(map(float, numbers))


@lru_cache(maxsize=4096)
def _located(text: str) -> tuple[str, tuple[str, ...]]:
    # Shapes are loaded only for files that bring positions.
    from orchestration.places import boundaries

    numbers = _NUMBER.findall(text)[:2]
    if len(numbers) < 2 or not _are_degrees(numbers):
        return "", (UNREAD,)
    found = boundaries.read_point(float(numbers[0]), float(numbers[1]))
    if boundaries.NULL_ISLAND in found.problems:
        return "", (ZERO,)
    place = found.county or found.country
    if place is None:
        return "", (UNREAD,)
    near = found.km_to_boundary is not None and found.km_to_boundary <= boundaries.NAME_WINS_WITHIN_KM
    was_swapped = boundaries.SWAPPED in found.problems
    return place, (*([SWAPPED] if was_swapped else []), *([NEAR_A_LINE] if near else []))

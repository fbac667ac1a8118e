"""Replace coordinates by their county or country, the only part of a position that may land.

The landed cell holds a P-code or ISO alpha-3 code; its kind tells how the position was read.
"""

from __future__ import annotations

import re
from functools import lru_cache

from orchestration.contracts import Cell

POINT = "point"
NEAR_A_LINE, SWAPPED, ZERO, UNREAD = "near_a_line", "swapped", "zero", "unread"
# The code systems of place mentions that come from positions.
SYSTEM, SYSTEM_NEAR_A_LINE = "point", "point_near_a_line"
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


def is_point(field: str) -> bool:
    """Return whether a canonical field takes coordinates, `place(origin).point`."""
    return field.endswith(f".{POINT}")


def located(cell: Cell) -> Cell:
    """Turn `-1.2921, 36.8219` into `KE047` of kind `point`; an unreadable position has no value."""
    value, kinds = _located(cell.value)
    return Cell(value, " ".join((POINT, *kinds)))


def _are_degrees(numbers: list[str]) -> bool:
    """Return whether both are decimals (a whole number may be half of a decimal comma) or both zero."""
    return all("." in number for number in numbers) or not any(map(float, numbers))


@lru_cache(maxsize=4096)
def _located(text: str) -> tuple[str, tuple[str, ...]]:
    # Shapes load slowly, so only files with positions load them.
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

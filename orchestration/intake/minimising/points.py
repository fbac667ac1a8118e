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
_ZERO_DEGREES = 0.01  # devices without a position write zeros, some of them with noise
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
    from orchestration import places

    numbers = _NUMBER.findall(text)[:2]
    if len(numbers) < 2 or not _are_degrees(numbers):
        return "", (UNREAD,)
    lat, lon = map(float, numbers)
    if max(abs(lat), abs(lon)) < _ZERO_DEGREES:
        return "", (ZERO,)
    position = places.read_point(lat, lon)
    if position is None:
        return "", (UNREAD,)
    kinds = {SWAPPED: position.swapped, NEAR_A_LINE: position.near_a_line}
    return position.place, tuple(kind for kind, holds in kinds.items() if holds)

"""The bend of lines between places, so that lines do not cover each other, on figures and the map page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import atan2, degrees

BENDS = (0.16, 0.34, -0.08, 0.52)  # for lines that would overlap, the strongest first
OVERLAP = 12  # degrees between two lines that share a place
Point = tuple[float, float]
Pair = tuple[str, str]
Bearings = tuple[float | None, ...]


def bends_of(pairs: Iterable[Pair], sheets: Sequence[Mapping[str, Point]]) -> list[float]:
    """Return the bend of each line as a share of its length; the first bend for a line on no sheet.

    `pairs`: start and end place of each line, the strongest first. `sheets`: for each drawing, the points of
    its places. Lines that overlap on any sheet get different bends.
    """
    bends = []
    sharing: dict[tuple[str, str], list[tuple[Bearings, float]]] = defaultdict(list)
    for start, end in pairs:
        bearings = tuple(_bearing(sheet.get(start), sheet.get(end)) for sheet in sheets)
        terminals = (("from", start), ("to", end))
        taken = [bend for key in terminals for others, bend in sharing[key] if _overlap(bearings, others)]
        bend = min(BENDS, key=taken.count)
        for key in terminals:
            sharing[key].append((bearings, bend))
        bends.append(bend)
    return bends


def _bearing(start: Point | None, end: Point | None) -> float | None:
    if start is None or end is None or start == end:
        return None
    return degrees(atan2(end[1] - start[1], end[0] - start[0]))


def _overlap(bearings: Bearings, others: Bearings) -> bool:
    return any(
        one is not None and other is not None and abs((one - other + 180) % 360 - 180) < OVERLAP
        for one, other in zip(bearings, others, strict=True)
    )

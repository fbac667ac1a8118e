"""The bend of lines between places, so that lines do not cover each other, on figures and the map page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import atan2, degrees, nan

BENDS = (0.16, 0.34, -0.08, 0.52)  # for lines that would overlap, the strongest first
OVERLAP = 12  # degrees between two lines that share a place
Point = tuple[float, float]
Pair = tuple[str, str]


def bends_of(pairs: Iterable[Pair], sheets: Sequence[Mapping[str, Point]]) -> list[float]:
    """Return the bend of each line as a share of its length; the first bend for a line on no sheet.

    `pairs`: start and end place of each line, the strongest first. `sheets`: for each drawing, the points of
    its places. Lines that overlap on any sheet get different bends.
    """
    drawn: dict[tuple[str, str], list[tuple[list[float], int]]] = defaultdict(list)  # at each start and end
    bends = []
    for start, end in pairs:
        bearings = [_bearing(sheet.get(start), sheet.get(end)) for sheet in sheets]
        meeting = drawn["from", start], drawn["to", end]
        taken = Counter(
            bend
            for lines in meeting
            for others, bend in lines
            if any(
                abs((one - other + 180) % 360 - 180) < OVERLAP
                for one, other in zip(bearings, others, strict=True)
            )
        )
        bend = min(range(len(BENDS)), key=taken.__getitem__)
        for lines in meeting:
            lines.append((bearings, bend))
        bends.append(BENDS[bend])
    return bends


def _bearing(start: Point | None, end: Point | None) -> float:
    if start is None or end is None or start == end:
        return nan
    return degrees(atan2(end[1] - start[1], end[0] - start[0]))

"""How far lines between places bend, so that none hides another: on figures and on the map page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import atan2, degrees

BENDS = (0.16, 0.34, -0.08, 0.52)  # of lines that would lie on each other, the strongest first
LIE_ON_EACH_OTHER = 12  # degrees between two lines that share an end
Point = tuple[float, float]
Pair = tuple[str, str]
Bearings = tuple[float | None, ...]


def bends_of(pairs: Iterable[Pair], sheets: Sequence[Mapping[str, Point]]) -> list[float]:
    """The bend of each line, as a share of its length; of a line that no sheet draws the first.

    `pairs`: ids of where each line starts and ends, the strongest first. `sheets`: of each drawing that the
    bends are for, where a place stands on it; lines are bent apart that meet on any of them.
    """
    bends = []
    sharing: dict[tuple[str, str], list[tuple[Bearings, float]]] = defaultdict(list)
    for start, end in pairs:
        bearings = tuple(_bearing(sheet.get(start), sheet.get(end)) for sheet in sheets)
        ends = (("from", start), ("to", end))
        beside = [bend for one in ends for others, bend in sharing[one] if _meet(bearings, others)]
        bend = min(BENDS, key=beside.count)
        for one in ends:
            sharing[one].append((bearings, bend))
        bends.append(bend)
    return bends


def _bearing(start: Point | None, end: Point | None) -> float | None:
    if start is None or end is None or start == end:
        return None
    return degrees(atan2(end[1] - start[1], end[0] - start[0]))


def _meet(bearings: Bearings, others: Bearings) -> bool:
    return any(
        one is not None and other is not None and abs((one - other + 180) % 360 - 180) < LIE_ON_EACH_OTHER
        for one, other in zip(bearings, others, strict=True)
    )

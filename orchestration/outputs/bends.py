"""The bend of lines between places, so that lines do not cover each other, on figures and the map page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import atan2, degrees, nan

import numpy as np
import numpy.typing as npt

BENDS = (0.16, 0.34, -0.08, 0.52)  # for lines that would overlap, the strongest first
OVERLAP = 12  # degrees between two lines that share a place
Point = tuple[float, float]
Pair = tuple[str, str]


def bends_of(pairs: Iterable[Pair], sheets: Sequence[Mapping[str, Point]]) -> list[float]:
    """Return the bend of each line as a share of its length; the first bend for a line on no sheet.

    `pairs`: start and end place of each line, the strongest first. `sheets`: for each drawing, the points of
    its places. Lines that overlap on any sheet get different bends.
    """
    lines = [(("from", start), ("to", end)) for start, end in pairs]
    drawn = {
        key: _Drawn(count, len(sheets)) for key, count in Counter(k for line in lines for k in line).items()
    }
    bends = []
    for terminals in lines:
        (_, start), (_, end) = terminals
        bearings = np.array([_bearing(sheet.get(start), sheet.get(end)) for sheet in sheets])
        taken = sum(drawn[key].overlapping(bearings) for key in terminals)
        bend = int(np.argmin(taken))
        for key in terminals:
            drawn[key].add(bearings, bend)
        bends.append(BENDS[bend])
    return bends


class _Drawn:
    """The lines that begin, or end, at one place: their bearings on each sheet, and their bends by number."""

    def __init__(self, lines: int, sheets: int) -> None:
        self._bearings, self._bends = np.full((lines, sheets), nan), np.zeros(lines, np.int64)
        self._count = 0

    def add(self, bearings: npt.NDArray[np.float64], bend: int) -> None:
        self._bearings[self._count], self._bends[self._count] = bearings, bend
        self._count += 1

    def overlapping(self, bearings: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Return how many lines with each bend overlap a line with these bearings on any sheet."""
        apart = np.abs((bearings - self._bearings[: self._count] + 180) % 360 - 180)
        overlap = (apart < OVERLAP).any(axis=1)
        return np.bincount(self._bends[: self._count][overlap], minlength=len(BENDS))


def _bearing(start: Point | None, end: Point | None) -> float:
    if start is None or end is None or start == end:
        return nan
    return degrees(atan2(end[1] - start[1], end[0] - start[0]))

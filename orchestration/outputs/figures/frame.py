"""Which part of the world the map of corridors shows: all that is drawn, and no more than that needs."""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.outputs.bends import Point
from orchestration.outputs.figures.ground import KENYA_FRAME

Frame = tuple[float, float, float, float]  # west, east, south, north

WIDEST: Frame = (28.5, 50.0, -7.5, 11.5)
GULF: Frame = (33.5, 61.0, 13.5, 38.0)
GULF_STARTS = 13.5  # of what both frames show, the main map has the south
MARGIN = 1.2  # degrees around the outermost place


def is_in(frame: Frame, position: Point) -> bool:
    west, east, south, north = frame
    return west < position[0] < east and south < position[1] < north


def is_in_gulf(position: Point) -> bool:
    return is_in(GULF, position) and position[1] > GULF_STARTS


def frame_of(positions: Iterable[Point]) -> Frame:
    """Kenya and these places, in the shape of the widest frame; the widest itself beside the Gulf's inset."""
    placed = list(positions)
    if any(is_in_gulf(one) for one in placed):
        return WIDEST
    near = [one for one in placed if is_in(WIDEST, one)]
    west = min([KENYA_FRAME[0], *(across - MARGIN for across, _ in near)])
    east = max([KENYA_FRAME[1], *(across + MARGIN for across, _ in near)])
    south = min([KENYA_FRAME[2], *(up - MARGIN for _, up in near)])
    north = max([KENYA_FRAME[3], *(up + MARGIN for _, up in near)])
    shape = (WIDEST[1] - WIDEST[0]) / (WIDEST[3] - WIDEST[2])
    wide, high = max(east - west, (north - south) * shape), max(north - south, (east - west) / shape)
    middle, centre = (west + east) / 2, (south + north) / 2
    return (middle - wide / 2, middle + wide / 2, centre - high / 2, centre + high / 2)

"""A small map of place candidates: outlines and numbered spots, as numbers for an inline SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 360
MARGIN_DEGREES = 1.5
SMALLEST_DEGREES = 3.0  # a lone candidate is shown with the counties around it
LETTER = 5.0  # mean width of a letter of a name
Box = tuple[float, float, float, float]
KENYA: Box = (33.9, -4.8, 42.0, 5.5)


@dataclass(frozen=True)
class Spot:
    """A candidate on the map, with its number in the list."""

    number: int
    x: float
    y: float
    name: str


@dataclass(frozen=True)
class Label:
    """A name beside its spot; `anchor` is the SVG's `text-anchor`."""

    spot: Spot
    anchor: str
    x: float
    y: float


@dataclass(frozen=True)
class Map:
    """A map in pixels; `outlines` are the `d` of SVG paths."""

    width: int
    height: int
    outlines: Sequence[str]
    spots: Sequence[Spot]


def map_of(
    candidates: Sequence[Any], counties: Mapping[str, Any], countries: Callable[[], Mapping[str, Any]]
) -> Map | None:
    """Return a map of candidates with `lat`, `lon` (WGS 84 degrees) and `name`; None where none has a point.

    Outlines (GeoJSON) are counties where all candidates lie in Kenya, else countries. The projection is plate
    carrée, scaled east to west by the cosine of the middle latitude.
    """
    placed = [
        (n, one) for n, one in enumerate(candidates, start=1) if one.lat is not None and one.lon is not None
    ]
    if not placed:
        return None
    west, south, east, north = box = _box([(one.lon, one.lat) for _, one in placed])
    outlines = counties if box == KENYA else countries()
    narrow = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / ((east - west) * narrow)
    height = math.ceil((north - south) * scale)

    def at(lon: float, lat: float) -> tuple[float, float]:
        return round((lon - west) * narrow * scale, 1), round((north - lat) * scale, 1)

    return Map(
        WIDTH,
        height,
        [path for ring in _rings(outlines) if (path := _path(ring, box, at))],
        [Spot(number, *at(one.lon, one.lat), one.name) for number, one in placed],
    )


def labels_of(spots: Sequence[Spot], width: int) -> list[Label]:
    """Return the name of each spot where it hides no other name; a name without room is left out."""
    taken: list[Box] = []
    placed = []
    for spot in spots:
        length = LETTER * len(spot.name)
        for anchor, x, y in (
            ("middle", spot.x, spot.y - 5),
            ("start", spot.x + 5, spot.y + 3),
            ("end", spot.x - 5, spot.y + 3),
            ("middle", spot.x, spot.y + 12),
        ):
            left = x - {"start": 0.0, "middle": length / 2, "end": length}[anchor]
            box = (left, y - 7, left + length, y + 1)
            if left >= 0 and left + length <= width and not any(_meet(box, other) for other in taken):
                taken.append(box)
                placed.append(Label(spot, anchor, round(x, 1), round(y, 1)))
                break
    return placed


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _box(points: Sequence[tuple[float, float]]) -> Box:
    """Return a box around all points, or Kenya where they lie in it; at most twice as high as wide."""
    lons, lats = [lon for lon, _ in points], [lat for _, lat in points]
    west, south, east, north = min(lons), min(lats), max(lons), max(lats)
    if KENYA[0] <= west and east <= KENYA[2] and KENYA[1] <= south and north <= KENYA[3]:
        return KENYA
    west, south = west - MARGIN_DEGREES, south - MARGIN_DEGREES
    east, north = east + MARGIN_DEGREES, north + MARGIN_DEGREES
    wider = max(0.0, max(SMALLEST_DEGREES, (north - south) / 2) - (east - west)) / 2
    higher = max(0.0, max(SMALLEST_DEGREES, (east - west) / 3) - (north - south)) / 2
    return west - wider, south - higher, east + wider, north + higher


def _rings(outlines: Mapping[str, Any]) -> Iterator[Sequence[Sequence[float]]]:
    for feature in outlines["features"]:
        shape = feature["geometry"]
        parts = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        for part in parts:
            yield part[0]


def _path(ring: Sequence[Sequence[float]], box: Box, at: Any) -> str | None:
    """Return the `d` of a ring; None for one wholly outside the map."""
    west, south, east, north = box
    lons, lats = [one[0] for one in ring], [one[1] for one in ring]
    if max(lons) < west or min(lons) > east or max(lats) < south or min(lats) > north:
        return None
    points = dict.fromkeys(at(lon, lat) for lon, lat, *_ in ring)
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z"

"""The shapes that the map page draws on, rounded to what a screen can show, and the position of each place.

Kenya and its neighbours keep their position in degrees. The Gulf is drawn smaller in a frame of its own, and
places farther away form a list in another frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Any

import shapely
from shapely.affinity import affine_transform

from orchestration.outputs.bends import Point
from orchestration.outputs.published import is_place, position, reference_places
from orchestration.places import boundaries

# The area that the page draws: west, south, east, north.
AROUND = (26.5, -9.6, 56.0, 12.2)
# A disputed area, where layers of Natural Earth differ: no border is drawn in it.
ILEMI = (33.9, 4.15, 36.1, 5.7)
COUNTY_DEGREES, COUNTRY_DEGREES = 0.001, 0.01
# As coarse as the generalised layer, so that an operator's detailed file makes no heavy page.
SIMPLIFIED_DEGREES = 0.01


def shapes(chosen: boundaries.Boundaries) -> dict[str, Any]:
    """Return coordinates of polygons by code (`counties`, `land`) and of lines (`borders`)."""
    countries = boundaries.country_shapes()
    window = shapely.box(*AROUND)
    land = {code: shape for code, shape in countries.items() if shape.intersects(window)}
    cut = {code: shapely.intersection(shape, window) for code, shape in land.items()}
    return {
        "land": polygons(cut, COUNTRY_DEGREES),
        "borders": _borders(land, window),
        "counties": polygons(_simplified(chosen), COUNTY_DEGREES),
    }


def _simplified(chosen: boundaries.Boundaries) -> dict[str, Any]:
    if chosen.is_generalised:
        return dict(chosen.counties)
    shapes = shapely.coverage_simplify(list(chosen.counties.values()), SIMPLIFIED_DEGREES)
    return dict(zip(chosen.counties, shapes, strict=True))


def polygons(shapes: Mapping[str, Any], degrees: float) -> dict[str, list[Any]]:
    """Return the polygons of each code, each as a list of rings."""
    return {
        code: [
            [_points(ring, degrees) for ring in (part.exterior, *part.interiors)]
            for part in shapely.get_parts(shape)
            if part.geom_type == "Polygon" and part.area > degrees**2
        ]
        for code, shape in shapes.items()
    }


def _borders(land: Mapping[str, Any], window: Any) -> list[Any]:
    """Return lines that two countries share, without disputed ones."""
    shared = []
    codes = list(land)
    for at, code in enumerate(codes):
        for other in codes[at + 1 :]:
            shared.append(shapely.intersection(land[code].boundary, land[other].boundary))
    lines = shapely.line_merge(shapely.union_all(shared))
    drawn = shapely.difference(shapely.intersection(lines, window), shapely.box(*ILEMI))
    return [_points(line, COUNTRY_DEGREES) for line in shapely.get_parts(drawn) if line.length > 0]


def _points(line: Any, degrees: float) -> list[list[float]]:
    decimals = len(f"{degrees:f}".rstrip("0").partition(".")[2])
    points = [(round(x, decimals), round(y, decimals)) for x, y, *_ in line.coords]
    kept = [point for at, point in enumerate(points) if at == 0 or point != points[at - 1]]
    return [list(point) for point in kept]


Box = tuple[float, float, float, float]  # west, south, east, north
Gulf = tuple[float, float, float]  # west, south, height

AROUND_GULF: Box = (30.0, 11.5, 62.0, 38.0)
GULF_STATES = ("ARE", "BHR", "IRQ", "JOR", "KWT", "LBN", "OMN", "QAT", "SAU", "YEM")
NARROW = 0.92  # a degree of longitude is shorter there
# Capitals just outside the drawing move to its edge.
MOVED = {"COD": (29.6, -0.6), "SDN": (31.6, 9.8)}
FAR_ROW, FAR_HEADING, FAR_MARGIN = 1.1, 1.0, 0.4  # degrees
DECIMALS = 3


@dataclass(frozen=True)
class Frame:
    """One drawing: its box in degrees, the frame of the Gulf and the list of far places.

    `sheet`: an area that hides the land below both.
    """

    box: Box
    gulf: Gulf | None = None
    far: Box | None = None
    far_columns: int = 1
    sheet: Box | None = None


FRAMES = {
    "wide": Frame((29, -7.7, 53.2, 10.2), (45.3, -7.4, 6.9), (49.1, 0, 53, 6.1)),
    "tall": Frame(
        (29.1, -17.4, 46.6, 10.2), (29.4, -15, 7.2), (37.9, -15, 46.3, -7.8), 2, (20, -20, 60, -7.4)
    ),
    "kenya": Frame((33.3, -5.2, 42.5, 5.7)),
}


def frames(places: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return box, Gulf, far places and points of places for each drawing.

    A place without a position has no point, nor has Kenya, whose county is not known.
    """
    drawings = {}
    for name, frame in FRAMES.items():
        points, far = _placed(frame, places)
        drawings[name] = {
            "box": frame.box,
            "sheet": frame.sheet,
            "gulf": _map_of(frame.gulf) if frame.gulf else None,
            "far": {"box": frame.far, "places": far} if frame.far else None,
            "points": {one: [round(axis, DECIMALS) for axis in point] for one, point in points.items()},
        }
    return drawings


def _placed(frame: Frame, places: Sequence[str]) -> tuple[dict[str, Point], list[str]]:
    """Return points by place, and the ids of the listed far places."""
    points: dict[str, Point] = {}
    far = []
    for place_id in places:
        if not is_place(place_id) or (at := position(place_id)) is None:
            continue
        at, place = MOVED.get(place_id, at), reference_places()[place_id]
        if frame.gulf is None or frame.far is None:
            points[place_id] = at
        elif place["iso_alpha3"] in GULF_STATES:
            moved = affine_transform(shapely.Point(at), _into(frame.gulf))
            points[place_id] = (moved.x, moved.y)
        elif _within(at, frame.box) and not (frame.sheet and _within(at, frame.sheet)):
            points[place_id] = at
        else:
            far.append((place["name"], place_id))
    listed = [place_id for _, place_id in sorted(far)]
    return points | dict(zip(listed, _list(frame, len(listed)), strict=True)), listed


def _list(frame: Frame, count: int) -> Iterator[Point]:
    if frame.far is None or not count:
        return
    west, south, east, north = frame.far
    rows = ceil(count / frame.far_columns)
    high = min(FAR_ROW, (north - south - FAR_HEADING) / rows)
    for at in range(count):
        column = at // rows
        yield (
            west + FAR_MARGIN + column * (east - west) / frame.far_columns,
            north - FAR_HEADING - at % rows * high,
        )


def _into(gulf: Gulf) -> list[float]:
    """Return the affine transformation (six numbers) into the frame of the Gulf."""
    west, south, high = gulf
    up = high / (AROUND_GULF[3] - AROUND_GULF[1])
    across = up * NARROW
    return [across, 0, 0, up, west - AROUND_GULF[0] * across, south - AROUND_GULF[1] * up]


@cache
def _map_of(gulf: Gulf) -> Mapping[str, Any]:
    """Return the polygons of the small map of the Gulf."""
    window = shapely.box(*AROUND_GULF)
    cut = {
        code: shapely.intersection(shape, window)
        for code, shape in boundaries.country_shapes().items()
        if shape.intersects(window)
    }
    others = shapely.union_all([shape for code, shape in cut.items() if code not in GULF_STATES])
    wanted = {code: cut[code] for code in GULF_STATES} | {"surroundings": others}
    moved = {code: affine_transform(shape, _into(gulf)) for code, shape in wanted.items()}
    west, south, east, north = affine_transform(window, _into(gulf)).bounds
    return {"box": (west, south, east, north), **polygons(moved, COUNTRY_DEGREES)}


def _within(point: Point, box: Box) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]

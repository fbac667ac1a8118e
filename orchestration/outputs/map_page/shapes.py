"""The two drawings of the map page as SVG paths in whole units, and the point of each place on them.

`kenya` holds Kenya and the parts of its neighbours around it, `abroad` the Horn, the Great Lakes and the
Gulf. A country that lies farther away has its point at the edge of `abroad`, in its own direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import shapely

from orchestration.outputs.figures.ground import Box, Frame, Point, towards
from orchestration.outputs.published import is_place, position, reference_places
from orchestration.places import boundaries

# A disputed area, where layers of Natural Earth differ: no border is drawn in it.
ILEMI: Box = (33.9, 4.15, 36.1, 5.7)
# As coarse as the generalised layer, so that an operator's detailed file makes no heavy page.
SIMPLIFIED_DEGREES = 0.01
EDGE = 0.06  # share of a drawing that its outermost points stay away from its edge


@dataclass(frozen=True)
class Sheet:
    """One drawing. `frame`: always visible. `window`: drawn at most. `coarse`: of land, in degrees."""

    frame: Frame
    window: Box
    coarse: float

    @cached_property
    def inner(self) -> Any:
        west, south, east, north = self.frame.box
        across, up = (east - west) * EDGE, (north - south) * EDGE
        return shapely.box(west + across, south + up, east - across, north - up)

    @cached_property
    def land(self) -> dict[str, Any]:
        """Countries by code, cut at the window."""
        window = shapely.box(*self.window)
        found = {
            code: shape for code, shape in boundaries.country_shapes().items() if shape.intersects(window)
        }
        countries = _simplified(found, self.coarse)
        return {code: shapely.intersection(shape, window) for code, shape in countries.items()}

    def borders(self) -> Any:
        """Return the lines that two countries share, without disputed ones."""
        codes = list(self.land)
        shared = [
            shapely.intersection(self.land[code].boundary, self.land[other].boundary)
            for at, code in enumerate(codes)
            for other in codes[at + 1 :]
        ]
        lines = shapely.line_merge(shapely.union_all(shared))
        return shapely.difference(lines, shapely.box(*ILEMI))

    def drawn(self, points: Mapping[str, Point]) -> dict[str, Any]:
        frame = self.frame
        return {
            "width": round(frame.width),
            "height": round(frame.height),
            "land": {code: path for code, shape in self.land.items() if (path := frame.path(shape))},
            "borders": frame.path(self.borders()),
            "points": {place: [*map(round, frame.at(point))] for place, point in points.items()},
        }


SHEETS = {
    "kenya": Sheet(Frame(33.3, -5.2, 42.5, 5.7, 100, 0), (25.5, -10.0, 51.5, 10.5), 0.02),
    "abroad": Sheet(Frame(27.0, -7.0, 64.0, 38.0, 12, 0), (27.0, -7.0, 64.0, 38.0), 0.1),
}


def drawings(chosen: boundaries.Boundaries, places: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return both drawings: size, paths of `land`, `borders` and `counties`, and points of places."""
    found = {name: sheet.drawn(points_on(name, places)) for name, sheet in SHEETS.items()}
    path = SHEETS["kenya"].frame.path
    counties = chosen.counties if chosen.is_generalised else _simplified(chosen.counties, SIMPLIFIED_DEGREES)
    found["kenya"]["counties"] = {code: path(shape) for code, shape in counties.items()}
    # The layer ends at 62° east; between there and 64° all north of the coast at 25.2° is land.
    found["abroad"]["land"]["east"] = SHEETS["abroad"].frame.path(shapely.box(61.9, 25.2, 64, 38))
    return found


def _simplified(shapes: Mapping[str, Any], degrees: float) -> dict[str, Any]:
    return dict(zip(shapes, shapely.coverage_simplify(list(shapes.values()), degrees), strict=True))


def points_on(name: str, places: Sequence[str]) -> dict[str, Point]:
    """Return longitude and latitude by place: on `kenya` of its places and neighbours, else of countries.

    A place without a position has none. Kenya has one abroad alone: as a place it is a county not known.
    """
    sheet, found = SHEETS[name], {}
    for place in places:
        at, country = position(place), reference_places()[place]["iso_alpha3"]
        if name == "abroad":
            if at is not None and place == country:
                middle = sheet.inner.centroid
                found[place] = towards(sheet.inner, (middle.x, middle.y), at) or at
        elif is_place(place) and at is not None:
            if country == "KEN":
                found[place] = at
            elif country in sheet.land and (near := sheet.land[country].intersection(sheet.inner)):
                found[place] = _middle(near)
    return found | ({"KEN": (37.8, 0.5)} if name == "abroad" else {})


def _middle(shape: Any) -> Point:
    """Return the middle of the largest part of a shape, which lies in it."""
    point = max(shapely.get_parts(shape), key=lambda part: part.area).representative_point()
    return point.x, point.y

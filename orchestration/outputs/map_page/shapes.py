"""The two drawings of the map page as SVG paths in whole units, and the point of each place on them.

`kenya` holds Kenya and the parts of its neighbours around it, `abroad` the Horn, the Great Lakes and the
Gulf. A country that lies farther away has its point at the edge of `abroad`, in its own direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import shapely

from orchestration.outputs.bends import Point
from orchestration.outputs.published import is_place, position, reference_places
from orchestration.places import boundaries

Box = tuple[float, float, float, float]  # west, south, east, north, in degrees
# A disputed area, where layers of Natural Earth differ: no border is drawn in it.
ILEMI: Box = (33.9, 4.15, 36.1, 5.7)
# As coarse as the generalised layer, so that an operator's detailed file makes no heavy page.
SIMPLIFIED_DEGREES = 0.01
EDGE = 0.06  # share of a drawing that its outermost points stay away from its edge


@dataclass(frozen=True)
class Sheet:
    """One drawing. `box`: always visible. `window`: drawn at most. `coarse`: simplifies land, in degrees."""

    box: Box
    window: Box
    units: int  # to a degree
    coarse: float

    def at(self, lon: float, lat: float) -> list[int]:
        """Return the point in units, from the north-west corner of the box."""
        return [round((lon - self.box[0]) * self.units), round((self.box[3] - lat) * self.units)]

    @cached_property
    def inner(self) -> Any:
        west, south, east, north = self.box
        across, up = (east - west) * EDGE, (north - south) * EDGE
        return shapely.box(west + across, south + up, east - across, north - up)

    @cached_property
    def land(self) -> dict[str, Any]:
        """Countries by code, cut at the window."""
        window = shapely.box(*self.window)
        countries = {
            code: shape for code, shape in boundaries.country_shapes().items() if shape.intersects(window)
        }
        if self.coarse:
            coarse = shapely.coverage_simplify(list(countries.values()), self.coarse)
            countries = dict(zip(countries, coarse, strict=True))
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

    def path(self, shape: Any) -> str:
        """Return the SVG path of polygons or lines, in steps from point to point."""
        written = []
        for part in shapely.get_parts(shape):
            if part.geom_type == "Polygon":
                rings = [(ring, "z") for ring in (part.exterior, *part.interiors)]
            else:
                rings = [(part, "")] if part.geom_type == "LineString" else []
            for line, end in rings:
                points = [self.at(x, y) for x, y, *_ in line.coords]
                steps = [
                    (x - before[0], y - before[1]) for before, (x, y) in pairwise(points) if before != [x, y]
                ]
                if len(steps) > (2 if end else 0):
                    moves = " ".join(f"{x} {y}" for x, y in steps).replace(" -", "-")
                    written.append(f"M{points[0][0]} {points[0][1]}l{moves}{end}")
        return "".join(written)

    def drawn(self, points: Mapping[str, Point]) -> dict[str, Any]:
        west, south, east, north = self.box
        return {
            "width": round((east - west) * self.units),
            "height": round((north - south) * self.units),
            "land": {code: path for code, shape in self.land.items() if (path := self.path(shape))},
            "borders": self.path(self.borders()),
            "points": {place: self.at(*point) for place, point in points.items()},
        }


SHEETS = {
    "kenya": Sheet((33.3, -5.2, 42.5, 5.7), (25.5, -10.0, 51.5, 10.5), 100, 0.02),
    "abroad": Sheet((27.0, -7.0, 64.0, 38.0), (27.0, -7.0, 64.0, 38.0), 12, 0.1),
}


def drawings(chosen: boundaries.Boundaries, places: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return both drawings: size, paths of `land`, `borders` and `counties`, and points of places."""
    found = {name: sheet.drawn(points_on(name, places)) for name, sheet in SHEETS.items()}
    kenya = SHEETS["kenya"]
    # The layer ends at 62° east; between there and 64° all north of the coast at 25.2° is land.
    found["abroad"]["land"]["east"] = SHEETS["abroad"].path(shapely.box(61.9, 25.2, 64, 38))
    found["kenya"]["counties"] = {code: kenya.path(shape) for code, shape in _simplified(chosen).items()}
    return found


def _simplified(chosen: boundaries.Boundaries) -> dict[str, Any]:
    if chosen.is_generalised:
        return dict(chosen.counties)
    shapes = shapely.coverage_simplify(list(chosen.counties.values()), SIMPLIFIED_DEGREES)
    return dict(zip(chosen.counties, shapes, strict=True))


def points_on(name: str, places: Sequence[str]) -> dict[str, Point]:
    """Return longitude and latitude by place: on `kenya` of its places and neighbours, else of countries.

    A place without a position has none. Kenya has one abroad alone: as a place it is a county not known.
    """
    sheet, found = SHEETS[name], {}
    for place in places:
        at, country = position(place), reference_places()[place]["iso_alpha3"]
        if name == "abroad":
            if at is not None and place == country:
                found[place] = _within(sheet, at)
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


def _within(sheet: Sheet, at: Point) -> Point:
    """Return the point, or where the line to it from the middle of the drawing reaches the edge."""
    if sheet.inner.covers(point := shapely.Point(at)):
        return at
    edge = shapely.LineString([sheet.inner.centroid, point]).intersection(sheet.inner.boundary)
    return edge.x, edge.y

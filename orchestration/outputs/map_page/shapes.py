"""The shapes that the map page draws on, in degrees, rounded to what a screen can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import shapely

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

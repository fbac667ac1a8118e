"""County and country of partners' coordinates, by the generalised layers. No coordinate is kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely

from orchestration.places.boundaries import REGION, country_shapes, generalised, to_km

KENYA = "KEN"
# A generalised line may be this far from the true one: nearer than that, a name wins over a point.
NAME_WINS_WITHIN_KM = 10.0
# Distance from a generalised coast within which a point counts as on land; about 28 km.
COAST_DEGREES = 0.25
_AROUND_KENYA = (20.0, -20.0, 55.0, 20.0)  # west, south, east, north: where the plane measures kilometres


@dataclass(frozen=True)
class Position:
    """`place`: the P-code of a county or the ISO alpha-3 of another country. `near_a_line`: of any county."""

    place: str
    near_a_line: bool
    swapped: bool = False


def read_point(lat: float, lon: float) -> Position | None:
    """Return where a point lies; None at sea and off the earth.

    A point outside Kenya that lies in a county with latitude and longitude exchanged is read so.
    """
    position = _on_land(lat, lon)
    if position is None or position.place not in (*generalised().counties, KENYA):
        swapped = _on_land(lon, lat)
        if swapped is not None and swapped.place in generalised().counties:
            return Position(swapped.place, swapped.near_a_line, swapped=True)
    return position


def _on_land(lat: float, lon: float) -> Position | None:
    """Return county or country.

    A point outside all counties and other countries belongs to the county of a near line: generalised coasts
    leave Mombasa Island in the water.
    """
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        return None
    point = shapely.Point(lon, lat)
    codes, counties, lines = _county_trees()
    km, nearest = _nearest_line(point, lines)
    near = km <= NAME_WINS_WITHIN_KM
    inside = counties.query(point, predicate="intersects")
    if len(inside):
        return Position(codes[min(inside)], near)  # on a shared line the first code
    country = _country_of(point)
    if country in (KENYA, None) and near:
        return Position(codes[nearest], near)
    return Position(country, near) if country else None


def _nearest_line(point: Any, lines: shapely.STRtree) -> tuple[float, int]:
    """Return kilometres to the nearest county line and its county's number; infinite far from Kenya."""
    west, south, east, north = _AROUND_KENYA
    if not (west <= point.x <= east and south <= point.y <= north):
        return np.inf, -1
    (number,), (km,) = lines.query_nearest(to_km(point), return_distance=True, all_matches=False)
    return float(km), int(number)


def _country_of(point: Any) -> str | None:
    west, south, east, north = REGION
    is_near = west <= point.x <= east and south <= point.y <= north
    shapes = country_shapes(of_the_world=not is_near)
    distances = shapely.distance(list(shapes.values()), point)
    return list(shapes)[distances.argmin()] if distances.min() <= COAST_DEGREES else None


@lru_cache(maxsize=1)
def _county_trees() -> tuple[list[str], shapely.STRtree, shapely.STRtree]:
    """Return P-codes, the counties in degrees, and their lines in kilometres."""
    shapes = generalised().counties
    lines = shapely.boundary(to_km(np.array(list(shapes.values()))))
    return list(shapes), shapely.STRtree(list(shapes.values())), shapely.STRtree(lines)

"""Coordinates that partners send → county and country. Nothing here keeps a coordinate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from orchestration.places.boundaries.chosen import Boundaries, generalised
from orchestration.places.boundaries.projection import to_km
from orchestration.places.boundaries.shipped import REGION, country_shapes

KENYA = "KEN"
# A generalised line may run this far beside the true one: so near, a name says more than a point.
NAME_WINS_WITHIN_KM = 10.0
FROM_POINT = "flag:geo_from_point"
SWAPPED = "flag:geo_swapped"
NAME_CONFLICT = "flag:geo_name_conflict"
NULL_ISLAND = "unk:geo_null_island"
UNRESOLVED = "unk:place_unresolved"
# So far off a generalised coast a point still counts as on land; about 28 km.
COAST_DEGREES = 0.25
_ZERO = 0.01  # degrees; devices without a position write zeros, some of them with noise


@dataclass(frozen=True)
class PointReading:
    """Where a point lies: P-code, ISO alpha-3, and how far from the nearest county line. None: not known."""

    county: str | None
    country: str | None
    km_to_boundary: float | None
    problems: tuple[str, ...]


def county_of(lat: float, lon: float, boundaries: Boundaries | None = None) -> tuple[str | None, float]:
    """P-code of the county a point lies in, None outside all, and kilometres to the nearest county line."""
    codes, km = counties_of([lat], [lon], boundaries)
    return codes[0], float(km[0])


def counties_of(
    lats: Sequence[float] | NDArray[Any],
    lons: Sequence[float] | NDArray[Any],
    boundaries: Boundaries | None = None,
) -> tuple[list[str | None], NDArray[Any]]:
    """`county_of` for many points: codes, and kilometres.

    They are NaN where the numbers are no position on earth, infinite far from Kenya.
    """
    codes, km, _ = _locate(np.asarray(lats, float), np.asarray(lons, float), boundaries or generalised())
    return codes, km


def _locate(
    lat: NDArray[Any], lon: NDArray[Any], boundaries: Boundaries
) -> tuple[list[str | None], NDArray[Any], list[str | None]]:
    """Of each point its county, the kilometres to the nearest county line, and whose line that is."""
    lines = _lines(boundaries)
    on_earth = (np.abs(lat) <= 90) & (np.abs(lon) <= 180)
    codes = np.full(len(lat), None, dtype=object)
    km = np.full(len(lat), np.nan)
    points = shapely.points(lon[on_earth], lat[on_earth])
    codes[on_earth] = _inside(points, lines.counties)
    near = _near_kenya(lat, lon)[on_earth]
    km[on_earth] = np.inf
    nearest = np.full(len(lat), None, dtype=object)
    if near.any():
        (_, segment), distance = lines.segments.query_nearest(
            to_km(points[near]), return_distance=True, all_matches=False
        )
        km[np.flatnonzero(on_earth)[near]] = distance
        nearest[np.flatnonzero(on_earth)[near]] = lines.owners[segment]
    return list(codes), km, list(nearest)


def country_of(lat: float, lon: float) -> str | None:
    """ISO alpha-3 of the country a point lies in by the generalised base layers, None out at sea."""
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        return None
    west, south, east, north = REGION
    is_near = west <= lon <= east and south <= lat <= north
    shapes = country_shapes(of_the_world=not is_near)
    point = shapely.Point(lon, lat)
    distances = dict(zip(shapes, shapely.distance(list(shapes.values()), point), strict=True))
    code = min(distances, key=lambda code: distances[code])
    return code if distances[code] <= COAST_DEGREES else None


def read_point(
    lat: float,
    lon: float,
    named_county: str | None = None,
    named_country: str | None = None,
    boundaries: Boundaries | None = None,
) -> PointReading:
    """What a record's coordinates say of a place that it also names, or does not.

    `named_county` is the P-code and `named_country` the ISO alpha-3 of the name beside the coordinates.
    Within NAME_WINS_WITHIN_KM of a county line the name wins; beyond it, the point.
    """
    if math.isnan(lat) or math.isnan(lon):
        return PointReading(named_county, named_country, None, (UNRESOLVED,))
    if abs(lat) < _ZERO and abs(lon) < _ZERO:
        return PointReading(named_county, named_country, None, (NULL_ISLAND,))
    county, country, km = _on_land(lat, lon, boundaries or generalised())
    problems: tuple[str, ...] = (FROM_POINT,)
    if county is None and country != KENYA and not (country and country == named_country):
        swapped = _on_land(lon, lat, boundaries or generalised())
        if swapped[0] is not None:
            county, country, km = swapped
            problems = (FROM_POINT, SWAPPED)
    if named_county is not None and county != named_county:
        problems = (*problems, NAME_CONFLICT)
        if km <= NAME_WINS_WITHIN_KM:
            county, country = named_county, KENYA
    if county is None and country is None:
        problems = (*(one for one in problems if one != FROM_POINT), UNRESOLVED)
    return PointReading(county, country, km if math.isfinite(km) else None, problems)


def _on_land(lat: float, lon: float, boundaries: Boundaries) -> tuple[str | None, str | None, float]:
    """County, country and kilometres to the nearest county line.

    A generalised coast leaves Mombasa Island in the water: a point outside all counties and in no other
    country belongs to the county whose line is near.
    """
    (county,), (km,), (nearest,) = _locate(np.array([lat]), np.array([lon]), boundaries)
    country = KENYA if county else country_of(lat, lon)
    if county is None and country in (KENYA, None) and km <= NAME_WINS_WITHIN_KM:
        county, country = nearest, KENYA
    return county, country, float(km)


@dataclass(frozen=True)
class _Lines:
    """`owners` is the county of each segment; a shared line stands once for each of its counties."""

    counties: Mapping[str, Any]
    owners: NDArray[Any]
    segments: shapely.STRtree


@lru_cache(maxsize=4)
def _lines(boundaries: Boundaries) -> _Lines:
    """Outlines in pieces of two points, so that the tree and not the geometry does the searching."""
    pieces, owners = [], []
    for code, shape in boundaries.counties.items():
        for ring in shapely.get_rings(shapely.get_parts(to_km(shape))):
            at = shapely.get_coordinates(ring)
            pieces.append(np.stack([at[:-1], at[1:]], axis=1))
            owners += [code] * len(pieces[-1])
    return _Lines(
        boundaries.counties,
        np.array(owners, dtype=object),
        shapely.STRtree(shapely.linestrings(np.concatenate(pieces))),
    )


def _inside(points: NDArray[Any], shapes: Mapping[str, Any]) -> list[str | None]:
    """Code of the shape each point lies in or on; on a shared line the first code."""
    found = np.full(len(points), None, dtype=object)
    tree = shapely.STRtree(points)
    for code, shape in reversed(list(shapes.items())):
        found[tree.query(shape, predicate="intersects")] = code
    return list(found)


def _near_kenya(lat: NDArray[Any], lon: NDArray[Any]) -> NDArray[Any]:
    """Where the plane around Kenya still measures kilometres."""
    return (np.abs(lat) <= 20) & (lon >= 20) & (lon <= 55)

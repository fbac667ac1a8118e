"""County and country of partners' coordinates. No coordinate is kept."""

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
# A generalised line may be this far from the true one: nearer than that, a name wins over a point.
NAME_WINS_WITHIN_KM = 10.0
FROM_POINT = "flag:geo_from_point"
SWAPPED = "flag:geo_swapped"
NAME_CONFLICT = "flag:geo_name_conflict"
NULL_ISLAND = "unk:geo_null_island"
UNRESOLVED = "unk:place_unresolved"
# Distance from a generalised coast within which a point counts as on land; about 28 km.
COAST_DEGREES = 0.25
_ZERO = 0.01  # degrees; devices without a position write zeros, some of them with noise


@dataclass(frozen=True)
class PointReading:
    """P-code, ISO alpha-3 and distance to the nearest county line of a point; None where unknown."""

    county: str | None
    country: str | None
    km_to_boundary: float | None
    problems: tuple[str, ...]


def county_of(lat: float, lon: float, boundaries: Boundaries | None = None) -> tuple[str | None, float]:
    """Return the P-code of a point's county (None outside all) and kilometres to the nearest county line."""
    codes, km = counties_of([lat], [lon], boundaries)
    return codes[0], float(km[0])


def counties_of(
    lats: Sequence[float] | NDArray[Any],
    lons: Sequence[float] | NDArray[Any],
    boundaries: Boundaries | None = None,
) -> tuple[list[str | None], NDArray[Any]]:
    """Return `county_of` for many points: codes, and kilometres.

    Kilometres are NaN for an impossible position and infinite far from Kenya.
    """
    codes, km, _ = _locate(np.asarray(lats, float), np.asarray(lons, float), boundaries or generalised())
    return codes, km


def _locate(
    lat: NDArray[Any], lon: NDArray[Any], boundaries: Boundaries
) -> tuple[list[str | None], NDArray[Any], list[str | None]]:
    """Return each point's county, the kilometres to the nearest county line, and that line's county."""
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
    """Return the ISO alpha-3 of a point's country by the generalised layers; None at sea."""
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
    """Read a record's coordinates together with the place that it names, if any.

    `named_county`: P-code, `named_country`: ISO alpha-3 of that place. Within NAME_WINS_WITHIN_KM of a county
    line the name wins; beyond it, the point.
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
        problems = (*(problem for problem in problems if problem != FROM_POINT), UNRESOLVED)
    return PointReading(county, country, km if math.isfinite(km) else None, problems)


def _on_land(lat: float, lon: float, boundaries: Boundaries) -> tuple[str | None, str | None, float]:
    """Return county, country and kilometres to the nearest county line.

    A point outside all counties and other countries belongs to the county of a near line: generalised coasts
    leave Mombasa Island in the water.
    """
    (county,), (km,), (nearest,) = _locate(np.array([lat]), np.array([lon]), boundaries)
    country = KENYA if county else country_of(lat, lon)
    if county is None and country in (KENYA, None) and km <= NAME_WINS_WITHIN_KM:
        county, country = nearest, KENYA
    return county, country, float(km)


@dataclass(frozen=True)
class _Lines:
    """`owners`: the county of each segment; a shared line has a segment for each of its counties."""

    counties: Mapping[str, Any]
    owners: NDArray[Any]
    segments: shapely.STRtree


@lru_cache(maxsize=4)
def _lines(boundaries: Boundaries) -> _Lines:
    """Index outlines as segments of two points, so that the tree does the searching."""
    segments, owners = [], []
    for code, shape in boundaries.counties.items():
        for ring in shapely.get_rings(shapely.get_parts(to_km(shape))):
            at = shapely.get_coordinates(ring)
            segments.append(np.stack([at[:-1], at[1:]], axis=1))
            owners += [code] * len(segments[-1])
    return _Lines(
        boundaries.counties,
        np.array(owners, dtype=object),
        shapely.STRtree(shapely.linestrings(np.concatenate(segments))),
    )


def _inside(points: NDArray[Any], shapes: Mapping[str, Any]) -> list[str | None]:
    """Return the code of the shape around each point; on a shared line the first code."""
    found = np.full(len(points), None, dtype=object)
    tree = shapely.STRtree(points)
    for code, shape in reversed(list(shapes.items())):
        found[tree.query(shape, predicate="intersects")] = code
    return list(found)


def _near_kenya(lat: NDArray[Any], lon: NDArray[Any]) -> NDArray[Any]:
    """Whether points are close enough for the plane around Kenya to measure kilometres."""
    return (np.abs(lat) <= 20) & (lon >= 20) & (lon <= 55)

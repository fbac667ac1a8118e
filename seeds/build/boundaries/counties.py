"""The generalised county layer, from points and the eight former provinces, which counties nest in.

No package may be redistributed that has good county polygons. Every cell of a 2 km grid goes to the nearest
constituency or town of its province, where a constituency reaches as far as its area; cells of a county are
merged and simplified together with their neighbours.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from orchestration.places.boundaries import to_km

CELL_KM = 2.0
AREA_WEIGHT = 0.8  # of the circle that has a constituency's area; 1 lets large neighbours swallow towns
COUNTY_TOLERANCE_KM = 4.0
PROVINCE_TOLERANCE_KM = 1.25
DEGREES_GRID = 0.001
LEAST_PART_SQ_KM = 1.0
_MARGIN_KM = 8.0  # cells reach beyond the province, so that simplifying never ends short of its edge


@dataclass(frozen=True)
class Site:
    """A point that claims cells for its county: a constituency with its area, a town with area 0."""

    county: str
    lat: float
    lon: float
    area_sq_km: float


def build_counties(sites: Sequence[Site], provinces: Mapping[str, Any]) -> dict[str, Any]:
    """Polygon in degrees of each county, by P-code. `provinces` is a GeoJSON collection of eight polygons."""
    shapes = [to_km(shapely.geometry.shape(feature["geometry"])) for feature in provinces["features"]]
    outlines = shapely.coverage_simplify(shapes, PROVINCE_TOLERANCE_KM)
    by_province = _sites_by_province(sites, shapes)
    counties: dict[str, Any] = {}
    for number, outline in enumerate(outlines):
        counties |= _counties_of_province(by_province[number], outline)
    return {
        code: shapely.set_precision(to_km(shape, "INVERSE"), DEGREES_GRID)
        for code, shape in sorted(counties.items())
    }


def _sites_by_province(sites: Sequence[Site], shapes: Sequence[Any]) -> dict[int, list[Site]]:
    """Each county belongs to the province that holds most of its constituencies."""
    votes: dict[str, Counter[int]] = defaultdict(Counter)
    for site in sites:
        if site.area_sq_km:
            point = to_km(shapely.Point(site.lon, site.lat))
            votes[site.county].update(n for n, shape in enumerate(shapes) if shape.intersects(point))
    province_of = {county: found.most_common(1)[0][0] for county, found in votes.items()}
    grouped: dict[int, list[Site]] = defaultdict(list)
    for site in sites:
        grouped[province_of[site.county]].append(site)
    return grouped


def _counties_of_province(sites: Sequence[Site], outline: Any) -> dict[str, Any]:
    west, south, east, north = outline.buffer(_MARGIN_KM).bounds
    columns, rows = np.meshgrid(np.arange(west, east, CELL_KM), np.arange(south, north, CELL_KM))
    x, y = columns.ravel(), rows.ravel()
    near = shapely.dwithin(outline, shapely.points(x + CELL_KM / 2, y + CELL_KM / 2), _MARGIN_KM)
    x, y = x[near], y[near]
    at = shapely.get_coordinates(to_km(shapely.points([[site.lon, site.lat] for site in sites])))
    pull = AREA_WEIGHT * np.array([site.area_sq_km for site in sites]) / np.pi
    distance = (x[:, None] + CELL_KM / 2 - at[:, 0]) ** 2 + (y[:, None] + CELL_KM / 2 - at[:, 1]) ** 2
    nearest = np.argmin(distance - pull, axis=1)
    owner = np.array([site.county for site in sites])[nearest]
    cells = shapely.box(x, y, x + CELL_KM, y + CELL_KM)
    codes = [str(code) for code in np.unique(owner)]
    merged = [shapely.coverage_union_all(cells[owner == code]) for code in codes]
    simplified = shapely.coverage_simplify(merged, COUNTY_TOLERANCE_KM, simplify_boundary=False)
    return {
        code: _only_polygons(shape.intersection(outline))
        for code, shape in zip(codes, simplified, strict=True)
    }


def _only_polygons(shape: Any) -> Any:
    """Clipping leaves lines, points and splinters where a county only touches the province's edge."""
    parts = [part for part in shapely.get_parts(shape) if part.area >= LEAST_PART_SQ_KM]
    return shapely.union_all(parts)

"""Check that an operator's file holds Kenya's 47 counties, each under its own code.

Every failed check is a sentence. Points of the gazetteer find wrong or exchanged codes, which counts and
areas miss: listed areas of correct files are off by up to 60 %.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import shapely

from orchestration.core import UsageError, seed_rows
from orchestration.places.boundaries.own_file import COUNTIES, OwnFile
from orchestration.places.boundaries.projection import to_km
from orchestration.places.boundaries.shipped import listed_areas

MOST_OVERLAP = 0.001
UNION_SQ_KM = (560_000, 600_000)
LEAST_POINTS = {"county": 1.0, "subcounty": 0.95, "town": 0.88}
POINT_WORDS = {"county": "county points", "subcounty": "constituency points", "town": "towns"}
USUAL_AREA_RATIO = (0.5, 1.7)
AROUND_KENYA = (33.0, -6.0, 43.0, 6.5)  # west, south, east, north
_SHOWN = 5
_NEXT = "Give a file that passes, or unset NJIA_BOUNDARIES to draw with the generalised layer of Njia."


def check(own: OwnFile) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return county polygons by P-code and warnings; raises UsageError with every failed check."""
    failed = [*_wrong_coordinates(own), *_wrong_codes(own), *_wrong_shapes(own)]
    if failed:
        raise _refused(own, failed)
    repaired = ~own.frame.geometry.is_valid
    shapes = [_polygons(shape) for shape in own.frame.geometry]
    counties = dict(sorted(zip(own.frame[own.code_column], shapes, strict=True)))
    plane = dict(zip(counties, to_km(np.array(list(counties.values()))), strict=True))
    failed = [*_wrong_areas(plane), *_misplaced_points(counties)]
    if failed:
        raise _refused(own, failed)
    warnings = list(_unusual_areas(plane))
    if repaired.any():
        codes = sorted(own.frame.loc[repaired, own.code_column])
        warnings.insert(
            0, f"{own.path.name}: the outlines of {_list(codes)} cross themselves and were repaired."
        )
    return counties, tuple(warnings)


def _refused(own: OwnFile, failed: list[str]) -> UsageError:
    lines = "\n".join(f"- {sentence}" for sentence in failed)
    return UsageError(f"NJIA_BOUNDARIES names {own.path.name}, which is not accepted:\n{lines}\n{_NEXT}")


def _wrong_coordinates(own: OwnFile) -> Iterator[str]:
    crs = own.frame.crs
    if crs is None:
        yield "The file does not say its coordinate system; expected EPSG:4326. Set it in a GIS program."
    elif crs.to_epsg() != 4326 and crs.to_authority() != ("OGC", "CRS84"):
        yield (
            f"The coordinate system is {crs.name}; expected EPSG:4326 (degrees of WGS 84). "
            "Reproject the file in a GIS program."
        )
    elif np.isfinite(own.frame.total_bounds).all():
        west, south, east, north = own.frame.total_bounds
        box = AROUND_KENYA
        if not (box[0] < west and box[1] < south and east < box[2] and north < box[3]):
            yield (
                f"The coordinates run from {west:.1f} to {east:.1f} east and {south:.1f} to {north:.1f} "
                f"north; expected degrees within {box[0]:.0f} to {box[2]:.0f} east and "
                f"{box[1]:.0f} to {box[3]:.1f} north. Look whether they are metres, or latitude and "
                "longitude exchanged."
            )


def _wrong_codes(own: OwnFile) -> Iterator[str]:
    expected = {f"KE{number:03d}" for number in range(1, COUNTIES + 1)}
    if len(own.frame) != COUNTIES:
        yield (
            f"It has {len(own.frame)} features; expected the {COUNTIES} counties. "
            "Perhaps it holds another level, such as the eight former provinces or sub-counties."
        )
    if own.code_column is None:
        yield (
            f"No column holds P-codes (KE001 to KE047): {own.found_codes}. Add a column with each county's "
            "P-code."
        )
        return
    codes = list(own.frame[own.code_column].astype("string").fillna("a blank"))
    missing, unknown = sorted(expected - set(codes)), sorted(set(codes) - expected)
    twice = sorted({code for code in codes if codes.count(code) > 1})
    for what, found in (("lacks", missing), ("has unknown", unknown), ("repeats", twice)):
        if found:
            yield f"Column {own.code_column} {what} {_list(found)}; expected KE001 to KE047, each once."


def _wrong_shapes(own: OwnFile) -> Iterator[str]:
    wrong: dict[str, list[str]] = defaultdict(list)
    for number, shape in enumerate(own.frame.geometry, start=1):
        if shape is None or shape.is_empty:
            wrong["no geometry"].append(str(number))
        elif shape.geom_type not in ("Polygon", "MultiPolygon"):
            wrong[f"a {shape.geom_type} and no polygon"].append(str(number))
        elif not np.isfinite(shapely.get_coordinates(shape)).all() or _polygons(shape).is_empty:
            wrong["a polygon without area"].append(str(number))
    for what, numbers in wrong.items():
        yield f"There is {what} in feature {_list(numbers)}; expected a polygon. Redraw it in a GIS program."


def _polygons(shape: Any) -> Any:
    """Return the valid polygons of a shape, without heights."""
    flat = shapely.make_valid(shapely.force_2d(shape))
    parts = [part for part in shapely.get_parts(shapely.get_parts(flat)) if part.geom_type == "Polygon"]
    return shapely.union_all(parts)


def _wrong_areas(plane: Mapping[str, Any]) -> Iterator[str]:
    shapes = list(plane.values())
    union = float(shapely.area(shapely.union_all(shapes)))
    overlap = float(sum(shapely.area(shapes))) - union
    if overlap > MOST_OVERLAP * union:
        yield (
            f"Counties overlap by {overlap:,.0f} km², {overlap / union:.2%} of the whole; expected at most "
            f"{MOST_OVERLAP:.1%}. Mend the shared borders in a GIS program."
        )
    if not UNION_SQ_KM[0] <= union <= UNION_SQ_KM[1]:
        yield (
            f"The counties cover {union:,.0f} km²; expected {UNION_SQ_KM[0]:,} to {UNION_SQ_KM[1]:,}. "
            "Look whether parts are missing or foreign."
        )


def _misplaced_points(counties: Mapping[str, Any]) -> Iterator[str]:
    """Yield sentences on points of the gazetteer outside their county."""
    points = _reference_points()
    for kind, least in LEAST_POINTS.items():
        of_kind = [(county, point) for found, county, point in points if found == kind]
        shapes = [counties[county] for county, _ in of_kind]
        inside = shapely.intersects(shapes, [point for _, point in of_kind])
        if inside.mean() >= least:
            continue
        outside = sorted({county for (county, _), right in zip(of_kind, inside, strict=True) if not right})
        yield (
            f"{inside.sum()} of {len(of_kind)} {POINT_WORDS[kind]} lie in the polygon with their county's "
            f"code; expected at least {least:.0%}. Look at {_list(outside)}: codes may be "
            "exchanged or of another system."
        )


@lru_cache(maxsize=1)
def _reference_points() -> list[tuple[str, str, Any]]:
    """Return kind, county and point of counties, constituencies and towns."""
    places = {row["place_id"]: row for row in seed_rows("places")}
    found = []
    for row in seed_rows("place_coordinates"):
        place = places[row["place_id"]]
        if place["iso_alpha3"] == "KEN" and place["kind"] in LEAST_POINTS:
            county = place["place_id"] if place["kind"] == "county" else place["parent_place_id"]
            found.append((place["kind"], county, shapely.Point(float(row["lon"]), float(row["lat"]))))
    return found


def _unusual_areas(plane: Mapping[str, Any]) -> Iterator[str]:
    for row in listed_areas():
        ratio = plane[row["place_id"]].area / float(row["area_sq_km"])
        if not USUAL_AREA_RATIO[0] <= ratio <= USUAL_AREA_RATIO[1]:
            yield (
                f"{row['place_id']} covers {ratio:.2f} times its listed area; {USUAL_AREA_RATIO[0]} to "
                f"{USUAL_AREA_RATIO[1]} is usual. Look whether part of it is missing."
            )


def _list(codes: list[str]) -> str:
    more = len(codes) - _SHOWN
    return ", ".join(codes[:_SHOWN]) + (f" and {more} more" if more > 0 else "")

"""Counts of the newest complete year as GeoJSON (RFC 7946): a feature per row, with the columns of its table.

Positions come from the reference seeds. A row that stands for no place on the map has no geometry.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from orchestration.outputs.exports.about import About
from orchestration.outputs.exports.tables import Table
from orchestration.outputs.published import is_place, position

KIND = "geojson"
HALF_TURN = 180.0
Position = tuple[float, float]
Properties = dict[str, Any]


def write_geojson(folder: Path, about: About, tables: Mapping[str, Table]) -> dict[str, Path]:
    """Write a file per table; without rows where no year is complete."""
    years = [
        row for row in tables["periods"].records() if row["period_kind"] == "year" and row["is_complete"]
    ]
    newest = max(years, key=lambda row: row["period_to"], default={"period_id": None})["period_id"]
    written = {}
    for name, geometry in _GEOMETRIES.items():
        rows = tables[name].where(pc.field("period_id") == pc.scalar(newest)).records()
        features = [{"type": "Feature", "geometry": geometry(row), "properties": row} for row in rows]
        content = {
            "type": "FeatureCollection",
            **_of_release(about),
            "period_id": newest,
            "features": features,
        }
        written[name] = folder / about.file_name(name, KIND)
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str)
        written[name].write_text(text + "\n", encoding="utf-8")
    return written


def _of_release(about: About) -> Properties:
    """Return members beside the features (RFC 7946, 6.1), which other programs ignore."""
    return {
        "title": about.title,
        "release_id": about.release_id,
        "as_of": about.as_of.isoformat(),
        "edition": about.edition,
        "is_synthetic": about.is_synthetic,
        "description": " ".join(about.sentences),
        "citation": about.citation,
    }


def _at(place_id: str) -> Position | None:
    return position(place_id) if is_place(place_id) else None


def _point(row: Properties) -> Properties | None:
    at = _at(row["place_id"])
    return {"type": "Point", "coordinates": at} if at else None


def _line(row: Properties) -> Properties | None:
    """Return a straight line, in two parts across the 180th meridian; a point within one place."""
    start, end = _at(row["start_place_id"]), _at(row["end_place_id"])
    if start is None or end is None:
        return None
    if start == end:
        return {"type": "Point", "coordinates": start}
    if abs(start[0] - end[0]) <= HALF_TURN:
        return {"type": "LineString", "coordinates": [start, end]}
    return {"type": "MultiLineString", "coordinates": _cut(start, end)}


def _cut(start: Position, end: Position) -> Sequence[Sequence[Position]]:
    side = HALF_TURN if start[0] > 0 else -HALF_TURN
    unrolled = end[0] + 2 * side
    latitude = start[1] + (end[1] - start[1]) * (side - start[0]) / (unrolled - start[0])
    return [[start, (side, latitude)], [(-side, latitude), end]]


_GEOMETRIES: dict[str, Callable[[Properties], Properties | None]] = {
    "starts": _point,
    "ends": _point,
    "corridors": _line,
    "border_points": _point,
}

"""Published tables as GeoJSON (RFC 7946): one feature per row, with the columns of its table.

Positions come from the reference seeds. A place without a position has no geometry.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from orchestration.outputs.exports.about import About
from orchestration.outputs.exports.tables import Table
from orchestration.outputs.published import position

KIND = "geojson"
HALF_TURN = 180.0
Position = tuple[float, float]
Properties = dict[str, Any]


def write_geojson(folder: Path, about: About, tables: Mapping[str, Table]) -> dict[str, Path]:
    """Write a file per table. Corridors and shifts at level `od`: `odv` would draw the same lines."""
    written = {}
    for name, geometry in _GEOMETRIES.items():
        table = tables[name]
        if any(column.name == "level" for column in table.columns):
            table = table.where(pc.field("level") == "od")
        written[name] = folder / about.file_name(name, KIND)
        head = _json({"type": "FeatureCollection", **_of_release(about)}).removesuffix("}")
        with written[name].open("w", encoding="utf-8") as file:
            file.write(f'{head},"features":[')
            for number, row in enumerate(table.records()):
                feature = {"type": "Feature", "geometry": geometry(row), "properties": row}
                file.write(f"{',' if number else ''}{_json(feature)}")
            file.write("]}\n")
    return written


def _json(content: Properties) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


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


def _point(row: Properties) -> Properties | None:
    at = position(row["place_id"])
    return {"type": "Point", "coordinates": at} if at else None


def _line(row: Properties) -> Properties | None:
    """Return a straight line, in two parts across the 180th meridian; a point within one place."""
    start, end = position(row["start_place_id"]), position(row["end_place_id"])
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
    "corridors": _line,
    "shifts": _line,
    "places": _point,
    "hotspots": _point,
}

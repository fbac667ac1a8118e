"""Places and corridors for a map program: GeoJSON by RFC 7946, one flat property a printed value.

A property is called after its table, grain, period and role, such as `persons_case_2024_origin`; null is a
cell that is printed and not shown. A place without a position has no geometry.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestration.outputs.exports.about import About
from orchestration.outputs.exports.printed import PrintedTable

KIND = "geojson"
HALF_TURN = 180.0
Position = tuple[float, float]
Properties = dict[str, Any]


def write_geojson(folder: Path, about: About, tables: Mapping[str, PrintedTable]) -> dict[str, Path]:
    """Files by what they show; nothing where the edition prints no places."""
    if "places" not in tables:
        return {}
    places = {str(place["place_id"]): place for place in tables["places"].records()}
    shown = {"places": _places(places, tables), "corridors": _corridors(places, tables)}
    written = {name: folder / about.file_name(name, KIND) for name in shown}
    for name, features in shown.items():
        content = {"type": "FeatureCollection", **_told(about), "features": features}
        text = json.dumps(content, ensure_ascii=False, default=str)
        written[name].write_text(text + "\n", encoding="utf-8")
    return written


def _told(about: About) -> Properties:
    """Members beside the features, which RFC 7946 (6.1) lets a file have and programs that know none skip."""
    return {
        "title": about.title,
        "release_id": about.release_id,
        "as_of": about.as_of.isoformat(),
        "edition": about.edition,
        "is_synthetic": about.is_synthetic,
        "description": " ".join(about.sentences),
        "citation": about.citation,
    }


def _places(places: Mapping[str, Properties], tables: Mapping[str, PrintedTable]) -> list[Properties]:
    said: dict[str, Properties] = defaultdict(dict)
    for row in _records(tables, "ends"):
        said[row["place_id"]]["_".join(("persons", row["record_grain"], row["period_id"], row["role"]))] = (
            row["person_count"]
        )
    for row in _records(tables, "hotspots"):
        ending = "_".join((row["record_grain"], row["period_id"], row["role"]))
        said[row["place_id"]] |= {
            f"hotspot_{ending}": row["label"],
            f"factor_{ending}": row["factor_band"],
            f"trend_{ending}": row["trend_category"],
        }
    for row in _records(tables, "regional_risk"):
        said[row["place_id"]][f"risk_{row['record_grain']}_{row['period_id']}"] = row["band"]
    return [
        _feature(place_id, _point(place), _without_position(place) | _sorted(said[place_id]))
        for place_id, place in places.items()
    ]


def _corridors(places: Mapping[str, Properties], tables: Mapping[str, PrintedTable]) -> list[Properties]:
    """Those of which at least one number or status is printed."""
    said: dict[tuple[str, str], Properties] = defaultdict(dict)
    spoken_of = set()
    for row in _records(tables, "corridors"):
        ends = (row["origin_place_id"], row["destination_place_id"])
        said[ends][f"persons_{row['record_grain']}_{row['period_id']}"] = row["person_count"]
        if row["person_count"] is not None:
            spoken_of.add(ends)
    for row in _records(tables, "corridor_shifts"):
        ends = (row["origin_place_id"], row["destination_place_id"])
        ending = f"{row['record_grain']}_{row['baseline_window']}_{row['current_window']}"
        said[ends] |= {f"shift_{ending}": row["status"], f"factor_{ending}": row["factor_band"]}
        spoken_of.add(ends)
    features = []
    for origin, destination in sorted(spoken_of):
        named = {
            "origin_place_id": origin,
            "origin": _name(places, origin),
            "destination_place_id": destination,
            "destination": _name(places, destination),
        }
        geometry = _line(_position(places.get(origin)), _position(places.get(destination)))
        ends = (origin, destination)
        features.append(_feature(f"{origin}>{destination}", geometry, named | _sorted(said[ends])))
    return features


def _records(tables: Mapping[str, PrintedTable], name: str) -> Iterable[Properties]:
    return tables[name].records() if name in tables else ()


def _feature(identifier: str, geometry: Properties | None, properties: Properties) -> Properties:
    return {"type": "Feature", "id": identifier, "geometry": geometry, "properties": properties}


def _sorted(properties: Properties) -> Properties:
    return dict(sorted(properties.items()))


def _without_position(place: Properties) -> Properties:
    return {name: value for name, value in place.items() if name not in ("lat", "lon")}


def _name(places: Mapping[str, Properties], place_id: str) -> str | None:
    return places[place_id]["name"] if place_id in places else None


def _position(place: Properties | None) -> Position | None:
    if place is None or place["lat"] is None or place["lon"] is None:
        return None
    return (place["lon"], place["lat"])


def _point(place: Properties) -> Properties | None:
    position = _position(place)
    return {"type": "Point", "coordinates": position} if position else None


def _line(start: Position | None, end: Position | None) -> Properties | None:
    """A straight line, or a point where both ends are one; in two parts across the 180th meridian."""
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

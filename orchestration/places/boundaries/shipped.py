"""The boundary layers that ship with Njia, in `seeds/boundaries/`."""

from __future__ import annotations

import csv
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import shapely

from orchestration.core import PROJECT_ROOT, NjiaError

SHIPPED = PROJECT_ROOT / "seeds" / "boundaries"
COUNTIES_FILE = "ke_counties_generalised.geojson"
REGION_FILE = "countries_region.geojson"
WORLD_FILE = "countries_world.geojson"
LISTED_AREAS_FILE = "ke_county_listed_areas.csv"
SOURCES_FILE = "sources.json"
REGION = (8.0, -16.0, 62.0, 40.0)  # west, south, east, north: the Horn, the Great Lakes and the Gulf


@lru_cache(maxsize=4)
def shapes_of(path: Path) -> dict[str, Any]:
    """Return the shape in degrees of each feature, by code, in the order of codes."""
    if not path.is_file():
        raise NjiaError(
            f"The boundary layer {path.name} is missing from {path.parent}. Restore it from the repository, "
            "or build it with `make boundaries`."
        )
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return {
        feature["properties"]["code"]: shapely.from_geojson(json.dumps(feature["geometry"]))
        for feature in sorted(features, key=lambda feature: feature["properties"]["code"])
    }


def country_shapes(of_the_world: bool = False) -> dict[str, Any]:
    """Return countries by ISO alpha-3, in degrees: those of REGION, cut at its edges, or a coarse world."""
    return shapes_of(SHIPPED / (WORLD_FILE if of_the_world else REGION_FILE))


def listed_areas() -> list[dict[str, str]]:
    """Return the listed area of each county: rows with `place_id` and `area_sq_km`."""
    with (SHIPPED / LISTED_AREAS_FILE).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))

"""A place of the gazetteer as people are shown it: name, kind, where, and coordinates if any are known."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

from orchestration.core import REFERENCE_SEEDS
from orchestration.places.gazetteer import load_gazetteer


@dataclass(frozen=True)
class KnownPlace:
    """`county` and `country` are names; `point` is latitude and longitude in degrees."""

    place_id: str
    name: str
    kind: str
    county: str | None
    country: str | None
    point: tuple[float, float] | None


def known_place(place_id: str) -> KnownPlace:
    """The place of an id of the gazetteer; raises KeyError for any other."""
    gazetteer = load_gazetteer(REFERENCE_SEEDS)
    place = gazetteer.places[place_id]
    county, country = (
        gazetteer.places[within].name if within in gazetteer.places else None
        for within in (place.county, place.country)
    )
    return KnownPlace(place_id, place.name, place.kind, county, country, _points().get(place_id))


@cache
def _points() -> dict[str, tuple[float, float]]:
    with (REFERENCE_SEEDS / "place_coordinates.csv").open(encoding="utf-8", newline="") as file:
        return {row["place_id"]: (float(row["lat"]), float(row["lon"])) for row in csv.DictReader(file)}

"""A place of the gazetteer as shown to people: name, kind, county, country and coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from orchestration.core import REFERENCE_SEEDS, seed_rows
from orchestration.places.gazetteer import load_gazetteer


@dataclass(frozen=True)
class KnownPlace:
    """`county` and `country` are names; `point`: latitude and longitude in degrees."""

    place_id: str
    name: str
    kind: str
    county: str | None
    country: str | None
    point: tuple[float, float] | None


def known_place(place_id: str) -> KnownPlace:
    """Return the place of an id; raises KeyError for an unknown one."""
    gazetteer = load_gazetteer(REFERENCE_SEEDS)
    place = gazetteer.places[place_id]
    county, country = (
        gazetteer.places[within].name if within in gazetteer.places else None
        for within in (place.county, place.country)
    )
    return KnownPlace(place_id, place.name, place.kind, county, country, _points().get(place_id))


@cache
def _points() -> dict[str, tuple[float, float]]:
    return {row["place_id"]: (float(row["lat"]), float(row["lon"])) for row in seed_rows("place_coordinates")}

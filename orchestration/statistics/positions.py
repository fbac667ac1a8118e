"""Where places lie, for distances: on a plane, in units of 100 km, about that between counties."""

from __future__ import annotations

from functools import cache
from math import cos, radians

import numpy as np

from orchestration.core import seed_rows
from orchestration.statistics.comparable import Floats

UNIT_KM, KM_OF_A_DEGREE = 100.0, 111.2
NOWHERE = (np.nan, np.nan)


def position(place_id: str) -> tuple[float, float]:
    """East and north of a place, or of the one that holds it where its own position is unknown."""
    known, places = _coordinates(), _places()
    while place_id not in known:
        if place_id not in places or places[place_id]["parent_place_id"] in ("", place_id):
            return NOWHERE
        place_id = places[place_id]["parent_place_id"]
    return known[place_id]


def distance(office: str, place_id: str) -> float:
    """From an office to a place; 0 where the office is a country: it hears of all of it alike."""
    if _places().get(office, {}).get("kind") == "country":
        return 0.0
    return float(np.hypot(*np.subtract(position(office), position(place_id))))


def positions(place_ids: list[str]) -> Floats:
    """Places by two coordinates; one that lies nowhere stands in the middle of the others."""
    at = np.array([position(place_id) for place_id in place_ids]).reshape(-1, 2)
    lost = np.isnan(at).any(axis=1)
    if lost.any():
        at[lost] = 0.0 if lost.all() else at[~lost].mean(axis=0)
    return at


@cache
def _coordinates() -> dict[str, tuple[float, float]]:
    scale = KM_OF_A_DEGREE / UNIT_KM
    return {
        row["place_id"]: (
            float(row["lon"]) * cos(radians(float(row["lat"]))) * scale,
            float(row["lat"]) * scale,
        )
        for row in seed_rows("place_coordinates")
    }


@cache
def _places() -> dict[str, dict[str, str]]:
    return {row["place_id"]: row for row in seed_rows("places")}

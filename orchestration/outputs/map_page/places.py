"""The places in an edition's tables, with name, kind, country and position from the reference seeds."""

from __future__ import annotations

from functools import cache

import pandas as pd

from orchestration.core import REFERENCE_SEEDS
from orchestration.outputs.edition import Edition

STOPS = ("origin_place_id", "via_place_id", "destination_place_id", "place_id")
TABLES = ("corridors", "places", "hotspots", "shifts", "risk", "routes", "novelty")


def places_of(edition: Edition) -> pd.DataFrame:
    """Return a row per place: place_id, name, kind, country (ISO alpha-3), lat, lon (missing if unknown)."""
    named: set[str] = set()
    for table in map(edition.arrow, TABLES):
        for column in set(STOPS) & set(table.column_names):
            named |= set(table[column].unique().drop_null().to_pylist())
    novelty = edition.table("novelty")
    if not novelty.empty:
        pairs = novelty.loc[novelty["item_kind"] == "corridor", "item"]
        named |= {stop for pair in pairs for stop in pair.split(">")}
    known = _known()
    return known[known["place_id"].isin(named)].reset_index(drop=True)


@cache
def _known() -> pd.DataFrame:
    places = pd.read_csv(REFERENCE_SEEDS / "places.csv", dtype=str, keep_default_na=False)
    points = pd.read_csv(REFERENCE_SEEDS / "place_coordinates.csv", keep_default_na=False)
    named = places[["place_id", "name", "kind", "iso_alpha3"]].rename(columns={"iso_alpha3": "country"})
    return named.merge(points[["place_id", "lat", "lon"]], on="place_id", how="left")

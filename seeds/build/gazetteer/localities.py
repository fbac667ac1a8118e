"""Estates and other localities of Kenya, and the areas inside them: kenya-locations, which has no points."""

from __future__ import annotations

from collections import Counter

from orchestration.places.place_text import norm
from seeds.build.gazetteer import packages
from seeds.build.gazetteer.tables import Tables
from seeds.build.gazetteer.units import KENYA, add_part_names, slug

# A place of one of these kinds with the name and county of a locality is that locality.
_SAME_PLACE = ("town", "border_point", "locality", "camp")


def add_localities(tables: Tables) -> None:
    """A name in several counties stays several rows: only the record can say which is meant."""
    localities, areas = packages.kenya_locations_rows()
    counties = {norm(row["name"]): i for i, row in tables.places.items() if row["kind"] == "county"}
    source = packages.kenya_locations()
    ids: dict[tuple[str, str], str] = {}
    named = Counter(slug(name) for name, _ in localities)
    for name, county_name in localities:
        county = counties[norm(county_name)]
        place_id = tables.named(name, county, *_SAME_PLACE)
        if place_id is None:
            place_id = f"lo-ken-{slug(name)}"
            if named[slug(name)] > 1 or place_id in tables.places:
                place_id += f"-{slug(county_name)}"
            tables.add_place(place_id, name, "locality", county, KENYA, source)
            add_part_names(tables, place_id, source)
        ids[name, county_name] = place_id
    for name, locality, county_name in areas:
        county = counties[norm(county_name)]
        inside = ids.get((locality, county_name), county)
        parent = inside if tables.places[inside]["kind"] == "locality" else county
        if tables.named(name, county, *_SAME_PLACE) or tables.named(name, parent, "area"):
            continue
        place_id = f"ar-ken-{slug(name)}-{slug(locality)}"
        if place_id in tables.places:
            place_id += f"-{slug(county_name)}"
        tables.add_place(place_id, name, "area", parent, KENYA, source)
        add_part_names(tables, place_id, source)

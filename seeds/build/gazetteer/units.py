"""Countries, and Kenya's counties, sub-counties and wards, with their codes."""

from __future__ import annotations

import re
from collections import defaultdict

from orchestration.places.place_text import norm
from seeds.build.gazetteer import by_hand, packages
from seeds.build.gazetteer.packages import Source
from seeds.build.gazetteer.tables import NOTHING, Tables

KENYA = "KEN"
_CONTINENTS = {
    "AF": "africa", "AS": "asia", "EU": "europe", "NA": "americas", "SA": "americas", "OC": "oceania",
    "AN": "unknown",
}  # fmt: skip
_CENSUS = 2019
_SHORTEST = 3  # letters of a name that is worth having
_SUB_COUNTY = re.compile(r"\s+sub-?\s*county$", re.IGNORECASE)
# The P-codes are OCHA's; kenya-data carries them.
_OCHA = Source("OCHA COD-AB P-codes", "CC BY-IGO")


def add_countries(tables: Tables) -> None:
    """Every country of ISO 3166 under the name of GeoNames, at the point of its capital."""
    iso, geonames = packages.iso_3166(), packages.geonames()
    source = Source(f"{iso.name}; name and continent {geonames.name}", f"{iso.licence}; {geonames.licence}")
    known = {row["iso3"]: row for row in packages.geonames_countries()}
    set_right = {row["place_id"]: row for row in by_hand.rows("countries")}
    capitals: dict[tuple[str, str], dict[str, float]] = {}
    for city in packages.geonames_cities():
        key = (city["countrycode"], city["name"])
        if key not in capitals or city["population"] > capitals[key]["population"]:
            capitals[key] = city
    at_capital = Source(f"{geonames.name}: position of the capital", geonames.licence)
    for country in packages.iso_countries():
        code, facts = country["alpha_3"], known[country["alpha_3"]]
        mended = set_right.get(code, {"name": NOTHING, "region": NOTHING})
        tables.add_place(
            code, _or(mended["name"], facts["name"]), "country", "world", code, source,
            region=_or(mended["region"], _CONTINENTS[facts["continentcode"]]),
            population=str(facts["population"] or NOTHING),
        )  # fmt: skip
        tables.add_code(code, "iso_alpha2", country["alpha_2"], iso)
        capital = capitals.get((facts["iso"], facts["capital"]))
        if capital:
            tables.add_point(code, capital["latitude"], capital["longitude"], "capital", at_capital)
    for country in packages.iso_countries():
        code = country["alpha_3"]
        names = {country[key] for key in ("name", "official_name", "common_name") if key in country}
        for name in sorted(names - {tables.places[code]["name"]}):
            tables.add_alias(name, code, "en", iso, as_written=True)


def add_counties(tables: Tables) -> None:
    """The 47 counties under their P-codes, and the one crosswalk to the two other orders of codes."""
    source = packages.kenya_data()
    population = {
        row["code"]: row["population"]
        for row in packages.kenya_units(
            "select c.code, p.population from counties c join population_statistics p "
            f"on p.entity_type = 'county' and p.entity_id = c.id where p.reference_year = {_CENSUS}"
        )
    }
    for row in packages.kenya_units("select code, name from counties order by code"):
        code = row["code"]
        tables.add_place(code, row["name"], "county", KENYA, KENYA, source, population=str(population[code]))
        tables.add_code(code, "pcode", code, _OCHA)
    by_name = {norm(row["name"]): i for i, row in tables.places.items() if row["kind"] == "county"}
    by_name["nairobi city"] = by_name["nairobi"]
    for unit in packages.first_level_units():
        if not unit.iso_3166_2.startswith("KE-"):
            continue
        county = by_name[norm(unit.name)]
        tables.add_code(county, "iso_3166_2", unit.iso_3166_2, packages.iso_3166())
        tables.add_code(county, "geonames_admin1", unit.geonames_admin1, packages.geonames_units())
        for other in unit.other_names:
            if other.startswith("Kaunti ya "):
                tables.add_alias(other, county, "sw", packages.geonames_units())
    _add_points(tables, "county", "counties")


def add_subcounties(tables: Tables) -> None:
    """The 290 constituencies, which are OCHA's sub-counties too, then the other sub-counties."""
    source = packages.kenya_data()
    query = (
        "select u.code, u.name, c.code as county from {} u join counties c on u.county_id = c.id "
        "order by u.code"
    )
    alike: dict[str, set[str]] = defaultdict(set)
    for row in packages.kenya_units(query.format("constituencies")):
        code = row["code"]
        tables.add_place(code, row["name"], "subcounty", row["county"], KENYA, source)
        tables.add_code(code, "pcode", code, _OCHA)
        tables.add_code(code, "iebc_constituency", code[5:], source)
        alike[row["county"]].add(_squeezed(row["name"]))
    for alias in by_hand.rows("aliases"):
        if (unit := tables.places.get(alias["place_id"])) and unit["kind"] == "subcounty":
            alike[unit["parent_place_id"]].add(_squeezed(alias["alias"]))
    _add_points(tables, "constituency", "constituencies")
    for row in packages.kenya_units(query.format("sub_counties")):
        name, county = _SUB_COUNTY.sub("", row["name"]), row["county"]
        if _squeezed(name) not in alike[county]:
            name = name.title() if name.isupper() else name
            tables.add_place(f"sc-ken-{slug(name)}", name, "subcounty", county, KENYA, source)
            add_part_names(tables, f"sc-ken-{slug(name)}", source)


def add_wards(tables: Tables) -> None:
    """The 1,450 wards under their constituency; the number is the electoral commission's."""
    source = packages.kenya_data()
    for row in packages.kenya_units(
        "select w.code, w.name, u.code as unit from wards w join constituencies u "
        "on w.constituency_id = u.id order by w.code"
    ):
        number = row["code"].removeprefix("KEW-")
        place_id = f"wd-ken-{number}"
        tables.add_place(place_id, row["name"], "ward", row["unit"], KENYA, source)
        tables.add_code(place_id, "iebc_ward", number, source)
        add_part_names(tables, place_id, source)


def add_part_names(tables: Tables, place_id: str, source: Source) -> None:
    """`Mji wa Kale/Makadara` is also known by each of its names; so is `Khalaba (Kanduyi)`."""
    parts = [part.strip() for part in re.split(r"[/()]", tables.places[place_id]["name"])]
    if len(parts) > 1:
        for part in parts:
            if len(part) >= _SHORTEST:
                tables.add_alias(part, place_id, "und", source)


def slug(name: str) -> str:
    """The part of an id that comes from a name."""
    return "-".join(re.findall("[a-z0-9]+", norm(name)))


def _or(mended: str, published: str) -> str:
    return published if mended == NOTHING else mended


def _squeezed(name: str) -> str:
    return norm(name).replace(" ", "")


def _add_points(tables: Tables, entity: str, table: str) -> None:
    for row in packages.kenya_units(
        f"select u.code, p.latitude, p.longitude from {table} u join coordinates p "
        f"on p.entity_type = '{entity}' and p.entity_id = u.id"
    ):
        tables.add_point(
            row["code"], row["latitude"], row["longitude"], "centroid_unreviewed", packages.kenya_data()
        )

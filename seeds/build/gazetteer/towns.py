"""Towns of Kenya and of the corridor countries, and their other names: GeoNames."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from orchestration.places.gazetteer import NEIGHBOURS
from orchestration.places.place_text import is_name_of_a_person, norm
from seeds.build.gazetteer import by_hand, packages
from seeds.build.gazetteer.tables import NOTHING, Tables
from seeds.build.gazetteer.units import KENYA, slug

_BEYOND = frozenset({"RWA", "BDI", "COD", "DJI", "ERI", "SDN", "EGY", "LBY"})
_GULF = "middle_east_gulf"
_FROM_NEIGHBOURS, _FROM_BEYOND = 2_000, 100_000  # people
_SAME_PLACE = ("town", "border_point", "camp")
_SHORTEST = 3
_BARE_CODE = re.compile(r"[A-Z]{3}")
_NOT_ARABIC = frozenset("پچژگکیہےۀۆۇېەڭڤڕڵ")  # Persian, Urdu, Kurdish and Uighur spellings


def add_towns(tables: Tables) -> dict[int, str]:
    """Every town that the rule takes or a steward chose; gives place ids by GeoNames id.

    The bigger of two namesakes of a country has the short id.
    """
    chosen = {int(row["geonameid"]): row for row in by_hand.rows("geonames")}
    countries = {row["iso"]: row["iso3"] for row in packages.geonames_countries()}
    admin1 = {
        row["code"]: row["place_id"] for row in tables.codes.values() if row["system"] == "geonames_admin1"
    }
    found: dict[int, str] = {}
    for city in sorted(packages.geonames_cities(), key=lambda c: (-c["population"], c["geonameid"])):
        country, by_choice = countries[city["countrycode"]], chosen.get(city["geonameid"])
        if not by_choice and not _is_taken(tables, city, country):
            continue
        if by_choice and by_choice["place_id"] == NOTHING:
            continue
        parent = country if country != KENYA else admin1.get(city["admin1code"], NOTHING)
        place_id, name, parent = _of_choice(by_choice, city["name"], parent)
        place_id = place_id or _known_as(tables, name, parent, found)
        place_id = place_id or _new_id(tables, city, name, parent, country)
        if place_id not in tables.places:
            people = str(city["population"] or NOTHING)
            tables.add_place(place_id, name, "town", parent, country, packages.geonames(), population=people)
        tables.add_point(place_id, city["latitude"], city["longitude"], "published", packages.geonames())
        found[city["geonameid"]] = place_id
    return found


def add_other_names(tables: Tables, place_ids: dict[int, str]) -> None:
    """What GeoNames calls the places that `add_towns` found."""
    taken = names_taken(tables)
    for city in packages.geonames_cities():
        if city["geonameid"] in place_ids:
            _add_other_names(tables, city, place_ids[city["geonameid"]], taken)


def _known_as(tables: Tables, name: str, parent: str, found: dict[int, str]) -> str | None:
    """A place that is this town already; abroad a namesake may lie anywhere in the country."""
    known = tables.named(name, parent, *_SAME_PLACE)
    is_namesake = parent == tables.places[parent]["iso_alpha3"] and known in found.values()
    return None if is_namesake else known


def _is_taken(tables: Tables, city: dict[str, Any], country: str) -> bool:
    if country == KENYA:
        return True
    if country in NEIGHBOURS:
        return bool(city["population"] >= _FROM_NEIGHBOURS)
    return is_corridor(tables, country) and city["population"] >= _FROM_BEYOND


def is_corridor(tables: Tables, country: str) -> bool:
    is_known = country in tables.places  # GeoNames has countries that ISO has not
    return country in NEIGHBOURS | _BEYOND or (is_known and tables.places[country]["region"] == _GULF)


def _of_choice(choice: dict[str, str] | None, name: str, parent: str) -> tuple[str | None, str, str]:
    if choice is None:
        return None, name, parent
    return (
        choice["place_id"],
        name if choice["name"] == NOTHING else choice["name"],
        parent if choice["parent_place_id"] == NOTHING else choice["parent_place_id"],
    )


def _new_id(tables: Tables, city: dict[str, Any], name: str, parent: str, country: str) -> str:
    place_id = f"tn-{country.lower()}-{slug(name)}"
    if place_id not in tables.places:
        return place_id
    further = slug(tables.places[parent]["name"]) if country == KENYA else str(city["geonameid"])
    further = further if f"{place_id}-{further}" not in tables.places else str(city["geonameid"])
    return f"{place_id}-{further}"


def names_taken(tables: Tables) -> dict[str, frozenset[str]]:
    """Names that no town has besides its own: those of countries, and of places in Kenya."""
    countries, kenyan = set[str](), set[str]()
    names = [(row["name"], i) for i, row in tables.places.items()]
    for name, place_id in [*names, *((row["alias"], row["place_id"]) for row in tables.aliases.values())]:
        place = tables.places[place_id]
        if place["kind"] == "country":
            countries.add(norm(name))
        elif place["iso_alpha3"] == KENYA:
            kenyan.add(norm(name))
    own = {norm(row["name"]) for row in tables.places.values() if row["iso_alpha3"] == KENYA}
    return {"in Kenya": frozenset(countries | own), "abroad": frozenset(countries | kenyan)}


def _add_other_names(
    tables: Tables, city: dict[str, Any], place_id: str, taken: dict[str, frozenset[str]]
) -> None:
    """Alternates of corridor countries only, and none that is a name in Kenya: they put Eastleigh abroad.

    Nor one that is a person's: `Njeri` is listed for Nyeri.
    """
    country = tables.places[place_id]["iso_alpha3"]
    tables.add_alias(city["name"], place_id, "und", packages.geonames())
    if country != KENYA and not is_corridor(tables, country):
        return
    for name in city["alternatenames"]:
        for part in parts_of(name):
            language = language_of(part)
            is_taken = norm(part) in taken["in Kenya" if country == KENYA else "abroad"]
            if language and not is_taken and not is_name_of_a_person(norm(part)):
                tables.add_alias(part, place_id, language, packages.geonames())


def parts_of(name: str) -> Iterator[str]:
    """Slash names are two names."""
    for part in name.split("/"):
        text = unicodedata.normalize("NFC", " ".join(part.split()))
        if len(norm(text).replace(" ", "")) >= _SHORTEST and not _BARE_CODE.fullmatch(text):
            yield text


def language_of(name: str) -> str | None:
    """By script: ar, am, und (Latin letters tell none); None for scripts and forms partners do not write."""
    if any(letter.isdigit() or letter in ",،()" for letter in name):
        return None
    letters = [letter for letter in name if letter.isalpha()]
    scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in letters}
    if scripts == {"ARABIC"}:
        return None if _NOT_ARABIC & set(name) else "ar"
    if scripts == {"ETHIOPIC"}:
        return "am"
    # GeoNames carries machine transliterations, all in small letters, which nobody writes.
    return "und" if scripts == {"LATIN"} and name != name.lower() else None

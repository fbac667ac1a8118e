"""First-level units of the corridor countries: regions, states, emirates, governorates."""

from __future__ import annotations

from orchestration.places.place_text import is_name_of_a_person, norm
from seeds.build.gazetteer import packages
from seeds.build.gazetteer.tables import Tables
from seeds.build.gazetteer.towns import is_corridor, language_of, names_taken, parts_of
from seeds.build.gazetteer.units import slug

# `Eastern Province` means another unit in each country; it was one of Kenya too.
_WITHOUT_A_NAME = """
    north northern nord kaskazini south southern sud kusini east eastern est mashariki west western ouest
    magharibi central kati region province state governorate district the of mkoa wa ya y intara
    iburasirazuba iburengerazuba amajyaruguru amajyepfo al ash janub janubi janubiyah shamal shamali shimal
    shamaliyah sharqiyah gharbiyah awsat wusta asimah
"""
_COMPASS = frozenset(_WITHOUT_A_NAME.split())
# What a name is followed by; a unit that is a city has its row among the towns.
_WORDS = {
    "Region": "Region", "Regional state": "Region", "State": "State", "Province": "Province",
    "Emirate": "Emirate", "Governorate": "Governorate", "District": "District",
    "Municipality": "Municipality", "Popularate": "District",
}  # fmt: skip


def add_provinces(tables: Tables) -> None:
    """A name that a town of the country has stays the town's; the unit needs its word then: Tanga Region."""
    countries = {row["iso"]: row["iso3"] for row in packages.geonames_countries()}
    elsewhere = names_taken(tables)["abroad"]
    for unit in packages.first_level_units():
        country = countries[unit.iso_3166_2[:2]]
        if unit.word not in _WORDS or not is_corridor(tables, country):
            continue
        others = [part for name in unit.other_names for part in parts_of(name)]
        names = [unit.name, f"{unit.name} {_WORDS[unit.word]}", *others]
        free = [
            name
            for name in names
            if _is_free(tables, name, country, elsewhere) and not is_name_of_a_person(norm(name))
        ]
        if not free:
            continue
        free.sort(key=lambda name: not name.isascii())  # Sharjah Emirate before Ash Shāriqah Emirate
        place_id = f"pr-{country.lower()}-{slug(unit.iso_3166_2[3:])}"
        tables.add_place(place_id, free[0], "province", country, country, packages.geonames_units())
        tables.add_code(place_id, "iso_3166_2", unit.iso_3166_2, packages.geonames_units())
        for name in free[1:]:
            language = language_of(name)
            if language:
                tables.add_alias(name, place_id, language, packages.geonames_units())


def _is_free(tables: Tables, name: str, country: str, elsewhere: frozenset[str]) -> bool:
    return (
        norm(name) not in elsewhere
        and not set(norm(name).split()) <= _COMPASS
        and not tables.is_known_in(name, country)
    )

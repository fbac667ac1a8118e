"""The place tables are what the build makes of the named packages and the hand-kept rows."""

import csv
import hashlib
import os
from pathlib import Path

import pytest

from orchestration.core import REFERENCE_SEEDS, NjiaError
from seeds.build import gazetteer as build_gazetteer
from seeds.build.gazetteer import by_hand, packages
from seeds.build.gazetteer.packages import Source
from seeds.build.gazetteer.tables import Tables
from seeds.build.gazetteer.towns import add_other_names, add_towns
from tests.needs import absent

FIXTURE = Source("fixture", "none")
Patch, Row = pytest.MonkeyPatch, dict[str, object]
CHECKSUMS = by_hand.HAND / "checksums.txt"


def committed(name: str) -> bytes:
    return (REFERENCE_SEEDS / name).read_bytes()


def test_the_committed_tables_are_the_ones_that_were_built() -> None:
    recorded = dict(line.split("  ")[::-1] for line in CHECKSUMS.read_text(encoding="utf-8").splitlines())
    found = {name: hashlib.sha256(committed(name)).hexdigest() for name in build_gazetteer.GENERATED}
    assert found == recorded, "Edit seeds/gazetteer, never a generated table; then run `make gazetteer`."


def test_a_rebuild_gives_the_committed_tables_byte_for_byte() -> None:
    missing = build_gazetteer.missing_packages()
    if missing:
        absent(
            f"{', '.join(missing)} not installed. {packages.HOW_TO_GET_THEM}",
            may_be="NJIA_NO_REBUILD" in os.environ,
        )
    for name, text in build_gazetteer.build().as_csv().items():
        assert text.encode() == committed(name), name


def test_a_build_without_its_packages_says_how_to_get_them(monkeypatch: Patch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    with pytest.raises(NjiaError, match=r"kenya-data.*make gazetteer"):
        build_gazetteer.build()


def test_another_tarball_of_the_version_is_not_used(monkeypatch: Patch, tmp_path: Path) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho changed > kenya-locations.tgz\necho kenya-locations.tgz\n")
    npm.chmod(0o755)
    monkeypatch.setattr(packages.shutil, "which", lambda name: str(npm))
    packages._kenya_locations_bundle.cache_clear()
    with pytest.raises(NjiaError, match="checksum"):
        packages.kenya_locations_rows()


# --- rules, on made-up packages ---------------------------------------------------------------------


@pytest.fixture
def tables() -> Tables:
    """Kenya with two counties, two neighbours, a country of the Gulf and one beyond the corridors."""
    made = Tables()
    made.add_place("world", "World", "world", "world", "none", FIXTURE, region="unknown")
    for code, name, region in (
        ("KEN", "Kenya", "africa"), ("UGA", "Uganda", "africa"), ("SAU", "Saudi Arabia", "middle_east_gulf"),
        ("ZAF", "South Africa", "africa"),
    ):  # fmt: skip
        made.add_place(code, name, "country", "world", code, FIXTURE, region=region)
    for code, name, admin1 in (("KE047", "Nairobi", "05"), ("KE022", "Kiambu", "22")):
        made.add_place(code, name, "county", "KEN", "KEN", FIXTURE)
        made.add_code(code, "geonames_admin1", admin1, FIXTURE)
    made.add_place("lo-ken-eastleigh", "Eastleigh", "locality", "KE047", "KEN", FIXTURE)
    return made


def city(geonameid: int, name: str, country: str, people: int, *others: str) -> Row:
    return {
        "geonameid": geonameid, "name": name, "countrycode": country, "population": people, "latitude": 1.0,
        "longitude": 36.0, "admin1code": "0", "alternatenames": list(others),
    }  # fmt: skip


def build_towns(tables: Tables, monkeypatch: Patch, cities: list[Row], chosen: list[Row]) -> None:
    codes = {"KE": "KEN", "UG": "UGA", "SA": "SAU", "ZA": "ZAF"}
    countries = [{"iso": iso, "iso3": iso3} for iso, iso3 in codes.items()]
    monkeypatch.setattr(packages, "geonames_cities", lambda: cities)
    monkeypatch.setattr(packages, "geonames_countries", lambda: countries)
    monkeypatch.setattr(packages, "geonames", lambda: FIXTURE)
    monkeypatch.setattr(by_hand, "rows", lambda name: chosen)
    add_other_names(tables, add_towns(tables))


def test_towns_abroad_are_taken_by_size_or_by_choice(tables: Tables, monkeypatch: Patch) -> None:
    cities = [
        city(1, "Small", "UG", 1_999), city(2, "Large", "UG", 2_000), city(3, "Halfway", "SA", 99_999),
        city(4, "Metropolis", "SA", 100_000), city(5, "Unasked", "ZA", 5_000_000), city(6, "Asked", "ZA", 10),
    ]  # fmt: skip
    choice = {"geonameid": "6", "place_id": "tn-zaf-asked", "name": "none", "parent_place_id": "none"}
    build_towns(tables, monkeypatch, cities, [choice])
    towns = {row["name"] for row in tables.places.values() if row["kind"] == "town"}
    assert towns == {"Large", "Metropolis", "Asked"}


def test_other_names_are_kept_in_partners_scripts(tables: Tables, monkeypatch: Patch) -> None:
    names = [
        "KLA", "Ka", "Kampalla/Mengo", "kang pa la", "Кампала", "كمبالا", "قمپالا", "ካምፓላ", "Eastleigh", "Kenya",
        "Kampala 2", "Kámpala",
    ]  # fmt: skip
    build_towns(tables, monkeypatch, [city(1, "Kampala", "UG", 10_000, *names)], [])
    found = {row["alias"]: row["language"] for row in tables.aliases.values()}
    assert found == {"Kampalla": "und", "Mengo": "und", "كمبالا": "ar", "ካምፓላ": "am"}


def test_two_places_of_one_id_are_refused(tables: Tables) -> None:
    with pytest.raises(NjiaError, match="lo-ken-eastleigh"):
        tables.add_place("lo-ken-eastleigh", "Another", "locality", "KE022", "KEN", FIXTURE)


@pytest.mark.parametrize("name", ["places", "points", "aliases", "codes", "countries"])
def test_hand_kept_rows_name_their_source_and_licence(name: str) -> None:
    for row in by_hand.rows(name):
        assert all(value and value.strip() for value in row.values()), row


def test_every_choice_among_the_towns_says_why() -> None:
    with (by_hand.HAND / "geonames.csv").open(newline="", encoding="utf-8") as file:
        assert all(row["why"].strip() for row in csv.DictReader(file))

"""The place seeds are whole: no blank cell, known references, codes that are bijections, region groups."""

import csv
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from orchestration.core import REFERENCE_SEEDS, NjiaError
from orchestration.places import norm
from orchestration.places.gazetteer import load_gazetteer, load_places
from orchestration.places.place_text import is_name_of_a_person
from seeds.build.gazetteer.by_hand import HAND
from tests.fixtures.boundary_files import ISO_BY_PCODE

SEEDS = ("places", "place_codes", "place_coordinates", "place_aliases", "place_twins", "place_stop_words")
GULF = {"SAU", "ARE", "QAT", "KWT", "BHR", "OMN", "LBN", "JOR", "IRQ", "YEM", "SYR", "ISR", "PSE", "IRN"}
BELOW_A_COUNTY = {"town", "locality", "camp", "border_point", "subcounty"}
NEIGHBOURS = {"UGA", "TZA", "ETH", "SOM", "SSD"}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def rows(seed: str) -> list[dict[str, str]]:
    return read(REFERENCE_SEEDS / f"{seed}.csv")


def hand(name: str) -> list[dict[str, str]]:
    return read(HAND / f"{name}.csv")


def county_of(row: dict[str, str]) -> str:
    while row["kind"] != "county":
        row = PLACES[row["parent_place_id"]]
    return row["place_id"]


PLACES = {row["place_id"]: row for row in rows("places")}
COUNTRIES = {i: row for i, row in PLACES.items() if row["kind"] == "country"}
COUNTIES = {i for i, row in PLACES.items() if row["kind"] == "county"}
ALIASES = rows("place_aliases")
RESPELT = {row["place_id"] for row in hand("geonames")}


def test_no_cell_of_the_aliases_is_blank() -> None:
    """dbt asks this of the other seeds, and never reads the aliases."""
    for row in ALIASES:
        assert all(value is not None and value.strip() for value in row.values()), row


def test_every_reference_to_a_place_is_known() -> None:
    for row in PLACES.values():
        assert row["parent_place_id"] in PLACES
    for seed in SEEDS[1:5]:
        assert {row["place_id"] for row in rows(seed)} <= PLACES.keys()
    assert {row["twin_place_id"] for row in rows("place_twins")} <= PLACES.keys()


def test_the_seeds_hold_every_country_county_and_sub_county() -> None:
    kinds = Counter(row["kind"] for row in PLACES.values())
    assert kinds["county"] == 47
    assert kinds["ward"] == 1450
    assert kinds["country"] == 249 + 1  # Somaliland has no ISO code
    assert {f"KE{n:03d}" for n in range(1, 48)} == COUNTIES
    units = sorted(i for i, row in PLACES.items() if row["kind"] == "subcounty" and i.startswith("KE"))
    assert [int(unit[5:]) for unit in units] == list(range(1, 291))  # constituencies, which are OCHA's too
    assert all(PLACES[unit]["parent_place_id"] == unit[:5] for unit in units)


def test_county_codes_are_bijections_and_agree_with_the_published_crosswalk() -> None:
    for system in ("pcode", "iso_3166_2", "geonames_admin1"):
        of_system = [row for row in rows("place_codes") if row["system"] == system]
        codes = {row["place_id"]: row["code"] for row in of_system if row["place_id"] in COUNTIES}
        assert len(codes) == len(set(codes.values())) == 47, system
        if system == "iso_3166_2":
            assert [codes[f"KE{n:03d}"][3:] for n in range(1, 48)] == ISO_BY_PCODE.split()
        if system == "geonames_admin1":
            assert (codes["KE024"], codes["KE047"], codes["KE001"]) == ("55", "05", "37")


def test_countries_have_their_region_and_somaliland_the_iso_code_of_somalia() -> None:
    assert {i for i, row in COUNTRIES.items() if row["region"] == "middle_east_gulf"} == GULF
    assert PLACES["TUR"]["region"] == "europe"
    row = PLACES["SOM-somaliland"]
    assert (row["kind"], row["parent_place_id"], row["iso_alpha3"]) == ("country", "SOM", "SOM")


def test_places_in_kenya_lie_in_a_county() -> None:
    for row in PLACES.values():
        if row["iso_alpha3"] == "KEN" and row["kind"] in BELOW_A_COUNTY:
            assert PLACES[row["parent_place_id"]]["kind"] == "county", row
        if row["kind"] == "ward":
            assert PLACES[row["parent_place_id"]]["kind"] == "subcounty", row
        if row["kind"] == "area":
            assert PLACES[row["parent_place_id"]]["kind"] in ("locality", "county"), row


def test_twins_are_border_points_on_two_sides_and_listed_in_both_directions() -> None:
    pairs = {(row["place_id"], row["twin_place_id"]) for row in rows("place_twins")}
    assert pairs == {(other, one) for one, other in pairs}
    for one, other in pairs:
        assert PLACES[one]["kind"] == PLACES[other]["kind"] == "border_point"
        assert PLACES[one]["iso_alpha3"] != PLACES[other]["iso_alpha3"]
    assert len({one for one, _ in pairs if PLACES[one]["iso_alpha3"] == "KEN"}) >= 30


def test_kenyan_positions_lie_in_kenya_and_border_points_are_unverified() -> None:
    for row in rows("place_coordinates"):
        place = PLACES[row["place_id"]]
        if place["kind"] == "border_point":
            assert row["grade"] == "unverified"
        if place["iso_alpha3"] == "KEN":
            assert -4.9 < float(row["lat"]) < 5.1 and 33.8 < float(row["lon"]) < 42.0, row


def test_thika_lies_in_kiambu_and_nairobi_is_county_and_city_in_one() -> None:
    assert PLACES["tn-ken-thika"]["parent_place_id"] == "KE022"
    called = {row["place_id"] for row in PLACES.values() if norm(row["name"]) == "eastleigh"}
    called |= {row["place_id"] for row in ALIASES if norm(row["alias"]) == "eastleigh"}
    assert {county_of(PLACES[place_id]) for place_id in called} == {"KE047"}
    for name, county in (("nairobi", "KE047"), ("mombasa", "KE001")):
        assert {i for i, row in PLACES.items() if norm(row["name"]) == name} == {county}


def test_names_in_several_counties_stay_several_rows() -> None:
    counties: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in PLACES.values():
        kind = "locality" if row["kind"] == "area" else row["kind"]
        if kind in ("ward", "locality") and row["iso_alpha3"] == "KEN":
            counties[kind, norm(row["name"])].add(county_of(row))
    several = Counter(kind for (kind, _), found in counties.items() if len(found) > 1)
    assert several["ward"] == 31
    assert several["locality"] >= 50  # of 61 that kenya-locations has: some are towns or camps here
    assert len(counties["ward", "township"]) == 8


def test_the_two_names_of_kajiado_east_and_west_are_kept_for_both_codes() -> None:
    names = {i: {PLACES[i]["name"]} for i in ("KE034185", "KE034186")}
    for row in ALIASES:
        if row["place_id"] in names:
            names[row["place_id"]].add(row["alias"])
    assert all({"Kajiado East", "Kajiado West"} <= found for found in names.values())


def test_names_from_geonames_are_of_corridor_countries_and_never_a_bare_code_or_a_person() -> None:
    corridor = GULF | NEIGHBOURS | {"KEN", "RWA", "BDI", "COD", "DJI", "ERI", "SDN", "EGY", "LBY"}
    listed = [row for row in ALIASES if row["source"].startswith("GeoNames")]
    assert [row["alias"] for row in listed if is_name_of_a_person(norm(row["alias"]))] == []
    built = [row for row in listed if row["language"] == "und"]
    assert len(built) > 5_000
    for row in built:
        assert len(norm(row["alias"]).replace(" ", "")) >= 3, row
        assert not re.fullmatch("[A-Z]{3}", row["alias"]) and "/" not in row["alias"], row
        # A city beyond the corridors keeps the one name that a steward respelt.
        assert PLACES[row["place_id"]]["iso_alpha3"] in corridor or row["place_id"] in RESPELT, row


def test_foreign_towns_are_big_enough_or_chosen() -> None:
    chosen = RESPELT | {row["place_id"] for row in hand("places")}
    for row in PLACES.values():
        if row["kind"] != "town" or row["iso_alpha3"] == "KEN" or row["place_id"] in chosen:
            continue
        is_neighbour = row["iso_alpha3"] in NEIGHBOURS
        assert int(row["population"]) >= (2_000 if is_neighbour else 100_000), row


@pytest.mark.parametrize(
    ("place", "column", "value", "said"),
    [
        ("bp-ken-malaba", "parent_place_id", "KEN", "the border point bp-ken-malaba lies in no county"),
        ("KE040", "population", "none", "the population of KE040 is none; a whole number is expected"),
        ("bp-ken-malaba", "parent_place_id", "KE048", "has the place KE048, which is not in places.csv"),
    ],
)
def test_a_place_that_counts_cannot_use_stops_the_start(
    tmp_path: Path, place: str, column: str, value: str, said: str
) -> None:
    changed = [row | {column: value} if row["place_id"] == place else row for row in rows("places")]
    with (tmp_path / "places.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, changed[0])
        writer.writeheader()
        writer.writerows(changed)
    with pytest.raises(NjiaError, match=said):
        load_places(tmp_path)


def test_every_place_names_its_licence() -> None:
    licences = {"MIT", "CC BY 4.0", "CC BY-IGO", "Apache-2.0", "LGPL-2.1", "LGPL-2.1; CC BY 4.0"}
    for seed in SEEDS[:4]:
        assert {row["licence"] for row in rows(seed)} <= licences


def test_a_region_word_is_a_label_and_never_a_place() -> None:
    regions = {norm(row["word"]) for row in rows("place_stop_words") if row["reading"] == "region"}
    assert {"gulf", "bulaya", "middle east"} <= regions
    gazetteer = load_gazetteer(REFERENCE_SEEDS)
    assert not regions & (gazetteer.names.keys() | gazetteer.cores.keys() | gazetteer.aliases.keys())


def test_the_gold_places_keep_the_unit_they_lie_in() -> None:
    lies_in = {row["place_id"]: row["code"] for row in rows("place_codes") if row["system"] == "pcode_adm2"}
    assert lies_in == {
        "bp-ken-malaba": "KE040225", "bp-ken-moyale": "KE010045", "bp-ken-liboi": "KE007030",
        "bp-ken-isebania": "KE044259", "bp-ken-namanga": "KE034184", "bp-ken-taveta": "KE006023",
        "tn-ken-nambale": "KE040227", "tn-ken-rongo": "KE044253", "tn-som-kismayo": "SO2801",
    }  # fmt: skip
    for place_id, code in lies_in.items():
        if place_id.startswith(("bp-ken", "tn-ken")):
            assert code in PLACES and PLACES[place_id]["parent_place_id"] == code[:5]

"""The place seeds are whole: no blank cell, known references, codes that are bijections, region groups."""

import csv
from collections import Counter

import pytest

from orchestration.settings import REFERENCE_SEEDS

SEEDS = ("places", "place_codes", "place_coordinates", "place_aliases", "place_twins", "place_stop_words")
GULF = {"SAU", "ARE", "QAT", "KWT", "BHR", "OMN", "LBN", "JOR", "IRQ", "YEM", "SYR", "ISR", "PSE", "IRN"}
# field.md §4.1, by P-code KE001, KE002, …
ISO_BY_PCODE = """
    28 19 14 40 21 39 07 46 24 25 09 26 41 06 18 22 23 35 36 15 29 13 43 47
    37 42 44 05 32 01 20 31 33 10 12 02 11 45 03 04 38 17 08 27 16 34 30
"""


def rows(seed: str) -> list[dict[str, str]]:
    with (REFERENCE_SEEDS / f"{seed}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


PLACES = {row["place_id"]: row for row in rows("places")}


@pytest.mark.parametrize("seed", SEEDS)
def test_no_cell_is_blank_and_every_row_names_its_source(seed: str) -> None:
    for row in rows(seed):
        assert all(value is not None and value.strip() for value in row.values()), row
        assert row["source"]


def test_every_reference_to_a_place_is_known() -> None:
    for row in PLACES.values():
        assert row["parent_place_id"] in PLACES
    for seed in SEEDS[1:5]:
        assert {row["place_id"] for row in rows(seed)} <= PLACES.keys()
    assert {row["twin_place_id"] for row in rows("place_twins")} <= PLACES.keys()


def test_place_ids_are_unique() -> None:
    assert len(PLACES) == len(rows("places"))


def test_the_seeds_hold_every_country_county_and_sub_county() -> None:
    kinds = Counter(row["kind"] for row in PLACES.values())
    assert kinds["county"] == 47
    assert kinds["ward"] == 1450
    assert kinds["country"] == 249 + 1  # Somaliland has no ISO code
    assert {i for i, row in PLACES.items() if row["kind"] == "county"} == {f"KE{n:03d}" for n in range(1, 48)}
    units = sorted(i for i, row in PLACES.items() if row["kind"] == "subcounty" and i.startswith("KE"))
    assert [int(unit[5:]) for unit in units] == list(range(1, 291))
    assert all(PLACES[unit]["parent_place_id"] == unit[:5] for unit in units)


def test_county_codes_are_bijections_and_agree_with_the_published_crosswalk() -> None:
    counties = {i for i, row in PLACES.items() if row["kind"] == "county"}
    for system in ("pcode", "iso_3166_2", "geonames_admin1"):
        codes = {
            row["place_id"]: row["code"]
            for row in rows("place_codes")
            if row["system"] == system and row["place_id"] in counties
        }
        assert len(codes) == len(set(codes.values())) == 47, system
        if system == "iso_3166_2":
            assert [codes[f"KE{n:03d}"] for n in range(1, 48)] == [
                f"KE-{iso}" for iso in ISO_BY_PCODE.split()
            ]
        if system == "geonames_admin1":
            assert (codes["KE024"], codes["KE047"], codes["KE001"]) == ("55", "05", "37")


def test_the_middle_east_and_gulf_group_is_what_one_expects() -> None:
    group = {
        i for i, row in PLACES.items() if row["kind"] == "country" and row["region"] == "middle_east_gulf"
    }
    assert group == GULF
    assert PLACES["TUR"]["region"] == "europe"


def test_somaliland_is_a_country_of_the_report_within_the_iso_code_of_somalia() -> None:
    row = PLACES["SOM-somaliland"]
    assert (row["kind"], row["parent_place_id"], row["iso_alpha3"]) == ("country", "SOM", "SOM")


def test_places_in_kenya_lie_in_a_county() -> None:
    for row in PLACES.values():
        if row["iso_alpha3"] == "KEN" and row["kind"] in ("town", "locality", "border_point", "subcounty"):
            assert PLACES[row["parent_place_id"]]["kind"] == "county", row


def test_twins_are_border_points_on_two_sides_and_listed_in_both_directions() -> None:
    pairs = {(row["place_id"], row["twin_place_id"]) for row in rows("place_twins")}
    assert pairs == {(other, one) for one, other in pairs}
    for one, other in pairs:
        assert PLACES[one]["kind"] == PLACES[other]["kind"] == "border_point"
        assert PLACES[one]["iso_alpha3"] != PLACES[other]["iso_alpha3"]


def test_border_points_say_that_their_position_is_not_verified() -> None:
    for row in rows("place_coordinates"):
        if PLACES[row["place_id"]]["kind"] == "border_point":
            assert row["grade"] == "unverified"


def test_kenyan_positions_lie_in_kenya() -> None:
    for row in rows("place_coordinates"):
        if PLACES[row["place_id"]]["iso_alpha3"] == "KEN":
            assert -4.9 < float(row["lat"]) < 5.1 and 33.8 < float(row["lon"]) < 42.0, row


def test_the_gold_places_keep_the_unit_they_lie_in() -> None:
    lies_in = {row["place_id"]: row["code"] for row in rows("place_codes") if row["system"] == "pcode_adm2"}
    assert lies_in == {
        "bp-ken-malaba": "KE040225",
        "bp-ken-moyale": "KE010045",
        "bp-ken-liboi": "KE007030",
        "bp-ken-isebania": "KE044259",
        "bp-ken-namanga": "KE034184",
        "bp-ken-taveta": "KE006023",
        "tn-ken-nambale": "KE040227",
        "tn-ken-rongo": "KE044253",
        "tn-som-kismayo": "SO2801",
    }
    for place_id, code in lies_in.items():
        if place_id.startswith(("bp-ken", "tn-ken")):
            assert code in PLACES and PLACES[place_id]["parent_place_id"] == code[:5]

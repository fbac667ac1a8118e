"""Who neighbours whom is a reviewed seed; where it differs from the drawn layer, the difference is listed here."""

from __future__ import annotations

import csv
from collections import defaultdict

from orchestration.places.boundaries import generalised
from orchestration.places.boundaries.projection import to_km
from orchestration.settings import REFERENCE_SEEDS

with (REFERENCE_SEEDS / "county_adjacency.csv").open(newline="", encoding="utf-8") as lines:
    ROWS = list(csv.DictReader(lines))
PAIRS = {(row["place_id"], row["neighbour_place_id"]) for row in ROWS}

TOUCHING_KM = 0.3
NOT_DRAWN = {
    ("KE004", "KE011"),  # Tana River, Isiolo
    ("KE004", "KE012"),  # Tana River, Meru
    ("KE012", "KE020"),  # Meru, Kirinyaga
    ("KE013", "KE019"),  # Tharaka-Nithi, Nyeri
    ("KE013", "KE020"),  # Tharaka-Nithi, Kirinyaga
    ("KE033", "KE046"),  # Narok, Nyamira
    ("KE035", "KE043"),  # Kericho, Homa Bay
}
DRAWN_BUT_NOT_TRUE = {
    ("KE003", "KE005"),  # Kilifi, Lamu: the Tana delta lies between
    ("KE007", "KE015"),  # Garissa, Kitui: Tana River lies between
    ("KE012", "KE025"),  # Meru, Samburu: Isiolo and Laikipia meet between
    ("KE042", "KE046"),  # Kisumu, Nyamira: Kericho and Homa Bay meet between
}


def neighbours() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for one, other in PAIRS:
        found[one].add(other)
        found[other].add(one)
    return found


def test_there_are_123_pairs_each_once_with_the_smaller_code_first() -> None:
    assert len(PAIRS) == len(ROWS) == 123
    assert all(one < other for one, other in PAIRS)
    assert [(row["place_id"], row["neighbour_place_id"]) for row in ROWS] == sorted(PAIRS)


def test_every_county_has_a_neighbour_and_all_hang_together() -> None:
    found = neighbours()
    assert found.keys() == {f"KE{number:03d}" for number in range(1, 48)}
    reached, waiting = set(), ["KE001"]
    while waiting:
        county = waiting.pop()
        if county not in reached:
            reached.add(county)
            waiting += found[county]
    assert len(reached) == 47


def test_neighbours_one_can_name_by_heart() -> None:
    found = neighbours()
    assert found["KE001"] == {"KE002", "KE003"}  # Mombasa: Kwale, Kilifi
    assert found["KE047"] == {"KE016", "KE022", "KE034"}  # Nairobi: Machakos, Kiambu, Kajiado
    assert found["KE009"] == {"KE008"}  # Mandera: Wajir
    assert found["KE040"] == {"KE037", "KE039", "KE041"}  # Busia: Kakamega, Bungoma, Siaya


def test_lugari_and_likuyani_keep_bungoma_from_uasin_gishu() -> None:
    """Detailed layers exist that draw these two constituencies of Kakamega in Bungoma."""
    assert ("KE026", "KE037") in PAIRS  # Trans Nzoia, Kakamega
    assert ("KE027", "KE037") in PAIRS  # Uasin Gishu, Kakamega
    assert ("KE027", "KE039") not in PAIRS  # Uasin Gishu, Bungoma


def test_the_seed_differs_from_the_drawn_layer_only_where_somebody_looked() -> None:
    shapes = {code: to_km(shape) for code, shape in generalised().counties.items()}
    drawn = {
        (one, other)
        for one in shapes
        for other in shapes
        if one < other and shapes[one].distance(shapes[other]) < TOUCHING_KM
    }
    assert PAIRS - drawn == NOT_DRAWN
    assert drawn - PAIRS == DRAWN_BUT_NOT_TRUE


def test_every_pair_names_its_source_and_who_looked() -> None:
    assert {row["contact"] for row in ROWS} == {"border", "short"}
    assert all(row["source"] and row["reviewed_by"] for row in ROWS)
    assert all("steward to confirm" in row["reviewed_by"] for row in ROWS if row["contact"] == "short")

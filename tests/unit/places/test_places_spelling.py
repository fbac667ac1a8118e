"""Misspelt names: one error is read, two are suggested, and a guess between places is never made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from orchestration.places import norm
from orchestration.places.place_text import core, squash
from orchestration.places.spellings import Spellings
from tests.fixtures.resolver import resolve


@pytest.mark.parametrize(
    ("text", "place_id"),
    [
        ("Isioli", "KE011"), ("Nairobbi", "KE047"), ("Eldorat", "tn-ken-eldoret"),
        ("Kamapla", "tn-uga-kampala"),
        ("Ebmu", "KE014"),  # counties are few: four letters will do
    ],
)  # fmt: skip
def test_one_error_is_read_and_flagged(text: str, place_id: str) -> None:
    found = resolve(text)
    if found.method == "fuzzy":
        assert found.problems == ("flag:place_fuzzy",)
        assert 0.6 <= found.confidence < 0.9
        assert found.score == pytest.approx(found.confidence + 0.1, abs=1e-4)
    assert (found.status, found.place_id) == ("resolved", place_id)


@pytest.mark.parametrize(
    ("text", "suggested"),
    [("Marsbeit", "KE010"), ("Eldarit", "tn-ken-eldoret"), ("Elderot", "tn-ken-eldoret")],
)
def test_two_errors_suggest_the_best_known_place_first(text: str, suggested: str) -> None:
    found = resolve(text)
    assert (found.status, found.place_id, found.problems) == ("unresolved", None, ("unk:place_unresolved",))
    assert found.rivals[0] == suggested


@pytest.mark.parametrize("text", ["Majengu", "Ronghai"])
def test_a_misspelt_name_of_several_counties_is_as_ambiguous_as_the_name(text: str) -> None:
    found = resolve(text)
    assert (found.status, found.place_id, found.country) == ("ambiguous", None, "KEN")
    assert len(found.rivals) > 1


def test_name_as_near_to_two_places_is_unresolved() -> None:
    assert resolve("Nyeli").status == "unresolved"  # Nyeri, and Nyali in Mombasa
    assert resolve("Malaysi").status == "unresolved"  # Malaysia, and Malakisi in Bungoma


@pytest.mark.parametrize("text", ["Bangxle", "Danyxre", "Kaneda"])
def test_short_text_is_no_misspelling_of_a_little_known_place(text: str) -> None:
    """Wards (Bangale, Danyere) and other names of a country (Kanada): unlisted villages look like them."""
    assert resolve(text).place_id is None


@pytest.mark.parametrize("text", ["Mombassa", "Momabassa county", "Dhadhab", "Daadaab", "Adis Ababa"])
def test_spellings_of_one_sound_are_read_without_an_error(text: str) -> None:
    found = resolve(text)
    assert found.status == "resolved"
    assert found.country == ("ETH" if text == "Adis Ababa" else "KEN")


@pytest.mark.parametrize(
    ("text", "columns", "place_id"),
    [
        ("Kampalla", {"country_text": "Uganda"}, "tn-uga-kampala"), ("Eldorat", {"country_text": "Uganda"}, "UGA"),
        ("Eldorat", {"admin_text": "Uasin Gishu"}, "tn-ken-eldoret"), ("Kampaala, Uganda", {}, "tn-uga-kampala"),
        # Sounds like what GeoNames lists for Mbulu in Tanzania: too short for another name of a town abroad.
        ("Buru", {}, None), ("Djeddah", {}, "tn-sau-jeddah"),
        # A misspelt direction is no province called so.
        *[(text, {}, None) for text in ("Nothern", "Northen", "Estern", "Westen", "Sothern")],
        ("Maina", {"admin_text": "Laikipia"}, "ar-ken-maina-nyahururu"),
    ],
)  # fmt: skip
def test_misspelt_name_is_sought_where_it_can_be(
    text: str, columns: dict[str, str], place_id: str | None
) -> None:
    assert resolve(text, **columns).place_id == place_id


@pytest.mark.parametrize(
    "text", ["Njeri", "Njeri's home", "Mandela", "Mandela's place", "Kamau", "Achieng", "Juma Testperson"]
)  # fmt: skip
def test_the_name_of_a_person_is_no_spelling_of_a_place(text: str) -> None:
    """GeoNames lists Njeri for Nyeri; Mandela is one letter from Mandera."""
    found = resolve(text)
    assert (found.status, found.place_id, found.rivals) == ("unresolved", None, ())


def test_a_little_known_place_called_as_a_person_is_only_a_candidate() -> None:
    found = resolve("Maina")
    assert (found.status, found.rivals) == ("ambiguous", ("ar-ken-maina-nyahururu",))


def test_the_first_words_name_a_place_and_the_rest_says_where_in_it_unless_it_is_a_road() -> None:
    assert resolve("Mombasa Road").place_id != "KE001"
    found = resolve("Eldoret stage opposite")
    assert (found.place_id, found.method, found.confidence) == ("tn-ken-eldoret", "leading", 0.7)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Murang’a", "muranga"), ("  ELGEYO-Marakwet ", "elgeyo marakwet"), ("Ābu Ḍhabi", "abu dhabi"),
        ("دبي", "دبي"),
    ],
)  # fmt: skip
def test_norm_makes_spellings_equal(text: str, expected: str) -> None:
    assert norm(text) == expected


def test_core_leaves_out_words_for_a_kind_unless_nothing_is_left() -> None:
    for text, expected in (("garissa town", "garissa"), ("eastleigh 1st avenue", "eastleigh")):
        assert core(text) == expected
    assert core("township") == "township"


WORDS = st.text(alphabet="abdeghiklmnorstuw", min_size=5, max_size=9)


@given(st.lists(WORDS, min_size=1, max_size=8, unique=True), st.lists(WORDS, min_size=1, max_size=4))
def test_near_names_are_those_within_two_errors_of_the_squash_key(names: list[str], asked: list[str]) -> None:
    spellings = Spellings([(name, name) for name in names])
    for text in asked:
        assert spellings.near(text) == ()  # not counted yet
    spellings.count()
    for text in asked:
        key = squash(norm(text))
        expected = {
            name
            for name in names
            if OSA.distance(key, squash(name)) <= (2 if min(len(key), len(squash(name))) >= 5 else 1)
            and min(len(key), len(squash(name))) >= 4
        }
        assert {near.place_id for near in spellings.near(text)} == expected

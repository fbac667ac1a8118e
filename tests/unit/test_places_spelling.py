"""Misspelt names: one error is read, two are suggested, and a guess between places is never made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from orchestration.places.gazetteer import load_gazetteer
from orchestration.places.normalise import norm, squash
from orchestration.places.outcome import Mention, Outcome
from orchestration.places.resolve import Resolver
from orchestration.places.spellings import Spellings
from orchestration.settings import REFERENCE_SEEDS

GAZETTEER = load_gazetteer(REFERENCE_SEEDS)
RESOLVER = Resolver(GAZETTEER)


def resolve(place: str, **columns: object) -> Outcome:
    return RESOLVER.resolve(Mention(place, **columns))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "place_id"),
    [
        ("Isioli", "KE011"),
        ("Nairobbi", "KE047"),
        ("Eldorat", "tn-ken-eldoret"),
        ("Kamapla", "tn-uga-kampala"),
    ],
)
def test_one_error_is_read_and_flagged(text: str, place_id: str) -> None:
    found = resolve(text)
    if found.method == "fuzzy":
        assert found.problems == ("flag:place_fuzzy",)
        assert 0.6 <= found.confidence < 0.9
        assert found.score == pytest.approx(found.confidence + 0.1, abs=1e-4)
    assert (found.status, found.place_id) == ("resolved", place_id)


@pytest.mark.parametrize(("text", "suggested"), [("Marsbeit", "KE010"), ("Eldarit", "tn-ken-eldoret")])
def test_two_errors_are_only_suggested(text: str, suggested: str) -> None:
    found = resolve(text)
    assert (found.status, found.place_id, found.problems) == ("unresolved", None, ("unk:place_unresolved",))
    assert suggested in found.rivals


@pytest.mark.parametrize("text", ["Mombassa", "Momabassa county", "Dhadhab", "Daadaab", "Adis Ababa"])
def test_spellings_of_one_sound_are_read_without_an_error(text: str) -> None:
    found = resolve(text)
    assert found.status == "resolved"
    assert found.country == ("ETH" if text == "Adis Ababa" else "KEN")


def test_a_misspelt_name_is_looked_for_where_the_record_says() -> None:
    assert resolve("Kampalla", country_text="Uganda").place_id == "tn-uga-kampala"
    assert resolve("Eldorat", country_text="Uganda").place_id == "UGA"
    assert resolve("Eldorat", admin_text="Uasin Gishu").place_id == "tn-ken-eldoret"
    assert resolve("Kampaala, Uganda").place_id == "tn-uga-kampala"


def test_what_may_be_a_person_is_never_taken_for_a_misspelt_place() -> None:
    found = resolve("Juma Testperson")
    assert (found.place_id, found.rivals) == (None, ())


def test_a_road_is_not_the_town_it_leads_to() -> None:
    assert resolve("Mombasa Road").place_id != "KE001"


def test_the_first_words_name_a_place_and_the_rest_says_where_in_it() -> None:
    found = resolve("Eldoret stage opposite")
    assert (found.place_id, found.method, found.confidence) == ("tn-ken-eldoret", "leading", 0.7)


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
            if min(len(key), len(squash(name))) >= 5 and OSA.distance(key, squash(name)) <= 2
        }
        assert {near.place_id for near in spellings.near(text)} == expected

"""How right the resolver is on the strings that nothing was tuned on (orchestration/places/README.md)."""

from __future__ import annotations

import pytest

from tests.places.score import NO_PLACE, Scored, figures, score

LEAST_PRECISION, LEAST_RECALL = 0.98, 0.95
SCORED = ("score", "fresh", "stranger")
STRINGS = {"score": 558, "fresh": 398, "stranger": 600}
# One of the fresh set's 41 is read, as the region that it is: told in the README, and it may not grow.
NO_PLACE_READ = {"score": 0, "fresh": 1, "stranger": 0}


@pytest.fixture(scope="module", params=SCORED)
def part(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def scored(part: str) -> list[Scored]:
    return score(part)


def test_what_is_claimed_is_right(part: str, scored: list[Scored]) -> None:
    found = figures(scored)
    assert found.strings == STRINGS[part]
    assert (found.precision or 0) >= LEAST_PRECISION


def test_what_means_a_place_is_found_but_for_two_typing_errors_which_wait_for_a_person(
    scored: list[Scored],
) -> None:
    found = figures(one for one in scored if one.label["edits"] != "2")
    assert (found.recall or 0) >= LEAST_RECALL
    two_errors = [one for one in scored if one.label["edits"] == "2" and one.worth != "right"]
    assert [one for one in two_errors if one.found.status == "resolved" and one.worth == "wrong"] == []


def test_what_is_found_or_the_first_suggestion_is_right(scored: list[Scored]) -> None:
    assert (figures(scored).recall_with_suggestions or 0) >= LEAST_RECALL


@pytest.mark.parametrize("part_alone", ["fresh", "stranger", "stranger_score"])
def test_the_recall_is_reached_with_the_strings_of_two_typing_errors(part_alone: str) -> None:
    assert (figures(score(part_alone)).recall or 0) >= LEAST_RECALL


def test_what_is_no_place_stays_open(part: str, scored: list[Scored]) -> None:
    claimed = [one for one in scored if one.label["expected"] in NO_PLACE and one.worth != "open"]
    assert len(claimed) <= NO_PLACE_READ[part]


def test_the_published_transit_places_are_right_as_bare_names() -> None:
    names = {
        "Busia", "Nambale", "Rongo", "Malaba", "Garissa", "Moyale", "Mandera", "Kismayo", "Liboi", "Marsabit",
        "Mwingi", "Isiolo", "Isebania", "Namanga", "Kwale", "Taveta", "Mombasa",
    }  # fmt: skip
    bare = [
        one
        for half in ("tune", "score")
        for one in score(half)
        if one.label["text"] in names and not one.label["admin_text"] and not one.label["country_text"]
    ]
    assert {one.label["text"] for one in bare} == names
    assert [one.label["text"] for one in bare if one.worth != "right"] == []

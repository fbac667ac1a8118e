"""The queues of names and of pairs: what is asked, what is offered, and what is never shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestration.core import Settings, shown_record
from orchestration.linkage import COMPARED
from orchestration.stewardship import export_lines, record_decision, review
from orchestration.stewardship.desk.views import places
from orchestration.stewardship.desk.views.links import link_questions, sides_of
from orchestration.typing.tables import SCHEMAS
from tests.fixtures import steward_world as world
from tests.fixtures.steward_world import NOW, PARTNER, SERVING


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return world.make_home(tmp_path)


def decide(settings: Settings, kind: str, **payload: Any) -> None:
    record_decision(settings, kind, "A. Fixture", "agreed by telephone", NOW, **payload)


@pytest.fixture
def names(settings: Settings) -> Settings:
    border, stage, person = ["Maraba border"], ["Kwa Fixture stage", "Kenya"], ["Amina Sampleton"]
    world.put_names(
        settings,
        {world.OPEN_NAME: border, world.COUNTRYLESS: stage, world.HIDDEN: person},
        world.open_name(world.OPEN_NAME, *border, candidates="lo-ken-maraba", status="ambiguous"),
        world.open_name(world.COUNTRYLESS, stage[0], "KEN"),
        world.open_name(world.HIDDEN, *person, candidates="KE047"),
    )
    world.refreshed(settings)
    return settings


def test_names_are_sorted_by_movements_and_a_candidate_shows_where_it_lies(names: Settings) -> None:
    first, *rest = places.place_questions(names)
    assert (first["text"], first["movements"], len(first["mention_ids"])) == ("Maraba border", 2, 1)
    assert [one["movements"] for one in rest] == [1, 1]
    asked = places.with_readings(first)
    candidates = {one.place_id: one for one in asked["candidates"]}
    malaba = candidates["bp-ken-malaba"]
    lies = (malaba.name, malaba.kind, malaba.county, malaba.country)
    assert lies == ("Malaba", "border_point", "Busia", "Kenya")
    assert malaba.point == pytest.approx((0.635, 34.272))
    assert "lo-ken-maraba" in candidates and len(candidates) == len(asked["candidates"])


def test_name_of_a_person_is_asked_with_the_rows_it_stands_in(names: Settings) -> None:
    (asked,) = (one for one in places.place_questions(names) if one["text"] == "Amina Sampleton")
    assert asked["candidates"] == ("KE047",)
    assert asked["written"] == [["Amina Sampleton"]]
    assert places.rows_naming(names, asked["mention_ids"]) == [(PARTNER, SERVING, "Jan", 5)]
    (names.review / review.TEXTS_OF_PLACES).unlink()
    assert places.place_questions(names)[0]["text"] == world.name_of("maraba BORDER"), "the token"


def test_name_that_gets_a_place_is_recorded_and_one_that_means_none_is_not(names: Settings) -> None:
    stage, person = world.name_of("Kwa Fixture stage"), world.name_of("Amina Sampleton")
    decide(names, "place_alias", text=stage, place_id="KE040")
    decide(names, "place_alias", text="Amina Sampleton", place_id="unknown")
    recorded = "".join(export_lines(names))
    assert '"Kwa Fixture stage"' in recorded and person in recorded and "Amina" not in recorded
    assert [one["text"] for one in places.place_questions(names)] == ["Maraba border"]


def test_search_lists_decisions_first(settings: Settings) -> None:
    sure, *others = places.place_matches(settings, "Lodwar")
    assert all("Lodwar" in one.name for one in others)
    assert (sure.kind, sure.county, sure.confidence) == ("town", "Turkana", 0.99)
    found = {(one.kind, one.country) for one in places.place_matches(settings, "busia")}
    assert found > {("county", "Kenya"), ("border_point", "Kenya")}, "every place of a name"
    assert "Uganda" in {country for _, country in found}
    assert places.place_matches(settings, "Kwa Fixture stage") == []
    decide(settings, "place_alias", text="Kwa Fixture stage", place_id="KE040")
    (decided,) = places.place_matches(settings, "kwa fixture STAGE")
    assert (decided.place_id, decided.confidence) == ("KE040", 1.0)


def pair(a: int, b: int, probability: float, **changes: Any) -> dict[str, Any]:
    ends = {
        f"{name}_{end}": value
        for end, number in (("a", a), ("b", b))
        for name, value in (
            ("record", shown_record(number)), ("partner", PARTNER), ("extract", SERVING), ("sheet", "Jan"),
            ("row", number + 1),
        )
    }  # fmt: skip
    likely = {f"probability{end}": probability + by for end, by in (("", 0), ("_low", -0.1), ("_high", 0.05))}
    apart = {"reason": "unsure", "birth_years": "0 apart", "days": "26 apart"}
    return ends | likely | dict.fromkeys(COMPARED, "not known") | apart | changes


@pytest.fixture
def pairs(settings: Settings) -> Settings:
    asked = pair(1, 2, 0.6), pair(3, 4, 0.9, names="2 of 2 shared", phone="differs"), pair(5, 6, 0.7)
    world.put(settings, review.LINKS, *asked)
    whole = dict.fromkeys(SCHEMAS["records"].names) | {
        "partner": PARTNER,
        "extract_id": SERVING,
        "sheet": "Jan",
    }
    rows = [whole | {"record_id": number, "row_number": number + 1} for number in range(1, 6)]
    world.write_table(settings.typed / "records" / f"{SERVING}.parquet", rows)
    return settings


def test_pairs_are_sorted_by_probability(pairs: Settings) -> None:
    first, *rest = link_questions(pairs)
    assert (first["score"], first["record_a"], len(rest)) == (0.9, shown_record(3), 2)
    assert first["agreements"] == ("name", "years of birth")
    assert first["differences"] == ["phone", "days of the events (26 apart)"]
    assert "origin" in first["unknown"]
    fields = [one for side in sides_of(pairs, first) for one in side["fields"]]
    codes = [one.typed_value for one in fields if one.name == "record_code"]
    assert codes == [first["record_a"], first["record_b"]]
    decide(pairs, "link_accept", record_a=shown_record(4), record_b=shown_record(3))
    assert [one["score"] for one in link_questions(pairs)] == [0.7, 0.6], "a ruled pair is asked no more"


def test_untyped_record_has_no_fields(pairs: Settings) -> None:
    (asked,) = (one for one in link_questions(pairs) if one["record_a"] == shown_record(5))
    typed, untyped = sides_of(pairs, asked)
    assert typed["fields"] and untyped["fields"] == [] and untyped["row"] == 7

"""Places by code: each system its own codes, a name beside a code, and nothing guessed without a system."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.places.mentions import Mention, Outcome
from tests.fixtures.partner_files import BOOK, HEADER, ROW, book, problems, typed, workbook
from tests.fixtures.resolver import GAZETTEER, RESOLVER

COUNTIES = sorted(place.place_id for place in GAZETTEER.places.values() if place.kind == "county")


def coded(system: str | None, code: str, **columns: str) -> Outcome:
    return RESOLVER.resolve(Mention(code_system=system, place_code=code, **columns))


@pytest.mark.parametrize(
    ("system", "code", "place_id"),
    [
        ("pcode", "KE040", "KE040"), ("pcode", "ke040 ", "KE040"), ("iso3166_2", "KE-04", "KE040"),
        ("kenya_county_number", "40", "KE040"), ("kenya_county_number", "040", "KE040"),
        ("kenya_county_number", "40.0", "KE040"), ("kenya_county_number", "4", "KE004"),
        ("iso_alpha2", "NA", "NAM"), ("iso_alpha2", "ug", "UGA"),
    ],
)  # fmt: skip
def test_a_code_is_read_in_its_own_system(system: str, code: str, place_id: str) -> None:
    found = coded(system, code)
    assert (found.status, found.place_id, found.problems) == ("resolved", place_id, ())


@pytest.mark.parametrize(
    ("system", "code", "problem"),
    [
        *[(None, code, "unk:code_system_unknown") for code in ("4", "40", "KE04", "KE-04", "KE040")],
        ("kenya_county_number", "48", "unk:place_unresolved"), ("kenya_county_number", "0", "unk:place_unresolved"),
        ("pcode", "40", "unk:place_unresolved"), ("iso_alpha2", "KEN", "unk:place_unresolved"),
    ],
)  # fmt: skip
def test_a_code_without_a_system_or_unknown_to_it_is_never_guessed(
    system: str | None, code: str, problem: str
) -> None:
    found = coded(system, code)
    assert (found.place_id, found.problems) == (None, (problem,))


@pytest.mark.parametrize(
    ("system", "code", "columns", "expected", "problems"),
    [
        ("kenya_county_number", "40", {"place_text": "Nambale"}, "KE040", ()),
        ("kenya_county_number", "40", {"country_text": "Kenya"}, "KE040", ()),
        ("kenya_county_number", "40", {"place_text": "Zzyzx"}, "KE040", ()),
        ("kenya_county_number", "40", {"place_text": "Garissa"}, "KEN", ("flag:code_name_conflict",)),
        ("kenya_county_number", "40", {"country_text": "Somalia"}, None, ("flag:code_name_conflict",)),
        ("iso_alpha2", "KE", {"place_text": "Garissa"}, "KE007", ()),
        ("pcode", "KE034185", {"place_text": "Kajiado East"}, "KE034", ("flag:code_name_conflict",)),
    ],
)
def test_a_name_beside_a_code_makes_it_finer_or_contradicts_it(
    system: str, code: str, columns: dict[str, str], expected: str | None, problems: tuple[str, ...]
) -> None:
    found = coded(system, code, **columns)
    assert (found.county or found.place_id) == expected
    assert found.problems == problems


@given(st.sampled_from(COUNTIES))
def test_the_three_systems_of_a_county_agree(county: str) -> None:
    iso = {place_id: code for code, place_id in GAZETTEER.by_system["iso3166_2"].items()}[county]
    found = [
        coded("pcode", county), coded("iso3166_2", iso), coded("kenya_county_number", str(int(county[2:]))),
    ]  # fmt: skip
    assert [outcome.place_id for outcome in found] == [county] * 3


@given(st.text(), st.sampled_from(sorted(GAZETTEER.by_system)))
def test_any_code_gives_a_known_place_or_none(code: str, system: str) -> None:
    found = coded(system, code)
    assert found.place_id is None or found.place_id in GAZETTEER.places


def test_code_and_system_reach_the_mention_and_coordinates_never_do(tmp_path: Path) -> None:
    fields = BOOK["fields"] | {
        "place(observation).place_code": {"column": "County", "code_system": "kenya_county_number"},
        "place(exploitation).place_code": {"column": "Where", "basis": "exploited"},
    }
    file = workbook(
        tmp_path / "a.xlsx",
        {"Cases": [[*HEADER, "County", "Where"], [*ROW, 40, "-1.2921, 36.8219"], [2, *ROW[1:], "NA", 7]]},
    )
    tables = typed(file, book(fields=fields))
    mentions = [(row["code_system"], row["place_code"]) for row in tables["mentions"] if row["place_code"]]
    assert mentions == [("kenya_county_number", "40"), ("kenya_county_number", "NA"), (None, "7")]
    assert problems(tables) == []

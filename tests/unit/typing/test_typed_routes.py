"""Lists of transit places beyond the catalogue's (test_dirty_values_routes), and properties of any cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.typing.routes import ReadRoute, read_route, trimmed

SPLIT = [">", "→", ";", " - ", " – ", " via "]


def read(value: str | None) -> ReadRoute:
    return read_route(value, split=SPLIT, direct=["Direct", "None"], is_country=lambda text: text == "Kenya")


def test_a_separator_without_blanks_splits_anywhere() -> None:
    assert [stop.place_text for stop in read("Busia>Nakuru").stops] == ["Busia", "Nakuru"]


@pytest.mark.parametrize("value", ["", None, "-", "unknown"])
def test_unknown_list_is_not_a_direct_journey(value: str | None) -> None:
    assert read(value) == ReadRoute()


def test_repeats_are_trimmed_regardless_of_case() -> None:
    assert trimmed(["Nakuru", "nakuru "], None, None) == ([0], True)


@given(st.one_of(st.none(), st.text()), st.lists(st.text(max_size=3), max_size=3))
def test_any_list_gives_stops_with_a_place(value: str | None, split: list[str]) -> None:
    found = read_route(value, split=split)
    assert all(stop.place_text for stop in found.stops)

"""Lists of places on the way, rows T1 to T6 of the catalogue of dirty values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.extracts.typed.routes import ReadRoute, Stop, read_route, trimmed

SPLIT = [">", "→", ";", " - ", " – ", " via "]


def read(value: str | None) -> ReadRoute:
    return read_route(value, split=SPLIT, direct=["Direct", "None"], is_country=lambda text: text == "Kenya")


def names(value: str) -> list[str]:
    return [stop.place_text for stop in read(value).stops]


@pytest.mark.parametrize(
    "value",
    [
        "Busia > Nakuru > Nairobi",
        "Busia>Nakuru>Nairobi",
        "Busia → Nakuru → Nairobi",
        "Busia; Nakuru; Nairobi",
        "Busia - Nakuru - Nairobi",
        "Busia – Nakuru – Nairobi",
        "Busia via Nakuru via Nairobi",
    ],
)
def test_the_contracts_separators_split(value: str) -> None:
    assert names(value) == ["Busia", "Nakuru", "Nairobi"]


def test_tight_hyphens_and_slashes_do_not_split() -> None:
    assert names("Trans-Nzoia - Taita/Taveta") == ["Trans-Nzoia", "Taita/Taveta"]


def test_commas_split_unless_a_country_follows() -> None:
    assert names("Isiolo, Nanyuki, Eastleigh") == ["Isiolo", "Nanyuki", "Eastleigh"]
    assert read("Busia, Kenya").stops == (Stop("Busia", "Kenya"),)


def test_places_joined_by_and_have_no_order() -> None:
    found = read("Nairobi & Mombasa")
    assert (len(found.stops), found.is_ordered, found.problems) == (2, False, ("flag:transit_unordered",))


@pytest.mark.parametrize("value", ["Direct", "None", "direct "])
def test_direct_is_known_and_has_no_stops(value: str) -> None:
    assert read(value) == ReadRoute(is_known=True)


@pytest.mark.parametrize("value", ["", None, "-", "unknown"])
def test_blank_is_not_known(value: str | None) -> None:
    assert read(value) == ReadRoute()


def test_ends_and_repeats_are_trimmed() -> None:
    stops = list(read("Busia > Nakuru > Nairobi").stops)
    assert trimmed(stops, "Busia", "Nairobi") == ([1], True)
    assert trimmed([Stop("Nakuru"), Stop("nakuru ")], None, None) == ([0], True)
    assert trimmed(stops, "Garissa", None) == ([0, 1, 2], False)


@given(st.one_of(st.none(), st.text()), st.lists(st.text(max_size=3), max_size=3))
def test_no_value_makes_it_raise(value: str | None, split: list[str]) -> None:
    found = read_route(value, split=split)
    assert all(stop.place_text for stop in found.stops)

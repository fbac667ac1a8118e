"""Routes as partners write them, rows T1 to T6 of the catalogue, from the file to ordered stops."""

from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.dirty_values import Arrived, arrive, contract

ROUTES = contract(
    {
        "place(transit).list": {
            "column": "Through",
            "split": [">", "→", ";", " - ", " – ", " via "],
            "direct": ["Direct", "None"],
        },
        "place(intended_destination).place_text": "To",
    }
)


def read(folder: Path, raw: list[str | None], **row: Any) -> Arrived:
    return arrive(
        folder, [{"Through": text, "From": "Moyale", "To": "Mombasa", **row} for text in raw], ROUTES
    )


THREE = [(1, "Busia", None), (2, "Nakuru", None), (3, "Nairobi", None)]


@pytest.mark.parametrize(("raw", "stops"), [
    pytest.param(["Busia > Nakuru > Nairobi", "Busia → Nakuru → Nairobi", "Busia; Nakuru; Nairobi",
                  "Busia - Nakuru - Nairobi", "Busia – Nakuru – Nairobi", "Busia via Nakuru via Nairobi"],
        THREE, id="T1"),
    pytest.param(["Trans-Nzoia - Taita/Taveta"], [(1, "Trans-Nzoia", None), (2, "Taita/Taveta", None)], id="T2"),
    pytest.param(["Isiolo, Nanyuki, Eastleigh"],
        [(1, "Isiolo", None), (2, "Nanyuki", None), (3, "Eastleigh", None)], id="T3"),
    pytest.param(["Busia, Kenya"], [(1, "Busia", "Kenya")], id="T3-country"),
])  # fmt: skip
def test_stops_stand_in_order(tmp_path: Path, raw: list[str], stops: list[tuple[Any, ...]]) -> None:
    found = read(tmp_path, list(raw))
    assert found.places("transit") == [stops] * len(raw)
    assert found.seen("transit_count") == [(len(stops),)] * len(raw)
    assert found.problems() == [[]] * len(raw)


def test_places_joined_by_and_have_no_order(tmp_path: Path) -> None:
    """T4."""
    found = read(tmp_path, ["Nairobi & Mombasa"], To="Dubai")
    assert found.places("transit") == [[(None, "Nairobi", None), (None, "Mombasa", None)]]
    assert (found.seen("transit_count"), found.problems()) == ([(2,)], [["flag:transit_unordered"]])


def test_a_direct_journey_has_no_stops_and_a_blank_says_nothing(tmp_path: Path) -> None:
    """T5."""
    found = read(tmp_path, ["Direct", "None", None])
    assert found.seen("transit_count") == [(0,), (0,), (None,)]
    assert (found.places("transit"), found.problems()) == ([[]] * 3, [[]] * 3)


def test_ends_and_repeats_are_trimmed(tmp_path: Path) -> None:
    """T6."""
    found = read(tmp_path, ["Busia > Nakuru > Nairobi", "Nakuru > Nakuru"], From="Busia", To="Nairobi")
    assert found.places("transit") == [[(1, "Nakuru", None)]] * 2
    assert (found.seen("transit_count"), found.problems()) == ([(1,)] * 2, [["flag:transit_trimmed"]] * 2)

"""Ways and codes told without a number: only where neither readers nor partners learn more than the row says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from orchestration import disclosure
from orchestration.disclosure.presence import (
    VIA,
    frozen_presence,
    presence_cells,
    told_presence,
    ways_and_codes,
)
from tests.unit.test_printed_tables import EMPTY, LAG_PASSED, PERIODS, told

K = disclosure.load_disclosure_policy().public.least_persons
CELL = ("KE001", "KE047")


def printing(edition: str = "public", ledger: disclosure.Ledger = EMPTY) -> disclosure.Printing:
    return disclosure.printing_of(edition, disclosure.load_disclosure_policy(), PERIODS, LAG_PASSED, ledger)


def counts(printed: int) -> pd.DataFrame:
    return pd.DataFrame(
        [("case", "2024", "all", *CELL, printed), ("case", "2024", "all", CELL[0], "*", printed)],
        columns=["record_grain", "period_id", "population", "origin_place_id", "destination_place_id",
                 "person_count"],
    )  # fmt: skip


def ways(parts: dict[str, Sequence[int]], kind: str = VIA) -> pd.DataFrame:
    rows = [(one, kind, value) for value, movements in parts.items() for one in movements]
    return pd.DataFrame(rows, columns=["movement_id", "kind", "value"])


def rows(persons: int, parts: dict[str, Sequence[int]], printed: int | None = None) -> set[str]:
    """Values told of a corridor of so many persons, one a movement, told by four partners in turn."""
    found = told_presence(
        told({CELL: persons}), ways(parts), counts(persons if printed is None else printed), printing()
    )
    return set(found["value"])


def test_a_way_that_enough_went_is_told_without_a_number() -> None:
    assert rows(60, {"KE032": range(30)}) == {"KE032"}
    assert set(told_presence(told({CELL: 60}), ways({"KE032": range(30)}), counts(60), printing()).columns) == {
        "edition", "record_grain", "period_id", "origin_place_id", "destination_place_id", "kind", "value"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("persons", "is_told"), [(K - 1, False), (K, True), (56, True), (57, False), (60, False)]
)
def test_neither_a_few_nor_nearly_all_are_told(persons: int, is_told: bool) -> None:
    assert bool(rows(60, {"KE032": range(persons)})) == is_told


@pytest.mark.parametrize("printed", range(K, 3 * K))
def test_beside_a_printed_count_a_row_leaves_open_as_much_as_a_hidden_cell(printed: int) -> None:
    """What can be: from K to just below nearly all. Where that is narrow, no row of any size stands."""
    nearly_all = disclosure.load_disclosure_policy().public.attribute_share
    possible = [one for one in range(K, printed + 1) if one < nearly_all * printed]
    is_wide = bool(possible) and max(possible) - min(possible) >= K - 1
    assert {bool(rows(printed, {"KE032": range(one)})) for one in possible} <= {is_wide}


def test_a_reader_who_guesses_that_everybody_went_one_way_learns_no_exact_count() -> None:
    three = {"KE032": range(10), "KE037": range(10, 20), "KE040": range(20, 30)}
    assert rows(30, three) == set(), "each would be exactly 10"
    assert rows(60, three) == set(three)


def test_nothing_is_told_inside_a_hidden_cell() -> None:
    found = told_presence(told({("KE003", "KE047"): 60}), ways({"KE032": range(30)}), counts(60), printing())
    assert found.empty


def test_a_way_needs_partners_of_which_none_dominates() -> None:
    of_two = [one for one in range(60) if one % 4 < 2]
    assert rows(60, {"KE032": of_two}) == set()
    mostly_one = [one for one in range(80) if one % 4 == 0 or one < 6]
    assert rows(80, {"KE032": mostly_one}) == set()


def test_a_partner_that_knows_nearly_all_of_a_corridor_learns_nothing_of_the_others() -> None:
    """Of 40 persons one partner has told 38, and 20 of those went through Nakuru with 1 of another's."""
    rows_told = told({CELL: 40}).assign(partner=["big"] * 38 + ["small", "other"])
    seen = told_presence(
        rows_told, ways({"KE032": [*range(20), 38]}), counts(40), disclosure.Printing(
            disclosure.load_disclosure_policy(), "partner", printing().periods
        )
    )  # fmt: skip
    assert seen.empty


def test_what_was_told_stays_told_and_nothing_is_added(tmp_path: Path) -> None:
    world = told({CELL: 60})
    first = told_presence(world, ways({"KE032": range(30)}), counts(60), printing())
    days = PERIODS[["period_id", "period_from", "period_to"]]
    cells = presence_cells(first.merge(days, on="period_id"))
    cells |= disclosure.printed_cells(counts(60).merge(days, on="period_id"))
    disclosure.append_to_ledger(tmp_path, "first", cells, pd.Timestamp("2025-07-01", tz="UTC"))
    later = printing(ledger=disclosure.read_ledger(tmp_path))
    assert set(frozen_presence(later)["value"]) == {"KE032"}
    more = ways({"KE037": range(30), "KE032": range(5)})
    assert told_presence(world, more, counts(60), later).empty
    assert disclosure.printed_cells(counts(60).merge(days, on="period_id")) == {
        cell: value for cell, value in cells.items() if not cell.startswith("present in ")
    }


def test_codes_that_say_nothing_and_other_domains_are_no_ways() -> None:
    corridors = pd.DataFrame({"movement_id": [1, 1], "corridor_level": ["od", "odv"], VIA: [None, "KE032"]})
    codes = pd.DataFrame(
        {
            "movement_id": [1, 1, 1],
            "domain": ["transport_mode", "transport_mode", "means_of_control"],
            "code": ["bus", "unknown", "debt"],
        }
    )
    found = ways_and_codes(corridors, codes)
    assert sorted(zip(found["kind"], found["value"], strict=True)) == [
        ("transport_mode", "bus"),
        (VIA, "KE032"),
    ]


def test_the_lag_holds_for_ways_too() -> None:
    early = disclosure.printing_of(
        "public", disclosure.load_disclosure_policy(), PERIODS, date(2025, 6, 28), EMPTY
    )
    assert told_presence(told({CELL: 60}), ways({"KE032": range(30)}), counts(60), early).empty

"""Who reported a period: the public is told once, members anew in each release."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from orchestration import disclosure
from orchestration.disclosure.printed_reporting import told_reporting
from orchestration.release import printed_reporting
from tests.unit.test_printed_news import counts
from tests.unit.test_printed_tables import EMPTY, LAG_PASSED, PERIODS

POLICY = disclosure.load_disclosure_policy()
NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)
PLACES = pd.DataFrame(
    [("KE001", "county"), ("KE002", "county"), ("UGA", "country")], columns=["place_id", "kind"]
)
YEAR = "2024"
Words = dict[tuple[str, str], str]


def told(
    watching: dict[str, int], reason: str | None, ledger: disclosure.Ledger = EMPTY, edition: str = "public"
) -> Words:
    """Of cases: period and place → the word. `watching`: county → partners that watched it in that year."""
    coverage = pd.DataFrame(
        [(place, YEAR, "case", partners) for place, partners in watching.items()],
        columns=["place_id", "period_id", "record_grain", "partner_count"],
    )
    reported = pd.DataFrame(
        [(period, "case", reason) for period in ("2024", "2024-Q4-12m")],
        columns=["period_id", "record_grain", "partial_reason"],
    )
    frames = {"mart_coverage": coverage, "mart_reported_periods": reported, "dim_place": PLACES}
    printing = disclosure.printing_of(edition, POLICY, PERIODS, LAG_PASSED, ledger)
    printed = counts({YEAR: {("*", "*"): 90}}, "case")
    rows = told_reporting(frames, printed, printing)
    return {(row.period_id, row.place_id): row.told for row in rows[rows.record_grain == "case"].itertuples()}


def file_of(words: Words, folder: Path) -> Path:
    """An evidence base that prints these words, as dbt does."""
    path = folder / "evidence_base.duckdb"
    coverage = [("case", period, place, word) for (period, place), word in words.items() if place != "*"]
    reported = [
        ("case", period, None if word == "whole" else word)
        for (period, place), word in words.items()
        if place == "*"
    ]
    tables = {
        "coverage": pd.DataFrame(
            coverage, columns=["record_grain", "period_id", "place_id", "partners_band"]
        ),
        "reported_periods": pd.DataFrame(
            reported, columns=["record_grain", "period_id", "partial_reason"], dtype="string"
        ),
        "periods": PERIODS,
    }
    with duckdb.connect(str(path)) as con:
        con.execute("create schema public")
        for name, frame in tables.items():
            con.register("frame", frame)
            con.execute(f"create table public.public_{name} as select * from frame")
    return path


def noted(words: Words, folder: Path) -> disclosure.Ledger:
    cells = disclosure.reporting_cells(printed_reporting(file_of(words, folder)))
    disclosure.append_to_ledger(folder / "ledger", "first", cells, NOON)
    return disclosure.read_ledger(folder / "ledger")


def test_counties_of_printed_periods_and_all_periods_are_told() -> None:
    words = told({"KE001": 3, "UGA": 4}, None)
    assert words["2024", "KE001"] == "three_or_more" and words["2024", "KE002"] == "none"
    assert {place for _, place in words} == {"KE001", "KE002", "*"}
    assert {period for period, place in words if place != "*"} == {"2024"}
    assert words["2024", "*"] == "whole"
    assert words["2024-Q4", "*"] == "whole", "its year is"
    assert words["2024-Q2-12m", "*"] == "months_missing", "nothing is known of 2023"
    assert told({"KE001": 3}, None, edition="partner")["2024-Q4-12m", "*"] == "whole"
    assert words["round-2024", "*"] == "whole", "a round is what was collected in it"


@pytest.mark.parametrize("edition", ["public", "partner"])
def test_the_public_is_told_the_same_when_the_only_record_of_a_month_is_forgotten(
    edition: str, tmp_path: Path
) -> None:
    ledger = noted(told({"KE001": 3}, None), tmp_path)
    first = told({"KE001": 3}, None, edition=edition)
    again = told({"KE001": 2}, "months_missing", ledger, edition)
    changed = {key for key in first if first[key] != again[key]}
    assert changed == (set() if edition == "public" else {(YEAR, "KE001"), (YEAR, "*"), ("2024-Q4-12m", "*")})


def test_a_period_of_an_older_ledger_is_told_of_once(tmp_path: Path) -> None:
    """The year's counts are in it, and no word of who reported."""
    bare = disclosure.Ledger({"case 2024-01-01..2024-12-31: all": (90,)}, ["r"], "")
    first = told({"KE001": 2}, "months_missing", bare)
    assert first["2024", "KE001"] == "one_or_two"
    assert told({"KE001": 3}, None, noted(first, tmp_path))["2024", "KE001"] == "one_or_two"


def test_what_is_said_of_a_quarter_follows_from_what_was_said_of_its_year(tmp_path: Path) -> None:
    """A month was reported late, so that today all of the year is whole. A quarter that is named for the first
    time must not say so."""
    in_part = told({"KE001": 3}, "months_missing")
    assert (in_part["2024", "*"], in_part["2024-Q4", "*"]) == ("months_missing", "year_in_part")
    assert in_part["2024-Q4-12m", "*"] == "months_missing", "the year under another name"
    of_year = {key: word for key, word in in_part.items() if key[0] == "2024"}
    ledger = noted(of_year, tmp_path)
    assert told({"KE001": 3}, None, ledger) == in_part


def test_what_was_said_of_a_quarter_is_said_again(tmp_path: Path) -> None:
    ledger = noted({**told({"KE001": 3}, None), ("2024-Q4", "*"): "begins_before_reporting"}, tmp_path)
    assert told({"KE001": 3}, None, ledger)["2024-Q4", "*"] == "begins_before_reporting"

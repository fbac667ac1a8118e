"""The release gate counts anew what labels leave of the printed cells of the same file."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from orchestration import disclosure
from orchestration.gates.printed_labels import labels_without_room, trends_without_quarters
from tests.unit.test_printed_news import counts
from tests.unit.test_printed_parts import ALL, LATER, PERIODS, POLICY
from tests.unit.test_printed_tables import EMPTY

BOTH = {year: {("A", "*"): 60, ("*", "A"): 60, ALL: 200} for year in ("2023", "2024")}


def wrong(
    folder: Path,
    *labels: tuple[str, str],
    cells: dict[str, dict[tuple[str, str], int]] = BOTH,
    edition: str = "public",
    grain: str = "case",
) -> int:
    """`labels`: role and period of labels of A in a file that prints these cells."""
    rows = pd.DataFrame([(*label, "A", grain) for label in labels], columns=["role", "period_id", "place_id", "record_grain"])  # fmt: skip
    with duckdb.connect(str(folder / "base.duckdb")) as con:
        con.execute("create schema public")
        con.register("rows", rows)
        con.execute("create table public.public_hotspots as select * from rows")
    printing = disclosure.printing_of(edition, POLICY, PERIODS, LATER, EMPTY)
    return labels_without_room(folder / "base.duckdb", "public", counts(cells, grain), printing)


def quarters(many: int, role: str = "origin") -> list[tuple[str, str]]:
    return [(role, f"2024-Q{4 - at}") for at in range(many)]


def test_labels_that_leave_enough_are_right(tmp_path: Path) -> None:
    """45 of 60 may stand behind labels of quarters: three take thirty, and leave fifteen."""
    assert wrong(tmp_path, *quarters(3), ("origin", "2024"), ("origin", "2024-Q4-12m"), ("origin", "2024-Q2-12m")) == 0  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "many"),
    [
        (quarters(4), 4),  # forty of 45
        (quarters(1, "exploitation"), 1),  # ten of fifteen, in whatever year
        ([*quarters(1, "exploitation"), ("intended_destination", "2024-Q3")], 2),
        ([("origin", "2023-Q1-12m")], 1),  # 2022 is not printed
        ([("origin", "2025-Q1")], 1),
        ([("transit", f"2024-Q{one}") for one in (1, 2, 3, 4)], 0),  # forty of a quarter of all 200
        ([("origin", "round-2024")], 1),  # no part of a year
    ],
)
def test_labels_that_leave_too_few_are_found(
    tmp_path: Path, labels: list[tuple[str, str]], many: int
) -> None:
    assert wrong(tmp_path, *labels) == many


def test_members_are_told_of_days_after_the_last_printed_year(tmp_path: Path) -> None:
    assert wrong(tmp_path, ("origin", "2025-Q1"), ("origin", "2022-Q4"), edition="partner") == 1


def test_a_label_of_a_hidden_cell_is_found(tmp_path: Path) -> None:
    hidden = {**BOTH, "2024": {ALL: 200}}
    assert wrong(tmp_path, ("origin", "2024-Q2-12m"), cells=hidden) == 1


def test_days_do_not_divide_rounds(tmp_path: Path) -> None:
    rounds = {"round-2024": {("A", "*"): 900, ALL: 900}}
    labels = ("origin", "2024-Q4"), ("origin", "round-2024")
    assert wrong(tmp_path, *labels, cells=rounds, grain="route_report") == 1


@pytest.mark.parametrize(
    ("quarters_told", "wrong_trends"),
    [
        (range(1, 13), 0),
        (range(5, 13), 0),  # eight of twelve
        (range(6, 13), 1),  # seven
        (range(3, 12), 1),  # not the last
    ],
)
def test_a_trend_stands_only_beside_labels_of_the_quarters_that_it_rests_on(
    tmp_path: Path, quarters_told: range, wrong_trends: int
) -> None:
    """Twelve quarters to the end of 2025, by their numbers; and the year with a trend."""
    names = [f"{year}-Q{quarter}" for year in (2023, 2024, 2025) for quarter in (1, 2, 3, 4)]
    rows = [(names[at - 1], None) for at in quarters_told] + [("2022-Q4", None), ("2025", "none")]
    labels = pd.DataFrame(rows, columns=["period_id", "trend_category"]).astype({"trend_category": "string"})
    labels = labels.assign(role="origin", place_id="A", record_grain="case")
    with duckdb.connect(str(tmp_path / "base.duckdb")) as con:
        con.execute("create schema public")
        con.register("labels", labels)
        con.register("periods", PERIODS)
        con.execute("create table public.public_hotspots as select * from labels")
        con.execute("create table public.public_periods as select * from periods")
    assert trends_without_quarters(tmp_path / "base.duckdb", "public") == wrong_trends

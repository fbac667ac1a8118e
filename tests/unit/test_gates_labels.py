"""The release gate counts anew what labels leave of the printed cells of the same file."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from orchestration import disclosure
from orchestration.gates.printed_labels import labels_without_room
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

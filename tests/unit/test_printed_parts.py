"""Labels of quarters and of twelve months beside printed years: no part of a year is told too closely."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog

from orchestration import disclosure
from orchestration.disclosure.printed_lines import systems_of, told_lines
from orchestration.disclosure.printed_parts import LabelsOfParts
from orchestration.gates.printed_labels import labels_without_room
from tests.unit.test_printed_news import counts
from tests.unit.test_printed_tables import EMPTY, told

POLICY = disclosure.load_disclosure_policy()
K = POLICY.public.least_persons
YEARS = (2023, 2024)
QUARTERS = [f"{year}-Q{quarter}" for year in YEARS for quarter in (1, 2, 3, 4)]
LATER = date(2026, 1, 1)
ALL = ("*", "*")


def _periods() -> pd.DataFrame:
    starts = [date(year, month, 1) for year in range(2022, 2026) for month in (1, 4, 7, 10)]
    rows = [
        (f"{one.year}-Q{one.month // 3 + 1}", "quarter", one, last)
        for one, last in zip(starts, [one - timedelta(days=1) for one in [*starts[1:], LATER]], strict=True)
    ]
    rows += [(f"{name}-12m", "rolling_12_months", rows[at - 3][2], last) for at, (name, _, _, last) in enumerate(rows) if at >= 3]  # fmt: skip
    rows += [(str(year), "year", date(year, 1, 1), date(year, 12, 31)) for year in range(2022, 2026)]
    rows.append(("round-2024", "round", date(2024, 1, 1), date(2024, 12, 31)))
    columns = ["period_id", "period_kind", "period_from", "period_to"]
    return pd.DataFrame(rows, columns=columns).assign(is_complete=True)


PERIODS = _periods()


def lines_told(
    parts: dict[tuple[str, str, str], int],
    cells: dict[str, dict[tuple[str, str], int]],
    rows: pd.DataFrame,
    edition: str = "public",
    as_of: date = LATER,
    grain: str = "case",
) -> set[tuple[str, str, str]]:
    """Role, place and period of those lines of `parts` (→ persons) that may be spoken of."""
    asked = pd.DataFrame(
        [("hotspots", *line, grain, "all", persons, 20, 4, -(-persons // 4), -(-persons // 4)) for line, persons in parts.items()],
        columns=["counting_table", "counting_role", "counting_id", "period_id", "record_grain", "population",
                 "person_count_low", "record_count", "partner_count", "largest_partner_count_low",
                 "second_partner_count_low"],
    )  # fmt: skip
    printed, printing = counts(cells, grain), disclosure.printing_of(edition, POLICY, PERIODS, as_of, EMPTY)
    found = told_lines(asked, rows, printing, systems_of(printed, printing, rows))
    assert not found[~found["period_id"].isin([*cells])]["tells_figures"].any()
    columns = found[["counting_role", "counting_id", "period_id"]]
    return set(columns.itertuples(index=False, name=None))


def of_quarters(
    persons: int, edition: str = "public", role: str = "origin", rows: pd.DataFrame | None = None
) -> set[str]:
    """Quarters of 2024, all large, that may be labelled of a place with so many persons in that year."""
    cell = ("A", "*") if role == "origin" else ("*", "A")
    parts = {(role, "A", f"2024-Q{quarter}"): 15 for quarter in (1, 2, 3, 4)}
    if rows is None:  # forty partners, so that one more or less does not matter
        rows = told({("A", "A"): persons}).assign(partner=[f"p{at % 40}" for at in range(persons)])
    found = lines_told(parts, {"2024": {cell: persons, ALL: 900}}, rows, edition)
    return {period for _, _, period in found}


def test_a_year_of_twelve_has_no_label_of_a_quarter() -> None:
    assert of_quarters(12) == set()


@pytest.mark.parametrize(("persons", "many"), [(26, 0), (28, 1), (42, 2), (56, 3), (70, 4)])
def test_the_newest_quarters_are_labelled_while_the_year_leaves_enough(persons: int, many: int) -> None:
    """Three quarters of the year's persons may stand behind labels of origins, and ten of these must be left."""
    assert of_quarters(persons) == {f"2024-Q{4 - at}" for at in range(many)}
    if many:
        assert of_quarters(3 * persons, role="exploitation") == {f"2024-Q{4 - at}" for at in range(many)}


def test_which_quarters_are_large_does_not_decide() -> None:
    """Of a year with room for one, the first quarter is never labelled: its silence tells nothing."""
    rows = told({("A", "X"): 28}).assign(partner=[f"p{at}" for at in range(28)])
    cells = {"2024": {("A", "*"): 28, ALL: 900}}
    assert lines_told({("origin", "A", "2024-Q1"): 20}, cells, rows) == set()
    assert lines_told({("origin", "A", "2024-Q4"): 20}, cells, rows) == {("origin", "A", "2024-Q4")}


def test_members_labels_count_the_public_ones_beside_them() -> None:
    """Of 40 without the largest partner's 2, thirty may stand behind labels: ten each of two that the public may
    have, five of one more, and five are left."""
    assert of_quarters(42) == {"2024-Q4", "2024-Q3"}
    assert of_quarters(42, "partner") == {"2024-Q4", "2024-Q3", "2024-Q2"}
    assert of_quarters(16, "partner") == {"2024-Q4"}


def test_what_the_largest_partner_takes_off_leaves_as_much() -> None:
    rows = told({("A", "X"): 70}).assign(partner=["insider"] * 40 + [f"p{at}" for at in range(30)])
    assert of_quarters(70, rows=rows) == {"2024-Q4"}


def test_a_label_waits_until_each_year_that_it_is_about_is_printed() -> None:
    """What was said of a quarter cannot be taken back when its year is printed with few persons, or hidden."""
    parts = {
        ("origin", "A", one): 30
        for one in ("2025-Q1", "2025-Q1-12m", "2024-Q4", "2024-Q1-12m", "2023-Q4-12m")
    }
    rows = pd.concat([told({("A", "X"): 60}, period=str(year)) for year in YEARS])
    both = {str(year): {("A", "*"): 60, ALL: 900} for year in YEARS}
    of_printed = {("origin", "A", one) for one in ("2024-Q4", "2024-Q1-12m", "2023-Q4-12m")}
    assert lines_told(parts, both, rows) == of_printed
    open_days = {("origin", "A", one) for one in ("2025-Q1", "2025-Q1-12m")}
    assert lines_told(parts, both, rows, "partner") == of_printed | open_days
    hidden = {"2023": {ALL: 900}, "2024": both["2024"]}
    assert lines_told(parts, hidden, rows) == {("origin", "A", "2024-Q4")}


def test_a_corridor_has_a_status_of_twelve_months_across_printed_years_and_none_inside_one() -> None:
    rows = pd.concat([told({("A", "X"): 60}, period=str(year)) for year in YEARS])
    cells = {str(year): {("A", "X"): 60, ALL: 900} for year in YEARS}
    parts = {("od", "A>X", one): 30 for one in ("2024-Q1-12m", "2024-Q4-12m", "2024-Q4", "2025-Q1-12m")}
    assert lines_told(parts, cells, rows) == {("od", "A>X", "2024-Q1-12m")}
    assert lines_told(parts, cells, rows, "partner") == {
        ("od", "A>X", f"{year}-Q1-12m") for year in (2024, 2025)
    }
    one_year = {"2023": {ALL: 900}, "2024": cells["2024"]}
    assert lines_told(parts, one_year, rows, "partner") == {("od", "A>X", "2025-Q1-12m")}


def test_a_place_that_no_year_prints_has_labels_of_open_days_and_the_gate_agrees(tmp_path: Path) -> None:
    rows = pd.concat([told({("B", "X"): 60}, period=str(year)) for year in YEARS])
    cells = {str(year): {("B", "*"): 60, ALL: 60} for year in YEARS}
    part = ("origin", "A", "2025-Q1")
    assert lines_told({part: 30}, cells, rows, "partner") == {part}
    assert lines_told({part: 30}, cells, rows) == set()
    labels = pd.DataFrame([(*part, "case")], columns=["role", "place_id", "period_id", "record_grain"])
    with duckdb.connect(str(tmp_path / "base.duckdb")) as con:
        con.execute("create schema report")
        con.register("labels", labels)
        con.execute("create table report.report_hotspots as select * from labels")
    for edition, wrong in (("partner", 0), ("public", 1)):
        printing = disclosure.printing_of(edition, POLICY, PERIODS, LATER, EMPTY)
        assert (
            labels_without_room(tmp_path / "base.duckdb", "report", counts(cells, "case"), printing) == wrong
        )


@pytest.mark.parametrize(("role", "item"), [("od", "A>X"), ("origin", "A"), ("transit", "T")])
def test_whoever_told_nearly_all_of_a_corridor_or_place_is_left_as_many_others(role: str, item: str) -> None:
    """60 persons each year, 59 of one partner: twelve months across both years tell it of the others."""
    rows = pd.concat([told({("A", "X"): 60}, period=str(year)) for year in YEARS])
    cells = {str(year): {("A", "X"): 60, ("A", "*"): 60, ALL: 60} for year in YEARS}
    of_many = rows.assign(partner=[f"p{at % 30}" for at in range(len(rows))])
    of_one = rows.assign(partner=["p" if at % 60 else "q" for at in range(len(rows))])
    part = (role, item, "2024-Q1-12m")
    assert lines_told({part: 30}, cells, of_many) == {part}
    assert lines_told({part: 30}, cells, of_one) == set()


def test_of_a_frozen_count_no_more_stands_behind_labels_than_is_counted_today() -> None:
    """A hundred were printed; an agreement ended, and 41 are left: labels of all quarters would tell each."""
    rows = told({("A", "X"): 41}).assign(partner=[f"p{at}" for at in range(41)])
    assert of_quarters(100, rows=rows) == {"2024-Q4", "2024-Q3"}


def test_a_round_is_no_part_of_a_year_of_cases_and_the_whole_of_kenya_has_no_label_of_parts() -> None:
    rows = told({("A", "X"): 90}).assign(partner=[f"p{at}" for at in range(90)])
    cells = {"2024": {("A", "*"): 90, ("KEN", "*"): 90, ALL: 90}}
    parts = {("origin", "A", "round-2024"): 40, ("origin", "KEN", "2024-Q4"): 40}
    assert lines_told(parts, cells, rows) == set()


def test_route_reports_are_told_of_by_rounds_alone() -> None:
    rows = told({("A", "X"): 90}, "route_report", "round-2024")
    parts = {("origin", "A", one): 60 for one in ("2024-Q4", "2024", "2024-Q4-12m", "round-2024")}
    cells = {"round-2024": {("A", "*"): 90, ALL: 900}}
    assert lines_told(parts, cells, rows, grain="route_report") == {("origin", "A", "round-2024")}


def test_where_a_place_passed_is_in_no_cell_the_whole_must_have_room() -> None:
    parts = {("transit", "T", "2024-Q4"): 30}
    rows = told({("A", "X"): 120})
    assert lines_told(parts, {"2024": {ALL: 120}}, rows) == set(parts)
    assert lines_told(parts, {"2024": {ALL: 60}}, rows) == set()
    assert lines_told(parts, {"2024": {("A", "*"): 120}}, rows) == set(), "the whole is hidden"


# --- all labels of two years at once, taken apart by a linear program of its own --------------------------

ORIGINS, ENDS_AT = ("A", "B", "C"), ("X", "Y")
Cube = NDArray[np.int64]  # origin, destination, quarter


def _world(seed: int) -> Cube:
    """Places whose persons came nearly all in one or two quarters."""
    chance = np.random.default_rng(seed)
    many = chance.integers(0, chance.choice([9, 25, 90], (3, 2, 2)))
    cube = np.zeros((3, 2, 8), dtype=np.int64)
    for a, x, year in np.ndindex(3, 2, 2):
        weights = chance.dirichlet([0.4] * 4)
        cube[a, x, 4 * year : 4 * year + 4] = chance.multinomial(many[a, x, year], weights)
    return cube


def _sums(cube: Cube, of: Iterator[int] | range) -> dict[tuple[str, str], int]:
    whole = cube[:, :, [*of]].sum(axis=2)
    found = {(one, "*"): int(whole[at].sum()) for at, one in enumerate(ORIGINS)}
    found |= {("*", one): int(whole[:, at].sum()) for at, one in enumerate(ENDS_AT)}
    found |= {(a, x): int(whole[i, j]) for (i, a), (j, x) in product(enumerate(ORIGINS), enumerate(ENDS_AT))}
    return {**found, ALL: int(whole.sum())}


def _labelled(cube: Cube) -> tuple[set[tuple[str, str, str]], dict[str, dict[tuple[str, str], int]]]:
    cells = {
        str(year): {cell: n for cell, n in _sums(cube, range(4 * at, 4 * at + 4)).items() if n >= K}
        for at, year in enumerate(YEARS)
    }
    windows = {one: range(at, at + 1) for at, one in enumerate(QUARTERS)}
    windows |= {f"{QUARTERS[at]}-12m": range(at - 3, at + 1) for at in range(3, 8)}
    parts = {}
    for period, quarters in windows.items():
        for (start, end), n in _sums(cube, quarters).items():
            if n >= K and "*" not in (start, end):
                parts["od", f"{start}>{end}", period] = n
            elif n >= K and (start, end) != ALL:
                parts["origin" if end == "*" else "exploitation", start if end == "*" else end, period] = n
            elif n >= K and (start, end) == ALL:
                parts["transit", "T", period] = n  # everybody passed T
    rows = []
    for at, year in enumerate(YEARS):
        of_year = {(a, x): int(cube[i, j, 4 * at : 4 * at + 4].sum()) for (i, a), (j, x) in product(enumerate(ORIGINS), enumerate(ENDS_AT))}  # fmt: skip
        rows.append(told(of_year, period=str(year)))
    frame = pd.concat(rows, ignore_index=True)
    frame = frame.assign(partner=[f"p{at}" for at in range(len(frame))])
    return lines_told(parts, cells, frame), cells


def _narrowest(labels: set[tuple[str, str, str]], cells: dict[str, dict[tuple[str, str], int]]) -> float:
    """The width of the range in which a reader of these cells and labels finds some quarter of some place."""
    size = 3 * 2 * 8
    at = np.arange(size).reshape(3, 2, 8)

    def row(start: str, end: str, quarters: range, shift: int = 0) -> NDArray[np.float64]:
        found = np.zeros(2 * size)
        i = [ORIGINS.index(start)] if start != "*" else [0, 1, 2]
        j = [ENDS_AT.index(end)] if end != "*" else [0, 1]
        found[at[np.ix_(i, j, [*quarters])].ravel() + shift] = 1
        return found

    equal, values, least = [], [], []
    for year, printed in cells.items():
        of_year = range(4 * YEARS.index(int(year)), 4 * YEARS.index(int(year)) + 4)
        for (start, end), n in printed.items():
            equal.append(row(start, end, of_year))
            values.append(n)
    for role, place, period in labels:
        last = QUARTERS.index(period.removesuffix("-12m"))
        quarters = range(last - 3, last + 1) if period.endswith("-12m") else range(last, last + 1)
        cell = (place, "*") if role == "origin" else ("*", "*" if role == "transit" else place)
        if role == "od":
            cell = (place[0], place[2])
        least.append(-row(*cell, quarters, size if role == "transit" else 0))
    passed = np.hstack([-np.eye(size), np.eye(size)])  # who passed T is one of those who went
    upper, bounds = np.vstack([passed, *least]), [0.0] * size + [-float(K)] * len(least)
    widths = []
    for year, printed in cells.items():
        for (start, end), quarter in product(printed, range(4)):
            asked = row(start, end, range(4 * YEARS.index(int(year)) + quarter, 4 * YEARS.index(int(year)) + quarter + 1))  # fmt: skip
            low, high = (
                linprog(sign * asked, A_ub=upper, b_ub=bounds, A_eq=np.array(equal), b_eq=values, method="highs").fun
                for sign in (1, -1)
            )  # fmt: skip
            widths.append(-high - low)
    return min(widths, default=np.inf)


@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 10**6))
def test_all_labels_together_leave_each_quarter_of_each_place_open(seed: int) -> None:
    labels, cells = _labelled(_world(seed))
    assert _narrowest(labels, cells) >= K - 1


def test_without_the_rule_they_would_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LabelsOfParts, "may_stand", lambda *_: True)
    assert min(_narrowest(*_labelled(_world(seed))) for seed in range(3)) < K - 1

"""Ages as partners write them, rows A1 to A14 of the catalogue, from the file to the typed table."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.dirty_values import Shown, arrive, contract

WORKBOOK = contract(format={"kind": "xlsx", "sheet": 0})
UNKNOWN = ("unknown", None)


def age_column(**spec: Any) -> dict[str, Any]:
    return contract({"age_band": {"column": "Age", **spec}})


def ages(raw: list[Any], tmp_path: Path, content: dict[str, Any] | None = None, **row: Any) -> list[Any]:
    """(band, child, problems) of each row."""
    found = arrive(tmp_path, [{"Age": value, **row} for value in raw], content)
    seen = found.seen("age_band", "is_child")
    return [(*age, *problems) for age, problems in zip(seen, found.problems(), strict=True)]


@pytest.mark.parametrize(("raw", "expected"), [
    pytest.param(["16", "16.0", "16yrs", "17.9", "miaka 16", "9--17", "9—17"], ("a09_17", True), id="A1"),
    pytest.param(["7 months", "8m", "0"], ("a00_08", True), id="A2"),
    pytest.param(["18"], ("a18_20", False), id="A3"),
    pytest.param(["52", "60+"], ("a48_plus", False), id="A3-older"),
    pytest.param(["14-17"], ("a09_17", True), id="A4"),
    pytest.param(["5-12"], ("child", True), id="A4-child"),
    pytest.param(["18-25"], ("adult", False), id="A4-adult"),
    pytest.param(["16-19", "~16", "~17", "~18", "~19"], (*UNKNOWN, "unk:age_straddles_18"), id="A5"),
    pytest.param(["minor", "U18", "<18", "child", "mtoto"], ("child", True), id="A6"),
    pytest.param(["Adult", "18+", "over 18", "mtu mzima"], ("adult", False), id="A6-adult"),
    pytest.param(["teen", "youth", "kijana"], (*UNKNOWN, "unk:age_vague"), id="A7"),
    pytest.param(["~15"], ("a09_17", True, "flag:age_estimated"), id="A8-child"),
    pytest.param(["~30"], ("a30_38", False, "flag:age_estimated"), id="A8"),
    pytest.param(["99"], ("a48_plus", False), id="A9-not-listed"),
    pytest.param(["160", "-5", "43894"], (*UNKNOWN, "unk:age_invalid"), id="A10"),
    pytest.param(["2004"], (*UNKNOWN, "unk:age_is_year"), id="A12"),
    pytest.param(["17-Sep"], (*UNKNOWN, "unk:age_is_date"), id="A12-text-of-a-date"),
])  # fmt: skip
def test_an_age_is_read(tmp_path: Path, raw: list[str], expected: tuple[Any, ...]) -> None:
    assert ages(raw, tmp_path) == [expected] * len(raw)


@pytest.mark.parametrize(("raw", "expected"), [
    pytest.param([16, 16.0, Shown(17.9, "0")], ("a09_17", True), id="A1"),
    pytest.param([0], ("a00_08", True), id="A2"),
    pytest.param([160, -5, 43894], (*UNKNOWN, "unk:age_invalid"), id="A10"),
    pytest.param([2004], (*UNKNOWN, "unk:age_is_year"), id="A12-year"),
    pytest.param([Shown(date(2020, 9, 17), "d-mmm"), datetime(2020, 9, 17)], (*UNKNOWN, "unk:age_is_date"),
        id="A12"),
])  # fmt: skip
def test_a_typed_cell_is_read(tmp_path: Path, raw: list[Any], expected: tuple[Any, ...]) -> None:
    assert ages(raw, tmp_path, WORKBOOK) == [expected] * len(raw)


def test_listed_numbers_mean_not_known(tmp_path: Path) -> None:
    """A9."""
    assert ages(["99", "-99"], tmp_path, age_column(missing=["99", "-99"])) == [UNKNOWN] * 2


@pytest.mark.parametrize(("raw", "expected"), [
    pytest.param("2004", ("a09_17", True), id="A11"),
    pytest.param("2002", (*UNKNOWN, "unk:age_straddles_18"), id="A11-17-or-18"),
])  # fmt: skip
def test_a_birth_year_is_read_at_the_event(tmp_path: Path, raw: str, expected: tuple[Any, ...]) -> None:
    assert ages([raw], tmp_path, age_column(**{"from": "birth_year"})) == [expected]


def test_a_list_of_ages_leaves_the_count_alone(tmp_path: Path) -> None:
    """A13."""
    found = arrive(tmp_path, [{"Age": "16, 17 & 19", "Persons": "3"}])
    assert found.seen("age_band", "is_child", "person_count") == [("unknown", None, 3)]
    assert found.problems() == [["unk:age_list"]]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_birth_date_becomes_an_age_and_is_stored_nowhere(tmp_path: Path, kind: str) -> None:
    """A14."""
    content = age_column(**{"from": "birth_date"}) | {"format": {"kind": kind}}
    birth = "14/02/2004" if kind == "csv" else Shown(date(2004, 2, 14), "dd/mm/yyyy")
    found = arrive(tmp_path, [{"Age": birth}], content)
    assert found.seen("age_band", "is_child") == [("a09_17", True)]
    assert found.note["stripped"] == {"strip:birth_date": 1}
    assert "2004" not in repr([found.landed, found.tables, found.note["problems"]])

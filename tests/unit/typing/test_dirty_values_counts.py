"""Numbers of persons as partners write them, rows C1 to C16 of the catalogue, from the file to the typed table."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.dirty_values import CONSENT, Shown, arrive, contract

WORKBOOK = contract(format={"kind": "xlsx", "sheet": 0})
Count = tuple[int | None, int | None, int | None, str]
NOT_STATED: Count = (None, None, None, "not_stated")


def counts(raw: list[Any], tmp_path: Path, content: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """(count, low, high, basis, problems) of each row."""
    found = arrive(tmp_path, [{"Persons": value} for value in raw], content)
    assert len(found.records) == len(raw), "a count never makes or removes a record"
    seen = found.seen("person_count", "person_count_low", "person_count_high", "count_basis")
    return [(*count, *problems) for count, problems in zip(seen, found.problems(), strict=True)]


@pytest.mark.parametrize(("raw", "expected", "problem"), [
    pytest.param(["5", "5.0", " 5 ", "five", "tano"], (5, 5, 5, "stated"), None, id="C1"),
    pytest.param(["~10", "approx. 10", "about 10", "kama 10"], (10, None, None, "estimated"), None, id="C2"),
    pytest.param(["5-10", "5–10", "5 to 10", "between 5 and 10"], (5, 5, 10, "range"), None, id="C3"),
    pytest.param(["10-5"], (5, 5, 10, "range"), "flag:range_reversed", id="C3-reversed"),
    pytest.param(["10+", "at least 10", "≥10", ">9"], (10, 10, None, "at_least"), None, id="C4"),
    pytest.param(["up to 10", "≤10"], (None, None, 10, "at_most"), None, id="C5"),
    pytest.param(["<5"], (None, None, 4, "at_most"), None, id="C5-fewer"),
    pytest.param(["several", "many", "a few", "dozens", "wengi"], NOT_STATED, "unk:count_vague", id="C6"),
    pytest.param([None, "-", "N/A", "unknown"], NOT_STATED, None, id="C7"),
    pytest.param(["0"], (0, 0, 0, "stated"), "flag:count_zero", id="C8"),
    pytest.param(["1,200"], (1200, 1200, 1200, "stated"), None, id="C9"),
    pytest.param(["1.200", "2.5", "-3", "100%"], NOT_STATED, "unk:count_invalid", id="C10"),
    pytest.param(["5 girls", "5 (2 minors)"], (5, 5, 5, "stated"), "flag:count_text_ignored", id="C11"),
    pytest.param(["10 per month", "5/week"], NOT_STATED, "unk:count_is_rate", id="C13"),
    pytest.param(["05-Oct"], NOT_STATED, "unk:count_is_date", id="C14"),
    pytest.param(["5/10", "l0", "1O"], NOT_STATED, "unk:count_unparsed", id="C15"),
    pytest.param(["#REF!", "#VALUE!"], NOT_STATED, "unk:cell_error", id="C16-text"),
])  # fmt: skip
def test_a_count_is_read(tmp_path: Path, raw: list[str | None], expected: Count, problem: str | None) -> None:
    wanted = (*expected, problem) if problem else expected
    assert counts(raw, tmp_path) == [wanted] * len(raw)


@pytest.mark.parametrize(("raw", "expected", "problem"), [
    pytest.param([Shown(5, "General"), Shown(5.0, "0.0")], (5, 5, 5, "stated"), None, id="C1"),
    pytest.param([Shown(2.5, "0"), -3], NOT_STATED, "unk:count_invalid", id="C10"),
    pytest.param([Shown(date(2020, 10, 5), "d-mmm")], NOT_STATED, "unk:count_is_date", id="C14"),
    pytest.param(["#REF!", "#VALUE!"], NOT_STATED, "unk:cell_error", id="C16"),
    pytest.param(["=2+3"], NOT_STATED, "unk:formula_no_value", id="C16-formula"),
])  # fmt: skip
def test_a_typed_cell_is_read(tmp_path: Path, raw: list[Any], expected: Count, problem: str | None) -> None:
    wanted = (*expected, problem) if problem else expected
    assert counts(raw, tmp_path, WORKBOOK) == [wanted] * len(raw)


@pytest.mark.parametrize("grain", ["case", "interception"])
def test_a_count_of_zero_is_no_case(tmp_path: Path, grain: str) -> None:
    """C8."""
    found = counts(["0"], tmp_path, contract(grain=grain, consent=CONSENT))
    assert found == [(*NOT_STATED, "Q:count_zero")]


def test_a_count_above_the_contracts_maximum_is_quarantined(tmp_path: Path) -> None:
    """C9."""
    content = contract({"person_count": {"column": "Persons", "maximum": 500}})
    assert counts(["1,200"], tmp_path, content) == [(*NOT_STATED, "Q:count_implausible")]


def test_a_count_by_sex_is_summed_and_mixed(tmp_path: Path) -> None:
    """C12."""
    found = arrive(tmp_path, [{"Persons": text} for text in ("3F 2M", "3 girls, 2 boys")])
    assert (
        found.seen("person_count", "person_count_low", "person_count_high", "sex") == [(5, 5, 5, "mixed")] * 2
    )
    assert found.problems() == [["flag:count_by_sex"]] * 2


def test_the_words_beside_a_count_are_not_kept(tmp_path: Path) -> None:
    """C11."""
    found = arrive(tmp_path, [{"Persons": "5 girls"}, {"Persons": "5 (2 minors)"}])
    assert "girls" not in repr(found.tables)
    assert "minors" not in repr(found.tables)

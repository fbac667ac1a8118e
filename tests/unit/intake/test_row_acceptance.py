"""Row acceptance by the partner's own status columns."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.contracts import AcceptIf, Cell, Contract
from orchestration.intake.minimising.minimise import Permission
from orchestration.intake.records.rename import ColumnPlan
from tests.fixtures.partner_files import HEADER, ROW, book, read, workbook

VOID = {"column": "is_void", "accept": ["", "false"], "withhold": ["true"], "withheld_as": "void"}
ROLE = {"column": "role", "accept": ["PVOT"], "otherwise": "withhold", "withheld_as": "not_potential_victim"}
SENT = {
    "column": "Status", "wait": ["not decrypted"], "otherwise": "accept", "waits_as": "not_decrypted",
    "optional_column": True,
}  # fmt: skip


def refusals(path: Path, conditions: Any, marks: dict[str, list[Any]]) -> Counter[str]:
    rows = [[number, *ROW[1:], *values] for number, values in enumerate(zip(*marks.values(), strict=True), 1)]
    file = workbook(path / "a.xlsx", {"Cases": [[*HEADER, *marks], *rows]})
    _, reader = read(file, book(accept_if=conditions))
    assert reader.tally.rows_read == reader.tally.rows_landed + reader.tally.rows_refused == len(rows)
    return Counter({reason: count for (_, reason), count in reader.tally.refusals.items()})


def test_the_first_condition_that_keeps_a_row_out_names_the_reason(tmp_path: Path) -> None:
    marks = {
        "is_void": ["false", True, True, None, "perhaps"],
        "role": ["PVOT", "PVOT", "Suspect", None, "PVOT"],
    }
    assert refusals(tmp_path, [VOID, ROLE], marks) == {
        "withheld:void": 2, "withheld:not_potential_victim": 1, "Q:status_unmapped": 1,
    }  # fmt: skip


def test_an_optional_column_that_is_missing_judges_nothing(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", {"Cases": [HEADER, ROW]})
    cells, reader = read(file, book(accept_if=[SENT]))
    assert cells and not reader.tally.refusals


def test_one_condition_means_the_same_alone_and_in_a_list() -> None:
    alone = Contract.model_validate(book(accept_if=ROLE))
    assert alone == Contract.model_validate(book(accept_if=[ROLE]))
    assert Contract.model_validate(book(accept_if=None)).accept_if == []


@pytest.mark.parametrize(("condition", "message"), [
    ({"column": "a", "withhold": ["x"]}, "lets no row in"),
    ({"column": "a", "accept": ["x"], "wait": ["X "]}, "the answer 'x' is listed twice"),
])  # fmt: skip
def test_a_contradictory_condition_is_refused(condition: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AcceptIf.model_validate(condition)


CONSENT = {"basis": "agreement", "reference": "clause 4"}
ANSWERS = st.sampled_from(["", "yes", "no", "later", "else"])


@given(st.lists(st.tuples(ANSWERS, st.sampled_from([None, "accept", "withhold", "wait"])), max_size=4))
def test_a_row_lands_only_when_every_condition_lets_it_in(answers: list[tuple[str, Any]]) -> None:
    conditions = [
        {"column": "c", "accept": ["yes"], "withhold": ["no"], "wait": ["later"], "otherwise": otherwise}
        for _, otherwise in answers
    ]
    cells = [Cell(answer) if answer else None for answer, _ in answers]
    lets_in = all(
        answer == "yes" or (answer in ("", "else") and otherwise == "accept") for answer, otherwise in answers
    )
    contract = Contract.model_validate(book(accept_if=conditions, consent=CONSENT))
    reason = Permission(contract).refusal(ColumnPlan("", accept=list(range(len(cells)))), cells)
    assert (reason is None) == lets_in

"""The table of spellings in the partners' guide agrees with what the code reads."""

import re
from pathlib import Path

import pytest

from orchestration.core import PROJECT_ROOT
from tests.fixtures.dirty_values import arrive, contract

GUIDE = (PROJECT_ROOT / "docs" / "partner.md").read_text(encoding="utf-8")
COLUMNS = {"date": "Date", "persons": "Persons", "age": "Age", "sex": "Sex", "travel": "Way"}
CONTRACT = contract({"transport_mode": {"column": "Way", "optional_column": True}})


def spellings(what: str) -> tuple[list[str], list[str]]:
    """The understood and the other spellings of one line of the table."""
    found = re.search(rf"^\| {what} \|(.*)\|(.*)\|$", GUIDE, re.MULTILINE)
    assert found, f"no line about {what}"
    understood, other = (re.findall(r"`([^`]+)`", cell) for cell in found.groups())
    assert understood and other
    return understood, other


@pytest.mark.parametrize("what", COLUMNS)
def test_each_spelling_is_read_as_the_guide_says(tmp_path: Path, what: str) -> None:
    understood, other = spellings(what)
    found = arrive(tmp_path, [{COLUMNS[what]: text} for text in (*understood, *other)], CONTRACT)
    unread = [
        any(problem.startswith(("Q:", "unk:")) for problem in problems) for problems in found.problems()
    ]
    assert unread == [False] * len(understood) + [True] * len(other)


@pytest.mark.parametrize("text", ["~10", "early March", "10-5", "Murangâ€™a"])
def test_approximate_or_repaired_values_are_flagged(tmp_path: Path, text: str) -> None:
    assert f"`{text}`" in GUIDE
    column = {"early March": "Date", "Murangâ€™a": "From"}.get(text, "Persons")
    found = arrive(tmp_path, [{column: f"{text} 2020" if column == "Date" else text}])
    marked = [problem for problem in found.problems()[0] if problem.startswith("flag:")]
    assert marked or found.seen("count_basis") == [("estimated",)]

"""The receipt's page: its sentences agree with each other and with what became of the file."""

import csv
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.contracts import Contract
from orchestration.core import Settings
from orchestration.gates import Delivery
from orchestration.intake import TakenExtract
from orchestration.outputs.receipts import explanations
from orchestration.outputs.receipts.explanations import columns_of, own_column
from orchestration.outputs.receipts.files import receipt_times, write_receipts
from orchestration.outputs.receipts.receipt import (
    Delivered,
    FileRows,
    NotKept,
    Outcome,
    Receipt,
    delivered_files,
)
from orchestration.outputs.receipts.rows import RowProblem, Used, group_problems
from tests.fixtures.partner_files import book

AS_OF = datetime(2026, 3, 1, 6, tzinfo=UTC)
FILE = "Register.xlsx"
LANDED = TakenExtract("testpartner", FILE, "landed", "e", rows_read=10, rows_landed=8, rows_refused=2)
NOTE = {
    "file": FILE, "contract": "book", "received_on": "2026-03-01",
    "rows_read": 10, "rows_refused": 2, "rows_landed": 8,
}  # fmt: skip
IN_USE = FileRows(NOTE, Counter(current=8), is_new=True)
HELD = replace(IN_USE, fates=Counter(held=8), held_by=[explanations.check("codes_are_mapped")])
USED = [Used("case", 8, 8, date(2026, 1, 1), date(2026, 2, 1))]
REFUSED = NotKept(FILE, "", explanations.explain("skip:blank"), 2, "3, 4")


def receipt(**changes: Any) -> Receipt:
    content: dict[str, Any] = {
        "partner": "testpartner", "name": "Testpartner", "finest_place": "county", "as_of": AS_OF,
        "run": f"{AS_OF:%Y%m%dT%H%M%SZ}-00000000", "outcome": Outcome("published", "R1"),
        "delivered": [Delivered(LANDED, None, "", [], False)], "files": [IN_USE], "not_kept": [REFUSED],
        "stripped": [], "unmapped": {}, "groups": [], "problems": [], "newest": [], "used": USED,
    }  # fmt: skip
    return Receipt(**(content | changes))


def test_emptied_cells_are_named_by_column_and_row(tmp_path: Path) -> None:
    phone = explanations.explain("strip:phone")
    emptied = [NotKept("a.csv", "May", phone, 3, "5, 9-10", column=name) for name in ("From", "Notes")]
    shown = page(tmp_path, stripped=emptied, files=[replace(IN_USE, is_new=True)])
    assert "<li>a.csv, May, <em>From</em>: 5, 9-10</li><li>a.csv, May, <em>Notes</em>: 5, 9-10</li>" in shown
    (rows,) = tmp_path.rglob("rows.csv")
    assert 'May,"5, 9-10",Notes,emptied,Phone numbers,' in rows.read_text(encoding="utf-8")


def test_next_file_is_announced_for_each_contract(tmp_path: Path) -> None:
    book = Delivery("testpartner", "book", date(2026, 3, 1), "monthly", date(2026, 4, 6))
    once = Delivery("testpartner", "survey", date(2025, 1, 1), "once", None)
    shown = page(tmp_path, newest=[book, once])
    assert "book: Your newest file came on 2026-03-01. The next one is expected by 2026-04-06." in shown
    assert "survey: Your newest file came on 2025-01-01.</p>" in shown


def page(tmp_path: Path, **changes: Any) -> str:
    [folder] = write_receipts(settings(tmp_path), [receipt(**changes)])
    return " ".join((folder / "receipt.html").read_text(encoding="utf-8").split())


def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path / "partners", tmp_path / "keys")


def problem(row: int, outcome: str = "unk", fate: str = "current", is_along: bool = False) -> RowProblem:
    return RowProblem("testpartner", "e", "", row, "sex", outcome, "rows_disagree", fate, is_along)


def held_page(tmp_path: Path, **changes: Any) -> str:
    delivered = [Delivered(LANDED, None, "", [], False, is_held=True)]
    return page(tmp_path, delivered=delivered, files=[replace(HELD, **changes)], used=[])


def test_held_file_is_shown_as_not_in_use_with_the_check_that_failed(tmp_path: Path) -> None:
    text = held_page(tmp_path)
    assert "Release R1 was published. Nothing of Register.xlsx is in it: the file is held as a whole" in text
    assert "<td>read, but held: nothing of it is in use</td>" in text
    assert '<td class="n">8 held</td>' in text
    assert "Many answers not known. Too many answers in your lists of choices" in text
    assert "Codes are mapped" not in text


def test_only_a_file_in_use_is_called_understood(tmp_path: Path) -> None:
    """The reason of a held file stands for the cells of a column that cannot be read."""
    understood = "Every filled cell was understood."
    assert understood in page(tmp_path / "in-use") and understood not in held_page(tmp_path / "held")


@pytest.mark.parametrize(
    ("has_one", "sentence"),
    [(True, "Your last good file stays in use."), (False, "There is no earlier good file of this kind to use instead.")],
)  # fmt: skip
def test_a_last_good_file_is_named_only_where_there_is_one(
    tmp_path: Path, has_one: bool, sentence: str
) -> None:
    text = held_page(tmp_path, has_good_one_before=has_one)
    assert sentence in text and ("last good file" in text) == has_one


def test_rows_of_a_held_file_are_not_called_taken(tmp_path: Path) -> None:
    listed = [(HELD, problem(5, fate="held"), "Sex"), (HELD, problem(6, "Q", "held"), "Sex")]
    listed += [(IN_USE, problem(7), "Sex"), (IN_USE, problem(8, "Q", "quarantined", is_along=True), "Sex")]
    listed += [(IN_USE, problem(9, fate="quarantined"), "Sex")]
    [folder] = write_receipts(settings(tmp_path), [receipt(problems=listed, not_kept=[])])
    with (folder / "rows.csv").open(encoding="utf-8-sig", newline="") as file:
        became = {row["row"]: row["what_became_of_it"] for row in csv.DictReader(file)}
    assert became == {
        "5": "not in use: the file is held", "6": "not in use: the file is held",
        "7": "taken, this value unknown", "8": "set aside with another row of its record",
        "9": "in a row that is set aside, this value unknown",
    }  # fmt: skip


def test_rows_set_aside_with_the_one_that_is_wrong_are_counted_and_listed(tmp_path: Path) -> None:
    listed = [(IN_USE, problem(row, "Q", "quarantined", row != 25), "Date") for row in (25, 26, 28)]
    text = page(tmp_path, groups=group_problems(listed))
    assert "in <em>Date</em>: 1 row, and 2 more of the same records." in text
    assert "<li>Register.xlsx: row 25</li><li>of the same records: Register.xlsx: rows 26, 28</li>" in text


@pytest.mark.parametrize(
    "outcome", [Outcome("refused", "R0"), Outcome("unchanged", "R0", is_rolled_back=True)]
)
def test_delivery_outside_a_release_is_shown_as_not_in_use(tmp_path: Path, outcome: Outcome) -> None:
    text = page(tmp_path, outcome=outcome)
    assert '<th class="n">Would be in use</th>' in text
    assert "Release R0, which is in use now, was made before" in text
    assert "Your records in the next release" in text and "Your records in the release" not in text


def test_delivery_in_the_release_is_shown_as_in_use(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert '<th class="n">In use</th>' in text and "would" not in text.lower()
    assert "Release R1 was published, with what you sent." in text


@pytest.mark.parametrize("outcome", ["unreadable", "already_landed", None])
def test_delivery_without_rows_shows_no_row_table(tmp_path: Path, outcome: Any) -> None:
    delivered = [] if outcome is None else [Delivered(replace(LANDED, outcome=outcome), None, "", [], False)]
    text = page(tmp_path, delivered=delivered, files=[replace(IN_USE, is_new=False)], not_kept=[])
    assert "of this delivery" not in text


def test_rows_of_further_sheets_stand_in_their_own_table(tmp_path: Path) -> None:
    legs = replace(REFUSED, sheet="Legs", count=15, is_child=True)
    text = page(tmp_path, not_kept=[REFUSED, legs])
    main = text.index("Rows of the main sheet, as counted under “Not taken” above.")
    further = text.index("Rows of further sheets (repeated groups). They are not counted under “Not taken”")
    assert main < text.index('<td class="n">2</td><td class="rows') < further
    assert further < text.index('<td class="n">15</td><td class="rows')


LEGS = Contract.model_validate(
    book(
        format={"kind": "xlsx", "sheet": 0, "repeats": {"legs": {"sheet": "Hatua", "parent": "No"}}},
        fields={
            "event_on": {"column": "Date", "required": True},
            "place(transit).place_text": "legs/Kituo",
            "place(transit).transport_mode": "legs/Chombo",
        },
    )
)


def test_a_column_of_a_further_sheet_is_called_by_the_partners_sheet() -> None:
    assert own_column(LEGS, "legs/Kituo") == "Kituo (sheet Hatua)"
    assert own_column(LEGS, "legs/Kituo", on_sheet="Hatua") == "Kituo", "the sheet stands beside it"
    assert own_column(LEGS, "Aina/Kazi") == "Aina/Kazi", "a choice of a question, not a sheet"
    assert columns_of(LEGS, "place(transit)", "Hatua") == "Kituo"
    assert columns_of(LEGS, "place(transit).transport_mode", "Hatua") == "Chombo"


def test_drift_names_the_partners_sheet() -> None:
    gone = {"column": "legs/Kituo", "feeds": ["fields.place(transit).place_text"], "is_required": False}
    item = {"contract": "book", "compared_with": "d", "renamed": [], "gone": [gone], "added": ["legs/New"]}
    [file] = delivered_files([replace(LANDED, drift=item)], "testpartner", {"book": LEGS}, [])
    assert [column for column, _, _ in file.changes] == ["Kituo (sheet Hatua)", "New (sheet Hatua)"]


def test_newest_complete_receipt_sets_the_time_of_the_last_receipt(tmp_path: Path) -> None:
    home = settings(tmp_path)
    assert receipt_times(home) == {}
    write_receipts(home, [receipt()])
    half = home.receipts / "testpartner" / "20260302T060000Z-11111111"
    half.mkdir()
    (half / "rows.csv").touch()
    assert receipt_times(home) == {"testpartner": AS_OF}

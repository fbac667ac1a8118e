"""Rows, headers and encodings as partners send them: rows R and E of the catalogue, from the file to the typed table."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font, PatternFill

from tests.fixtures.dirty_values import Arrived, arrive, arrive_file, contract, csv_bytes, workbook_bytes
from tests.fixtures.partner_files import book, read, values, workbook

HEADER = ["Ref", "Date", "Persons", "From", "County"]
FIELDS = {"place(origin).admin_text": {"column": "County", "basis": "home"}, "sex": None, "age_band": None}
WORKBOOK = contract(FIELDS, format={"kind": "xlsx", "sheet": 0, "fill_down_merged": ["County"]})
SEARCHED = contract(FIELDS, format={"kind": "xlsx", "sheet": 0, "header_search": 15})
TWO = [["r1", "04/03/2020", 3, "Nairobi", None], ["r2", "05/03/2020", 4, "Nairobi", None]]
# A route sheet: no date, no reference.
ROUTE_HEADER = ["From", "To", "Industry", "Persons", "Remarks"]
ROUTES: dict[str, Any] = {
    "grain": "route_report", "consent": None, "period": {"from": "2024-01-01", "to": "2024-12-31"},
    "delivery": {"mode": "full", "cadence": "yearly", "key": "content"},
    "fields": {
        "place(origin).place_text": {"column": "From", "basis": "home"}, "place(exploitation).place_text": {"column": "To", "basis": "exploited"}, "industry": "Industry",
        "person_count": "Persons",
    },
}  # fmt: skip
THREE: list[list[Any]] = [
    ["Busia", "Nairobi", "domestic", 100, None],
    ["Moyale", "Dubai", "domestic", 120, None],
    ["Kisumu", "Riyadh", "domestic", 80, None],
]


def send(folder: Path, lines: list[list[Any]], content: dict[str, Any] = WORKBOOK) -> Arrived:
    return arrive_file(folder, "extract.xlsx", workbook_bytes(folder, {"Sheet1": lines}), content)


def styled(folder: Path, lines: list[list[Any]], change: Any, content: dict[str, Any] = WORKBOOK) -> Arrived:
    """As `send`, after `change` has worked on the workbook."""
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(folder, {"Sheet1": lines})))
    change(book)
    book.save(folder / "made.xlsx")
    return arrive_file(folder, "extract.xlsx", (folder / "made.xlsx").read_bytes(), content)


@pytest.mark.parametrize(("line", "reason"), [
    pytest.param(["TOTAL", None, 7], "skip:total_row", id="R1"),
    pytest.param(["Grand total", None, 7], "skip:total_row", id="R1-grand"),
    pytest.param(["Jumla", None, 7], "skip:total_row", id="R1-jumla"),
    pytest.param(["Sub-total Q1", None, 7], "skip:total_row", id="R1-sub"),
    pytest.param([None, "TOTAL", 7], "skip:total_row", id="R1-first-filled"),
    pytest.param(["Subtotal", 15, 7], "skip:total_row", id="R1-count-in-dates"),
    pytest.param([None, None, 9], "skip:total_inferred", id="R2-sum"),
    pytest.param([None, None, None], "skip:blank", id="R2-blank"),
    pytest.param(HEADER, "skip:header_repeat", id="R2-header"),
    pytest.param(["#meta", "#date", "#affected", "#loc", "#adm1"], "skip:hxl_row", id="R2-hxl"),
    pytest.param(["Compiled by the field office"], "skip:note_row", id="R2-note"),
])  # fmt: skip
def test_a_row_of_no_record_is_counted_and_left_out(tmp_path: Path, line: list[Any], reason: str) -> None:
    third, last = ["r3", "06/03/2020", 2, "Nairobi", None], ["r4", "06/03/2020", 1, "Nairobi", None]
    found = send(tmp_path, [HEADER, *TWO, third, line, last])
    assert found.refused == {reason: 1}
    assert found.seen("row_number", "person_count") == [(2, 3), (3, 4), (4, 2), (6, 1)]
    assert found.problems() == [[]] * 4


def routes(folder: Path, *lines: list[Any], **changes: Any) -> tuple[list[str], list[str]]:
    """The persons of the rows that land, and why other rows are left out or doubted."""
    path = workbook(folder / "a.xlsx", {"Sheet1": [ROUTE_HEADER, *THREE, *lines]})
    cells, reader = read(path, book(**(ROUTES | changes)))
    codes = [problem["code"] for problem in reader.tally.problems if "totals" in problem["code"]]
    return values(cells, "person_count"), [reason for _, reason in reader.tally.refusals] + codes


@pytest.mark.parametrize("line", [
    [None, "January total", None, 300],
    [None, None, "TOTAL:", 299],
    ["Busia", "Total", None, 300],
    [None, None, "Jumla ya Januari", 300],
    [None, "Total (Jan - Mar 2024)", None, 300, "checked by the office"],
    [None, None, None, 300, "Grand total"],
    ["Total no. of victims", None, None, 300],
    ["Total Taita Taveta", None, None, 299],
    [None, "Testpartner total", None, 299],
    [None, "Sheet1 Sub-total", None, 299],
    [None, "Mbogamboga camp jumla", None, 300],
    [None, None, None, 300],
], ids=str)  # fmt: skip
def test_a_total_is_no_record_wherever_the_word_stands(tmp_path: Path, line: list[Any]) -> None:
    assert routes(tmp_path, line)[0] == ["100", "120", "80"]


def test_a_sum_since_the_last_total_is_a_total(tmp_path: Path) -> None:
    total = [None, None, None, 300]
    persons, _ = routes(tmp_path, total, *THREE, total, [None, None, None, 600])
    assert persons == ["100", "120", "80"] * 2


@pytest.mark.parametrize(("line", "is_doubted"), [
    (["Total petrol station", "Nairobi", "domestic", 3], False),
    (["Total petrol station", None, None, 3], True),
    (["Busia", "Nairobi", None, 3, "in total three girls"], False),
    (["Total", "Nairobi", "domestic", 3], True),
    (["Busia", None, None, 300], True),
    (["Busia", "Nairobi", "domestic", 300], False),
    ([None, "Mbogamboga camp total", None, 299], True),
    (["Subtotal Testperson", "Nairobi", None, 299], False),
    ([None, None, None, 299], False),
], ids=str)  # fmt: skip
def test_a_record_that_names_a_total_is_read(tmp_path: Path, line: list[Any], is_doubted: bool) -> None:
    persons, codes = routes(tmp_path, line)
    assert len(persons) == 4 and codes == ["flag:rows_like_totals"] * is_doubted


@pytest.mark.parametrize("line", [
    [None, "06/03/2020", 9], ["r4", None, 9], ["r4", "Total", 9, "Nairobi", "Busia"],
    ["BS-4", None, 9, "Total Busia", None],
])  # fmt: skip
def test_a_sum_with_a_date_or_a_reference_is_a_record(tmp_path: Path, line: list[Any]) -> None:
    third = ["r3", "06/03/2020", 2, "Nairobi", None]
    assert send(tmp_path, [HEADER, *TWO, third, line]).taken.rows_landed == 4


def test_a_sum_of_two_rows_is_a_record_in_doubt(tmp_path: Path) -> None:
    found = send(tmp_path, [HEADER, *TWO, [None, None, 7]])
    assert (found.taken.rows_landed, found.file_problems[0]) == (3, "flag:rows_like_totals")


def test_a_number_that_is_no_sum_is_not_taken_for_a_total(tmp_path: Path) -> None:
    """R2: only the sum of the rows above is a total."""
    found = send(tmp_path, [HEADER, *TWO, [None, None, 8]])
    assert found.taken.rows_landed == 3


def test_a_merged_cell_fills_only_the_rows_it_covers(tmp_path: Path) -> None:
    """R3."""
    lines = [HEADER, *[[f"r{n}", "04/03/2020", 1, "Nairobi", None] for n in range(4)]]
    lines[1][4] = "Busia"
    lines[3][4] = "Kwale"

    def merge(book: Any) -> None:
        book["Sheet1"].merge_cells("E2:E3")

    found = styled(tmp_path, lines, merge)
    counties = [cell for cell in found.landed if cell["field"].endswith("admin_text")]
    filled = [(cell["row_number"], cell["value"]) for cell in counties]
    assert filled == [(2, "Busia"), (3, "Busia"), (4, "Kwale")]


@pytest.mark.parametrize("before", [3, 8], ids=["R4-3-lines", "R4-8-lines"])
def test_the_header_is_found_below_lines_of_metadata(tmp_path: Path, before: int) -> None:
    metadata: list[list[Any]] = [["Flow monitoring", f"line {n}"] for n in range(before)]
    found = send(tmp_path, [*metadata, HEADER, *TWO], SEARCHED)
    assert found.seen("row_number") == [(before + 2,), (before + 3,)]


def test_a_sheet_without_its_header_is_held(tmp_path: Path) -> None:
    """R4."""
    found = send(tmp_path, [*[["line", n] for n in range(15)], HEADER, *TWO], SEARCHED)
    why = str(found.taken.reason)
    assert found.taken.outcome == "held" and "no row with the columns" in why and "its first 15" in why


def test_a_repeated_column_holds_the_file_until_both_are_mapped(tmp_path: Path) -> None:
    """R5."""
    lines = [[*HEADER, "From"], [*TWO[0], "Mombasa"]]
    held = send(tmp_path / "held", lines)
    assert held.taken.outcome == "held" and "has the column 'From' twice" in str(held.taken.reason)
    both = contract(FIELDS | {"place(recruitment).place_text": "From.2"}, format=WORKBOOK["format"])
    found = send(tmp_path / "mapped", lines, both)
    assert found.places("origin") == [[(1, "Nairobi", None)]]
    assert found.places("recruitment") == [[(1, "Mombasa", None)]]


def test_a_hidden_sheet_is_skipped_and_flagged(tmp_path: Path) -> None:
    """R6."""

    def hide(book: Any) -> None:
        other = book.create_sheet("Old", 0)
        other.append(HEADER)
        other.append(["r9", "01/01/2020", 9, "Mombasa", None])
        other.sheet_state = "hidden"

    found = styled(tmp_path, [HEADER, *TWO], hide)
    assert found.seen("person_count") == [(3,), (4,)]
    assert found.file_problems == ["flag:hidden_sheet"]


def test_a_hidden_or_filtered_row_is_read(tmp_path: Path) -> None:
    """R6."""

    def hide(book: Any) -> None:
        book["Sheet1"].row_dimensions[2].hidden = True
        book["Sheet1"].auto_filter.ref = "A1:E3"
        book["Sheet1"].auto_filter.add_filter_column(0, ["r2"])

    found = styled(tmp_path, [HEADER, *TWO], hide)
    assert (found.seen("row_number"), found.file_problems) == ([(2,), (3,)], [])


def test_colour_and_strike_through_are_ignored_and_flagged_once(tmp_path: Path) -> None:
    """R6."""

    def strike(book: Any) -> None:
        for cell in book["Sheet1"][3]:
            cell.font = Font(strike=True)

    def colour(book: Any) -> None:
        for column in "ABCD":
            book["Sheet1"][f"{column}2"].fill = PatternFill("solid", start_color="FFFFFF00")

    lines = [HEADER, *TWO, ["r3", "06/03/2020", 1, "Nairobi", None]]
    for name, change in (("strike", strike), ("colour", colour)):
        found = styled(tmp_path / name, lines, change)
        assert found.seen("row_number") == [(2,), (3,), (4,)]
        assert found.file_problems == ["flag:format_meaning_lost"]


def test_a_coloured_header_column_or_total_means_nothing(tmp_path: Path) -> None:
    """R6: only rows of one column that look different from each other may mean something."""

    def colour(book: Any) -> None:
        for cell in (*book["Sheet1"][1], *book["Sheet1"]["A"][1:4], *book["Sheet1"][5]):
            cell.fill = PatternFill("solid", start_color="FFFFFF00")

    lines = [HEADER, *TWO, ["r3", "06/03/2020", 1, "Nairobi", None], ["TOTAL", None, 8]]
    found = styled(tmp_path, lines, colour)
    assert (found.file_problems, found.taken.rows_landed) == ([], 3)


def test_invisible_signs_and_needless_blanks_are_removed(tmp_path: Path) -> None:
    """E1."""
    lines = [
        ["Ref", "\u200bDate ", "Persons\u00a0", " From", "Sex"],
        ["r1", "04/03/2020\u00a0", "\u200b5 ", " Homa  Bay\u00a0", "f\u200b "],
    ]
    content = contract({"age_band": None})
    found = arrive_file(tmp_path, "extract.csv", csv_bytes(lines, "utf-8-sig"), content)
    assert found.taken.rows_landed == 1
    assert found.seen("date_precision", "person_count", "sex") == [("day", 5, "female")]
    assert found.places("origin") == [[(1, "Homa Bay", None)]]
    assert (found.problems(), found.file_problems) == ([[]], [])


def test_windows_bytes_are_read_as_the_contract_says(tmp_path: Path) -> None:
    """E2."""
    lines = [["Ref", "Date", "From"], ["r1", "04/03/2020", "Murang’a"]]
    content = contract(format={"kind": "csv", "encoding": "cp1252"}, fields={"person_count": None})
    sent = csv_bytes(lines, "cp1252")
    assert b"Murang\x92a" in sent
    found = arrive_file(tmp_path, "extract.csv", sent, content)
    assert (found.places("origin"), found.problems()) == ([[(1, "Murang’a", None)]], [[]])


@pytest.mark.parametrize(("raw", "place"), [
    pytest.param("Murangâ€™a", "Murang’a", id="E2"),
    pytest.param("Ø¯Ø¨ÙŠ", "دبي", id="E2-arabic"),
    pytest.param("Thika â€œMakongeniâ€\u009d", "Thika “Makongeni”", id="E2-byte-without-a-sign"),
])  # fmt: skip
def test_mojibake_is_repaired_and_flagged(tmp_path: Path, raw: str, place: str) -> None:
    found = arrive(tmp_path, [{"From": raw}, {"From": "Café Ñandú"}])
    assert found.places("origin") == [[(1, place, None)], [(1, "Café Ñandú", None)]]
    assert found.problems() == [["flag:mojibake_repaired"], []]
    assert found.landed[1]["value"] == raw or raw in [cell["value"] for cell in found.landed]


@pytest.mark.parametrize(("sent", "encoding", "code"), [
    pytest.param(b"Ref,Date,From\nr1,04/03/2020,Murang\x92a\n", "utf-8", "format.encoding", id="E3"),
    pytest.param(b"Ref;Date;From\nr1;04/03/2020;Nairobi\n", "utf-8", "format.delimiter", id="E3-delimiter"),
])  # fmt: skip
def test_another_encoding_or_delimiter_is_held(tmp_path: Path, sent: bytes, encoding: str, code: str) -> None:
    content = contract(format={"kind": "csv", "encoding": encoding})
    found = arrive_file(tmp_path, "extract.csv", sent, content)
    why = str(found.taken.reason)
    assert found.taken.outcome == "held" and code in why and "Murang" not in why

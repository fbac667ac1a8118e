"""Workbooks as partners keep them: what is a record, where the header is, what kind a cell has."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from orchestration.contracts import Contract, month_of_sheet
from orchestration.drafting.layout import find_layout
from orchestration.drafting.reading import read_sample
from orchestration.intake import ExtractHeld, account, open_source
from tests.fixtures.partner_files import HEADER, ROW, book, read, values, why_unreadable, workbook


def row(number: int, **changes: Any) -> list[Any]:
    return [changes.get(name, value) for name, value in zip(HEADER, [number, *ROW[1:]], strict=True)]


def refusals(path: Path, content: dict[str, Any]) -> dict[str, int]:
    _, reader = read(path, content)
    counts: dict[str, int] = {}
    for (_, reason), rows in reader.tally.refusals.items():
        counts[reason] = counts.get(reason, 0) + rows
    assert reader.tally.rows_read == reader.tally.rows_landed + sum(counts.values())
    return counts


def test_cells_keep_row_number_kind_and_number_format(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Cases": [HEADER, row(1), row(2, Date=date(2024, 3, 1), Age=16.5)]})
    changed = openpyxl.load_workbook(path)
    changed["Cases"]["B3"].number_format = "mmm-yy"
    changed.save(path)
    cells, _ = read(path, book())
    by_place = {(cell.row_number, cell.field): cell for cell in cells}
    assert by_place[(2, "event_on")][6:] == ("04/03/2024", "text", None)
    assert by_place[(3, "event_on")][6:] == ("2024-03-01", "date", "mmm-yy")
    assert by_place[(3, "age_band")][6:] == ("16.5", "number", "General")
    assert by_place[(2, "person_count")].value == "1"


def test_stop_at_ends_the_table(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Cases": [HEADER, row(1), ["END of list"], row(2), row(3)]})
    stopping = book(format={"kind": "xlsx", "sheet": 0, "stop_at": ["END"]})
    assert refusals(path, stopping) == {"skip:total_row": 1, "skip:note_row": 2}


def test_two_header_rows_are_joined_under_merged_heads(tmp_path: Path) -> None:
    path = tmp_path / "routes.xlsx"
    made = openpyxl.Workbook()
    sheet = made.active
    heads = [[None, "Origin", None, "Case", "Remarks"], ["No", "City", "Country", "Persons"]]
    for line in (["Routes"], [], *heads, [1, "Busia", "Uganda", 2]):
        sheet.append(line)
    sheet.merge_cells("B3:C3")
    made.save(path)
    content = book(
        grain="route_report", consent=None, period={"from": "2020-06-01", "to": "2020-06-30"},
        format={"kind": "xlsx", "sheet": 0, "header_rows": [3, 4]},
        fields={
            "place(origin).place_text": {"column": "Origin | City", "basis": "home"}, "place(origin).country_text": {"column": "Origin | Country", "basis": "home"},
            "person_count": "Case | Persons",
        },
    )  # fmt: skip
    cells, reader = read(path, content)
    assert [cell.value for cell in cells] == ["Busia", "Uganda", "2"]
    joined = ["Origin | City", "Origin | Country", "Case | Persons"]
    assert list(reader.tally.columns_found) == ["No", *joined, "Remarks"]


def test_month_sheets_are_read_and_others_reported(tmp_path: Path) -> None:
    sheets = {"Jan 20": [HEADER, row(1)], "FEB-2020": [HEADER, row(1)], "Summary": [["x"]], "Machi 2020": []}
    path = workbook(tmp_path / "a.xlsx", sheets)
    content = book(
        format={"kind": "xlsx", "sheets": {"pattern": "month", "sheet_month": True}},
        delivery={"mode": "full", "cadence": "monthly", "key": ["sheet", "No"]},
    )
    cells, reader = read(path, content)
    assert {cell.sheet for cell in cells} == {"Jan 20", "FEB-2020"}
    assert len({cell.record_id for cell in cells}) == 2
    assert {"code": "flag:sheet_skipped", "detail": "1 sheets of another name"} in reader.tally.problems


@pytest.mark.parametrize(("name", "month"), [
    ("Jan 20", (2020, 1)), ("FEB-2020", (2020, 2)), ("Desemba 2019", (2019, 12)), ("2021 Mei", (2021, 5)),
])  # fmt: skip
def test_sheets_are_named_after_months(name: str, month: tuple[int, int]) -> None:
    assert month_of_sheet(name) == date(*month, 1)
    assert month_of_sheet("Summary 2020") is None


def test_merged_cells_fill_down_where_the_contract_says_and_hold_the_file_elsewhere(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", {"Cases": [HEADER, row(1), row(2, From=None, Sex=None), row(3, From=None)]}
    )
    changed = openpyxl.load_workbook(path)
    changed["Cases"].merge_cells("E2:E3")
    changed.save(path)
    content = book(format={"kind": "xlsx", "sheet": 0, "fill_down_merged": ["From"]})
    cells, _ = read(path, content)
    assert [cell.row_number for cell in cells if cell.field == "place(origin).place_text"] == [2, 3]
    changed["Cases"].merge_cells("C2:C3")
    changed.save(path)
    with pytest.raises(ExtractHeld, match=r"'Sex' over rows 2 to 3.*format\.fill_down_merged"):
        read(path, content)


def test_errors_and_formulas_without_a_value_are_marked(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Cases": [HEADER, row(1, Persons="=1+1"), row(2, Persons="#REF!")]})
    cells, _ = read(path, book())
    counts = [(cell.value, cell.kind) for cell in cells if cell.field == "person_count"]
    assert counts == [("formula_no_value", "error"), ("#REF!", "error")]


def test_1904_date_system_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    made = openpyxl.Workbook()
    made.epoch = CALENDAR_MAC_1904
    made.active.append(HEADER)
    made.active.append(row(1, Date=datetime(2024, 3, 5)))
    made.save(path)
    cells, _ = read(path, book())
    assert values(cells, "event_on") == ["2024-03-05"]
    with open_source(path, Contract.model_validate(book())) as source:
        assert source.date_system == 1904


@pytest.mark.parametrize(("content", "expected"), [
    (b"", "is empty"),
    (b"No;Date\n1;2\n", "is not an Excel workbook"),
    (b"PK\x03\x04 and then nothing", "broken or incomplete workbook"),
    (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "protected with a password"),
    (b"\xd0\xcf\x11\xe0 old", "Excel 97-2003"),
])  # fmt: skip
def test_bytes_that_are_no_workbook_are_reported(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "sent.xlsx"
    path.write_bytes(content)
    why = why_unreadable(path, book())
    assert "testpartner: file sent.xlsx" in why and expected in why


def test_missing_sheet_is_held(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Cases": [HEADER, row(1)]})
    with pytest.raises(ExtractHeld, match=r"no visible sheet called 'Case list' \(it has 1 visible sheet\)"):
        read(path, book(format={"kind": "xlsx", "sheet": "Case list"}))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(
            st.one_of(st.none(), st.integers(-5, 99), st.text("abcĀ#\u00a0 ", max_size=5), st.booleans()),
            max_size=8,
        ),
        max_size=12,
    )
)
def test_every_row_between_header_and_end_is_accounted_for(tmp_path: Path, rows: list[list[Any]]) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Cases": [HEADER, *rows]})
    cells, reader = read(path, book())
    tally = reader.tally
    filled = [n for n, cells_ in enumerate(rows, 1) if any(str(c).strip() for c in cells_ if c is not None)]
    assert tally.rows_read == (max(filled) if filled else 0)
    assert tally.rows_read == tally.rows_landed + tally.rows_refused
    assert len({cell.row_number for cell in cells}) == tally.rows_landed


@pytest.mark.parametrize("is_filled", [True, False])
def test_a_column_without_a_heading_is_mentioned_if_it_holds_values(tmp_path: Path, is_filled: bool) -> None:
    beside, beyond = ("Sampleton", "x") if is_filled else (None, None)
    rows = [[*row(1), beside, None], [*row(2), None, None, beyond], [None] * 8 + ["Total"]]
    path = workbook(tmp_path / "a.xlsx", {"Cases": [[*HEADER, None, None], *rows]})
    _, reader = read(path, book())
    unmapped = account(Contract.model_validate(book()), reader.tally, 1900)["unmapped_columns"]
    assert unmapped == ["column 9 (no heading)", "column 11 (no heading)"] * is_filled
    details = [problem["detail"] for problem in reader.tally.problems]
    expected = "sheet 'Cases': column 9 has no heading; its 1 filled cells are not read"
    assert (expected in details) is is_filled and "Sampleton" not in str(details)
    notes = find_layout(read_sample(path, "testpartner")).notes
    assert ("2 columns without a heading hold values and are not read: 9, 11" in notes) is is_filled

"""From a file to typed tables: no input crashes, and every row is accounted for."""

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.contracts import Contract
from orchestration.intake import ExtractStopped, account
from tests.fixtures.partner_files import HEADER, book, read, typed_tables

ODD = st.sampled_from(
    [
        *("", "-", "N/A", "0", "-1", "1e400", "NaN", "١٢", "5-10", "10-5", "<5", "~10", "31/02/2025", "2020"),
        *("00/00/0000", "Q5 2020", "12-15/03/2020", "2020-13-45T99:99", "Meskerem 5 2012", "9--17", "-99"),
        *("M/F", "Girl", "TOTAL", "Jumla", "No", "Compiled by X", "#date", "Busia > > Nakuru", ">", "Direct"),
        *("Amina Testperson", "0712345678", "a@b.example", "=1+1", "\u202eabc", "x" * 700, "\ufeff", "1,2,3"),
    ]
)
TEXT = st.one_of(ODD, st.text(max_size=40))
CELL = st.one_of(
    TEXT, st.none(), st.booleans(), st.integers(min_value=-(10**15), max_value=10**15),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.datetimes(min_value=datetime(1901, 1, 1), max_value=datetime(2199, 1, 1)),
)  # fmt: skip
WIDTH = len(HEADER)
ROUNDS = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
CONTRACT = book(
    fields=book()["fields"]
    | {
        "place(transit).list": {"column": "Remarks", "split": [">", ";"]},
        "age_band": {"column": "Age", "from": "age_text"},
    },
    deny=None,
)


def goes_through(path: Path, content: dict[str, Any]) -> None:
    """A sentence, or tables whose sums hold."""
    try:
        cells, reader = read(path, content)
    except ExtractStopped as fault:
        assert fault.sentence.startswith("testpartner: file")
        return
    contract = Contract.model_validate(content)
    entry = account(contract, reader.tally, 1900) | {
        "extract_id": "0" * 16, "partner": "testpartner", "file": path.name, "period": None,
        "received_on": date(2026, 3, 1).isoformat(), "sequence": 1,
    }  # fmt: skip
    assert entry["rows_read"] == entry["rows_refused"] + entry["rows_landed"]
    tables = typed_tables(cells, entry, contract)
    assert sum(row["source_row_count"] for row in tables["records"]) == entry["rows_landed"]
    records = {row["record_id"] for row in tables["records"]}
    assert len(records) == len(tables["records"])
    for table in ("record_codes", "place_mentions", "problems"):
        assert {row["record_id"] for row in tables[table]} <= records
    for row in tables["records"]:
        low, count, high = (row[name] for name in ("person_count_low", "person_count", "person_count_high"))
        bounds = [bound for bound in (low, count, high) if bound is not None]
        assert bounds == sorted(bounds) and all(bound >= 0 for bound in bounds)
        assert row["event_on"] is None or row["event_on"] <= date(2026, 3, 1)


@ROUNDS
@given(rows=st.lists(st.lists(TEXT, min_size=1, max_size=WIDTH + 2), max_size=12))
def test_any_table_of_text_goes_through(rows: list[list[str]], tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    goes_through(path, CONTRACT | {"format": {"kind": "csv"}})


@ROUNDS
@given(rows=st.lists(st.lists(CELL, min_size=1, max_size=WIDTH + 2), max_size=8))
def test_any_workbook_goes_through(rows: list[list[Any]], tmp_path: Path) -> None:
    book_ = openpyxl.Workbook()
    sheet = book_.active
    assert sheet is not None
    for row in [HEADER, *rows]:
        try:
            sheet.append(row)
        except openpyxl.utils.exceptions.IllegalCharacterError:
            sheet.append(["illegal"])
    book_.save(tmp_path / "book.xlsx")
    goes_through(tmp_path / "book.xlsx", CONTRACT)


@ROUNDS
@given(content=st.binary(max_size=400), is_workbook=st.booleans())
def test_any_bytes_end_in_a_sentence_or_go_through(content: bytes, is_workbook: bool, tmp_path: Path) -> None:
    path = tmp_path / ("book.xlsx" if is_workbook else "book.csv")
    path.write_bytes(content)
    goes_through(path, CONTRACT if is_workbook else CONTRACT | {"format": {"kind": "csv"}})


def test_the_check_of_sums_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A control: a reader that loses a row without a word is caught."""
    path = tmp_path / "book.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, [1, "04/03/2024", "F", 16, "Busia", 1, "Yes", ""], ["TOTAL"]])
    monkeypatch.setattr("orchestration.intake.records.tally.Tally.refuse", lambda *_: None)
    with pytest.raises(AssertionError):
        goes_through(path, CONTRACT | {"format": {"kind": "csv"}})

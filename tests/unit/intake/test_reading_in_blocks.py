"""What a CSV lands does not depend on where its blocks end."""

import copy
import csv
import io
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.contracts import Contract, load_contract
from orchestration.core import SAMPLE_PARTNERS
from orchestration.intake import ExtractStopped, RecordReader, account, open_source
from orchestration.intake.landing.landing import write_cells
from orchestration.intake.reading import block
from orchestration.typing import cells_of
from tests.fixtures.partner_files import KEYS, book

HEADER = ["No", "Date", "Sent", "Sex", "Born", "From", "Way/bus"]
HEADER += ["Way/foot", "Consent", "State", "Gone", "Aim", "Remarks"]
CONTENT = book(
    format={"kind": "csv", "stop_at": ["Ends here", "über"]},
    consent={"column": "Consent", "values": {"Yes": "given", "No": "refused", "Back": "withdrawn"}},
    withdrawn={"column": "Gone", "values": ["x"], "optional_column": True},
    accept_if=[{"column": "State", "accept": ["", "Fine"], "withhold": ["Void"], "withheld_as": "void",
                "wait": ["Later"]}],
    fields={
        "event_on": {"column": "Date", "required": True}, "submitted_at": {"column": "Sent", "optional_column": True},
        "sex": {"column": ["Sex", "Gender"], "values": {"F": "female", "M": "male"}},
        "age_band": {"column": "Born", "from": "birth_date"},
        "place(origin).place_text": {"column": "From", "required": False, "basis": "home"},
        "transport_mode": {"column": "Way", "select_multiple": "flags", "optional_column": True},
        "purpose": {"column": "Aim", "optional_column": True},
    },
)  # fmt: skip
ODD = [
    "", " ", "\u00a0", "\u200b", "7", "-7", "3.5", "1_0", "inf", "nan", "١٢", "1e999", " 12 ", "+4", "0",
    "TOTAL", "Total cases", "ｔｏｔａｌ", "to\u00adtal", "Grand total", "Sub-total Q1", "Jumla", "Ends here", "ends  here now", "Endless", "Über alles",
    "#date+start", "#sex", "Note: see below", "Compiled by us", "Source", "No", "Date", "Sex", "Busia", "Buſia",
    "0712345678", "a@b.example", "John Testperson", "12345678", "-1.2921, 36.8219", "x" * 70,
    "2024-03-04", "04/03/2024", "March 2024", "2024-03-04T10:00:00", "2024-03-04T10:00:00 called Jane", "2001", "14/02/2004", "31/02/2004",
    'say "no"', "a,b", "two\nlines", "two\r\nlines", "\n", "café", "Ma’a", "\ufeffmark", "F", "M", "1", "True", "Yes",
]  # fmt: skip
USUAL = {
    "No": st.integers(1, 12).map(str), "Date": st.sampled_from(["2024-03-04", "04/03/2024", "2024", "soon"]),
    "Sent": st.sampled_from(["2024-03-06T10:00:00", "2024-03-06T10:00:01", ""]),
    "Sex": st.sampled_from(["F", "M", ""]), "Gender": st.sampled_from(["F", "M", "", ""]),
    "Born": st.sampled_from(["2001-05-06", "04/03/2010", "05/03/2010", "2004", "minor", ""]),
    "From": st.sampled_from(["Busia", "Garissa", "0712 345 678", ""]),
    "Way/bus": st.sampled_from(["1", "0", ""]), "Way/foot": st.sampled_from(["1", "0", ""]),
    "Consent": st.sampled_from([*["Yes"] * 9, "yes ", "No", "Back", ""]),
    "State": st.sampled_from([*["", "Fine"] * 4, "Void", "Later", "other"]),
    "Gone": st.sampled_from([*[""] * 9, "x"]),
    "Aim": st.sampled_from([*["", "statistics"] * 4, "research", "?"]),
    "Remarks": st.sampled_from(["", "synthetic", "5"]),
}  # fmt: skip


@st.composite
def contracts(draw: st.DrawFn) -> dict[str, Any]:
    content = copy.deepcopy(CONTENT)
    for column in ("purpose", "transport_mode", "submitted_at", "place(origin).place_text"):
        if draw(st.booleans()):
            content["fields"].pop(column)
    remarks = {"column": "Remarks", "required": False, "basis": "home"}
    content["fields"].setdefault("place(origin).admin_text", remarks)
    source = draw(st.sampled_from(["birth_date", "birth_year", "age_text"]))
    content["fields"]["age_band"] = {"column": "Born", "from": source}
    if source == "birth_date" and draw(st.booleans()):
        content["fields"]["age_band"]["at"] = "submitted_at"
    content["delivery"] |= {"key": draw(st.sampled_from(["No", ["No", "From"], "Remarks"]))}
    if draw(st.booleans()):
        content["submission_id"] = {"column": ["Gone", "No"], "server": "kobo.example", "form": "aFixture"}
    content["deny"] = [] if "place(origin).admin_text" in content["fields"] else ["Remarks"]
    for term in ("withdrawn", "accept_if"):
        if draw(st.booleans()):
            content.pop(term)
    if draw(st.booleans()):
        content |= {"grain": "route_report", "consent": None}
    content["format"] = {
        "kind": "csv",
        "encoding": draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "cp1252", "iso8859-15", "utf-16"])),
        "delimiter": draw(st.sampled_from([",", ";", "\t"])),
        "stop_at": draw(st.sampled_from([[], ["Ends here", "über"]])),
        "trailing_cells": draw(st.sampled_from(["required", "optional"])),
        "multiline": HEADER,
        "hxl_row": draw(st.sampled_from([True, False])),
    }
    return {key: value for key, value in content.items() if value is not None}


@st.composite
def texts(draw: st.DrawFn, encoding: str, delimiter: str) -> bytes:
    header = [*HEADER, *draw(st.sampled_from([[], ["Gender"], ["Gender", "", "Other"]]))]
    odd = draw(st.integers(0, 30))
    rows = []
    for _ in range(draw(st.integers(4, 16))):
        row = [
            draw(st.sampled_from(ODD))
            if draw(st.integers(0, 100)) < odd
            else draw(USUAL.get(name, st.just("")))
            for name in header
        ]
        kind = draw(st.integers(0, 20))
        if kind == 0:
            row = row[: draw(st.integers(0, len(row)))]
        elif kind == 1:
            row = [*row, "beyond"]
        elif kind == 2:
            row = [""] * len(row)
        elif kind == 3:
            row = header[:]
        elif kind == 4:
            row = [draw(st.sampled_from(["4", "8", "12"])) if cell.isdigit() else "" for cell in row]
        elif kind == 5:
            row = [draw(st.sampled_from(ODD)), *[""] * (len(row) - 1)]
        rows.append(row)
    written = io.StringIO()
    csv.writer(
        written,
        delimiter=delimiter,
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        lineterminator=draw(st.sampled_from(["\n", "\r\n", "\r"])),
    ).writerows([header, *rows])
    text = written.getvalue()
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(['"', '""', "\r", "\n", "\n\n", "\0", delimiter])) + text[at:]
    data = text.removesuffix(draw(st.sampled_from(["", "\n"]))).encode(encoding, errors="ignore")
    if draw(st.integers(0, 20)) == 0:
        data += b"\xff\x81\n"
    return data


def landed(path: Path, contract: Contract) -> tuple[Any, RecordReader]:
    """Either the cells or the sentence why there are none; and the reader."""
    reader = RecordReader(contract, KEYS, path.name)
    try:
        with open_source(path, contract) as source:
            tables = list(reader.landed_tables(source))
    except ExtractStopped as fault:
        return (type(fault), fault.code), reader
    for table in tables:
        table.validate(full=True)
    return [cell for table in tables for cell in cells_of(table, {})], reader


def assert_alike(path: Path, contract: Contract, rows: int = 1) -> RecordReader:
    """Read a file in blocks of so many rows, then in usual ones; assert that nothing differs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(block, "ROWS_IN_A_BLOCK", rows)
        by_rows, one = landed(path, contract)
    by_blocks, other = landed(path, contract)
    assert by_blocks == by_rows
    if isinstance(by_rows, list):
        assert account(contract, other.tally, 1900) == account(contract, one.tally, 1900)
        for part in dataclass_fields(one.tally):
            if not part.name.endswith("refused_rows"):
                assert getattr(other.tally, part.name) == getattr(one.tally, part.name), part.name
        assert other.tally.rows_unexplained == 0
    return other


@settings(
    max_examples=settings.default.max_examples // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_any_file_lands_the_same_in_blocks_and_row_by_row(tmp_path: Path, data: st.DataObject) -> None:
    content = data.draw(contracts())
    form = content["format"]
    path = tmp_path / "a.csv"
    path.write_bytes(data.draw(texts(form["encoding"], form["delimiter"])))
    assert_alike(path, Contract.model_validate(content))


def csv_samples() -> list[tuple[Path, Path]]:
    found = []
    for contract_path in sorted(SAMPLE_PARTNERS.glob("*/*.yml")):
        contract = load_contract(contract_path)
        if contract.format.kind == "csv":
            files = sorted((contract_path.parent / "extracts").iterdir())
            found += [(contract_path, path) for path in files if contract.reads(path.name)]
    return found


@pytest.mark.parametrize(("contract", "path"), csv_samples(), ids=lambda path: path.name)
def test_every_sample_lands_the_same_in_small_and_large_blocks(contract: Path, path: Path) -> None:
    reader = assert_alike(path, load_contract(contract), rows=40)
    assert reader.tally.rows_landed


# Rows among usual ones: `{n}` is a reference of its own; `{sum}`, `{some}` and `{twice}` are what the numbers
# of three columns add up to so far.
UNUSUAL = {
    "a note of two cells": "Note: see below,x,,,,,,,,,,,", "a total": "TOTAL,,,9,,,,,,,,,",
    "a total further right": ",,,Total cases,,3,4,5,,,,,", "a total without a name": ",,,,,,{some},,,,,,",
    "a total of two columns": ",,,,,,{some},{twice},,,,,", "a sum with a reference": "{sum},,,,,,7,,,,,,",
    "three cells of another sum": "7,,,,,,1,1,,,,,",
    "a repeated header": "No,Date,Sent,Sex,Born,From,Way/bus,Way/foot,Consent,State,Gone,Aim,Remarks",
    "most of a header": "No,Date,Sex,Sex,,,,,,,,,", "tags": "#id,#date+start,#sex,#sex,,,,,,,,,",
    "blank cells": ",,,,,,,,,,,,", "a blank line": "", "cells of no field": "{n},,,,,,,,No,,,,remark",
    "no reference": ",2024-03-04,,F,2001-02-03,Busia,1,0,Yes,,,,",
    "an invisible reference": "\u200b,2024-03-04,,F,2001-02-03,Busia,1,0,Yes,,,,",
    "an untidy reference": "  A  {n} ,2024-03-04,,F,2001-02-03,Busia,1,0,Yes,,,,",
    "a born year": "{n},2024-03-04,,F,2001,Busia,1,0,Yes,,,,",
    "no choice": "{n},2024-03-04,,F,2001-02-03,Busia,0,0,Yes,,,,",
    "no answer": "{n},2024-03-04,,F,2001-02-03,Busia,,,Yes,,,,",
    "nothing but a phone": "{n},,,,,0712345678,,,Yes,,,,",
    "a name in a date": "{n},2024-03-04 called Jane,,F,2001-02-03,Busia,1,0,Yes,,,,",
    "refused": "{n},2024-03-04,,F,2001-02-03,Busia,1,0,No,,,,",
    "withdrawn": "{n},2024-03-04,,F,2001-02-03,Busia,1,0,Yes,,x,,",
    "another purpose": "{n},2024-03-04,,F,2001-02-03,Busia,1,0,Yes,,,research,",
    "too short": "{n},2024-03-04", "too long": "{n},2024-03-04,,F,2001-02-03,Busia,1,0,Yes,,,,,,beyond",
    "a mark inside": '{n},2024-03-04,,F,2001-02-03,Bu"sia"",1,0,Yes,,,,',
    "a comma inside": '{n},2024-03-04,,F,2001-02-03,"Busia, Kenya",1,0,Yes,,,,',
    "lines inside": '{n},2024-03-04,,F,2001-02-03,"Busia\n\nKenya",1,0,Yes,,,,',
    "a long reference": "{n}" + "x" * 40_000 + ",2024-03-04,,F,2001-02-03,Busia,1,0,Yes,,,,",
    "the end": "Ends here,,,,,,,,,,,,",
}  # fmt: skip


@pytest.mark.parametrize("unusual", UNUSUAL.values(), ids=UNUSUAL)
def test_an_unusual_row_lands_in_a_block_as_it_does_alone(tmp_path: Path, unusual: str) -> None:
    path = long_file(tmp_path / "a.csv", 18)
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    sums = dict.fromkeys(("sum", "some"), 0)
    written = [header]
    for at, line in enumerate(lines):
        if at and at % 5 == 0:
            written.append(unusual.format(n=f"U{at}", sum=sums["sum"], some=at, twice=2 * at))
        written.append(line)
        sums["sum"] += at
    path.write_text("\n".join(written), encoding="utf-8")
    changes = {"consent": {"column": "Consent", "values": {"Yes": "given", "No": "refused"}}}
    changes["format"] = CONTENT["format"] | {"multiline": ["From"]}
    reader = assert_alike(path, Contract.model_validate(CONTENT | changes))
    assert reader.tally.rows_read > 4
    if "{some}" in unusual:
        assert reader.tally.refusals["", "skip:total_inferred"] == len(range(5, 18, 5))


def long_file(path: Path, rows: int = 3000) -> Path:
    lines = [
        f"{at},2024-03-{at % 28 + 1:02},,{'FM'[at % 2]},2001-02-{at % 28 + 1:02},Busia,1,2,Yes,,,,called 0712345678"
        for at in range(rows)
    ]
    path.write_text("\n".join([",".join(HEADER), *lines]), encoding="utf-8")
    return path


def test_removed_and_refused_values_are_in_no_parquet_dictionary(tmp_path: Path) -> None:
    path, contract = tmp_path / "a.csv", Contract.model_validate(CONTENT)
    text = long_file(path).read_text(encoding="utf-8")
    removed, refused = "0712345678,1,2,Yes", ",2001-02-09,Refusedtown,1,2,No"
    for old, new, most in (("Busia,1,2,Yes", removed, 2900), (",2001-02-09,Busia,1,2,Yes", refused, -1)):
        assert old in text
        text = text.replace(old, new, most)
    path.write_text(text)
    target = tmp_path / "landed.parquet"
    with open_source(path, contract) as source:
        write_cells(target, RecordReader(contract, KEYS, path.name).landed_tables(source))
    pieces = pq.ParquetFile(target, read_dictionary=["value"])
    words = {
        word
        for group in range(pieces.num_row_groups)
        for chunk in pieces.read_row_group(group).column("value").chunks
        for word in chunk.dictionary.to_pylist()
    }
    assert "Busia" in words
    assert not words & {"0712345678", "Refusedtown", "2001-02-09", "called 0712345678"}

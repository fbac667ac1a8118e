"""CSV files: encoding and delimiter come from the contract, and a wrong one is reported, never guessed."""

import csv
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.intake import ExtractHeld
from tests.fixtures.partner_files import HEADER, book, read, why_held, why_unreadable

LINE = ["1", "04/03/2024", "F", "16", "Murang’a", "1", "Yes", ""]


def semicolon_book(encoding: str = "cp1252", delimiter: str = ";") -> dict[str, Any]:
    return book(format={"kind": "csv", "encoding": encoding, "delimiter": delimiter})


def write(path: Path, lines: list[list[str]], encoding: str, delimiter: str = ";") -> Path:
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("declared", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_is_no_part_of_the_first_header(tmp_path: Path, declared: str) -> None:
    path = write(tmp_path / "a.csv", [HEADER, LINE], "utf-8-sig")
    _, reader = read(path, semicolon_book(declared))
    assert next(iter(reader.tally.columns_found)) == "No"


def test_a_wrong_encoding_is_held_with_the_fix(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [HEADER, LINE], "cp1252")
    why = why_held(path, semicolon_book("utf-8"))
    assert "Set `format.encoding` to cp1252" in why and "hold:encoding_wrong" in why
    marked = write(tmp_path / "b.csv", [HEADER, LINE], "utf-8-sig")
    assert "mark of UTF-8" in why_held(marked, semicolon_book("cp1252"))
    unicode_text = write(tmp_path / "c.csv", [HEADER, LINE], "utf-16")
    assert "UTF-16" in why_held(unicode_text, semicolon_book("utf-8"))


def test_a_wrong_delimiter_is_held_with_the_fix(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [HEADER, LINE], "cp1252")
    why = why_held(path, semicolon_book(delimiter=","))
    assert "seems to use the semicolon" in why and "hold:delimiter_wrong" in why


def test_wrong_delimiter_is_found_although_a_list_of_places_holds_it(tmp_path: Path) -> None:
    with_list = [*LINE[:4], "Busia; Nakuru", *LINE[5:]]
    path = write(tmp_path / "a.csv", [HEADER, LINE, LINE, with_list], "cp1252", delimiter=",")
    path.write_bytes(path.read_bytes().replace(b'"', b""))
    assert "seems to use the comma. Set `format.delimiter` to ','" in why_held(path, semicolon_book())


def test_the_number_of_a_row_is_that_of_its_first_line(tmp_path: Path) -> None:
    split_over_lines = [*LINE[:7], "two\r\nlines"]
    path = write(tmp_path / "a.csv", [HEADER, split_over_lines, LINE], "cp1252")
    cells, _ = read(path, semicolon_book())
    assert {cell.row_number for cell in cells} == {2, 4}


@pytest.mark.parametrize(("encoding", "text", "wrong", "named"), [
    ("utf-8", "id;town\n1;Busia\n2;", b"Murang\x92a", "0x92 in line 3 at position 9"),
    ("ascii", "id;town\r\n1;Busia\r\n2;", "Bûsia".encode(), "0xC3 in line 3 at position 4"),
    ("cp1252", "id;town\r1;Busia\r2;", b"\x81", "0x81 in line 3 at position 3"),
    ("utf-8", "id;town\n1;Busia\n2;", b"\xe2\x80", "0xE2 in line 3 at position 3"),
])  # fmt: skip
def test_a_byte_outside_the_encoding_is_named_with_its_line(
    tmp_path: Path, encoding: str, text: str, wrong: bytes, named: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding) + wrong)
    with pytest.raises(ExtractHeld, match=named):
        read(path, semicolon_book(encoding))


def test_cell_too_long_for_csv_is_reported_without_its_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(";".join(HEADER) + '\n"' + "x" * 200_000, encoding="utf-8")
    csv.field_size_limit(1 << 30)  # as a library may
    why = why_unreadable(path, semicolon_book("utf-8"))
    assert "quotation mark is not closed" in why and "xxx" not in why


def test_workbook_named_csv_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"PK\x03\x04....")
    assert "expects CSV" in why_unreadable(path, semicolon_book())


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text('ab;’" \nZ9', max_size=6), min_size=8, max_size=8), max_size=8))
def test_written_cells_land_unchanged(tmp_path: Path, lines: list[list[str]]) -> None:
    escaped = [[cell.replace('"', '""') for cell in line] for line in lines]
    given_consent = [[*line[:6], "Yes", line[7]] for line in escaped]
    path = write(tmp_path / "a.csv", [HEADER, *given_consent], "cp1252")
    content = semicolon_book()
    content["format"] |= {"multiline": HEADER}
    cells, reader = read(path, content)
    starts = accumulate((1 + "".join(line).count("\n") for line in given_consent), initial=2)
    sent = {(at, line[4]) for at, line in zip(starts, lines, strict=False)}
    landed = {(cell.row_number, cell.value) for cell in cells if cell.field == "place(origin).place_text"}
    assert landed <= sent
    assert reader.tally.rows_unexplained == 0
    assert reader.tally.rows_read == reader.tally.rows_landed + reader.tally.rows_refused

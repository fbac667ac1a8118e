"""Sample extracts damaged in one place, each with what must become of its rows.

A case names a sample, the damage, and either a part of the sentence that stops the file, or its rows read,
refused and explained, with the checks of the gate that hold it. The counts follow from the sample's own
(SAMPLES) and the damage.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl

from orchestration.core import SAMPLE_PARTNERS


@dataclass(frozen=True)
class Sample:
    """A sample extract with its rows read, refused and explained; rows of child sheets count too."""

    contract: str
    file: str
    read: int
    refused: int
    explained: int
    encoding: str = "utf-8"
    delimiter: str = ","


CALLS = Sample("mbuni_line/contract.yml", "mbuni_line_2024Q1.csv", 96, 0, 1, encoding="cp1252", delimiter=";")
BORDER = Sample("twiga_border_watch/contract.yml", "irf_2024.csv", 56, 16, 1)
ITEMS = Sample("faru_registry/contract.yml", "registry_items.csv", 692, 29, 1)
QUOTED = Sample(
    "digidigi_trust/contract.yml",
    "Digidigi_intake_-_all_versions_-_Kiswahili_sw_-_2026-10-02-09-15-00.csv",
    66,
    6,
    1,
    delimiter=";",
)
MONTHS = Sample("kobe_shelter/contract.yml", "Kobe register 2024-04 to 2024-09.xlsx", 163, 9, 18)
ROUTES = Sample("swala_house/contract.yml", "swala house routes 2020.xlsx", 30, 1, 5)
ZIP = Sample("kifaru_rescue/contract.yml", "kifaru_intake.csv.zip", 64 + 44, 4 + 2, 2)
JSON = Sample("kasuku_network/contract.yml", "kasuku_intake_2026-10-02.json", 66 + 58, 4 + 1, 0)
SAMPLES = (CALLS, BORDER, ITEMS, QUOTED, MONTHS, ROUTES, ZIP, JSON)

Damage = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Case:
    """`stopped`: part of the sentence that keeps the file out; else its rows, and the checks that hold it."""

    name: str
    sample: Sample
    damage: Damage
    stopped: str = ""
    rows: tuple[int, int, int] = (0, 0, 0)
    held_by: tuple[str, ...] = ()


def write(case: Case, folder: Path) -> Path:
    """Write the damaged file under the sample's name."""
    partner = case.sample.contract.split("/")[0]
    path = folder / case.sample.file
    path.write_bytes(case.damage((SAMPLE_PARTNERS / partner / "extracts" / case.sample.file).read_bytes()))
    return path


def stopped(name: str, sample: Sample, damage: Damage, sentence: str) -> Case:
    return Case(name, sample, damage, stopped=sentence)


def counted(
    name: str,
    sample: Sample,
    damage: Damage,
    *,
    read: int = 0,
    refused: int = 0,
    explained: int = 0,
    held_by: str = "",
) -> Case:
    """A file that is read: its rows beyond those of the sample, and the checks that hold it."""
    rows = (sample.read + read, sample.refused + refused, sample.explained + explained)
    return Case(name, sample, damage, rows=rows, held_by=tuple(held_by.split()))


# --- Delimited text: lines and cells are counted from 1, line 1 is the header ------------------------------


def lines(change: Callable[[list[str]], None], sample: Sample = CALLS, end: str = "") -> Damage:
    """Change the list of lines; `end` replaces every line end."""

    def damage(data: bytes) -> bytes:
        rows = data.decode(sample.encoding).splitlines(keepends=True)
        change(rows)
        text = "".join(rows)
        if end:
            text = re.sub(r"\r\n|\r|\n", end, text)
        return text.encode(sample.encoding)

    return damage


def cell(
    line: int, number: int, change: Callable[[str], str], *, sample: Sample = CALLS
) -> Callable[[list[str]], None]:
    """Change one cell of a line without quoted delimiters."""

    def apply(rows: list[str]) -> None:
        body = rows[line - 1].rstrip("\r\n")
        end = rows[line - 1][len(body) :]
        cells = body.split(sample.delimiter)
        cells[number - 1] = change(cells[number - 1])
        rows[line - 1] = sample.delimiter.join(cells) + end

    return apply


def both(*changes: Callable[[list[str]], None]) -> Callable[[list[str]], None]:
    def apply(rows: list[str]) -> None:
        for change in changes:
            change(rows)

    return apply


def opened(text: str) -> str:
    return f'"{text}'


def closed(text: str) -> str:
    return f'{text}"'


def inserted(line: int, *new: str) -> Callable[[list[str]], None]:
    """Insert lines, the first of which becomes line `line`."""

    def apply(rows: list[str]) -> None:
        rows[line - 1 : line - 1] = [f"{text}\n" for text in new]

    return apply


def replaced(line: int, change: Callable[[str], str]) -> Callable[[list[str]], None]:
    def apply(rows: list[str]) -> None:
        body = rows[line - 1].rstrip("\r\n")
        rows[line - 1] = change(body) + rows[line - 1][len(body) :]

    return apply


def each_line(
    change: Callable[[str], str], first: int, last: int | None = None
) -> Callable[[list[str]], None]:
    def apply(rows: list[str]) -> None:
        for line in range(first, (last or len(rows)) + 1):
            replaced(line, change)(rows)

    return apply


def at_the_end(*new: str) -> Callable[[list[str]], None]:
    return lambda rows: rows.extend(f"{text}\n" for text in new)


def repeated(first: int, last: int) -> Callable[[list[str]], None]:
    return lambda rows: rows.extend(rows[first - 1 : last])


def old_mac_ends(rows: list[str]) -> None:
    """End lines 30 to 60 with a carriage return alone."""
    rows[29:60] = [row.rstrip("\r\n") + "\r" for row in rows[29:60]]


def without_text(number: int, delimiter: str = ";") -> Callable[[str], str]:
    """Empty a cell of a line."""

    def change(text: str) -> str:
        cells = text.split(delimiter)
        cells[number - 1] = ""
        return delimiter.join(cells)

    return change


def swapped(old: str, new: str) -> Damage:
    def damage(data: bytes) -> bytes:
        assert old.encode() in data
        return data.replace(old.encode(), new.encode(), 1)

    return damage


def cut(share: float) -> Damage:
    return lambda data: data[: int(len(data) * share)]


REFERENCE, DATE, PHONE, FROM, PROMISED, OPERATOR, ABOUT = 1, 2, 3, 8, 10, 16, 17

DELIMITED = [
    stopped("a quote without its end", CALLS, lines(cell(21, FROM, opened)), "lines 21 to 97 "),
    stopped(
        "a quote without its end in the last line", CALLS, lines(cell(97, FROM, opened)), "line 97 is not"
    ),
    stopped(
        "two quotes in one column",
        CALLS,
        lines(both(cell(21, FROM, opened), cell(36, FROM, closed))),
        "lines 21 to 36 ",
    ),
    stopped(
        "two quotes in neighbouring lines",
        CALLS,
        lines(both(cell(21, FROM, opened), cell(22, FROM, closed))),
        "lines 21 to 22 ",
    ),
    stopped(
        "two quotes in a denied column",
        CALLS,
        lines(both(cell(21, OPERATOR, opened), cell(36, OPERATOR, closed))),
        "lines 21 to 36 ",
    ),
    stopped(
        "a quote in the last column, another in the first",
        CALLS,
        lines(both(cell(21, ABOUT, opened), cell(30, REFERENCE, closed))),
        "lines 21 to 30 ",
    ),
    stopped(
        "two quotes that swallow a row with a quoted delimiter",
        CALLS,
        lines(both(cell(21, FROM, opened), cell(22, FROM, lambda text: '"a; b"'), cell(36, FROM, closed))),
        "line 21 ",
    ),
    stopped(
        "a text of two lines where a place stands",
        CALLS,
        lines(cell(21, FROM, lambda text: f'"{text}\nstage"')),
        "lines 21 to 22 .*'Comes from'.*format.multiline",
    ),
    counted(
        "a text of three lines in a denied column",
        CALLS,
        lines(cell(21, ABOUT, lambda text: '"called\ntwice\nand left"')),
        explained=2,
    ),
    counted(
        "a line end after the text of a cell",
        CALLS,
        lines(cell(21, FROM, lambda text: f'"{text}\n"')),
        explained=1,
    ),
    counted("a quote inside a cell", CALLS, lines(cell(21, FROM, lambda text: 'Mwingi "town"'))),
    counted(
        "a delimiter inside a cell", CALLS, lines(cell(10, FROM, lambda text: "Busia; Kenya")), refused=1
    ),
    counted("a delimiter in the last cell", CALLS, lines(cell(10, ABOUT, lambda text: "a;")), refused=1),
    counted(
        "a delimiter inside a cell of a row that ends blank",
        CALLS,
        lines(replaced(10, lambda text: text.rpartition(";")[0].replace("yes", "yes;") + ";")),
        refused=1,
    ),
    counted(
        "a row without its last cell",
        CALLS,
        lines(replaced(10, lambda text: text.rpartition(";")[0])),
        refused=1,
    ),
    counted("a row cut in its middle", CALLS, lines(replaced(10, lambda text: text[:40])), refused=1),
    counted(
        "a file cut in the first cell of its last row",
        CALLS,
        lambda data: data[: data.rindex(b"\n", 0, -2) + 8],
        refused=1,
    ),
    counted("a file cut in its last row", CALLS, lambda data: data.rstrip()[:-40], refused=1),
    counted(
        "ten rows with a delimiter too many",
        CALLS,
        lines(each_line(lambda text: f"{text};", 11, 20)),
        refused=10,
        held_by="rows_fit_their_header",
    ),
    counted(
        "every row ends with a delimiter, the header does not",
        CALLS,
        lines(each_line(lambda text: f"{text};", 2)),
        refused=96,
        held_by="rows_fit_their_header",
    ),
    counted(
        "a line end inside an unquoted cell",
        CALLS,
        lines(cell(10, FROM, lambda text: "Mwi\nngi")),
        read=1,
        refused=2,
    ),
    counted(
        "a carriage return inside a cell",
        CALLS,
        lines(cell(10, FROM, lambda text: "Mwi\rngi")),
        read=1,
        refused=2,
    ),
    counted("a vertical tab inside a cell", CALLS, lines(cell(10, FROM, lambda text: "Mwingi\v"))),
    counted("a NUL inside a cell", CALLS, lines(cell(10, FROM, lambda text: "Mwingi\0"))),
    counted("a blank line in the table", CALLS, lines(inserted(40, "")), read=1, refused=1),
    counted("blank lines at the end", CALLS, lines(at_the_end("", "", "")), explained=3),
    counted("a line of delimiters at the end", CALLS, lines(at_the_end(";" * 16)), explained=1),
    counted(
        "the header again in the middle",
        CALLS,
        lines(lambda rows: rows.insert(40, rows[0])),
        read=1,
        refused=1,
    ),
    counted("a total row", CALLS, lines(at_the_end("TOTAL;96" + ";" * 15)), read=1, refused=1),
    counted("a note below the table", CALLS, lines(at_the_end("Compiled by the desk")), read=1, refused=1),
    counted(
        "ten rows pasted twice", CALLS, lines(repeated(11, 20)), read=10, held_by="record_refs_are_unique"
    ),
    counted(
        "the whole file pasted twice",
        CALLS,
        lines(repeated(1, 97)),
        read=97,
        refused=1,
        held_by="record_refs_are_unique",
    ),
    counted("line ends of an old Mac", CALLS, lines(lambda rows: None, end="\r")),
    counted("line ends of two kinds", CALLS, lines(old_mac_ends)),
    counted("no line end after the last row", CALLS, lambda data: data.rstrip()),
    stopped(
        "a title above the header", CALLS, lines(inserted(1, "Calls of the quarter")), "has no columns? "
    ),
    stopped(
        "the reference renamed",
        CALLS,
        lines(cell(1, REFERENCE, lambda text: "Ref")),
        "has no column 'Call ref'",
    ),
    counted(
        "every date emptied",
        CALLS,
        lines(each_line(without_text(DATE), 2)),
        held_by="required_columns_are_filled columns_are_readable quarantine_is_not_flooded something_is_usable",
    ),
    stopped(
        "a byte that no text has",
        CALLS,
        lambda data: data.replace(b"\n", b"\n\x81", 40).replace(b"\n\x81", b"\n", 39),
        "0x81 in line 41 at position 1, which is not cp1252",
    ),
    stopped("saved as Unicode text", CALLS, lambda data: data.decode("cp1252").encode("utf-16"), "UTF-16"),
    stopped("saved as UTF-8 with its mark", CALLS, lambda data: b"\xef\xbb\xbf" + data, "mark of UTF-8"),
    stopped(
        "saved with commas", CALLS, lambda data: data.replace(b",", b" ").replace(b";", b","), "the comma"
    ),
    counted(
        "a header and nothing else", CALLS, lines(lambda rows: rows.__delitem__(slice(1, None))), read=-96
    ),
    stopped("nothing at all", CALLS, lambda data: b"", "is empty"),
    stopped("a workbook under the name of a CSV", CALLS, lambda data: b"PK\x03\x04" + data, "expects CSV"),
    stopped("a log-in page under the name of a CSV", CALLS, lambda data: b"<!doctype html>", "a web page"),
    counted(
        "a town with its county, unquoted",
        BORDER,
        lines(cell(2, 9, lambda text: "Namanga, Kajiado", sample=BORDER), BORDER),
        refused=1,
    ),
    counted(
        "a suspect's town with its county",
        BORDER,
        lines(cell(3, 9, lambda text: "Namanga, Kajiado", sample=BORDER), BORDER),
    ),
    stopped("saved with semicolons", BORDER, lambda data: data.replace(b",", b";"), "the semicolon"),
    stopped(
        "two quotes in a long layout",
        ITEMS,
        lines(both(cell(101, 2, opened, sample=ITEMS), cell(140, 2, closed, sample=ITEMS)), ITEMS),
        "lines 101 to 140 ",
    ),
    counted(
        "a comma in a long layout", ITEMS, lines(replaced(101, lambda text: f"{text},"), ITEMS), refused=1
    ),
    counted(
        "a closing quote lost where all cells are quoted",
        QUOTED,
        lines(replaced(20, lambda text: text.replace('";"', ';"', 1)), QUOTED),
        refused=1,
    ),
    stopped(
        "the last quote of a row lost where all cells are quoted",
        QUOTED,
        lines(replaced(20, lambda text: text[:-1]), QUOTED),
        "lines 20 to 21 ",
    ),
    stopped("cut inside a quoted cell", QUOTED, lambda data: data.rstrip()[:-3], "line 67 is not closed"),
]


# --- Workbooks ---------------------------------------------------------------------------------------------


def workbook(change: Callable[[Any], None]) -> Damage:
    def damage(data: bytes) -> bytes:
        book = openpyxl.load_workbook(BytesIO(data))
        change(book)
        written = BytesIO()
        book.save(written)
        return written.getvalue()

    return damage


def members(change: Callable[[dict[str, bytes]], None]) -> Damage:
    """Change the members of a zip or workbook, by name."""

    def damage(data: bytes) -> bytes:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            content = {name: archive.read(name) for name in archive.namelist()}
        change(content)
        written = BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, member in content.items():
                archive.writestr(name, member)
        return written.getvalue()

    return damage


def member(name: str, change: Damage) -> Damage:
    def apply(content: dict[str, bytes]) -> None:
        content[name] = change(content[name])

    return members(apply)


def emptied(sheet: str, column: int, first: int) -> Callable[[Any], None]:
    def apply(book: Any) -> None:
        for row in range(first, book[sheet].max_row + 1):
            book[sheet].cell(row, column).value = None

    return apply


def each_sheet(change: Callable[[Any], None]) -> Callable[[Any], None]:
    def apply(book: Any) -> None:
        for sheet in book.worksheets:
            change(sheet)

    return apply


def hidden_copy(book: Any) -> None:
    book.copy_worksheet(book["Apr 24"]).sheet_state = "hidden"


def without_total(book: Any) -> None:
    """Move the total of the routes above their last ten rows."""
    sheet = book["Routes"]
    sheet.insert_rows(25)
    sheet.cell(25, 1).value = "TOTAL"


SHEET_1 = "xl/worksheets/sheet1.xml"
WORKBOOKS = [
    stopped(
        "merged cells in a column that is not filled down",
        MONTHS,
        workbook(lambda book: book["Apr 24"].merge_cells("J6:J12")),
        "'From' over rows 6 to 12",
    ),
    counted(
        "merged cells in a denied column",
        MONTHS,
        workbook(lambda book: book["Apr 24"].merge_cells("R6:R12")),
    ),
    counted("a hidden copy of a sheet", MONTHS, workbook(hidden_copy), explained=33),
    counted(
        "a sheet under another name",
        MONTHS,
        workbook(lambda book: setattr(book["Apr 24"], "title", "Old")),
        read=-30,
        refused=-2,
        explained=30,
    ),
    counted(
        "two blank rows in the table",
        MONTHS,
        workbook(lambda book: book["Apr 24"].insert_rows(33, 2)),
        read=2,
        refused=2,
    ),
    counted(
        "fifty formatted blank rows below the table",
        MONTHS,
        member(
            SHEET_1,
            lambda xml: xml.replace(
                b"</sheetData>", b"".join(b'<row r="%d"/>' % row for row in range(34, 84)) + b"</sheetData>"
            ),
        ),
        explained=50,
    ),
    counted(
        "a sheet that declares one cell",
        MONTHS,
        member(SHEET_1, lambda xml: re.sub(rb'<dimension ref="[^"]*"/>', b'<dimension ref="A1"/>', xml)),
    ),
    counted(
        "every date emptied in all sheets",
        MONTHS,
        workbook(
            each_sheet(
                lambda sheet: [
                    setattr(sheet.cell(row, 2), "value", None) for row in range(4, sheet.max_row + 1)
                ]
            )
        ),
        held_by="required_columns_are_filled",
    ),
    stopped("a workbook cut in half", MONTHS, cut(0.5), "broken or incomplete workbook"),
    stopped("a sheet cut in half", MONTHS, member(SHEET_1, cut(0.5)), "broken or incomplete workbook"),
    stopped("a workbook that is a web page", MONTHS, lambda data: b"<html>log in</html>", "is a web page"),
    counted(
        "the total in the middle of the table",
        ROUTES,
        workbook(without_total),
        read=1,
        refused=11,
        held_by="no_records_below_the_end",
    ),
    counted(
        "a second table below the total",
        ROUTES,
        workbook(
            lambda book: [
                book["Routes"].append(["Busia", "Kenya", "Nairobi", "Kenya", "Nairobi", "Kenya"])
                for _ in range(5)
            ]
        ),
        read=5,
        refused=5,
        held_by="no_records_below_the_end",
    ),
    stopped(
        "the header one row lower",
        ROUTES,
        workbook(lambda book: book["Routes"].insert_rows(1)),
        "has no column",
    ),
    counted(
        "merged cells in a title",
        ROUTES,
        workbook(lambda book: book["Routes"].merge_cells("A1:A2")),
    ),
    stopped(
        "merged cells over two routes",
        ROUTES,
        workbook(lambda book: book["Routes"].merge_cells("B6:B7")),
        "over rows 6 to 7",
    ),
]

# --- Exports of form servers -------------------------------------------------------------------------------

FORM, STOPS = "kifaru_intake.csv", "kifaru_intake-places_passed.csv"


def table(name: str, change: Callable[[list[str]], None]) -> Damage:
    return member(name, lines(change, ZIP))


def document(change: Callable[[dict[str, Any]], None]) -> Damage:
    def damage(data: bytes) -> bytes:
        content = json.loads(data)
        change(content)
        return json.dumps(content).encode()

    return damage


EXPORTS = [
    stopped(
        "two quotes in the table of a zip",
        ZIP,
        table(FORM, both(cell(11, 11, opened, sample=ZIP), cell(20, 11, closed, sample=ZIP))),
        "'kifaru_intake'.* lines 11 to 20 ",
    ),
    counted(
        "a comma in the table of a zip", ZIP, table(FORM, replaced(11, lambda text: f"{text},")), refused=1
    ),
    counted(
        "an unknown table in a zip",
        ZIP,
        members(lambda content: content.update({"kifaru_intake-notes.csv": b"a,b,KEY\n1,2,3\n4,5,6\n"})),
        explained=3,
    ),
    counted(
        "stops whose records were deleted",
        ZIP,
        table(FORM, lambda rows: rows.__delitem__(slice(31, None))),
        read=-34,
        refused=18 - 6,  # 18 stops name a deleted record; no refused row is left
        held_by="child_rows_find_their_record",
    ),
    counted(
        "stops of another form",
        ZIP,
        member(STOPS, lambda data: data.replace(b"uuid:", b"uuid:0")),
        refused=42,
        held_by="child_rows_find_their_record",
    ),
    stopped("a zip cut in half", ZIP, cut(0.5), "broken or incomplete zip"),
    stopped(
        "a table that is not UTF-8",
        ZIP,
        member(FORM, lambda data: data.replace(b"yes", b"y\xe9s", 1)),
        "not UTF-8",
    ),
    stopped("JSON cut in half", JSON, cut(0.5), "not complete, valid JSON"),
    stopped("a page of several", JSON, swapped('"next": null', '"next": "page 2"'), "the file is one page"),
    stopped(
        "fewer records than stated",
        JSON,
        document(lambda content: content["results"].pop()),
        "holds 65 of 66 records",
    ),
    counted(
        "entries that are no records",
        JSON,
        document(lambda content: content["results"].extend([None, 5])),
        explained=2,
    ),
    counted(
        "records sent twice",
        JSON,
        document(
            lambda content: content["results"].extend(content["results"][:2]) or content.update(count=68)
        ),
        read=2,
    ),
    stopped(
        "a number that JSON lacks", JSON, swapped('"count": 66', '"count": NaN'), "not complete, valid JSON"
    ),
    stopped("the list under another name", JSON, swapped('"results"', '"records"'), "no list of records"),
    stopped("a log-in page", JSON, lambda data: b"<!doctype html>", "a web page"),
    counted("a byte order mark", JSON, lambda data: b"\xef\xbb\xbf" + data),
]
CASES = [*DELIMITED, *WORKBOOKS, *EXPORTS]

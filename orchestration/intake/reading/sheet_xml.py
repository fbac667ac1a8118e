"""Stream the cells of a workbook's sheet from its XML.

openpyxl opens the workbook and knows its styles and shared texts; its own reader makes an object for each
cell, which takes most of the time of a large workbook. Here a cell is a key (style, type, text) until its
column is complete, and becomes a `Cell` once for each distinct key. Merged ranges stand below the rows in the
XML, so they are found in a pass before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import zip_longest
from typing import IO, Any, NamedTuple, cast
from xml.parsers import expat

import numpy as np
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.utils.cell import column_index_from_string, range_boundaries
from openpyxl.utils.datetime import from_excel, from_ISO8601

from orchestration.contracts import Cell, number_text, text_cell
from orchestration.intake.reading.block import ROWS_IN_A_BLOCK, Block, Column
from orchestration.intake.reading.sheets import Merge

FORMULA_WITHOUT_VALUE = "formula_no_value"
_CHUNK = 1 << 20
_OVERLAP = 1 << 16
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}\d+:[A-Z]{1,3}\d+)"')
_ROW = re.compile(rb"<(?:\w+:)?row(?:\s[^>]*?)?>")
_ROW_NUMBER = re.compile(rb'\sr="(\d{1,7})"')
_DIGITS = "0123456789"
_FORMULA = "formula without a value"
# Fills and inks that mark nothing.
_PLAIN_FILLS = {"rgb": ("FFFFFFFF", "00000000"), "theme": (0,), "indexed": (9, 64)}
_PLAIN_INKS = {"rgb": ("FF000000",), "theme": (1,), "indexed": (8, 64, 32767)}


class Scan(NamedTuple):
    """What is known of a sheet before its rows are read: merged ranges, and the number of its rows."""

    merges: list[Merge]
    rows: int


# A cell as it stands in the XML: style, type, text.
_Key = tuple[str | None, str, str]


def scan(source: IO[bytes]) -> Scan:
    """Find the merged ranges of a sheet and count its rows, those left out between others included."""
    merges: dict[Merge, None] = {}
    last = repeated = 0
    tail = b""
    while chunk := source.read(_CHUNK):
        text = tail + chunk
        for found in _ROW.finditer(text):
            if found.end() > len(tail):
                number = _ROW_NUMBER.search(found[0])
                row = int(number[1]) if number else last + 1
                repeated += row <= last
                last = max(last, row)
        if b"mergeCell" in text:
            for found in _MERGE.finditer(text):
                merges[Merge(*range_boundaries(found[1].decode()))] = None
        tail = text[-_OVERLAP:]
    return Scan(list(merges), last + repeated)


@dataclass(frozen=True)
class WorkbookSheet:
    """A sheet of an open workbook; `parent` (openpyxl's workbook) has its styles, `reader` its texts."""

    title: str
    is_visible: bool
    path: str
    parent: Any
    reader: Any

    def open(self) -> IO[bytes]:
        return cast(IO[bytes], self.reader.archive.open(self.path))


def blocks_of_sheet(sheet: WorkbookSheet) -> Iterator[Block]:
    """Yield the rows of a sheet, numbered as in the workbook."""
    cells = _Cells(sheet)
    numbers: list[int] = []
    rows: list[list[_Key | None]] = []
    last = 0
    for number, row in _rows(sheet):
        is_after_gap = number > last + 1
        if rows and (is_after_gap or len(rows) == ROWS_IN_A_BLOCK):
            yield cells.block(numbers, rows)
            numbers, rows = [], []
        if is_after_gap:
            yield Block(np.arange(last + 1, number), [])
        numbers.append(number)
        rows.append(row)
        last = max(last, number)
    if rows:
        yield cells.block(numbers, rows)


def _rows(sheet: WorkbookSheet) -> Iterator[tuple[int, list[_Key | None]]]:
    done: list[tuple[int, list[_Key | None]]] = []
    parser = _parser(done)
    with sheet.open() as source:
        while chunk := source.read(_CHUNK):
            parser.Parse(chunk)
            yield from done
            done.clear()
        parser.Parse(b"", True)
    yield from done


def _parser(done: list[tuple[int, list[_Key | None]]]) -> expat.XMLParserType:
    """Return a parser that appends each complete row to `done`.

    Its functions are called some seven times a cell; as closures they cost a third less than as methods.
    """
    number = spoken = 0
    row: list[_Key | None] = []
    cell: dict[str, str] | None = None
    text: str | None = None
    is_read = has_formula = False
    columns: dict[str, int] = {}
    local_names: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal number, spoken, row, cell, text, is_read, has_formula
        if name not in local_names:
            local_names[name] = name.rpartition(":")[2]
        name = local_names[name]
        if name == "c":
            cell, text, has_formula = attributes, None, False
        elif name == "row":
            given = attributes.get("r")
            number = int(given) if given else number + 1
            row = []
        elif cell is not None:
            if name == "v" or (name == "t" and not spoken):
                is_read = True
                text = text or ""
            elif name == "f":
                has_formula = True
            elif name == "rPh":  # how a text is spoken
                spoken += 1

    def end(name: str) -> None:
        nonlocal spoken, is_read
        name = local_names[name]
        if name == "c":
            end_cell()
        elif name in ("v", "t"):
            is_read = False
        elif name == "rPh":
            spoken -= 1
        elif name == "row":
            done.append((number, row))

    def end_cell() -> None:
        nonlocal cell
        attributes, cell = cell or {}, None
        if text:
            key = (attributes.get("s"), attributes.get("t", "n"), text)
        elif has_formula:
            key = (None, _FORMULA, "")
        else:
            return
        at = len(row)
        if place := attributes.get("r"):
            letters = place.rstrip(_DIGITS)
            if letters not in columns:
                columns[letters] = column_index_from_string(letters) - 1
            at = columns[letters]
        if at == len(row):
            row.append(key)
        else:
            row.extend([None] * (at + 1 - len(row)))
            row[at] = key

    def add(more: str) -> None:
        nonlocal text
        if is_read:
            text = (text or "") + more

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = add
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


class _Cells:
    """Makes the cells of a sheet from their keys."""

    def __init__(self, sheet: WorkbookSheet) -> None:
        self._sheet, self._workbook = sheet, sheet.parent
        self._formats: dict[str | None, tuple[str, str | None]] = {}

    def block(self, numbers: list[int], rows: list[list[_Key | None]]) -> Block:
        columns = [Column.of(keys, self._cell) for keys in zip_longest(*rows)]
        return Block(np.array(numbers, np.int64), columns)

    def _cell(self, key: _Key | None) -> Cell | None:
        if key is None:
            return None
        style, kind, text = key
        if kind == _FORMULA:
            return Cell(FORMULA_WITHOUT_VALUE, "error")
        found = self._plain(style, kind, text)
        if found is None or style in (None, "0"):
            return found
        look = self._format(style)[1]
        return found._replace(look=look) if look else found

    def _plain(self, style: str | None, kind: str, text: str) -> Cell | None:
        if kind == "n":
            return self._number(style, text)
        if kind == "s":
            return text_cell(str(self._sheet.reader.shared_strings[int(text)]))
        if kind == "b":
            return Cell("TRUE" if int(text) else "FALSE", "boolean")
        if kind == "e":
            return Cell(text, "error")
        if kind == "d":
            return self._moment(from_ISO8601(text), style)
        return text_cell(text)

    def _number(self, style: str | None, text: str) -> Cell | None:
        value: Any = float(text) if any(sign in text for sign in ".Ee") else int(text)
        number = int(style or 0)
        if number not in self._workbook._date_formats:
            return Cell(number_text(value), "number", self._format(style)[0])
        try:
            is_span = number in self._workbook._timedelta_formats
            return self._moment(from_excel(value, self._workbook.epoch, timedelta=is_span), style)
        except (OverflowError, ValueError):
            return Cell("#VALUE!", "error")

    def _moment(self, value: Any, style: str | None) -> Cell | None:
        form = self._format(style)[0]
        if isinstance(value, datetime) and value.time() != time(0):
            return Cell(value.isoformat(), "datetime", form)
        if isinstance(value, date):
            return Cell(value.isoformat()[:10], "date", form)
        if isinstance(value, (time, timedelta)):
            return Cell(str(value), "text", form)
        return text_cell(str(value)) if value is not None else None

    def _format(self, style: str | None) -> tuple[str, str | None]:
        """Return the number format and look of a style; a workbook has few of them."""
        if style not in self._formats:
            cell = ReadOnlyCell(cast(Any, self._sheet), 1, 1, None, "n", int(style or 0))
            self._formats[style] = cell.number_format, look_of(cell)
        return self._formats[style]


def _refuse_doctype(*_: Any) -> None:
    raise ValueError("a document type, which no workbook has")


def look_of(cell: Any) -> str | None:
    """Return how an openpyxl cell is marked: struck through, filled, coloured ink; None if it is plain."""
    font, fill = cell.font, cell.fill
    marks = ["struck through"] if font and font.strike else []
    if font and (ink := _colour(font.color, _PLAIN_INKS)):
        marks.append(f"ink {ink}")
    if fill and fill.fill_type and (paint := _colour(fill.fgColor, _PLAIN_FILLS)):
        marks.append(f"{fill.fill_type} {paint}")
    return ", ".join(marks) or None


def _colour(colour: Any, plain: dict[str, tuple[Any, ...]]) -> str | None:
    if colour is None or colour.value in plain.get(colour.type, ()):
        return None
    return f"{colour.type} {colour.value}"

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
from typing import IO, Any, NamedTuple, cast
from xml.parsers import expat

import numpy as np
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.utils.cell import column_index_from_string, range_boundaries
from openpyxl.utils.datetime import from_excel, from_ISO8601

from orchestration.contracts import Cell, number_text, text_cell
from orchestration.intake.reading.block import ROWS_IN_A_BLOCK, Block, Column
from orchestration.intake.reading.looks import look_of
from orchestration.intake.reading.sheets import Merge

FORMULA_WITHOUT_VALUE = "formula_no_value"
_CHUNK = 1 << 20
_OVERLAP = 1 << 16
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}\d+:[A-Z]{1,3}\d+)"')
_ROW = re.compile(rb"<(?:\w+:)?row(?:\s[^>]*?)?>")
_ROW_NUMBER = re.compile(rb'\sr="(\d{1,7})"')
_DIGITS = "0123456789"
_FORMULA = "formula without a value"


class Scan(NamedTuple):
    """What is known of a sheet before its rows are read: merged ranges, and the number of its rows."""

    merges: list[Merge]
    rows: int


class _Key(NamedTuple):
    """A cell as it stands in the XML."""

    style: str | None
    kind: str
    text: str


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
        """Open the sheet's XML."""
        return cast(IO[bytes], self.reader.archive.open(self.path))


def blocks_of_sheet(sheet: WorkbookSheet) -> Iterator[Block]:
    """Yield the rows of a sheet, numbered as in the workbook."""
    cells = _Cells(sheet)
    numbers: list[int] = []
    rows: list[list[_Key | None]] = []
    last = 0
    for number, row in _rows(sheet):
        if number > last + 1:
            if rows:
                yield cells.block(numbers, rows)
                numbers, rows = [], []
            yield Block(np.arange(last + 1, number), [])
        numbers.append(number)
        rows.append(row)
        last = max(last, number)
        if len(rows) == ROWS_IN_A_BLOCK:
            yield cells.block(numbers, rows)
            numbers, rows = [], []
    if rows:
        yield cells.block(numbers, rows)


def _rows(sheet: WorkbookSheet) -> Iterator[tuple[int, list[_Key | None]]]:
    handler = _Handler()
    with sheet.open() as source:
        while chunk := source.read(_CHUNK):
            handler.parser.Parse(chunk)
            yield from handler.taken()
        handler.parser.Parse(b"", True)
    yield from handler.taken()


class _Handler:
    """Collects complete rows from the events of the XML parser."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._add
        self.parser.StartDoctypeDeclHandler = _refuse_doctype
        self._done: list[tuple[int, list[_Key | None]]] = []
        self._number = 0
        self._row: list[_Key | None] = []
        self._cell: dict[str, str] | None = None
        self._text: str | None = None
        self._is_read = self._has_formula = False
        self._phonetic = 0
        self._columns: dict[str, int] = {}
        self._names: dict[str, str] = {}

    def taken(self) -> list[tuple[int, list[_Key | None]]]:
        done, self._done = self._done, []
        return done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = self._names.get(name) or self._names.setdefault(name, name.rpartition(":")[2])
        if name == "c":
            self._cell, self._text, self._has_formula = attributes, None, False
        elif name == "row":
            given = attributes.get("r")
            self._number = int(given) if given else self._number + 1
            self._row = []
        elif self._cell is not None:
            if name == "v" or (name == "t" and not self._phonetic):
                self._is_read = True
                self._text = self._text or ""
            elif name == "f":
                self._has_formula = True
            elif name == "rPh":  # how a text is spoken
                self._phonetic += 1

    def _end(self, name: str) -> None:
        name = self._names[name]
        if name == "c":
            self._end_cell()
        elif name in ("v", "t"):
            self._is_read = False
        elif name == "rPh":
            self._phonetic -= 1
        elif name == "row":
            self._done.append((self._number, self._row))

    def _add(self, text: str) -> None:
        if self._is_read:
            self._text = (self._text or "") + text

    def _end_cell(self) -> None:
        cell, self._cell = self._cell or {}, None
        at = len(self._row)
        if place := cell.get("r"):
            letters = place.rstrip(_DIGITS)
            if letters not in self._columns:
                self._columns[letters] = column_index_from_string(letters) - 1
            at = self._columns[letters]
        if self._text:
            key = _Key(cell.get("s"), cell.get("t", "n"), self._text)
        elif self._has_formula:
            key = _Key(None, _FORMULA, "")
        else:
            return
        row = self._row
        if at == len(row):
            row.append(key)
            return
        row += [None] * (at + 1 - len(row))
        row[at] = key


class _Cells:
    """Makes the cells of a sheet from their keys."""

    def __init__(self, sheet: WorkbookSheet) -> None:
        self._sheet, self._workbook = sheet, sheet.parent
        self._formats: dict[str | None, tuple[str, str | None]] = {}

    def block(self, numbers: list[int], rows: list[list[_Key | None]]) -> Block:
        width = max(map(len, rows))
        columns = zip(*(row + [None] * (width - len(row)) for row in rows), strict=True)
        return Block(np.array(numbers, np.int64), [Column.of(keys, self._cell) for keys in columns])

    def _cell(self, key: _Key | None) -> Cell | None:
        if key is None:
            return None
        if key.kind == _FORMULA:
            return Cell(FORMULA_WITHOUT_VALUE, "error")
        found = self._plain(key)
        if found is None or key.style in (None, "0"):
            return found
        look = self._format(key.style)[1]
        return found._replace(look=look) if look else found

    def _plain(self, key: _Key) -> Cell | None:
        style, kind, text = key
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

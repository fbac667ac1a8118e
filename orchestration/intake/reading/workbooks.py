"""Read workbooks: stream the cells of the sheets that a contract names, with kind and number format.

openpyxl's read-only mode drops merged ranges and shows a formula saved without its value as blank; `_scan`
takes both, and the number of rows, from the sheet's XML, which streams too.
"""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple, cast
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.utils.exceptions import InvalidFileException

from orchestration.contracts import (
    MONTH_SHEETS,
    Cell,
    Contract,
    XlsxFormat,
    month_of_sheet,
    number_text,
    same,
    text_cell,
)
from orchestration.intake.outcomes import ExtractHeld, ExtractUnreadable
from orchestration.intake.reading.block import SourceRow, blocks_of
from orchestration.intake.reading.looks import look_of
from orchestration.intake.reading.sheets import Merge, SourceSheet
from orchestration.intake.shown_names import shown_sheet

# openpyxl warns about odd cells by quoting them; a cell's value must not reach a log.
warnings.filterwarnings("ignore", module=r"openpyxl(\..*)?")

LONGEST_SHEET_NAME = 31
_FORBIDDEN_IN_NAMES = re.compile(r"[\[\]*?:\\/]")
FORMULA_WITHOUT_VALUE = "formula_no_value"
_BROKEN = (zipfile.BadZipFile, zlib.error, ParseError, EOFError, KeyError, ValueError, IndexError)
_CHUNK = 1 << 20
_OVERLAP = 1 << 16
_ROW = re.compile(rb"<(?:\w+:)?row(?:\s[^>]*?)?>")
_ROW_NUMBER = re.compile(rb'\sr="(\d{1,7})"')
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}\d+:[A-Z]{1,3}\d+)"')
_NO_VALUE = re.compile(
    rb'<(?:\w+:)?c\s[^>]*?r="([A-Z]{1,3}\d+)"[^>]*>\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


@contextmanager
def open_file(path: Path, contract: Contract, label: str) -> Iterator[XlsxSource]:
    """Open a workbook for streaming; it is closed at the end of the block."""
    layout = cast(XlsxFormat, contract.format)
    with _broken_as_sentence(label):
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        yield XlsxSource(workbook, contract, layout, label)
    finally:
        workbook.close()


class _Scan(NamedTuple):
    """What a sheet's XML holds beside its cells: merges, cells (row → columns) without a value, rows."""

    merges: list[Merge]
    without_value: dict[int, set[int]]
    rows: int


class XlsxSource:
    """The sheets of one workbook that the contract chooses."""

    def __init__(self, workbook: Any, contract: Contract, layout: XlsxFormat, label: str) -> None:
        self._workbook = workbook
        self._layout = layout
        self._label = label
        self._repeats = contract.repeats
        self.date_system = 1904 if workbook.epoch == CALENDAR_MAC_1904 else 1900
        self.problems: list[dict[str, str]] = []
        self._scans: dict[str, _Scan] = {}
        self._visible = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        hidden = len(workbook.worksheets) - len(self._visible)
        if hidden:
            self.problems.append(
                {"code": "flag:hidden_sheet", "detail": f"{hidden} hidden sheets were not read"}
            )

    def main_sheets(self) -> Iterator[SourceSheet]:
        for sheet in self._chosen():
            yield self._stream(sheet)

    def repeat_sheet(self, name: str) -> SourceSheet | None:
        return self._sheet(self._repeats[name].sheet or name)

    def tab_sheet(self, name: str) -> SourceSheet | None:
        return self._sheet(self._layout.tabs[name].sheet or name)

    def physical_rows(self) -> dict[str, int]:
        hidden = [sheet for sheet in self._workbook.worksheets if sheet not in self._visible]
        rows = {self._shown(sheet): self._scan(sheet).rows for sheet in self._visible}
        return rows | {f"hidden sheet {at}": self._scan(sheet).rows for at, sheet in enumerate(hidden, 1)}

    def _shown(self, sheet: Any) -> str:
        return shown_sheet(sheet.title, self._visible.index(sheet) + 1)

    def _scan(self, sheet: Any) -> _Scan:
        if sheet.title not in self._scans:
            with _broken_as_sentence(self._label):
                self._scans[sheet.title] = _scan(sheet)
        return self._scans[sheet.title]

    def _sheet(self, title: str) -> SourceSheet | None:
        titles = _titles(title)
        found = next((sheet for sheet in self._visible if same(sheet.title) in titles), None)
        return self._stream(found) if found is not None else None

    def _chosen(self) -> list[Any]:
        sheets, number = self._layout.sheets, self._layout.sheet
        children = (*self._repeats.items(), *self._layout.tabs.items())
        repeats = {title for name, child in children for title in _titles(child.sheet or name)}
        candidates = [sheet for sheet in self._visible if same(sheet.title) not in repeats]
        if sheets is not None:
            by_month = sheets.pattern == MONTH_SHEETS
            found = [
                sheet
                for sheet in candidates
                if (
                    month_of_sheet(sheet.title)
                    if by_month
                    else fnmatch(same(sheet.title), same(sheets.pattern))
                )
            ]
            self._note_skipped(len(candidates) - len(found))
            wanted = "named after a month, such as Jan 2020" if by_month else f"like {sheets.pattern!r}"
        elif isinstance(number, str):
            found = [sheet for sheet in candidates if same(sheet.title) == same(number)]
            wanted = f"called {number!r}"
        else:
            at = number or 0
            found = candidates[at : at + 1]
            wanted = f"number {at} (counted from 0)"
        if not found:
            raise ExtractHeld(
                "hold:sheet_missing",
                f"{self._label} has no visible sheet {wanted} (it has {_sheets(len(self._visible))}). "
                "Correct `format.sheet` or `format.sheets` in the contract, or ask the partner.",
            )
        return found

    def _note_skipped(self, count: int) -> None:
        if count:
            self.problems.append({"code": "flag:sheet_skipped", "detail": f"{count} sheets of another name"})

    def _stream(self, sheet: Any) -> SourceSheet:
        found = self._scan(sheet)
        rows = self._rows(sheet, found.without_value)
        return SourceSheet(sheet.title, self._shown(sheet), blocks_of(rows), found.merges)

    def _rows(self, sheet: Any, without_value: dict[int, set[int]]) -> Iterator[SourceRow]:
        looks: dict[int, str | None] = {}  # by style: a workbook has few of them
        sheet.reset_dimensions()  # some programs declare A1 as the whole sheet
        with _broken_as_sentence(self._label):
            for number, row in enumerate(sheet.iter_rows(min_row=1, min_col=1), start=1):
                cells = [_with_look(_cell(cell), cell, looks) for cell in row]
                for column in without_value.get(number, ()):
                    cells += [None] * (column - len(cells))
                    cells[column - 1] = Cell(FORMULA_WITHOUT_VALUE, "error")
                yield SourceRow(number, cells)


def _titles(name: str) -> set[str]:
    """Return the possible titles of a sheet: KoboToolbox cuts names at 31 characters and replaces signs."""
    allowed = _FORBIDDEN_IN_NAMES.sub("_", name)
    if len(allowed) <= LONGEST_SHEET_NAME:
        return {same(name), same(allowed)}
    short = (allowed[:LONGEST_SHEET_NAME], allowed[: LONGEST_SHEET_NAME - 3] + "...")
    return {same(name), *map(same, short)}


def _cell(cell: Any) -> Cell | None:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "e":
        return Cell(str(value), "error")
    if isinstance(value, bool):
        return Cell("TRUE" if value else "FALSE", "boolean")
    if isinstance(value, (int, float)):
        return Cell(number_text(value), "number", cell.number_format)
    if isinstance(value, datetime):
        if value.time() == time(0):
            return Cell(value.date().isoformat(), "date", cell.number_format)
        return Cell(value.isoformat(), "datetime", cell.number_format)
    if isinstance(value, date):
        return Cell(value.isoformat(), "date", cell.number_format)
    if isinstance(value, (time, timedelta)):
        return Cell(str(value), "text", cell.number_format)
    return text_cell(str(value))


def _with_look(found: Cell | None, cell: Any, looks: dict[int, str | None]) -> Cell | None:
    if found is None or not cell.has_style:
        return found
    style = cell._style_id
    if style not in looks:
        looks[style] = look_of(cell)
    return found._replace(look=looks[style]) if looks[style] else found


def _sheets(count: int) -> str:
    return "1 visible sheet" if count == 1 else f"{count} visible sheets"


def _scan(sheet: Any) -> _Scan:
    merges: dict[Merge, None] = {}
    without_value: dict[int, set[int]] = {}
    rows = last = 0
    tail = b""
    with sheet._get_source() as source:
        while chunk := source.read(_CHUNK):
            text = tail + chunk
            for found in _ROW.finditer(text):
                if found.end() > len(tail):
                    rows += 1
                    number = _ROW_NUMBER.search(found[0])
                    last = max(last, int(number[1])) if number else last
            if b"mergeCell" in text:
                for found in _MERGE.finditer(text):
                    merges[Merge(*range_boundaries(found[1].decode()))] = None
            if b"f>" in text or b"<f" in text:
                for found in _NO_VALUE.finditer(text):
                    row, column = coordinate_to_tuple(found[1].decode())
                    without_value.setdefault(row, set()).add(column)
            tail = text[-_OVERLAP:]
    return _Scan(list(merges), without_value, max(rows, last))


@contextmanager
def _broken_as_sentence(label: str) -> Iterator[None]:
    """Turn a fault inside the file into a sentence without its own text, which may quote a cell."""
    try:
        yield
    except (*_BROKEN, InvalidFileException, RuntimeError, NotImplementedError) as fault:
        raise ExtractUnreadable(
            "broken_workbook",
            f"{label} is a broken or incomplete workbook ({type(fault).__name__}). Ask the partner to send "
            "it again.",
        ) from None

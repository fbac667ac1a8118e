"""Read workbooks: stream the sheets that a contract names, with kind and number format of their cells.

openpyxl opens the workbook and makes values of cells. Merged ranges stand below the rows in the XML, so they
are found in a pass before.
"""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from fnmatch import fnmatch
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple, cast
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from defusedxml.ElementTree import iterparse
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

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
from orchestration.intake.reading.block import Block, SourceRow, blocks_of, cells_at
from orchestration.intake.reading.sheets import Merge, Source, SourceSheet
from orchestration.intake.shown_names import shown_sheet

# openpyxl warns about odd cells by quoting them; a cell's value must not reach a log.
warnings.filterwarnings("ignore", module=r"openpyxl(\..*)?")

LONGEST_SHEET_NAME = 31
_FORMULA_WITHOUT_VALUE = "formula_no_value"
# Fills and inks that mark nothing.
_PLAIN_FILLS = {"rgb": ("FFFFFFFF", "00000000"), "theme": (0,), "indexed": (9, 64)}
_PLAIN_INKS = {"rgb": ("FF000000",), "theme": (1,), "indexed": (8, 64, 32767)}
_FORBIDDEN_IN_NAMES = re.compile(r"[\[\]*?:\\/]")
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, ParseError, ExpatError),
    *(EOFError, KeyError, ValueError, IndexError),
)


class Scan(NamedTuple):
    """What is known of a sheet before its rows are read: merged ranges, and the number of its rows."""

    merges: list[Merge]
    rows: int


@dataclass(frozen=True)
class WorkbookSheet:
    """A sheet of an open workbook; `parent` (openpyxl's workbook) has its styles, `reader` its texts."""

    title: str
    is_visible: bool
    path: str
    parent: Any
    reader: Any

    def elements(self, *names: str) -> Iterator[Any]:
        """Yield the XML elements of these names; each is emptied afterwards."""
        with self.reader.archive.open(self.path) as source:
            for _, element in iterparse(source):
                if element.tag.rpartition("}")[2] in names:
                    yield element
                    element.clear()

    def scan(self) -> Scan:
        """Find the merged ranges and count the rows, those left out between others included."""
        merges: list[Merge] = []
        last = repeated = 0
        for element in self.elements("row", "mergeCell"):
            if ref := element.get("ref"):
                merges.append(Merge(*range_boundaries(ref)))
            else:
                row = int(element.get("r") or last + 1)
                repeated += row <= last
                last = max(last, row)
        return Scan(merges, last + repeated)

    def rows(self) -> Iterator[SourceRow]:
        """Yield the rows, numbered as in the workbook; those left out are without cells."""
        book = self.parent
        parser = _Parser(cast(Any, None), self.reader.shared_strings, data_only=True, epoch=book.epoch)
        parser.date_formats, parser.timedelta_formats = book._date_formats, book._timedelta_formats
        cell_of = lru_cache(1 << 16)(partial(_cell, self))
        last = 0
        for element in self.elements("row"):
            number, cells = parser.parse_row(element)
            yield from (SourceRow(left_out, []) for left_out in range(last + 1, number))
            made = {
                cell["column"] - 1: cell_of(cell["style_id"], cell["data_type"], cell["value"])
                for cell in cells
                if cell["value"] is not None
            }
            yield SourceRow(number, cells_at(made))
            last = max(last, number)


class _Parser(WorkSheetParser):
    def parse_cell(self, element: Any) -> dict[str, Any]:
        """Return a cell's value with type and style; mark a formula that was saved without its value."""
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["value"] is None and element.find(FORMULA_TAG) is not None:
            cell |= {"value": _FORMULA_WITHOUT_VALUE, "data_type": "e", "style_id": 0}
        return cell


def _cell(sheet: WorkbookSheet, style: int, kind: str, value: Any) -> Cell | None:
    styled = ReadOnlyCell(cast(Any, sheet), 1, 1, None, kind, style)
    cell = _plain_cell(kind, value, styled.number_format)
    look = _look_of(styled) if cell and style else None
    return cell._replace(look=look) if cell and look else cell


def _plain_cell(kind: str, value: Any, number_format: str) -> Cell | None:
    if kind == "n":
        return Cell(number_text(value), "number", number_format)
    if kind == "b":
        return Cell("TRUE" if value else "FALSE", "boolean")
    if kind == "e":
        return Cell(value, "error")
    if isinstance(value, datetime) and value.time() != time(0):
        return Cell(value.isoformat(), "datetime", number_format)
    if isinstance(value, date):
        return Cell(value.isoformat()[:10], "date", number_format)
    return Cell(str(value), "text", number_format) if kind == "d" else text_cell(str(value))


def _look_of(cell: Any) -> str | None:
    """Return how a cell is marked: struck through, filled, coloured ink; None if it is plain."""
    marks = ["struck through"] if cell.font.strike else []
    if ink := _colour(cell.font.color, _PLAIN_INKS):
        marks.append(f"ink {ink}")
    if cell.fill.fill_type and (paint := _colour(cell.fill.fgColor, _PLAIN_FILLS)):
        marks.append(f"{cell.fill.fill_type} {paint}")
    return ", ".join(marks) or None


def _colour(colour: Any, plain: dict[str, tuple[Any, ...]]) -> str | None:
    if colour is None or colour.value in plain.get(colour.type, ()):
        return None
    return f"{colour.type} {colour.value}"


class XlsxSource(Source):
    def __init__(self, path: Path, contract: Contract, label: str) -> None:
        self._layout = cast(XlsxFormat, contract.format)
        self._label = label
        self._repeats = contract.repeats
        self.problems: list[dict[str, str]] = []
        self._scans: dict[str, Scan] = {}
        with _broken_as_sentence(label):
            reader = ExcelReader(path, read_only=True, data_only=True, keep_links=False)
            self._archive = reader.archive
            reader.read_manifest()
            reader.read_strings()
            reader.read_workbook()
            apply_stylesheet(reader.archive, reader.wb)
            # openpyxl's own sheets read a whole sheet to learn its size where a program did not state it.
            self._sheets = [
                WorkbookSheet(found.name, found.state == "visible", relation.target, reader.wb, reader)
                for found, relation in reader.parser.find_sheets()
                if relation.target in reader.valid_files and relation.Type.endswith("/worksheet")
            ]
            self.date_system = 1904 if reader.wb.epoch == CALENDAR_MAC_1904 else 1900
        self._visible = [sheet for sheet in self._sheets if sheet.is_visible]
        hidden = len(self._sheets) - len(self._visible)
        if hidden:
            self.problems.append(
                {"code": "flag:hidden_sheet", "detail": f"{hidden} hidden sheets were not read"}
            )

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def main_sheets(self) -> Iterator[SourceSheet]:
        for sheet in self._chosen():
            yield self._stream(sheet)

    def repeat_sheet(self, name: str) -> SourceSheet | None:
        return self._sheet(self._repeats[name].sheet or name)

    def tab_sheet(self, name: str) -> SourceSheet | None:
        return self._sheet(self._layout.tabs[name].sheet or name)

    def physical_rows(self) -> dict[str, int]:
        hidden = [sheet for sheet in self._sheets if not sheet.is_visible]
        rows = {self._shown(sheet): self._scan(sheet).rows for sheet in self._visible}
        return rows | {f"hidden sheet {at}": self._scan(sheet).rows for at, sheet in enumerate(hidden, 1)}

    def _shown(self, sheet: WorkbookSheet) -> str:
        return shown_sheet(sheet.title, self._visible.index(sheet) + 1)

    def _scan(self, sheet: WorkbookSheet) -> Scan:
        if sheet.title not in self._scans:
            with _broken_as_sentence(self._label):
                self._scans[sheet.title] = sheet.scan()
        return self._scans[sheet.title]

    def _sheet(self, title: str) -> SourceSheet | None:
        titles = _titles(title)
        found = next((sheet for sheet in self._visible if same(sheet.title) in titles), None)
        return self._stream(found) if found is not None else None

    def _chosen(self) -> list[WorkbookSheet]:
        sheets, number = self._layout.sheets, self._layout.sheet
        children = (*self._repeats.items(), *self._layout.tabs.items())
        repeats = {title for name, child in children for title in _titles(child.sheet or name)}
        candidates = [sheet for sheet in self._visible if same(sheet.title) not in repeats]
        if sheets is not None:
            by_month, pattern = sheets.pattern == MONTH_SHEETS, same(sheets.pattern)
            found = [
                sheet
                for sheet in candidates
                if (month_of_sheet(sheet.title) if by_month else fnmatch(same(sheet.title), pattern))
            ]
            if skipped := len(candidates) - len(found):
                self.problems.append(
                    {"code": "flag:sheet_skipped", "detail": f"{skipped} sheets of another name"}
                )
            wanted = "named after a month, such as Jan 2020" if by_month else f"like {sheets.pattern!r}"
        elif isinstance(number, str):
            found = [sheet for sheet in candidates if same(sheet.title) == same(number)]
            wanted = f"called {number!r}"
        else:
            at = number or 0
            found = candidates[at : at + 1]
            wanted = f"number {at} (counted from 0)"
        if not found:
            sheets_found = f"{len(self._visible)} visible sheet{'s' * (len(self._visible) != 1)}"
            raise ExtractHeld(
                "hold:sheet_missing",
                f"{self._label} has no visible sheet {wanted} (it has {sheets_found}). "
                "Correct `format.sheet` or `format.sheets` in the contract, or ask the partner.",
            )
        return found

    def _stream(self, sheet: WorkbookSheet) -> SourceSheet:
        return SourceSheet(sheet.title, self._shown(sheet), self._blocks(sheet), self._scan(sheet).merges)

    def _blocks(self, sheet: WorkbookSheet) -> Iterator[Block]:
        with _broken_as_sentence(self._label):
            yield from blocks_of(sheet.rows())


def _titles(name: str) -> set[str]:
    """Return the possible titles of a sheet: KoboToolbox cuts names at 31 characters and replaces signs."""
    allowed = _FORBIDDEN_IN_NAMES.sub("_", name)
    if len(allowed) <= LONGEST_SHEET_NAME:
        return {same(name), same(allowed)}
    short = (allowed[:LONGEST_SHEET_NAME], allowed[: LONGEST_SHEET_NAME - 3] + "...")
    return {same(name), *map(same, short)}


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

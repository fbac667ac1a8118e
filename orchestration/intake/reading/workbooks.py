"""Read workbooks: stream the sheets that a contract names, with kind and number format of their cells."""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import cast
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.utils.exceptions import InvalidFileException

from orchestration.contracts import MONTH_SHEETS, Contract, XlsxFormat, month_of_sheet, same
from orchestration.intake.outcomes import ExtractHeld, ExtractUnreadable
from orchestration.intake.reading.block import Block
from orchestration.intake.reading.sheet_xml import Scan, WorkbookSheet, blocks_of_sheet, scan
from orchestration.intake.reading.sheets import Source, SourceSheet
from orchestration.intake.shown_names import shown_sheet

# openpyxl warns about odd cells by quoting them; a cell's value must not reach a log.
warnings.filterwarnings("ignore", module=r"openpyxl(\..*)?")

LONGEST_SHEET_NAME = 31
_FORBIDDEN_IN_NAMES = re.compile(r"[\[\]*?:\\/]")
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, ParseError, ExpatError),
    *(EOFError, KeyError, ValueError, IndexError),
)


class XlsxSource(Source):
    """The sheets of one workbook that the contract chooses."""

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
            with _broken_as_sentence(self._label), sheet.open() as source:
                self._scans[sheet.title] = scan(source)
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
            yield from blocks_of_sheet(sheet)


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

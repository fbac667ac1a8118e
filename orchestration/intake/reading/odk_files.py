"""Read the zip of ODK Central: `<form>.csv` with a row for each submission, and a CSV for each repeat.

Members are identified by the last part of their names and streamed: nothing is unpacked, and no name in the
zip is used as a path. Media and other files in it are counted and ignored.
"""

from __future__ import annotations

import csv
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from orchestration.contracts import Contract, OdkZipFormat, same, text_cell, tidy
from orchestration.intake.outcomes import ExtractHeld, ExtractStopped, ExtractUnreadable
from orchestration.intake.reading.block import SourceRow, blocks_of
from orchestration.intake.reading.csv_files import CsvRecords, count_lines
from orchestration.intake.reading.sheets import Source, SourceSheet, lines
from orchestration.intake.shown_names import shown_sheet

KEY = "KEY"
_NUMBERED = re.compile(r"~\d+$")
_INDEX = re.compile(r"\[(\d{1,6})\]")
_NOT_TABLES = {"media", "__macosx"}
_ENCRYPTED = 0x1
_MOST_BROTHERS = 10_000
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError),
    *(OSError, ValueError, KeyError, NotImplementedError, RuntimeError),
)


class OdkSource(Source):
    def __init__(self, path: Path, contract: Contract, label: str) -> None:
        layout = cast(OdkZipFormat, contract.format)
        self.problems: list[dict[str, str]] = []
        self._label = label
        with _broken_as_sentence(label):
            self._archive = zipfile.ZipFile(path)
            if not all(member.filename for member in self._archive.infolist()):
                raise zipfile.BadZipFile("a file without a name")
        self._tables = self._find_tables()
        self._form = self._find_form(layout.form)
        self._sheets = {name: same(repeat.sheet or name) for name, repeat in layout.repeats.items()}
        self._parents = {name: same(repeat.parent) for name, repeat in layout.repeats.items()}

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def main_sheets(self) -> Iterator[SourceSheet]:
        yield self._stream(self._form, None)

    def repeat_sheet(self, name: str) -> SourceSheet | None:
        wanted = (self._sheets[name], f"{self._form}-{self._sheets[name]}")
        found = [table for table in self._tables if table in wanted]
        numbered = [table for table in self._tables if _NUMBERED.sub("", table) in wanted]
        if not found and numbered:
            raise ExtractHeld(
                "hold:repeat_ambiguous",
                f"{self._label}: the form has {len(numbered)} repeats called {name!r}. Say in "
                f"`format.repeats.{name}.sheet` which is meant: {name}~1 is the first, {name}~2 the next.",
            )
        return self._stream(found[0], self._parents[name]) if found else None

    def physical_rows(self) -> dict[str, int]:
        counts = {}
        for table, member in self._tables.items():
            shown = self._shown(table)
            with _broken_as_sentence(self._label, shown), self._archive.open(member) as file:
                counts[shown] = count_lines(cast(BinaryIO, file), "utf-8")
        return counts

    def _find_tables(self) -> dict[str, zipfile.ZipInfo]:
        """Return the CSV members outside the media folder, by name without `.csv`."""
        tables: dict[str, zipfile.ZipInfo] = {}
        others = 0
        for member in self._archive.infolist():
            if member.is_dir():
                continue
            *folders, name = member.filename.replace("\\", "/").split("/")
            is_table = name.casefold().endswith(".csv") and not name.startswith(".")
            if not is_table or _NOT_TABLES & {folder.casefold() for folder in folders}:
                others += 1
                continue
            title = same(name[: -len(".csv")])
            if title in tables:
                raise ExtractHeld(
                    "hold:table_twice",
                    f"{self._label} holds two tables of the same name. Ask the partner for one export in one "
                    "zip.",
                )
            tables[title] = member
        if any(member.flag_bits & _ENCRYPTED for member in tables.values()):
            raise ExtractUnreadable(
                "password",
                f"{self._label} is protected with a password. Ask the partner to send it without one.",
            )
        if others:
            detail = f"{others} media and other files in the zip were not read"
            self.problems.append({"code": "flag:members_ignored", "detail": detail})
        return tables

    def _find_form(self, form: str | None) -> str:
        """Return the main table: the contract's, else the one whose name begins all others."""
        if form is not None:
            wanted = same(form.removesuffix(".csv"))
            if wanted in self._tables:
                return wanted
            raise self._no_form(f"no table called {wanted}.csv", "Correct `format.form` in the contract")
        shortest = min(self._tables, key=len, default=None)
        if shortest is None:
            raise self._no_form("no CSV table", "Check that it is the zip of ODK Central's `All data` export")
        if all(table == shortest or table.startswith(f"{shortest}-") for table in self._tables):
            return shortest
        count = len(self._tables)
        found = f"{count} tables that do not belong together"
        raise self._no_form(found, "Name the main one as `format.form`")

    def _no_form(self, found: str, fix: str) -> ExtractHeld:
        return ExtractHeld(
            "hold:form_missing",
            f"{self._label} holds {found}. {fix}, or ask the partner to export as before.",
        )

    def _stream(self, table: str, parent: str | None) -> SourceSheet:
        shown = self._shown(table)
        rows = self._rows(table, shown, parent)
        return SourceSheet(table, shown, blocks_of(rows), only_records=True, is_delimited=True)

    def _shown(self, table: str) -> str:
        title = re.split(r"[/\\]", self._tables[table].filename)[-1][: -len(".csv")]
        return shown_sheet(title, list(self._tables).index(table) + 1)

    def _rows(self, table: str, shown: str, parent: str | None) -> Iterator[SourceRow]:
        """Yield the rows of a table; rows of a repeat carry their submission and their place in it."""
        at_key = at_parent = -1
        with (
            _broken_as_sentence(self._label, shown),
            self._archive.open(self._tables[table]) as member,
            io.TextIOWrapper(member, encoding="utf-8-sig", newline="") as text,
        ):
            records = CsvRecords(",", f"{self._label}, table {shown!r}")
            for record, line, spanned in records.split(lines(text, self._label)):
                cells = [text_cell(value) for value in record]
                if parent is None:
                    yield SourceRow(line, cells, lines=spanned)
                    continue
                if line == 1:
                    names = [same(value) for value in record]
                    at_key = names.index(same(KEY)) if same(KEY) in names else -1
                    at_parent = names.index(parent) if parent in names else -1
                # Also through another repeat: `uuid:…` of `uuid:…/legs[2]`.
                above = tidy(record[at_parent]) if 0 <= at_parent < len(record) else ""
                yield SourceRow(line, cells, above.split("/", 1)[0] or None, _order(record, at_key), spanned)


def _order(record: list[str], at: int) -> int | None:
    """`uuid:…/legs[2]` → 2; in a repeat inside a repeat the outer index comes first."""
    found = [int(index) for index in _INDEX.findall(record[at])] if 0 <= at < len(record) else []
    if not found:
        return None
    outer, last = found[:-1], min(found[-1], _MOST_BROTHERS - 1)
    return min(outer[0] if outer else 0, _MOST_BROTHERS) * _MOST_BROTHERS + last


@contextmanager
def _broken_as_sentence(label: str, table: str | None = None) -> Iterator[None]:
    """Turn a fault inside the file into a sentence without its own text, which may quote a cell."""
    where = f", table {table!r}," if table else ""
    try:
        yield
    except ExtractStopped:
        raise
    except UnicodeError:
        raise ExtractUnreadable(
            "not_utf8",
            f"{label}{where} is not UTF-8, as ODK Central writes. Ask the partner for the zip as exported.",
        ) from None
    except csv.Error:
        raise ExtractUnreadable(
            "broken_csv",
            f"{label}{where} cannot be split into columns; often a quotation mark is not closed. Ask the "
            "partner to export it again.",
        ) from None
    except _BROKEN as fault:
        raise ExtractUnreadable(
            "broken_zip",
            f"{label}{where} is a broken or incomplete zip ({type(fault).__name__}). Ask the partner to send "
            "it again.",
        ) from None

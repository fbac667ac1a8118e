"""JSON exports: a list of records as a sheet without a name, the lists of objects in them as child sheets.

Everything streams: memory holds one record and the names of columns. The file is read once to learn its
columns (a form's unanswered questions are absent, so they are the union over all records), and once more for
each sheet. ijson's events are used, never its builder of whole values: a deeply nested file brings that down.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import ijson

from orchestration.contracts import JsonFormat, same
from orchestration.intake.outcomes import ExtractHeld, ExtractStopped, ExtractUnreadable
from orchestration.intake.reading.json_entries import (
    DEEPEST,
    Entry,
    Found,
    TooDeep,
    gather_columns,
    records_in,
    rows_inside,
)
from orchestration.intake.reading.sheets import SourceRow, SourceSheet
from orchestration.intake.shown_names import names_somebody, shown_sheet

MOST_COLUMNS = 16_384  # as in a workbook
# Python refuses to make a number of more digits; inside ijson's C code the refusal is a crash.
_ENDLESS_NUMBER = re.compile(rb"\d{4000}")
_CHUNK = 1 << 20
_BROKEN = (ijson.JSONError, ArithmeticError, ValueError, SystemError, RuntimeError)


class JsonSource:
    """The records of one file as a sheet without a name, and its repeats as sheets named by their paths."""

    date_system = 1900

    def __init__(self, path: Path, layout: JsonFormat, label: str) -> None:
        self.problems: list[dict[str, str]] = []
        self._path = path
        self._wanted = [part for part in (layout.records or "").split("/") if part]
        self._repeats = {name: same(repeat.sheet) for name, repeat in layout.repeats.items()}
        self._label = label
        self._columns = self._survey()

    def main_sheets(self) -> Iterator[SourceSheet]:
        yield SourceSheet("", "", self._rows(), columns=self._columns[""], only_records=True)

    def repeat_sheet(self, name: str) -> SourceSheet | None:
        """The rows of a repeat, numbered through the whole file in the order in which they stand."""
        found = [path for path in self._columns if path and same(path) == self._repeats[name]]
        if not found:
            return None
        shown = shown_sheet(found[0], list(self._columns).index(found[0]))
        rows = self._child_rows(found[0])
        return SourceSheet(found[0], shown, rows, columns=self._columns[found[0]], only_records=True)

    def tab_sheet(self, name: str) -> SourceSheet | None:
        return None

    def _survey(self) -> dict[str, list[str]]:
        """Columns by sheet, `""` for the records; raises where the file is not what the contract says."""
        self._refuse_endless_numbers()
        found = Found()
        columns: dict[str, dict[str, None]] = {"": {}}
        for entry in self._entries(found):
            gather_columns(columns, "", entry)
            if sum(map(len, columns.values())) > MOST_COLUMNS:
                raise ExtractHeld(
                    "hold:too_many_columns",
                    f"{self._label} has more than {MOST_COLUMNS} columns. In an export of a form every "
                    "record has the same ones; ask the partner how the file was made.",
                )
        self._refuse_other_shape(found)
        self._refuse_missing_pages(found)
        if found.no_objects:
            detail = f"{found.no_objects} entries of the list are no records (null or a bare value)"
            self.problems.append({"code": "flag:record_no_object", "detail": detail})
        # A repeat is no column; where the contract reads it, an empty one is none either.
        repeats = {same(path) for path in columns if path} & set(self._repeats.values())
        unread = [path for path in columns if path and same(path) not in repeats]
        names = [name for name in columns[""] if same(name) not in set(self._repeats.values())]
        return {path: list(found) for path, found in columns.items()} | {
            "": list(dict.fromkeys([*names, *unread]))
        }

    def _rows(self) -> Iterator[SourceRow]:
        names = self._columns[""]
        for number, entry in enumerate(self._entries(Found()), start=1):
            yield SourceRow(number, [entry.cells.get(name) for name in names])

    def _child_rows(self, path: str) -> Iterator[SourceRow]:
        names, number = self._columns[path], 0
        for record, entry in enumerate(self._entries(Found()), start=1):
            for child in rows_inside(entry, path):
                number += 1
                yield SourceRow(number, [child.cells.get(name) for name in names], parent=str(record))

    def _entries(self, found: Found) -> Iterator[Entry]:
        with self._broken_as_sentence(found), self._path.open("rb") as file:
            if file.read(3) != codecs.BOM_UTF8:
                file.seek(0)
            events = iter(ijson.basic_parse(file))
            yield from records_in(events, next(events)[0], self._wanted, found, is_top=True)
            for _ in events:  # what follows the end is refused by the parser
                pass

    def _refuse_endless_numbers(self) -> None:
        with self._path.open("rb") as file:
            if any(_ENDLESS_NUMBER.search(chunk) for chunk in _overlapping(file)):
                raise ExtractUnreadable(
                    "broken_json",
                    f"{self._label} holds a number of thousands of digits. Ask the partner how it was made.",
                )

    def _refuse_other_shape(self, found: Found) -> None:
        if found.has_records:
            return
        wanted = "/".join(self._wanted)
        at = f" at {wanted!r}" if wanted else ""
        if found.is_list:
            fix = "The file is itself a list: remove `format.records` from the contract"
        elif not wanted and found.keys:
            keys = _shown(found.keys)
            fix = f"It is an object with the keys {keys}: set `format.records` to the list among them"
        elif found.keys:
            fix = f"Its keys are {_shown(found.keys)}: correct `format.records` in the contract"
        else:
            fix = "Correct `format.records` in the contract"
        raise ExtractHeld(
            "hold:records_missing",
            f"{self._label} has no list of records{at}. {fix}, or ask the partner to export as before.",
        )

    def _refuse_missing_pages(self, found: Found) -> None:
        if found.has_next or (found.count or 0) > found.records:
            stated = f" of {found.count}" if found.count else ""
            raise ExtractHeld(
                "hold:pages_missing",
                f"{self._label} is one page of several: it holds {found.records}{stated} records. Ask the "
                "partner to export everything into one file (a `limit` high enough that `next` is null).",
            )

    @contextmanager
    def _broken_as_sentence(self, found: Found) -> Iterator[None]:
        """A fault of the text becomes a sentence without the fault's own text, which quotes the file."""
        try:
            yield
        except ExtractStopped:
            raise
        except TooDeep:
            raise ExtractUnreadable(
                "json_too_deep",
                f"{self._label}: record {found.records} holds lists or objects more than {DEEPEST} levels "
                "deep, as no form does. Ask the partner how the file was made.",
            ) from None
        except _BROKEN:
            raise ExtractUnreadable(
                "broken_json",
                f"{self._label} is not whole, valid JSON: it breaks off or goes wrong in or after record "
                f"{found.records}, or holds what JSON does not know, such as NaN. Ask the partner to export "
                "it again.",
            ) from None


def _overlapping(file: BinaryIO) -> Iterator[bytes]:
    tail = b""
    while chunk := file.read(_CHUNK):
        yield tail + chunk
        tail = chunk[-4000:]


def _shown(keys: list[str]) -> str:
    """Keys of the outermost object, which a program wrote; one that names somebody is left out."""
    shown = [repr(key) for key in dict.fromkeys(keys) if len(key) <= 40 and not names_somebody(key)]
    return ", ".join(shown[:8]) or "(none that may be shown)"

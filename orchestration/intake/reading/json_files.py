"""Read JSON exports: the list of records is a sheet without a name, lists of objects in it are child sheets.

Everything streams: memory holds one record and the column names. The file is read once for its columns, the
union over all records because unanswered questions are absent, and once more for each sheet. Only ijson's
events are used, because a deeply nested file crashes its builder of whole values.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import ijson

from orchestration.contracts import Contract, JsonFormat, same
from orchestration.intake.outcomes import ExtractHeld, ExtractStopped, ExtractUnreadable
from orchestration.intake.reading.block import SourceRow, blocks_of
from orchestration.intake.reading.json_entries import (
    DEEPEST,
    Entry,
    Shape,
    TooDeep,
    gather_columns,
    records_in,
    rows_inside,
)
from orchestration.intake.reading.limits import MOST_COLUMNS
from orchestration.intake.reading.sheets import Source, SourceSheet
from orchestration.intake.shown_names import is_known_heading, shown_sheet

# Python refuses numbers with more digits, and inside ijson's C code that is a crash.
_ENDLESS_NUMBER = re.compile(rb"\d{4000}")
_CHUNK = 1 << 20
_BROKEN = (ijson.JSONError, ArithmeticError, ValueError, SystemError, RuntimeError)


class JsonSource(Source):
    """The records of one file as a sheet without a name, and its repeats as sheets named by their paths."""

    def __init__(self, path: Path, contract: Contract, label: str) -> None:
        layout = cast(JsonFormat, contract.format)
        self.problems: list[dict[str, str]] = []
        self._path = path
        self._wanted = [part for part in (layout.records or "").split("/") if part]
        self._repeats = {name: same(repeat.sheet) for name, repeat in layout.repeats.items()}
        self._label = label
        self._records = 0
        self._child_counts: Counter[str] = Counter()
        self._columns = self._survey()

    def main_sheets(self) -> Iterator[SourceSheet]:
        yield SourceSheet("", "", blocks_of(self._rows()), columns=self._columns[""], only_records=True)

    def repeat_sheet(self, name: str) -> SourceSheet | None:
        """Return the rows of a repeat, numbered through the whole file in file order."""
        found = [path for path in self._columns if path and same(path) == self._repeats[name]]
        if not found:
            return None
        path = found[0]
        rows, columns = self._child_rows(path), self._columns[path]
        return SourceSheet(path, self._shown(path), blocks_of(rows), columns=columns, only_records=True)

    def physical_rows(self) -> dict[str, int]:
        """Return the entries of the list of records, and of each list of objects in them."""
        children = {self._shown(path): rows for path, rows in self._child_counts.items()}
        return {"": self._records} | children

    def _shown(self, path: str) -> str:
        """Return the shown name of a list of objects inside the records."""
        return shown_sheet(path, list(self._columns).index(path)) or "(no name)"

    def _survey(self) -> dict[str, list[str]]:
        """Return the columns by sheet, `""` for the records; raise if the file does not fit the contract."""
        self._refuse_endless_numbers()
        shape = Shape()
        columns: dict[str, dict[str, None]] = {"": {}}
        for entry in self._entries(shape):
            gather_columns(columns, self._child_counts, "", entry)
            if sum(map(len, columns.values())) > MOST_COLUMNS:
                raise ExtractHeld(
                    "hold:too_many_columns",
                    f"{self._label} has more than {MOST_COLUMNS} columns. In an export of a form every "
                    "record has the same ones; ask the partner how the file was made.",
                )
        self._records = shape.records
        self._refuse_other_shape(shape)
        self._refuse_missing_pages(shape)
        if shape.no_objects:
            detail = f"{shape.no_objects} entries of the list are not records (null or a plain value)"
            self.problems.append({"code": "flag:record_no_object", "detail": detail})
        # A repeat is no column, and neither is an empty repeat that the contract reads.
        repeats = {same(path) for path in columns if path} & set(self._repeats.values())
        unread = [path for path in columns if path and same(path) not in repeats]
        names = [name for name in columns[""] if same(name) not in set(self._repeats.values())]
        return {path: list(found) for path, found in columns.items()} | {
            "": list(dict.fromkeys([*names, *unread]))
        }

    def _rows(self) -> Iterator[SourceRow]:
        names = self._columns[""]
        for number, entry in enumerate(self._entries(Shape()), start=1):
            yield SourceRow(number, [entry.cells.get(name) for name in names])

    def _child_rows(self, path: str) -> Iterator[SourceRow]:
        names, number = self._columns[path], 0
        for record, entry in enumerate(self._entries(Shape()), start=1):
            for child in rows_inside(entry, path):
                number += 1
                yield SourceRow(number, [child.cells.get(name) for name in names], parent=str(record))

    def _entries(self, shape: Shape) -> Iterator[Entry]:
        with self._broken_as_sentence(shape), self._path.open("rb") as file:
            if file.read(3) != codecs.BOM_UTF8:
                file.seek(0)
            events = iter(ijson.basic_parse(file))
            yield from records_in(events, next(events)[0], self._wanted, shape, is_top=True)
            for _ in events:  # the parser refuses text after the end
                pass

    def _refuse_endless_numbers(self) -> None:
        with self._path.open("rb") as file:
            if any(_ENDLESS_NUMBER.search(chunk) for chunk in _overlapping(file)):
                raise ExtractUnreadable(
                    "broken_json",
                    f"{self._label} holds a number of thousands of digits. Ask the partner how it was made.",
                )

    def _refuse_other_shape(self, shape: Shape) -> None:
        if shape.has_records:
            return
        wanted = "/".join(self._wanted)
        at = f" at {wanted!r}" if wanted else ""
        if shape.is_list:
            fix = "The file is itself a list: remove `format.records` from the contract"
        elif not wanted and shape.keys:
            keys = _shown(shape.keys)
            fix = f"It is an object with the keys {keys}: set `format.records` to the list among them"
        elif shape.keys:
            fix = f"Its keys are {_shown(shape.keys)}: correct `format.records` in the contract"
        else:
            fix = "Correct `format.records` in the contract"
        raise ExtractHeld(
            "hold:records_missing",
            f"{self._label} has no list of records{at}. {fix}, or ask the partner to export as before.",
        )

    def _refuse_missing_pages(self, shape: Shape) -> None:
        if fault := shape.pages.fault(shape.records, shape.records - shape.no_objects):
            raise ExtractHeld(
                "hold:pages_missing",
                f"{self._label} {fault}. Ask the partner to export everything into one file (with a `limit` "
                "high enough that `next` is null; from DHIS2 with `paging=false`).",
            )

    @contextmanager
    def _broken_as_sentence(self, shape: Shape) -> Iterator[None]:
        """Turn a parser error into a sentence without its own text, which quotes the file."""
        try:
            yield
        except ExtractStopped:
            raise
        except TooDeep:
            raise ExtractUnreadable(
                "json_too_deep",
                f"{self._label}: record {shape.records} holds lists or objects more than {DEEPEST} levels "
                "deep, as no form does. Ask the partner how the file was made.",
            ) from None
        except _BROKEN:
            raise ExtractUnreadable(
                "broken_json",
                f"{self._label} is not complete, valid JSON: it breaks off or is wrong in or after record "
                f"{shape.records}, or holds something that JSON lacks, such as NaN. Ask the partner to "
                "export it again.",
            ) from None


def _overlapping(file: BinaryIO) -> Iterator[bytes]:
    tail = b""
    while chunk := file.read(_CHUNK):
        yield tail + chunk
        tail = chunk[-4000:]


def _shown(keys: list[str]) -> str:
    """Show the keys of the outermost object, those that are ordinary headings."""
    shown = [repr(key) for key in dict.fromkeys(keys) if len(key) <= 40 and is_known_heading(key)]
    return ", ".join(shown[:8]) or "(none that may be shown)"

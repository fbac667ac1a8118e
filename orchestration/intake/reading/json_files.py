"""Read JSON exports: the list of records is a sheet without a name, lists of objects in it are child sheets.

Everything streams: memory holds one record and the column names. The file is read once for its columns, the
union over all records because unanswered questions are absent, and once more for each sheet. Only ijson's
events are used, because a deeply nested file crashes its builder of whole values. Records are flattened to
cells by full path.
"""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, cast

import ijson

from orchestration.contracts import Cell, Contract, JsonFormat, number_text, same, text_cell
from orchestration.intake.outcomes import ExtractHeld, ExtractStopped, ExtractUnreadable
from orchestration.intake.reading.block import SourceRow, blocks_of
from orchestration.intake.reading.json_pages import Pages
from orchestration.intake.reading.sheets import MOST_COLUMNS, Source, SourceSheet
from orchestration.intake.shown_names import is_known_heading, shown_sheet

DEEPEST = 32

Events = Iterator[tuple[str, Any]]
# Python refuses numbers with more digits, and inside ijson's C code that is a crash.
_ENDLESS_NUMBER = re.compile(rb"\d{4000}")
_CHUNK = 1 << 20
_BROKEN = (ijson.JSONError, ArithmeticError, ValueError, SystemError, RuntimeError)


@dataclass
class Entry:
    """One record, or one row of a repeat: its cells by full path, and the rows of the repeats inside."""

    cells: dict[str, Cell | None] = field(default_factory=dict)
    children: list[tuple[str, Entry]] = field(default_factory=list)


@dataclass
class Shape:
    """The structure of a file, collected in one pass over it."""

    is_list: bool = False
    keys: list[str] = field(default_factory=list)
    pages: Pages = field(default_factory=Pages)
    has_records: bool = False
    records: int = 0
    no_objects: int = 0


class TooDeep(Exception):
    """Nested deeper than any form."""


def records_in(
    events: Events, event: str, wanted: list[str], shape: Shape, is_top: bool = False
) -> Iterator[Entry]:
    """Follow the path to the list of records and yield them; look for pages in everything else."""
    if event == "start_array":
        shape.is_list |= is_top
        if not wanted:
            shape.has_records = True
            yield from _list_of_records(events, shape)
            return
    if event != "start_map":
        _skip(events, event)
        return
    for at, key in events:
        if at == "end_map":
            return
        event, value = next(events)
        if is_top:
            shape.keys.append(key)
        if wanted and key == wanted[0]:
            yield from records_in(events, event, wanted[1:], shape)
        else:
            shape.pages.read(events, event, value, key)


def _list_of_records(events: Events, shape: Shape) -> Iterator[Entry]:
    for event, _ in events:
        if event == "end_array":
            return
        shape.records += 1
        entry = Entry()
        if event == "start_map":
            _read_object(events, "", entry, 1)
        else:
            shape.no_objects += 1
            _skip(events, event)
        yield entry


def _read_object(events: Events, path: str, entry: Entry, depth: int) -> None:
    """Fill an entry from the rest of an object; groups extend the path, lists of objects are child rows."""
    if depth > DEEPEST:
        raise TooDeep
    for event, key in events:
        if event == "end_map":
            return
        # KoboToolbox repeats the whole path in the keys inside a repeat; other programs do not.
        inner = key if not path or key.startswith(f"{path}/") else f"{path}/{key}"
        _read_value(events, *next(events), inner, entry, depth)


def _read_value(events: Events, event: str, value: Any, path: str, entry: Entry, depth: int) -> None:
    if event == "start_map":
        _read_object(events, path, entry, depth + 1)
    elif event == "start_array":
        scalars: list[str] = []
        has_objects = _read_list(events, path, entry, depth + 1, scalars)
        if scalars or not has_objects:
            _put(entry, path, text_cell(" ".join(scalars)))
    else:
        _put(entry, path, _cell(event, value))


def _read_list(events: Events, path: str, entry: Entry, depth: int, scalars: list[str]) -> bool:
    """Read the rest of a list, with plain values into `scalars`; return whether it has objects."""
    if depth > DEEPEST:
        raise TooDeep
    has_objects = False
    for event, value in events:
        if event == "end_array":
            break
        if event == "start_map":
            has_objects = True
            child = Entry()
            entry.children.append((path, child))
            _read_object(events, path, child, depth)
        elif event == "start_array":
            has_objects |= _read_list(events, path, entry, depth + 1, scalars)
        elif cell := _cell(event, value):
            scalars.append(cell.value)
    return has_objects


def _put(entry: Entry, path: str, cell: Cell | None) -> None:
    """Store a cell; a key repeated in one object becomes a second column, like a repeated header."""
    name, number = path, 2
    while name in entry.cells:
        name, number = f"{path}.{number}", number + 1
    entry.cells[name] = cell


def _cell(event: str, value: Any) -> Cell | None:
    if event == "null":
        return None
    if event == "boolean":
        return Cell("TRUE" if value else "FALSE", "boolean")
    if event != "number":
        return text_cell(value)
    number = float(value) if isinstance(value, Decimal) else value
    return Cell(number_text(number), "number") if math.isfinite(number) else Cell(str(value))


def _skip(events: Events, event: str) -> None:
    depth = int(event.startswith("start_"))
    while depth:
        event, _ = next(events)
        depth += event.startswith("start_")
        depth -= event.startswith("end_")


def gather_columns(columns: dict[str, dict[str, None]], rows: Counter[str], sheet: str, entry: Entry) -> None:
    """Add the columns of an entry and of the rows inside it to `columns`, and count these rows in `rows`."""
    columns.setdefault(sheet, {}).update(dict.fromkeys(entry.cells))
    for path, child in entry.children:
        rows[path] += 1
        gather_columns(columns, rows, path, child)


def rows_inside(entry: Entry, wanted: str) -> Iterator[Entry]:
    """Yield every row of a repeat in a record; nested repeats follow the order of their parents."""
    for path, child in entry.children:
        if path == wanted:
            yield child
        yield from rows_inside(child, wanted)


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
        yield SourceSheet("", "", blocks_of(self._rows("")), columns=self._columns[""], only_records=True)

    def repeat_sheet(self, name: str) -> SourceSheet | None:
        path = next((path for path in self._columns if path and same(path) == self._repeats[name]), None)
        if path is None:
            return None
        blocks, columns = blocks_of(self._rows(path)), self._columns[path]
        return SourceSheet(path, self._shown(path), blocks, columns=columns, only_records=True)

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
        if fault := shape.pages.fault(shape.records, shape.records - shape.no_objects):
            raise ExtractHeld(
                "hold:pages_missing",
                f"{self._label} {fault}. Ask the partner to export everything into one file (with a `limit` "
                "high enough that `next` is null; from DHIS2 with `paging=false`).",
            )
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

    def _rows(self, path: str) -> Iterator[SourceRow]:
        """Yield the records, or the rows of a repeat, numbered through the whole file in file order."""
        names, numbers = self._columns[path], count(1)
        for record, entry in enumerate(self._entries(Shape()), start=1):
            for row in rows_inside(entry, path) if path else [entry]:
                cells = [row.cells.get(name) for name in names]
                yield SourceRow(next(numbers), cells, parent=str(record) if path else None)

    def _entries(self, shape: Shape) -> Iterator[Entry]:
        with self._broken_as_sentence(shape), self._path.open("rb") as file:
            if file.read(3) != codecs.BOM_UTF8:
                file.seek(0)
            events = iter(ijson.basic_parse(file))
            yield from records_in(events, next(events)[0], self._wanted, shape, is_top=True)
            for _ in events:  # the parser refuses text after the end
                pass

    def _refuse_endless_numbers(self) -> None:
        before = b""
        with self._path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                if _ENDLESS_NUMBER.search(before + chunk):
                    raise ExtractUnreadable(
                        "broken_json",
                        f"{self._label} holds a number of thousands of digits. Ask the partner how it was "
                        "made.",
                    )
                before = chunk[-4000:]

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


def _shown(keys: list[str]) -> str:
    """Show the keys of the outermost object, those that are ordinary headings."""
    shown = [repr(key) for key in dict.fromkeys(keys) if len(key) <= 40 and is_known_heading(key)]
    return ", ".join(shown[:8]) or "(none that may be shown)"

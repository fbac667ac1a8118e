"""Turn JSON events into records, flattened to cells by full path, with the rows of their repeats.

Not here: sheets, and faults of a whole file (`json_files`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from orchestration.contracts import Cell, number_text, text_cell
from orchestration.intake.reading.json_pages import Pages

DEEPEST = 32

Events = Iterator[tuple[str, Any]]


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

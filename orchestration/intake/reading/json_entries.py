"""JSON as events → records, each flattened to cells by full path, with the rows of its repeats.

Belongs here: what a JSON value becomes. Not: sheets, and the faults of a file as a whole (`reading_json`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from orchestration.contracts import Cell, number_text, text_cell

DEEPEST = 32
_NEXT = ("next", "@odata.nextLink")
_COUNT = ("count", "@odata.count")

Events = Iterator[tuple[str, Any]]


@dataclass
class Entry:
    """One record, or one row of a repeat: its cells by full path, and the rows of the repeats inside."""

    cells: dict[str, Cell | None] = field(default_factory=dict)
    children: list[tuple[str, Entry]] = field(default_factory=list)


@dataclass
class Found:
    """What one pass over a file tells beside its records."""

    is_list: bool = False
    keys: list[str] = field(default_factory=list)
    has_next: bool = False
    count: int | None = None
    has_records: bool = False
    records: int = 0
    no_objects: int = 0


class TooDeep(Exception):
    """Nested as no form is."""


def records_in(
    events: Events, event: str, wanted: list[str], found: Found, is_top: bool = False
) -> Iterator[Entry]:
    """Follow the path to the list of records and yield them; everything beside it is passed over."""
    if event == "start_array":
        found.is_list |= is_top
        if not wanted:
            found.has_records = True
            yield from _list_of_records(events, found)
            return
    if event != "start_map":
        _pass_over(events, event)
        return
    for at, key in events:
        if at == "end_map":
            return
        event, value = next(events)
        if is_top:
            _remember(found, key, event, value)
        if wanted and key == wanted[0]:
            yield from records_in(events, event, wanted[1:], found)
        else:
            _pass_over(events, event)


def _list_of_records(events: Events, found: Found) -> Iterator[Entry]:
    for event, _ in events:
        if event == "end_array":
            return
        found.records += 1
        entry = Entry()
        if event == "start_map":
            _read_object(events, "", entry, 1)
        else:
            found.no_objects += 1
            _pass_over(events, event)
        yield entry


def _remember(found: Found, key: str, event: str, value: Any) -> None:
    found.keys.append(key)
    if key in _NEXT and event != "null":
        found.has_next = True
    if key in _COUNT and event == "number" and value >= 0:
        found.count = int(min(value, 10**12))


def _read_object(events: Events, path: str, entry: Entry, depth: int) -> None:
    """Fill an entry from the rest of an object: groups add to the path, lists of objects are child rows."""
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
    """Read the rest of a list; its plain values go to `scalars`. Says whether objects were among them."""
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
    """A key that stands twice in one object is two columns, as a header that stands twice is."""
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


def _pass_over(events: Events, event: str) -> None:
    depth = int(event.startswith("start_"))
    while depth:
        event, _ = next(events)
        depth += event.startswith("start_")
        depth -= event.startswith("end_")


def gather_columns(columns: dict[str, dict[str, None]], sheet: str, entry: Entry) -> None:
    columns.setdefault(sheet, {}).update(dict.fromkeys(entry.cells))
    for path, child in entry.children:
        gather_columns(columns, path, child)


def rows_inside(entry: Entry, wanted: str) -> Iterator[Entry]:
    """Every row of a repeat in a record, those of repeats inside repeats in the order of their parents."""
    for path, child in entry.children:
        if path == wanted:
            yield child
        yield from rows_inside(child, wanted)

"""The minimised cells of a block by canonical field, and as one Arrow table, row by row.

Each distinct value is judged once. A slot is one cell that each row may land: its field, its text, and the
rows that have it. Slots are in the order in which a row's cells land. A field fed by one column is judged by
the column's distinct values, any other (several names of one column, a longitude, an item with its label, an
age at a date) by the distinct combinations of its columns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.contracts import Cell, FieldSpec, day_of, same, text_cell
from orchestration.intake.landing.landing import DICTIONARY_SCHEMA
from orchestration.intake.minimising.minimise import BIRTH_DATE, Minimiser, age_cell, is_point
from orchestration.intake.reading.block import Block, Column, Flags, Remembered, cells_at, combined
from orchestration.intake.records.references import COPY
from orchestration.intake.records.rename import FLAG_SET, ColumnPlan, ItemPlan, NamedCell, rename_row
from orchestration.intake.records.tally import Emptied

Codes = npt.NDArray[np.integer[Any]]
_Numbers = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Slot:
    """One cell in each row where `stands`: the text `values[codes[row]]`.

    `kinds` and `formats` are by distinct value, None for plain text.
    """

    field: str
    stands: Flags
    values: pa.StringArray
    codes: Codes
    kinds: list[str] | None = None
    formats: list[str | None] | None = None

    def cell(self, row: int) -> Cell:
        code = int(self.codes[row])
        kind = self.kinds[code] if self.kinds else "text"
        return Cell(str(self.values[code]), kind, self.formats[code] if self.formats else None)


class _Landed(NamedTuple):
    """The outcome for one combination: its cells by field, and column and reason of each emptied cell."""

    cells: tuple[tuple[str, Cell], ...]
    emptied: tuple[tuple[str, str], ...]


class Slots:
    """Makes the slots of one plan. `emptied`: what was removed from the cells of a block."""

    def __init__(self, plan: ColumnPlan, minimiser: Minimiser) -> None:
        self._plan = plan
        self._minimiser = minimiser
        self.emptied: Emptied = {}
        self._known: dict[tuple[Any, ...], Remembered] = {}
        self._is_flag_set = Remembered(lambda text: same(text) in FLAG_SET)
        self._day_in = Remembered(self._day)

    def of(self, block: Block, rows: Flags) -> Iterator[Slot]:
        """Yield the slots of some rows, and note what is removed from them."""
        for field, spec, indexes in self._plan.fields:
            there = [at for at in indexes if at < len(block.columns)]
            days = self._columns_of_days(field, spec, there, block)
            if len(there) == len(days) == 1:
                yield from self._age(spec, there[0], days[0], block, rows)
            elif len(there) == 1 and field != "age_band" and not is_point(field):
                yield self._plain(field, spec, there[0], block.columns[there[0]], rows)
            elif there:
                yield from self._of_several(field, spec, there, block, rows)
        for field, _, choices in self._plan.flags:
            chosen = [(choice, block.columns[at]) for choice, at in choices if at < len(block.columns)]
            yield from self._flags(field, chosen, rows)
        if self._plan.items:
            yield from self._items(self._plan.items, block, rows)

    def _plain(self, field: str, spec: FieldSpec, at: int, column: Column, rows: Flags) -> Slot:
        def judge(sent: Cell | str | None) -> tuple[str, ...]:
            cell = text_cell(sent) if isinstance(sent, str) else sent
            return self._minimiser.minimised(NamedCell(field, spec, cell), [])[1] if cell else ()

        known = self._known.setdefault((field, at), Remembered(judge))
        reasons: list[tuple[str, ...]] = [known[sent] for sent in column.sent]
        is_kept = column.is_filled
        if any(reasons):
            is_kept = is_kept & np.array([not found for found in reasons])
            self._note([[(str(spec.column), why) for why in found] for found in reasons], column.codes, rows)
        return Slot(
            field, column.by_row(is_kept) & rows, column.values, column.codes, column.kinds, column.formats
        )

    def _of_several(
        self, field: str, spec: FieldSpec, indexes: list[int], block: Block, rows: Flags
    ) -> Iterator[Slot]:
        """Yield the slots of a field that one column alone does not decide."""
        moment = self._moment(field, spec)
        fields = [(field, spec, indexes), *moment]
        longitude = self._plan.longitudes.get(field)
        plan = ColumnPlan("", fields=fields, longitudes={} if longitude is None else {field: longitude})
        used = [*indexes, longitude, *(at for _, _, places in moment for at in places)]
        columns = sorted({at for at in used if at is not None and at < len(block.columns)})

        def land(cells: list[Cell | None]) -> _Landed:
            return self._land(rename_row(plan, cells), {field})

        return self._of_combinations((field, *columns), columns, land, block, rows)

    def _items(self, items: ItemPlan, block: Block, rows: Flags) -> Iterator[Slot]:
        plan = ColumnPlan("", items=items)
        places = (items.kind, items.code, items.label)
        columns = sorted({at for at in places if at is not None and at < len(block.columns)})

        def land(cells: list[Cell | None]) -> _Landed:
            named = rename_row(plan, cells)
            return self._land(named, {item.field for item in named})

        return self._of_combinations(("items", *columns), columns, land, block, rows)

    def _land(self, named: list[NamedCell], fields: set[str]) -> _Landed:
        """Minimise the cells of these fields; the others are only there to be looked at."""
        cells: list[tuple[str, Cell]] = []
        emptied: list[tuple[str, str]] = []
        for item in named:
            if item.field in fields:
                cell, why = self._minimiser.minimised(item, named)
                emptied += [(str(item.spec.column), reason) for reason in why]
                cells += [(item.field, cell)] if cell is not None else []
        return _Landed(tuple(cells), tuple(emptied))

    def _of_combinations(
        self,
        name: tuple[Any, ...],
        columns: list[int],
        land: Callable[[list[Cell | None]], _Landed],
        block: Block,
        rows: Flags,
    ) -> Iterator[Slot]:
        """Yield the slots of several columns, judged by their distinct combinations among some rows."""
        if not columns or not rows.any():
            return
        places, codes = combined([block.columns[at] for at in columns])
        known = self._known.setdefault(
            name, Remembered(lambda found: land(cells_at(dict(zip(columns, found, strict=True)))))
        )
        is_used = np.zeros(len(places), bool)
        is_used[codes[rows]] = True
        landed: list[_Landed] = []
        for place, used in zip(places, is_used.tolist(), strict=True):
            if not used:
                landed.append(_Landed((), ()))
                continue
            found = tuple(
                block.columns[at].distinct_cell(code) for at, code in zip(columns, place, strict=True)
            )
            landed.append(known[found])
        self._note([one.emptied for one in landed], codes, rows)
        yield from _slots_of(landed, codes, rows)

    def _moment(self, field: str, spec: FieldSpec) -> list[tuple[str, FieldSpec, list[int]]]:
        """Return the field with the day at which an age is taken from a birth date."""
        if field != "age_band" or spec.from_ != "birth_date":
            return []
        wanted = spec.at or "event_on"
        return [planned for planned in self._plan.fields if planned[0] == wanted]

    def _columns_of_days(self, field: str, spec: FieldSpec, indexes: list[int], block: Block) -> list[int]:
        """Return the columns of the day at which an age is taken from a birth date."""
        return [at for _, _, places in self._moment(field, spec) for at in places if block.column(at)]

    def _age(self, spec: FieldSpec, at: int, then_at: int, block: Block, rows: Flags) -> Iterator[Slot]:
        """Yield the age from a birth date and another date, where both are complete; else as of several."""
        # With dates as numbers such as 20240131, the difference of their ten thousands is the age.
        born, then = self._days(block.columns[at]), self._days(block.columns[then_at])
        are_days = (born > 0) & (then > 0) & rows
        years = np.where(are_days, (then - born) // 10_000, 0)
        distinct, codes = np.unique(years, return_inverse=True)
        if are_days.any():
            self.empty((str(spec.column), BIRTH_DATE), are_days)
            landed = [_Landed((("age_band", age_cell(age, age)),), ()) for age in distinct.tolist()]
            yield from _slots_of(landed, codes, are_days)
        if (rows & ~are_days).any():
            yield from self._of_several("age_band", spec, [at], block, rows & ~are_days)

    def _days(self, column: Column) -> npt.NDArray[np.int64]:
        """Return each row's date as a number such as 20240131; 0 for none."""
        return np.array([self._day_in[sent] for sent in column.sent], np.int64)[column.codes]

    def _day(self, sent: Cell | str | None) -> int:
        cell = text_cell(sent) if isinstance(sent, str) else sent
        day = day_of(cell, self._minimiser.order) if cell else None
        return day.year * 10_000 + day.month * 100 + day.day if day else 0

    def _flags(self, field: str, choices: list[tuple[str, Column]], rows: Flags) -> Iterator[Slot]:
        answered, chosen = np.zeros((2, len(rows)), bool)
        for choice, column in choices:
            is_set = [self._is_flag_set[text] for text in column.texts]
            stands = column.by_row(np.array(is_set, bool) & column.is_filled) & rows
            answered |= column.filled
            chosen |= stands
            yield _constant_slot(field, choice, stands)
        yield _constant_slot(field, "", answered & ~chosen & rows)

    def _note(self, emptied: Sequence[Sequence[tuple[str, str]]], codes: Codes, rows: Flags) -> None:
        """Note what is removed, given by distinct value."""
        for pair in dict.fromkeys(pair for found in emptied for pair in found):
            self.empty(pair, np.array([found.count(pair) for found in emptied])[codes] * rows)

    def empty(self, pair: tuple[str, str], cells: npt.NDArray[Any]) -> None:
        """Note the emptied cells of one column and reason, by row."""
        self.emptied[pair] = self.emptied.get(pair, 0) + cells.astype(np.int64)


def _slots_of(landed: Sequence[_Landed], codes: Codes, rows: Flags) -> Iterator[Slot]:
    """Yield a slot for each place of a cell: the first of a field, its second and so on."""
    places: dict[tuple[str, int], dict[int, Cell]] = {}
    for code, one in enumerate(landed):
        seen: Counter[str] = Counter()
        for field, cell in one.cells:
            places.setdefault((field, seen[field]), {})[code] = cell
            seen[field] += 1
    for (field, _), cells in places.items():
        is_cell = np.zeros(len(landed), bool)
        is_cell[list(cells)] = True
        every = [cells.get(code) for code in range(len(landed))]
        yield Slot(
            field,
            is_cell[codes] & rows,
            pa.array([cell.value if cell else "" for cell in every], pa.string()),
            codes,
            [cell.kind if cell else "text" for cell in every],
            [cell.number_format if cell else None for cell in every],
        )


def _constant_slot(field: str, text: str, stands: Flags) -> Slot:
    return Slot(field, stands, pa.array([text], pa.string()), np.zeros(len(stands), np.int32), ["flag"])


def slot_of_copies(copies: dict[int, str], slots: list[Slot], rows: int) -> Slot:
    """Return the slot that names the copy of a child row, in rows that land any cell."""
    names = list(dict.fromkeys(copies.values()))
    codes, stands = np.zeros(rows, np.int32), np.zeros(rows, bool)
    for row, name in copies.items():
        codes[row] = names.index(name)
        stands[row] = any(slot.stands[row] for slot in slots)
    return Slot(COPY, stands, pa.array(names, pa.string()), codes, [COPY] * len(names))


def cells_of(
    slots: list[Slot],
    rows: npt.NDArray[np.int64],
    ids: npt.NDArray[np.int64],
    numbers: npt.NDArray[np.int64],
    sheet: str,
    part: str = "",
    orders: npt.NDArray[np.int32] | None = None,
) -> pa.Table:
    """Return the cells of some rows of a block; `ids`, `numbers` and `orders` are of these rows.

    The table's dictionaries hold only texts that land.
    """
    shape = (len(rows), len(slots))
    stands, codes = np.zeros(shape, bool), np.zeros(shape, np.int32)
    are_all = len(rows) > 0 and len(rows) == len(slots[0].stands) if slots else False
    chosen: Any = slice(None) if are_all else rows
    sizes = [len(slot.values) for slot in slots]
    for at, (slot, before) in enumerate(zip(slots, np.cumsum([0, *sizes]).tolist(), strict=False)):
        stands[:, at] = slot.stands[chosen]
        np.add(slot.codes[chosen], before, out=codes[:, at], casting="unsafe")
    per_row = stands.sum(axis=1)
    names, fields = _numbered([slot.field for slot in slots])
    used = codes[stands]
    total = len(used)
    columns = {
        "record_id": pa.array(np.repeat(ids, per_row)),
        "sheet": _constant(sheet, total),
        "row_number": pa.array(np.repeat(numbers.astype(np.int32), per_row)),
        "part": _constant(part, total),
        "field": _named(names, np.broadcast_to(fields, shape)[stands]),
        "seq": pa.array(np.zeros(total, np.int32) if orders is None else np.repeat(orders, per_row)),
        "value": _texts([slot.values for slot in slots], used),
        "kind": _kinds(slots, sizes, used),
        "number_format": _formats(slots, sizes, used),
    }
    arrays = [columns[name] for name in DICTIONARY_SCHEMA.names]
    return pa.Table.from_arrays(arrays, schema=DICTIONARY_SCHEMA)


def _kinds(slots: list[Slot], sizes: list[int], used: _Numbers) -> pa.DictionaryArray:
    if all(slot.kinds is None for slot in slots):
        return _constant("text", len(used))
    kinds = [slot.kinds or ["text"] * size for slot, size in zip(slots, sizes, strict=True)]
    names, numbers = _numbered([kind for of_slot in kinds for kind in of_slot])
    return _named(names, numbers[used])


def _formats(slots: list[Slot], sizes: list[int], used: _Numbers) -> pa.DictionaryArray:
    if all(slot.formats is None for slot in slots):
        return pa.DictionaryArray.from_arrays(pa.nulls(len(used), pa.int32()), pa.array([], pa.string()))
    formats = [slot.formats or [None] * size for slot, size in zip(slots, sizes, strict=True)]
    return (
        pa.array([one for of_slot in formats for one in of_slot], pa.string())
        .take(pa.array(used))
        .dictionary_encode()
    )


def _constant(text: str, total: int) -> pa.DictionaryArray:
    return _named([text], np.zeros(total, np.int32))


def _numbered(names: list[str]) -> tuple[list[str], npt.NDArray[np.int32]]:
    """Return the distinct names, and for each name its number among them."""
    known: dict[str, int] = {}
    numbers = np.array([known.setdefault(name, len(known)) for name in names], np.int32)
    return list(known), numbers


def _named(names: list[str], numbers: npt.NDArray[np.int32]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(numbers), pa.array(names, pa.string()))


def _texts(values: list[pa.StringArray], used: _Numbers) -> pa.DictionaryArray:
    """Return the used texts with a dictionary of these alone, because Parquet writes it as it is."""
    every = pa.concat_arrays([pa.array([], pa.string()), *values])
    is_used: Flags = np.bincount(used, minlength=len(every)) > 0
    landing = every.filter(pa.array(is_used)).dictionary_encode()
    places = np.zeros(len(every), np.int32)
    places[is_used] = landing.indices.to_numpy()
    return pa.DictionaryArray.from_arrays(pa.array(places[used]), landing.dictionary)

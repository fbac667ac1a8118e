"""The minimised cells of a block by canonical field, and as one Arrow table, row by row.

Each distinct value is judged once. A slot is one cell that each row may land: its field, its text, and the
rows that have it. Slots are in the order in which a row's cells land. A field fed by one column is judged by
the column's distinct values, any other (several names of one column, a longitude, an item with its label, an
age at a date) by the distinct combinations of its columns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.contracts import Cell, FieldSpec, day_of, same, text_cell
from orchestration.intake.landing.landing import CELLS
from orchestration.intake.minimising.minimise import BIRTH_DATE, age_cell, is_point, minimised
from orchestration.intake.reading.block import Block, Column, Flags, cells_at, combined, remembering
from orchestration.intake.records.references import COPY
from orchestration.intake.records.rename import FLAG_SET, ColumnPlan, NamedCell, rename_row
from orchestration.intake.records.tally import Emptied

Codes = npt.NDArray[np.integer[Any]]


class Slot(NamedTuple):
    """One cell in each row where `stands`, of a column with the texts that land."""

    field: str
    stands: Flags
    column: Column

    def cell(self, row: int) -> Cell:
        return self.column.cell(row) or Cell("")


class _Landed(NamedTuple):
    """The outcome for one combination: its cells by field, and column and reason of each emptied cell."""

    cells: tuple[tuple[str, Cell], ...]
    emptied: tuple[tuple[str, str], ...]


class Slots:
    """Makes the slots of one plan. `emptied`: what was removed from the cells of a block."""

    def __init__(self, plan: ColumnPlan, order: str | None) -> None:
        self._plan = plan
        self._order = order
        self.emptied: Emptied = {}
        self._judges: dict[tuple[Any, ...], Callable[..., Any]] = {}
        self._is_flag_set = remembering(lambda text: same(text) in FLAG_SET)
        self._day_in = remembering(self._day)

    def of(self, block: Block, rows: Flags) -> Iterator[Slot]:
        """Yield the slots of some rows, and note what is removed from them."""
        for field, spec, indexes in self._plan.fields:
            there = [at for at in indexes if at < len(block.columns)]
            days = [at for _, _, places in self._moment(field, spec) for at in places if block.column(at)]
            if len(there) == len(days) == 1:
                yield from self._age(spec, there[0], days[0], block, rows)
            elif len(there) == 1 and field != "age_band" and not is_point(field):
                yield self._plain(field, spec, there[0], block.columns[there[0]], rows)
            elif there:
                yield from self._of_several(field, spec, there, block, rows)
        for field, _, choices in self._plan.flags:
            chosen = [(choice, block.columns[at]) for choice, at in choices if at < len(block.columns)]
            yield from self._flags(field, chosen, rows)
        if items := self._plan.items:
            used = (items.kind, items.code)
            yield from self._of_combinations(None, ColumnPlan("", items=items), used, block, rows)

    def _plain(self, field: str, spec: FieldSpec, at: int, column: Column, rows: Flags) -> Slot:
        def judge(sent: Cell | str | None) -> tuple[str, ...]:
            cell = text_cell(sent) if isinstance(sent, str) else sent
            return minimised(NamedCell(field, spec, cell), [], self._order)[1] if cell else ()

        reasons_of = self._judges.setdefault((field, at), remembering(judge))
        reasons: list[tuple[str, ...]] = list(map(reasons_of, column.sent))
        is_kept = column.is_filled
        if any(reasons):
            is_kept = is_kept & np.array([not found for found in reasons])
            self._note([[(str(spec.column), why) for why in found] for found in reasons], column.codes, rows)
        return Slot(field, column.by_row(is_kept) & rows, column)

    def _of_several(
        self, field: str, spec: FieldSpec, indexes: list[int], block: Block, rows: Flags
    ) -> Iterator[Slot]:
        """Yield the slots of a field that one column alone does not decide."""
        moment = self._moment(field, spec)
        fields = [(field, spec, indexes), *moment]
        longitude = self._plan.longitudes.get(field)
        plan = ColumnPlan("", fields=fields, longitudes={} if longitude is None else {field: longitude})
        used = [*indexes, longitude, *(at for _, _, places in moment for at in places)]
        return self._of_combinations(field, plan, used, block, rows)

    def _of_combinations(
        self, field: str | None, plan: ColumnPlan, used: Iterable[int | None], block: Block, rows: Flags
    ) -> Iterator[Slot]:
        """Yield the slots of a field, of all without one, judged by the distinct combinations of columns."""
        columns = sorted({at for at in used if at is not None and at < len(block.columns)})
        if not columns or not rows.any():
            return

        def land(*cells: Cell | None) -> _Landed:
            return self._land(rename_row(plan, cells_at(dict(zip(columns, cells, strict=True)))), field)

        landed_of = self._judges.setdefault((field, *columns), remembering(land))
        places, codes = combined([block.columns[at] for at in columns])
        landed = [_Landed((), ())] * len(places)
        for number in np.unique(codes[rows]).tolist():
            cells = zip(columns, places[number], strict=True)
            landed[number] = landed_of(*(block.columns[at].distinct_cell(code) for at, code in cells))
        self._note([combination.emptied for combination in landed], codes, rows)
        yield from _slots_of(landed, codes, rows)

    def _land(self, named: list[NamedCell], field: str | None) -> _Landed:
        """Minimise the cells of a field, or all; other cells are only there to be looked at."""
        cells: list[tuple[str, Cell]] = []
        emptied: list[tuple[str, str]] = []
        for item in named:
            if field in (None, item.field):
                cell, why = minimised(item, named, self._order)
                emptied += [(str(item.spec.column), reason) for reason in why]
                cells += [(item.field, cell)] if cell is not None else []
        return _Landed(tuple(cells), tuple(emptied))

    def _moment(self, field: str, spec: FieldSpec) -> list[tuple[str, FieldSpec, list[int]]]:
        """Return the field with the day at which an age is taken from a birth date."""
        if field != "age_band" or spec.from_ != "birth_date":
            return []
        wanted = spec.at or "event_on"
        return [planned for planned in self._plan.fields if planned[0] == wanted]

    def _age(self, spec: FieldSpec, at: int, then_at: int, block: Block, rows: Flags) -> Iterator[Slot]:
        """Yield the age from a birth date and another date, where both are complete; else as of several."""
        # With dates as numbers such as 20240131, the difference of their ten thousands is the age.
        born, then = self._days(block.columns[at]), self._days(block.columns[then_at])
        are_days = (born > 0) & (then > 0) & rows
        years = np.where(are_days, (then - born) // 10_000, 0)
        distinct, codes = np.unique(years, return_inverse=True)
        if are_days.any():
            self.empty((str(spec.column), BIRTH_DATE), are_days)
            ages = [age_cell(age, age) for age in distinct.tolist()]
            yield Slot("age_band", are_days, Column.of_distinct(ages, codes))
        if (rows & ~are_days).any():
            yield from self._of_several("age_band", spec, [at], block, rows & ~are_days)

    def _days(self, column: Column) -> npt.NDArray[np.int64]:
        """Return each row's date as a number such as 20240131; 0 for none."""
        return np.array(list(map(self._day_in, column.sent)), np.int64)[column.codes]

    def _day(self, sent: Cell | str | None) -> int:
        cell = text_cell(sent) if isinstance(sent, str) else sent
        day = day_of(cell, self._order) if cell else None
        return day.year * 10_000 + day.month * 100 + day.day if day else 0

    def _flags(self, field: str, choices: list[tuple[str, Column]], rows: Flags) -> Iterator[Slot]:
        answered, chosen = np.zeros((2, len(rows)), bool)
        for choice, column in choices:
            is_set = list(map(self._is_flag_set, column.texts))
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
    for code, combination in enumerate(landed):
        seen: Counter[str] = Counter()
        for field, cell in combination.cells:
            places.setdefault((field, seen[field]), {})[code] = cell
            seen[field] += 1
    for (field, _), cells in places.items():
        is_cell = np.zeros(len(landed), bool)
        is_cell[list(cells)] = True
        every = [cells.get(code) for code in range(len(landed))]
        yield Slot(field, is_cell[codes] & rows, Column.of_distinct(every, codes))


def _constant_slot(field: str, text: str, stands: Flags) -> Slot:
    return Slot(field, stands, Column.of_distinct([Cell(text, "flag")], np.zeros(len(stands), np.int32)))


def slot_of_copies(copies: dict[int, str], slots: list[Slot], rows: int) -> Slot:
    """Return the slot that names the copy of a child row, in rows that land any cell."""
    names = list(dict.fromkeys(copies.values()))
    codes, stands = np.zeros(rows, np.int32), np.zeros(rows, bool)
    for row, name in copies.items():
        codes[row] = names.index(name)
        stands[row] = any(slot.stands[row] for slot in slots)
    return Slot(COPY, stands, Column.of_distinct([Cell(name, COPY) for name in names], codes))


def cells_of(
    slots: list[Slot],
    rows: npt.NDArray[np.int64],
    ids: npt.NDArray[np.int64],
    numbers: npt.NDArray[np.int64],
    sheet: str,
    part: str = "",
    orders: npt.NDArray[np.int32] | None = None,
) -> pa.Table:
    """Return the cells of some rows of a block; `ids`, `numbers` and `orders` are of these rows."""
    places = [np.flatnonzero(slot.stands[rows]) for slot in slots]
    if not any(map(len, places)):
        return CELLS.empty_table()
    tables = [_texts_of(slot, rows[at]) for slot, at in zip(slots, places, strict=True)]
    at = np.concatenate(places)
    by_row = np.argsort(at, kind="stable")
    texts, at = pa.concat_tables(tables).take(pa.array(by_row)), at[by_row]
    columns = {
        "record_id": pa.array(ids[at]),
        "sheet": pa.repeat(sheet, len(at)),
        "row_number": pa.array(numbers[at], pa.int32()),
        "part": pa.repeat(part, len(at)),
        "seq": pa.array(np.zeros(len(at), np.int32) if orders is None else orders[at]),
    } | {name: texts[name] for name in texts.column_names}
    return pa.table([columns[name] for name in CELLS.names], schema=CELLS)


def _texts_of(slot: Slot, rows: npt.NDArray[np.int64]) -> pa.Table:
    """Return field, value, kind and number format of a slot's cells in some rows."""
    column, size = slot.column, len(rows)
    codes = pa.array(column.codes[rows])
    kinds, formats = pa.repeat("text", size), pa.nulls(size, pa.string())
    if column.own_cells is not None:
        cells = [cell or Cell("") for cell in column.own_cells]
        kinds = pa.array([cell.kind for cell in cells]).take(codes)
        formats = pa.array([cell.number_format for cell in cells], pa.string()).take(codes)
    texts = {"field": pa.repeat(slot.field, size), "value": column.values.take(codes)}
    return pa.table(texts | {"kind": kinds, "number_format": formats})

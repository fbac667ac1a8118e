"""The minimised cells of a block by canonical field; each distinct value is judged once.

A slot is one cell that each row may land: its field, its text, and the rows that have it. Slots are in the
order in which a row's cells land.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.contracts import DATES, Cell, FieldSpec, same, text_cell
from orchestration.intake.minimising.detectors import is_judged_by_shape
from orchestration.intake.minimising.minimise import BIRTH_DATE, Minimised, Minimiser, age_cell
from orchestration.intake.reading.block import FEW, MOST_REMEMBERED, Block, Column, Flags, combined
from orchestration.intake.records.rename import FLAG_SET, ColumnPlan, NamedCell

KINDS = ["text", "flag", "derived", "date"]

Judge = Callable[[str], tuple[str, ...]]


@dataclass(frozen=True)
class Slot:
    """One cell in each row where `stands`: the text `values[codes[row]]`, with a kind for each value."""

    field: str
    stands: Flags
    values: pa.StringArray
    codes: npt.NDArray[np.integer[Any]]
    kinds: npt.NDArray[np.int8]


class Slots:
    """Makes the slots of one plan, and counts removals in the minimiser."""

    def __init__(self, plan: ColumnPlan, minimiser: Minimiser) -> None:
        self._plan = plan
        self._minimiser = minimiser
        self._known: dict[tuple[str, int], dict[Any, Any]] = {}

    def with_several_columns(self, block: Block) -> Flags:
        """Return the rows in which more than one column of a field is filled."""
        rows = np.zeros(len(block), bool)
        for _, _, indexes in self._plan.fields:
            there = [block.columns[at].filled for at in indexes if at < len(block.columns)]
            if len(there) > 1:
                rows |= np.sum(there, axis=0) > 1
        return rows

    def of(self, block: Block, rows: Flags) -> Iterator[Slot]:
        """Yield the slots of some rows, and count what is removed from them."""
        columns = block.columns
        for field, spec, indexes in self._plan.fields:
            for at in indexes:
                if at >= len(columns):
                    continue
                if field == "age_band":
                    yield self._age(spec, at, block, rows)
                else:
                    yield self._plain(field, spec, at, columns[at], rows)
        for field, _, choices in self._plan.flags:
            there = [(choice, columns[at]) for choice, at in choices if at < len(columns)]
            yield from self._flags(field, there, rows)

    def _plain(self, field: str, spec: FieldSpec, at: int, column: Column, rows: Flags) -> Slot:
        def judge(text: str) -> tuple[str, ...]:
            cell = text_cell(text)
            return self._minimiser.minimised(NamedCell(field, spec, cell), []).reasons if cell else ()

        reasons = self._reasons(field, at, column, judge)
        is_kept = column.is_filled
        if any(reasons):
            is_kept = is_kept & np.array([not found for found in reasons])
            self._count(reasons, column.codes[rows])
        kinds = np.zeros(len(column.values), np.int8)
        return Slot(field, column.by_row(is_kept) & rows, column.values, column.codes, kinds)

    def _reasons(self, field: str, at: int, column: Column, judge: Judge) -> list[tuple[str, ...]]:
        """Return why each distinct value may not land; many dates are judged by shape, not by digits."""
        known = self._known.setdefault((field, at), {})
        if field not in DATES or len(column.values) <= FEW:
            return column.each(judge, known)
        shapes, by_value = column.shapes()
        of_shapes = [judge(shape) if is_judged_by_shape(field, shape) else None for shape in shapes]
        if None not in of_shapes and not any(of_shapes):
            return [()] * len(column.values)
        return [
            judge(text) if reasons is None else reasons
            for text, reasons in zip(column.texts, (of_shapes[shape] for shape in by_value), strict=True)
        ]

    def _age(self, spec: FieldSpec, at: int, block: Block, rows: Flags) -> Slot:
        """Return the age from a birth date and a second date column, or the cells of an age column."""
        if spec.from_ != "birth_date":
            return self._ages(spec, at, [], block, rows)
        moment_field = spec.at or "event_on"
        moments = [
            index
            for field, _, indexes in self._plan.fields
            if field == moment_field
            for index in indexes
            if index < len(block.columns)
        ]
        if len(moments) != 1:
            return self._ages(spec, at, moments, block, rows)
        # With dates as numbers such as 20240131, the difference of their ten thousands is the age.
        born, then = (self._days(block.columns[index]) for index in (at, moments[0]))
        are_days = (born > 0) & (then > 0) & rows
        years = np.where(are_days, (then - born) // 10_000, 0)
        distinct, codes = np.unique(years, return_inverse=True)
        cells = [age_cell(age, age) for age in distinct.tolist()]
        self._minimiser.stripped.update({BIRTH_DATE: int(are_days.sum())} if are_days.any() else {})
        of_days = _of_cells(cells, codes, are_days)
        others = rows & ~are_days
        return _either(of_days, self._ages(spec, at, moments, block, others)) if others.any() else of_days

    def _days(self, column: Column) -> npt.NDArray[np.int64]:
        """Return each row's date as a number such as 20240131; 0 for none."""

        def number(text: str) -> int:
            day = self._minimiser.day_in(text)
            return day.year * 10_000 + day.month * 100 + day.day if day else 0

        days = column.each(number, self._known.setdefault(("day", 0), {}))
        return np.array(days, np.int64)[column.codes]

    def _ages(self, spec: FieldSpec, at: int, moments: list[int], block: Block, rows: Flags) -> Slot:
        columns = [block.columns[index] for index in (at, *moments)]
        pairs, codes = combined(columns)
        known = self._known.setdefault(("age_band", at), {})
        if len(known) > MOST_REMEMBERED:
            known.clear()
        minimised: list[Minimised] = []
        is_used = np.zeros(len(pairs), bool)
        is_used[codes[rows]] = True
        for pair, used in zip(pairs, is_used.tolist(), strict=True):
            if not used:
                minimised.append(Minimised(None, ()))
                continue
            texts = tuple(column.text(code) for column, code in zip(columns, pair, strict=True))
            if texts not in known:
                known[texts] = self._age_of(spec, texts)
            minimised.append(known[texts])
        self._count([one.reasons for one in minimised], codes[rows])
        return _of_cells([one.cell for one in minimised], codes, rows)

    def _age_of(self, spec: FieldSpec, texts: tuple[str, ...]) -> Minimised:
        age, *moments = (text_cell(text) for text in texts)
        if age is None:
            return Minimised(None, ())
        named = [NamedCell(spec.at or "event_on", spec, moment) for moment in moments if moment]
        return self._minimiser.minimised(NamedCell("age_band", spec, age), named)

    def _flags(self, field: str, choices: list[tuple[str, Column]], rows: Flags) -> Iterator[Slot]:
        answered, chosen = np.zeros((2, len(rows)), bool)
        for choice, column in choices:
            is_set = column.each(lambda text: same(text) in FLAG_SET, self._known.setdefault(("flag", 0), {}))
            stands = column.by_row(np.array(is_set, bool) & column.is_filled) & rows
            answered |= column.filled
            chosen |= stands
            yield _constant(field, choice, stands)
        yield _constant(field, "", answered & ~chosen & rows)

    def _count(self, reasons: list[tuple[str, ...]], codes: npt.NDArray[np.integer[Any]]) -> None:
        if not any(reasons):
            return
        counts = np.bincount(codes, minlength=len(reasons))
        stripped: Counter[str] = Counter()
        for code in np.flatnonzero(counts).tolist():
            for reason in reasons[code]:
                stripped[reason] += int(counts[code])
        self._minimiser.stripped.update(stripped)


def _of_cells(cells: Sequence[Cell | None], codes: npt.NDArray[np.integer[Any]], rows: Flags) -> Slot:
    """Return the age slot of some rows, from its distinct cells."""
    is_cell = np.array([cell is not None for cell in cells], bool)
    kinds = np.array([KINDS.index(cell.kind) if cell else 0 for cell in cells], np.int8)
    values = pa.array([cell.value if cell else "" for cell in cells], pa.string())
    return Slot("age_band", is_cell[codes] & rows, values, codes, kinds)


def _either(one: Slot, other: Slot) -> Slot:
    """Merge two slots of a field that hold different rows."""
    codes = np.where(one.stands, one.codes, other.codes + len(one.values))
    values = pa.concat_arrays([one.values, other.values])
    return Slot(one.field, one.stands | other.stands, values, codes, np.concatenate([one.kinds, other.kinds]))


def _constant(field: str, text: str, stands: Flags) -> Slot:
    kinds = np.full(1, KINDS.index(Cell("", "flag").kind), np.int8)
    return Slot(field, stands, pa.array([text], pa.string()), np.zeros(len(stands), np.int32), kinds)

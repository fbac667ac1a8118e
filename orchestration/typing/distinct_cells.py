"""Source rows of a batch of landed cells, and which of them agree in the cells of a group of fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.intake import SUBMISSION_KEY, LandedCell
from orchestration.typing.landed_records import Numbers, is_among, row_starts

_MISSING = np.int64(0)  # a row without a cell in a slot; cells count from 1


class Agreeing(NamedTuple):
    """Which rows agree: for each row the number of its kind, for each kind its first row."""

    kind: npt.NDArray[np.int32]
    first: npt.NDArray[np.int64]


class SourceRows:
    """The rows of a batch that are a record each; a slot holds the n-th cell of a field, of every row."""

    def __init__(self, cells: pa.Table, apart: Numbers) -> None:
        if len(apart):
            cells = cells.filter(pa.array(~is_among(cells["record_id"].to_numpy(), apart)))
        self._columns = {name: cells[name].combine_chunks() for name in cells.column_names}
        starts = np.flatnonzero(row_starts(cells))
        self.record_ids = self._columns["record_id"].to_numpy()[starts]
        self.row_numbers = self._columns["row_number"].to_numpy()[starts]
        self.sheets = self._columns["sheet"].take(pa.array(starts))
        self._slots = self._slots_of(starts, len(cells))

    def __len__(self) -> int:
        return len(self.record_ids)

    def columns(self) -> dict[str, pa.Array]:
        """Return the columns of the table `records` that say where the rows stand."""
        return {
            "record_id": pa.array(self.record_ids),
            "sheet": self.sheets,
            "row_number": pa.array(self.row_numbers),
            "source_row_count": pa.array(np.ones(len(self), np.int32)),
            "submission_key": self.first_values(SUBMISSION_KEY).dictionary_encode(),
        }

    def agreeing(self, fields: Iterable[str], by_sheet: bool = False, of: Numbers | None = None) -> Agreeing:
        """Return which rows (or those `of` some positions) have the same cells in these fields, in order."""
        slots = [slot for name in sorted(fields) for slot in self._slots.get(name, ())]
        slots += [self.sheets.indices.to_numpy().astype(np.int64)] if by_sheet else []
        chosen = slots if of is None else [slot[of] for slot in slots]
        size = len(self) if of is None else len(of)
        found = reduce(_both, chosen, Agreeing(np.zeros(size, np.int32), np.zeros(min(size, 1), np.int64)))
        return found if of is None else Agreeing(found.kind, of[found.first])

    def cells(
        self, rows: Numbers, fields: Iterable[str], texts: Mapping[str, str]
    ) -> Iterator[tuple[LandedCell, ...]]:
        """Yield the cells of these rows in these fields, without record, sheet and row."""
        slots = [(name, slot[rows]) for name in sorted(fields) for slot in self._slots.get(name, ())]
        used = np.unique(np.concatenate([slot for _, slot in slots])) if slots else np.empty(0, np.int64)
        used = used[used != _MISSING]
        known = dict(zip(used.tolist(), self._contents(used, texts), strict=True))
        columns = [(name, slot.tolist()) for name, slot in slots]
        for at in range(len(rows)):
            yield tuple(
                LandedCell(0, "", 0, "", name, 0, *known[number])
                for name, slot in columns
                if (number := slot[at]) != _MISSING
            )

    def first_values(self, field: str) -> pa.Array:
        """Return the value of a field's first cell, null in rows without one."""
        slot = next(iter(self._slots.get(field, ())), np.zeros(len(self), np.int64))
        values, _, _ = self._split(slot - 1)
        return self._columns["value"].dictionary.take(pa.array(values, mask=slot == _MISSING))

    def are_single(self, field: str) -> npt.NDArray[np.bool_]:
        """Return which rows have one cell in a field, of kind `text` or a time."""
        slots = self._slots.get(field, ())
        if not slots:
            return np.zeros(len(self), bool)
        kinds = self._columns["kind"].dictionary.to_pylist()
        is_plain = np.array([kind in ("text", "datetime") for kind in kinds] or [False])
        single: npt.NDArray[np.bool_] = (slots[0] != _MISSING) & is_plain[self._split(slots[0] - 1)[1]]
        for slot in slots[1:]:
            single &= slot == _MISSING
        return single

    def _slots_of(self, starts: npt.NDArray[np.int64], count: int) -> dict[str, list[Numbers]]:
        rows = np.zeros(count, np.int64)
        rows[starts[1:]] = 1
        rows = np.cumsum(rows)
        contents = self._numbered()
        fields = self._columns["field"]
        codes = fields.indices.to_numpy()
        order = np.argsort(codes, kind="stable")
        ends = np.cumsum(np.bincount(codes, minlength=len(fields.dictionary)))
        slots: dict[str, list[Numbers]] = {}
        for name, first, last in zip(fields.dictionary.to_pylist(), [0, *ends][:-1], ends, strict=True):
            mine = order[first:last]
            slots[name] = list(_by_turn(rows[mine], contents[mine], len(starts)))
        return slots

    def _numbered(self) -> Numbers:
        """Return a number from 1 for value, kind and number format of each cell; `_split` takes it apart."""
        values, kinds, formats = (self._columns[name] for name in ("value", "kind", "number_format"))
        numbers = values.indices.to_numpy().astype(np.int64) * max(len(kinds.dictionary), 1)
        numbers = (numbers + kinds.indices.to_numpy()) * (len(formats.dictionary) + 1)
        if formats.null_count < len(formats):
            numbers += formats.indices.fill_null(-1).to_numpy() + 1
        return numbers + 1

    def _split(self, numbers: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        numbers, formats = np.divmod(numbers, len(self._columns["number_format"].dictionary) + 1)
        values, kinds = np.divmod(numbers, max(len(self._columns["kind"].dictionary), 1))
        return values, kinds, formats - 1

    def _contents(self, numbers: Numbers, texts: Mapping[str, str]) -> Iterator[tuple[str, str, str | None]]:
        codes = self._split(numbers - 1)
        values, kinds, formats = (
            self._columns[name].dictionary.take(pa.array(found, mask=found < 0)).to_pylist()
            for name, found in zip(("value", "kind", "number_format"), codes, strict=True)
        )
        return zip((texts.get(value, value) for value in values), kinds, formats, strict=True)


def _by_turn(rows: Numbers, contents: Numbers, count: int) -> Iterator[Numbers]:
    """Yield the contents of each row's first cell, then of each row's second, and so on."""
    while len(rows):
        is_first = np.ones(len(rows), bool)
        is_first[1:] = rows[1:] != rows[:-1]
        slot = np.zeros(count, np.int64)
        slot[rows[is_first]] = contents[is_first]
        yield slot
        rows, contents = rows[~is_first], contents[~is_first]


def _both(found: Agreeing, slot: Numbers) -> Agreeing:
    """Return which rows agree in what was `found` and in one more slot."""
    if not len(slot):
        return found
    encoded = pa.array(slot).dictionary_encode()
    kinds: Any = encoded.indices.to_numpy()
    if len(found.first) > 1:
        both = pa.array(found.kind.astype(np.int64) * len(encoded.dictionary) + kinds).dictionary_encode()
        encoded, kinds = both, both.indices.to_numpy()
    first = np.empty(len(encoded.dictionary), np.int64)
    first[kinds[::-1]] = np.arange(len(kinds) - 1, -1, -1)
    return Agreeing(kinds, first)

"""The landed cells of an extract: as batches of source rows, or record by record.

A record of one source row is typed by its batch (`SourceRows`). The others, such as records with child
rows, several rows or corrections, are typed one by one; their cells may lie apart in the file. So these are
partitioned on disk into groups of whole records, and one group at a time is sorted in memory; DuckDB cannot
sort long texts within a small memory. Only the ids of source rows, a number each, grow with the file.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import reduce
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.intake import CELLS, DISAGREES, SUBMISSION_KEY, LandedCell, with_dictionaries

CELLS_AT_ONCE = 1_000_000
_CELLS_IN_A_PARTITION = 100_000
_BYTES_IN_A_PARTITION = 1 << 24
_MOST_PARTITIONS = 200  # each is an open file
_AFTER_ALL_MAIN_ROWS = 1 << 40
_OF_A_ROW = ("record_id", "sheet", "row_number", "part", "seq")
Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
_MISSING = np.int64(0)  # a row without a cell in a slot; cells count from 1


class LandedCells:
    """The cells of one extract, which can be gone through several times.

    `texts`: what the tokens in the cells stand for; `spill` takes temporary files, which hold the tokens.
    """

    def __init__(self, groups: Any, spill: Path, texts: Mapping[str, str] | None = None) -> None:
        self._groups, self._spill, self.texts = groups, spill, texts or {}

    def batches(self, columns: Sequence[str] = CELLS.names) -> Iterator[pa.Table]:
        """Yield the cells in order, some hundred thousand at a time, texts with one dictionary a batch."""
        waiting: list[pa.Table] = []
        for group in self._groups(columns):
            waiting.append(group)
            if sum(map(len, waiting)) >= CELLS_AT_ONCE:
                yield _together(waiting)
                waiting = []
        if waiting:
            yield _together(waiting)

    def apart(self, fields: Iterable[str], others: Iterable[int] = ()) -> Numbers:
        """Return the sorted ids of records that are no single source row, and `others`.

        Columns that disagree about a field outside `fields` put a record here too, as no group reads them.
        """
        starts, found = [np.empty(0, np.int64)], [np.array(list(others), np.int64)]
        for batch in self.batches((*_OF_A_ROW, "field", "kind")):
            ids = batch["record_id"].to_numpy()
            is_start = row_starts(batch)
            starts.append(ids[is_start])
            is_read = pc.is_in(batch["field"], pa.array(sorted(fields), pa.string()))
            is_beside = pc.and_(pc.equal(batch["kind"], DISAGREES), pc.invert(is_read))
            found.append(ids[pc.or_(pc.not_equal(batch["part"], ""), is_beside).to_numpy()])
        rows = np.sort(np.concatenate(starts))
        return np.unique(np.concatenate([rows[1:][rows[1:] == rows[:-1]], *found]))

    def records(self, ids: Numbers) -> Generator[list[LandedCell]]:
        """Yield each of these records as its cells in order."""
        if not len(ids):
            return
        order = _Order(self, ids)
        for partition in self._partitions(order):
            in_order = partition.take(pa.array(np.argsort(order.of(partition), kind="stable")))
            for _, cells in groupby(cells_of(in_order, self.texts), key=attrgetter("record_id")):
                yield list(cells)

    def _partitions(self, order: _Order) -> Iterator[pa.Table]:
        """Yield tables of whole records, earlier records first, cells in the order of the file."""
        wanted = max(order.cells // _CELLS_IN_A_PARTITION, order.size // _BYTES_IN_A_PARTITION)
        count = min(1 + wanted, _MOST_PARTITIONS)
        chosen = (batch.filter(pa.array(order.holds(batch))).cast(CELLS) for batch in self.batches())
        if count == 1:
            yield pa.concat_tables(chosen)
            return
        self._spill.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="records-", dir=self._spill) as folder:
            paths = [Path(folder) / f"{number}.arrow" for number in range(count)]
            with ExitStack() as opened:
                writers = [opened.enter_context(pa.ipc.new_file(path, CELLS)) for path in paths]
                for batch in chosen:
                    numbers = order.of(batch) * count // order.count
                    for number in np.unique(numbers):
                        writers[number].write_table(batch.take(pa.array(np.flatnonzero(numbers == number))))
            for path in paths:
                with pa.ipc.open_file(path) as partition:
                    yield partition.read_all()
                path.unlink()


@contextmanager
def cells_of_file(path: Path, spill: Path, texts: Mapping[str, str] | None = None) -> Iterator[LandedCells]:
    """Yield the cells of a landing Parquet."""
    texts_with_dictionary = [field.name for field in CELLS if field.type == pa.string()]
    with pq.ParquetFile(path, read_dictionary=texts_with_dictionary) as file:

        def groups(columns: Sequence[str]) -> Iterator[pa.Table]:
            return (file.read_row_group(number, list(columns)) for number in range(file.num_row_groups))

        yield LandedCells(groups, spill, texts)


def cells_in_memory(cells: Sequence[LandedCell], spill: Path) -> LandedCells:
    """Return cells in memory as those of a file."""
    columns = list(zip(*cells, strict=True)) or [()] * len(CELLS)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, CELLS, strict=True)]
    table = with_dictionaries(pa.Table.from_arrays(arrays, schema=CELLS))
    return LandedCells(lambda names: iter([table.select(list(names))]), spill)


def row_starts(cells: pa.Table) -> Flags:
    """Return which cells begin a source row."""
    starts = np.zeros(len(cells), bool)
    starts[:1] = True
    for name in _OF_A_ROW:
        column = cells[name].combine_chunks()
        numbers = column.indices.to_numpy() if pa.types.is_dictionary(column.type) else column.to_numpy()
        starts[1:] |= numbers[1:] != numbers[:-1]
    return starts


class _Order:
    """The order of some records: those with a main row first, then those with child rows alone."""

    def __init__(self, cells: LandedCells, ids: Numbers) -> None:
        self._ids, self.count = ids, len(ids)
        self.cells = self.size = start = 0
        first = np.full(len(ids), np.iinfo(np.int64).max)
        for batch in cells.batches(("record_id", "part", "value")):
            is_held = self.holds(batch)
            is_child = pc.not_equal(batch["part"], "").to_numpy()
            places = np.arange(start, start + len(batch)) + is_child * _AFTER_ALL_MAIN_ROWS
            np.minimum.at(first, self._at(batch)[is_held], places[is_held])
            start += len(batch)
            self.cells += int(is_held.sum())
            self.size += (
                pc.sum(pc.binary_length(batch.filter(pa.array(is_held))["value"].cast(pa.string()))).as_py()
                or 0
            )
        self._ranks = np.empty(self.count, np.int64)
        self._ranks[np.argsort(first)] = np.arange(self.count)

    def holds(self, cells: pa.Table) -> Flags:
        """Return which cells are of these records."""
        return is_among(cells["record_id"].to_numpy(), self._ids)

    def of(self, cells: pa.Table) -> Numbers:
        """Return the rank of each cell's record."""
        ranks: Numbers = self._ranks[self._at(cells)]
        return ranks

    def _at(self, cells: pa.Table) -> Numbers:
        return np.searchsorted(self._ids, cells["record_id"].to_numpy())


def is_among(ids: Numbers, known: Numbers) -> Flags:
    """Return which ids are among the sorted `known`."""
    if not len(known):
        return np.zeros(len(ids), bool)
    return known[np.minimum(np.searchsorted(known, ids), len(known) - 1)] == ids


def _together(groups: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(groups).unify_dictionaries().combine_chunks()


def cells_of(table: pa.Table, texts: Mapping[str, str]) -> Iterator[LandedCell]:
    """Yield the rows of a landing table, each token as its text."""
    for batch in table.to_batches(20_000):
        columns = {name: batch[name].to_pylist() for name in batch.schema.names}
        columns["value"] = [texts.get(value, value) for value in columns["value"]]
        yield from map(LandedCell._make, zip(*columns.values(), strict=True))


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

"""The landed cells of an extract: as batches of source rows, or record by record.

A record of one source row is typed by its batch (`distinct_cells`). The others, such as records with child
rows, several rows or corrections, are typed one by one; their cells may lie apart in the file. So these are
partitioned on disk into groups of whole records, and one group at a time is sorted in memory; DuckDB cannot
sort long texts within a small memory. Only the ids of source rows, a number each, grow with the file.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.intake import CELLS, DISAGREES, LandedCell, with_dictionaries

CELLS_AT_ONCE = 1_000_000
_CELLS_IN_A_PARTITION = 100_000
_BYTES_IN_A_PARTITION = 1 << 24
_MOST_PARTITIONS = 200  # each is an open file
_AFTER_ALL_MAIN_ROWS = 1 << 40
_OF_A_ROW = ("record_id", "sheet", "row_number", "part", "seq")

Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]


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

"""Landed cells → records, one after another, in the order of their first rows.

A record's cells need not stand together: a child sheet follows the main one, copies stand far apart. So a
file is dealt out on the disk into piles of whole records, and a pile at a time is sorted in memory. DuckDB
would sort it too, but not long texts within a small memory. What grows is the order of records: two
numbers a record.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.intake import LandedCell

_CELLS_AT_ONCE = 20_000
_CELLS_IN_A_PILE = 100_000
_BYTES_IN_A_PILE = 1 << 24
_MOST_PILES = 200  # each is an open file
_AFTER_ALL_MAIN_ROWS = 1 << 40

Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]


class _Order:
    """Where each record stands. One with child rows alone comes after all that have a main row."""

    def __init__(self, file: pq.ParquetFile) -> None:
        found = [_first_places(ids, places) for ids, places in _places(file)]
        none = np.empty(0, np.int64)
        self._ids, first = _first_places(
            np.concatenate([none, *(ids for ids, _ in found)]),
            np.concatenate([none, *(places for _, places in found)]),
        )
        self.count = len(self._ids)
        self._ranks = np.empty(self.count, np.int64)
        self._ranks[np.argsort(first)] = np.arange(self.count)

    def of(self, cells: pa.RecordBatch | pa.Table) -> Numbers:
        """The rank of each cell's record."""
        ids = cells.column("record_id").to_numpy()
        ranks: Numbers = self._ranks[np.searchsorted(self._ids, ids)]
        return ranks


def records_of_file(path: Path, spill: Path) -> Generator[list[LandedCell]]:
    """Every record of a landing Parquet, as its cells in their order; `spill` is a folder for the piles."""
    with pq.ParquetFile(path) as file:
        order = _Order(file)
        for pile in _piles(file, order, spill):
            in_order = pile.take(pa.array(np.argsort(order.of(pile), kind="stable")))
            for _, cells in groupby(_cells(in_order), key=attrgetter("record_id")):
                yield list(cells)


def records_in_memory(cells: Iterable[LandedCell]) -> Generator[list[LandedCell]]:
    """The same for cells that never become a file."""
    of_record: dict[int, list[LandedCell]] = {}
    with_main_row: dict[int, None] = {}
    for cell in cells:
        of_record.setdefault(cell.record_id, []).append(cell)
        if not cell.part:
            with_main_row.setdefault(cell.record_id)
    for record_id in dict.fromkeys((*with_main_row, *of_record)):
        yield of_record[record_id]


def _places(file: pq.ParquetFile) -> Iterator[tuple[Numbers, Numbers]]:
    start = 0
    for batch in file.iter_batches(_CELLS_AT_ONCE, columns=["record_id", "part"]):
        is_child = pc.not_equal(batch.column("part"), "").to_numpy(zero_copy_only=False)
        places = np.arange(start, start + len(batch)) + is_child * _AFTER_ALL_MAIN_ROWS
        yield batch.column("record_id").to_numpy(), places
        start += len(batch)


def _first_places(ids: Numbers, places: Numbers) -> tuple[Numbers, Numbers]:
    """Each id once, in the order of ids, with its first place."""
    order = np.lexsort((places, ids))
    ids, places = ids[order], places[order]
    is_first = np.ones(len(ids), bool)
    is_first[1:] = ids[1:] != ids[:-1]
    return ids[is_first], places[is_first]


def _piles(file: pq.ParquetFile, order: _Order, spill: Path) -> Iterator[pa.Table]:
    """Tables of whole records, the earlier ones first; within each, cells stand as in the file."""
    count = _pile_count(file)
    if count == 1:
        yield file.read()
        return
    spill.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="records-", dir=spill) as folder:
        paths = [Path(folder) / f"{number}.arrow" for number in range(count)]
        with ExitStack() as opened:
            writers = [opened.enter_context(pa.ipc.new_file(path, file.schema_arrow)) for path in paths]
            for batch in file.iter_batches(_CELLS_AT_ONCE):
                pile_of = order.of(batch) * count // order.count
                for number in np.unique(pile_of):
                    writers[number].write_batch(batch.take(pa.array(np.flatnonzero(pile_of == number))))
        for path in paths:
            with pa.ipc.open_file(path) as pile:
                yield pile.read_all()
            path.unlink()


def _pile_count(file: pq.ParquetFile) -> int:
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    size = sum(group.total_byte_size for group in groups)
    wanted = max(file.metadata.num_rows // _CELLS_IN_A_PILE, size // _BYTES_IN_A_PILE)
    return min(1 + wanted, _MOST_PILES)


def _cells(table: pa.Table) -> Iterator[LandedCell]:
    for batch in table.to_batches(_CELLS_AT_ONCE):
        yield from map(LandedCell._make, zip(*(column.to_pylist() for column in batch.columns), strict=True))

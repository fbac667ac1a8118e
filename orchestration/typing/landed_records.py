"""Group landed cells into records, in the order of their first rows.

Cells of a record may lie apart (child sheets, copies). The file is partitioned on disk into groups of whole
records, and one group at a time is sorted in memory; DuckDB cannot sort long texts within a small memory.
Only the order of records, two numbers each, grows with the file.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
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
_CELLS_IN_A_PARTITION = 100_000
_BYTES_IN_A_PARTITION = 1 << 24
_MOST_PARTITIONS = 200  # each is an open file
_AFTER_ALL_MAIN_ROWS = 1 << 40

Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]


class _Order:
    """The order of records: those with a main row first, then those with child rows alone."""

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
        """Return the rank of each cell's record."""
        ids = cells.column("record_id").to_numpy()
        ranks: Numbers = self._ranks[np.searchsorted(self._ids, ids)]
        return ranks


def records_of_file(
    path: Path, spill: Path, texts: Mapping[str, str] | None = None
) -> Generator[list[LandedCell]]:
    """Yield every record of a landing Parquet as its cells in order; `spill` takes temporary files.

    `texts`: what the tokens in the cells stand for; temporary files hold the tokens.
    """
    with pq.ParquetFile(path) as file:
        order = _Order(file)
        for partition in _partitions(file, order, spill):
            in_order = partition.take(pa.array(np.argsort(order.of(partition), kind="stable")))
            for _, cells in groupby(cells_of(in_order, texts or {}), key=attrgetter("record_id")):
                yield list(cells)


def records_in_memory(cells: Iterable[LandedCell]) -> Generator[list[LandedCell]]:
    """Yield the records of cells in memory, in the same order."""
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
    """Return the sorted distinct ids, each with its first place."""
    order = np.lexsort((places, ids))
    ids, places = ids[order], places[order]
    is_first = np.ones(len(ids), bool)
    is_first[1:] = ids[1:] != ids[:-1]
    return ids[is_first], places[is_first]


def _partitions(file: pq.ParquetFile, order: _Order, spill: Path) -> Iterator[pa.Table]:
    """Yield tables of whole records, earlier records first, cells in the order of the file."""
    count = _partition_count(file)
    if count == 1:
        yield file.read()
        return
    spill.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="records-", dir=spill) as folder:
        paths = [Path(folder) / f"{number}.arrow" for number in range(count)]
        with ExitStack() as opened:
            writers = [opened.enter_context(pa.ipc.new_file(path, file.schema_arrow)) for path in paths]
            for batch in file.iter_batches(_CELLS_AT_ONCE):
                numbers = order.of(batch) * count // order.count
                for number in np.unique(numbers):
                    writers[number].write_batch(batch.take(pa.array(np.flatnonzero(numbers == number))))
        for path in paths:
            with pa.ipc.open_file(path) as partition:
                yield partition.read_all()
            path.unlink()


def _partition_count(file: pq.ParquetFile) -> int:
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    size = sum(group.total_byte_size for group in groups)
    wanted = max(file.metadata.num_rows // _CELLS_IN_A_PARTITION, size // _BYTES_IN_A_PARTITION)
    return min(1 + wanted, _MOST_PARTITIONS)


def cells_of(table: pa.Table, texts: Mapping[str, str]) -> Iterator[LandedCell]:
    """Yield the rows of a landing table, each token as its text."""
    for batch in table.to_batches(_CELLS_AT_ONCE):
        columns = {name: batch[name].to_pylist() for name in batch.schema.names}
        columns["value"] = [texts.get(value, value) for value in columns["value"]]
        yield from map(LandedCell._make, zip(*columns.values(), strict=True))

"""The landed cells of an extract, record by record.

The cells of a record with child rows or several rows may lie apart in the file. So cells are partitioned on
disk into groups of whole records, and one group at a time is sorted in memory; DuckDB cannot sort long texts
within a small memory. Only the ids of records, a number each, grow with the file.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.intake import CELLS, LandedCell

_CELLS_IN_A_PARTITION = 100_000
_BYTES_IN_A_PARTITION = 1 << 24
_MOST_PARTITIONS = 200  # each is an open file
_AFTER_ALL_MAIN_ROWS = 1 << 40
Batches = Callable[[Sequence[str]], Iterator[pa.Table]]  # of some columns, in the order of the file


class LandedCells:
    """The cells of one extract, which can be gone through several times.

    `texts`: what the tokens in the cells stand for; `spill` takes temporary files, which hold the tokens.
    """

    def __init__(self, batches: Batches, spill: Path, texts: Mapping[str, str] | None = None) -> None:
        self._batches, self._spill, self._texts = batches, spill, texts or {}

    def records(self) -> Generator[list[LandedCell]]:
        """Yield each record as its cells in order: those with a main row first, then those without."""
        order = _Order(self._batches(("record_id", "part", "value")))
        for partition in self._partitions(order):
            in_order = partition.take(pa.array(np.argsort(order.of(partition), kind="stable")))
            for _, cells in groupby(cells_of(in_order, self._texts), key=attrgetter("record_id")):
                yield list(cells)

    def _partitions(self, order: _Order) -> Iterator[pa.Table]:
        """Yield tables of whole records, earlier records first, cells in the order of the file."""
        wanted = max(order.cells // _CELLS_IN_A_PARTITION, order.size // _BYTES_IN_A_PARTITION)
        count = min(1 + wanted, _MOST_PARTITIONS)
        if count == 1:
            yield pa.concat_tables([CELLS.empty_table(), *self._batches(CELLS.names)])
            return
        self._spill.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="records-", dir=self._spill) as folder:
            paths = [Path(folder) / f"{number}.arrow" for number in range(count)]
            with ExitStack() as opened:
                writers = [opened.enter_context(pa.ipc.new_file(path, CELLS)) for path in paths]
                for batch in self._batches(CELLS.names):
                    numbers = order.of(batch) * count // order.count
                    for number in np.unique(numbers):
                        writers[number].write_table(batch.take(pa.array(np.flatnonzero(numbers == number))))
            for path in paths:
                with pa.ipc.open_file(path) as partition:
                    yield partition.read_all()
                path.unlink()


class _Order:
    """The order of records, and the number and size of their cells."""

    def __init__(self, batches: Iterator[pa.Table]) -> None:
        self.cells = self.size = 0
        starts = [pa.table({"record_id": pa.array([], pa.int64()), "at_min": pa.array([], pa.int64())})]
        for batch in batches:
            is_child = pc.not_equal(batch["part"], "").to_numpy()
            at = np.arange(self.cells, self.cells + len(batch)) + is_child * _AFTER_ALL_MAIN_ROWS
            places = pa.table({"record_id": batch["record_id"], "at": at})
            starts.append(places.group_by("record_id").aggregate([("at", "min")]))
            self.cells += len(batch)
            self.size += pc.sum(pc.binary_length(batch["value"])).as_py() or 0
        first = pa.concat_tables(starts).group_by("record_id").aggregate([("at_min", "min")])
        ids = first.sort_by("at_min_min")["record_id"].to_numpy()
        self.count = len(ids)
        self._ranks = np.argsort(ids)
        self._ids = ids[self._ranks]

    def of(self, cells: pa.Table) -> np.ndarray:
        """Return the rank of each cell's record."""
        return np.asarray(self._ranks[np.searchsorted(self._ids, cells["record_id"].to_numpy())])


def cells_of(table: pa.Table, texts: Mapping[str, str]) -> Iterator[LandedCell]:
    """Yield the rows of a landing table, each token as its text."""
    for batch in table.to_batches(20_000):
        columns = {name: batch[name].to_pylist() for name in batch.schema.names}
        columns["value"] = [texts.get(value, value) for value in columns["value"]]
        yield from map(LandedCell._make, zip(*columns.values(), strict=True))

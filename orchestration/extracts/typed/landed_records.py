"""Landed cells → records, one after another, in the order of their first rows.

A record's cells need not stand together: a child sheet follows the main one, copies stand far apart.
DuckDB sorts what is larger than its memory on the disk, so that memory does not grow with the extract.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import duckdb

from orchestration.extracts.tally import LandedCell

# Little enough to run beside everything else; sorting a million records of 16 cells still succeeds in it.
_MEMORY = "128MB"
_CELLS_AT_ONCE = 20_000
# A record stands where its first main row stands; one with child rows alone comes after all others.
_IN_ORDER = f"""
with cells as (
    select *, file_row_number as place from read_parquet($path, file_row_number = true)
), records as (
    select record_id, min(place + case when part = '' then 0 else 1::bigint << 40 end) as first_place
    from cells
    group by record_id
)
select {", ".join(f"cells.{name}" for name in LandedCell._fields)}
from cells
inner join records on cells.record_id = records.record_id
order by records.first_place, cells.place
"""


def records_of_file(path: Path, spill: Path) -> Generator[list[LandedCell]]:
    """Every record of a landing Parquet, as its cells in their order; `spill` is a folder for the sorting."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY,
        "temp_directory": str(spill),
        "threads": 1,  # each one would need its own share of the memory
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(":memory:", config=settings) as con:
        batches = con.execute(_IN_ORDER, {"path": str(path)}).to_arrow_reader(_CELLS_AT_ONCE)
        cells = (
            LandedCell._make(values)
            for batch in batches
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        )
        for _, found in groupby(cells, key=attrgetter("record_id")):
            yield list(found)


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

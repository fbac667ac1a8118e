"""Rows and sheets as every reader hands them on, whatever the file was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from orchestration.contracts import Cell
from orchestration.intake.reading.block import Block


class SourceRow(NamedTuple):
    """A row with its number as the partner sees it, counted from 1 and header rows included.

    `parent` (of a child row) and `order` are given where the file's form tells them, not a column: `parent`
    is the record's position in the file, or its reference.
    """

    number: int
    cells: list[Cell | None]
    parent: str | None = None
    order: int | None = None


class Merge(NamedTuple):
    """A merged range; rows and columns counted from 1."""

    first_column: int
    first_row: int
    last_column: int
    last_row: int


@dataclass
class SourceSheet:
    """One sheet: its rows stream once. A CSV file is one sheet without a name.

    `name` is the sheet's own and decides how it is read; only `shown` may leave the reader. `columns` are
    given where no row holds them. Among `only_records` are no totals or notes: software wrote them. Cells of
    an `is_delimited` sheet have no address of their own: one too many shifts the rest of its row.
    `blocks_after` gives, where the reader can, what follows a row as columns instead of rows.
    """

    name: str
    shown: str
    rows: Iterator[SourceRow]
    merges: list[Merge] = field(default_factory=list)
    columns: list[str] | None = None
    only_records: bool = False
    is_delimited: bool = False
    blocks_after: Callable[[int], Iterator[SourceRow | Block]] | None = None

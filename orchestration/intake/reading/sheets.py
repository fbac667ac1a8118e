"""The rows and sheets that every reader yields, for any file format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from orchestration.contracts import Cell
from orchestration.intake.reading.block import Block


class SourceRow(NamedTuple):
    """A row with its number as the partner sees it, counted from 1 with header rows.

    In delimited text the number is that of the row's first line, and `lines` counts its lines: more than one
    where a quoted cell holds line ends. `parent` (of a child row: the record's position in the file, or its
    reference) and `order` are set if the file's structure gives them instead of a column.
    """

    number: int
    cells: list[Cell | None]
    parent: str | None = None
    order: int | None = None
    lines: int = 1


class Merge(NamedTuple):
    """A merged range; rows and columns counted from 1."""

    first_column: int
    first_row: int
    last_column: int
    last_row: int


@dataclass
class SourceSheet:
    """One sheet; its rows stream once. A CSV file is one sheet without a name.

    `name` is the sheet's own; only `shown` may leave the reader. `columns` are set if no row holds them.
    `only_records`: software wrote the sheet, so it has no totals or notes. `is_delimited`: cells have no
    address, so an extra one shifts the rest of its row. `blocks_after` yields the rest after a row as blocks
    of columns, if the reader can.
    """

    name: str
    shown: str
    rows: Iterator[SourceRow]
    merges: list[Merge] = field(default_factory=list)
    columns: list[str] | None = None
    only_records: bool = False
    is_delimited: bool = False
    blocks_after: Callable[[int], Iterator[SourceRow | Block]] | None = None

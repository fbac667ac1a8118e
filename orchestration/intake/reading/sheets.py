"""The sheets that every reader yields, for any file format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from orchestration.intake.reading.block import Block


class Merge(NamedTuple):
    """A merged range; rows and columns counted from 1."""

    first_column: int
    first_row: int
    last_column: int
    last_row: int


@dataclass
class SourceSheet:
    """One sheet; its blocks of rows stream once. A CSV file is one sheet without a name.

    `name` is the sheet's own; only `shown` may leave the reader. `columns` are set if no row holds them.
    `only_records`: software wrote the sheet, so it has no totals or notes. `is_delimited`: cells have no
    address, so an extra one shifts the rest of its row.
    """

    name: str
    shown: str
    blocks: Iterator[Block]
    merges: list[Merge] = field(default_factory=list)
    columns: list[str] | None = None
    only_records: bool = False
    is_delimited: bool = False

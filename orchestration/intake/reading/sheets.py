"""The sheets that every reader yields, for any file format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, Self

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


class Source(Protocol):
    """An open file. Sheets stream one after another; `problems` grow while they are read."""

    date_system: int = 1900
    problems: list[dict[str, str]]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""

    def main_sheets(self) -> Iterator[SourceSheet]: ...

    def repeat_sheet(self, name: str) -> SourceSheet | None:
        return None

    def tab_sheet(self, name: str) -> SourceSheet | None:
        return None

    def physical_rows(self) -> dict[str, int]:
        """Count the rows (lines, in delimited text) of every sheet, read or not, by its shown name.

        The count is independent of the sheets' `rows`.
        """
        ...

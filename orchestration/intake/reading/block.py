"""Rows of one sheet as columns of distinct values, so that each value is judged once instead of each cell.

Every reader yields blocks; every rule on rows works on them. `SourceRow` is one row of a block, for headers,
messages and whoever has to look at a single row.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.contracts import LONGEST_CELL, Cell, text_cell

Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
remembering = lru_cache(1 << 16)  # what a judge says of distinct values
ROWS_IN_A_BLOCK = 1 << 12  # of readers that make cells one by one


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


@dataclass(eq=False)
class Column:
    """One column of a block: `codes` gives each row the number of one of the distinct `values`.

    `own_cells`: the cells of the distinct values, None where all are plain text.
    """

    values: pa.StringArray
    codes: npt.NDArray[np.integer[Any]]
    own_cells: Sequence[Cell | None] | None = None

    @classmethod
    def of_texts(cls, texts: Sequence[str]) -> Column:
        """Return a column of plain texts, as `text_cell` takes them."""
        column = pa.array(texts, pa.string()).dictionary_encode()
        values = column.dictionary
        if (
            pc.max(pc.binary_length(values)).as_py() > LONGEST_CELL
            or pc.any(pc.match_substring(values, "\0")).as_py()
        ):
            return cls.of(texts, text_cell)
        return cls(values, column.indices.to_numpy())

    @classmethod
    def of(cls, keys: Iterable[Hashable], cell_of: Callable[[Any], Cell | None]) -> Column:
        """Return a column from a key for each row; `cell_of` makes the cell of each distinct key."""
        known: dict[Hashable, int] = {}
        codes = np.array([known.setdefault(key, len(known)) for key in keys], np.int32)
        return cls.of_distinct([cell_of(key) for key in known], codes)

    @classmethod
    def of_distinct(cls, cells: Sequence[Cell | None], codes: npt.NDArray[np.integer[Any]]) -> Column:
        """Return a column from its distinct cells, and the number of one of them for each row."""
        values = pa.array([cell.value if cell else "" for cell in cells], pa.string())
        are_plain = all(cell is None or cell == Cell(cell.value) for cell in cells)
        return cls(values, codes, None if are_plain else cells)

    @classmethod
    def of_cells(cls, cells: Iterable[Cell | None]) -> Column:
        return cls.of(cells, lambda cell: cell)

    def __len__(self) -> int:
        return len(self.codes)

    def slice(self, start: int, end: int | None) -> Column:
        """Return a range of rows; the distinct values stay."""
        return Column(self.values, self.codes[start:end], self.own_cells)

    def distinct_cell(self, code: int) -> Cell | None:
        if self.own_cells is not None:
            return self.own_cells[code]
        text = self.text(code)
        return Cell(text) if text.strip() else None

    def has_kind(self, *kinds: str) -> Flags:
        """By distinct value: whether its cell has one of these kinds."""
        if self.own_cells is None:
            return np.full(len(self.values), "text" in kinds)
        return np.array([cell is not None and cell.kind in kinds for cell in self.own_cells], bool)

    @cached_property
    def texts(self) -> list[str]:
        return [*self.values.to_pylist()]

    def text(self, code: int) -> str:
        return str(self.values[code])

    @cached_property
    def is_plain(self) -> bool:
        """Whether all values are ASCII without blanks, so that `tidy` does not change them."""
        return not pc.any(pc.match_substring_regex(self.values, "[^!-~]")).as_py()

    @cached_property
    def is_filled(self) -> Flags:
        """By distinct value: whether it is a filled cell."""
        return np.asarray(pc.binary_length(pc.utf8_trim_whitespace(self.values)).to_numpy() > 0)

    @cached_property
    def filled(self) -> Flags:
        """By row: whether it has a filled cell."""
        return self.by_row(self.is_filled)

    def by_row(self, of_values: Flags) -> Flags:
        if of_values.all():
            return np.ones(len(self), bool)
        return np.asarray(of_values[self.codes])

    def cell(self, row: int) -> Cell | None:
        return self.distinct_cell(int(self.codes[row]))

    @cached_property
    def cells(self) -> Sequence[Cell | None]:
        """The distinct cells, for whoever has to look at all of them."""
        if self.own_cells is not None:
            return self.own_cells
        return [Cell(text) if text.strip() else None for text in self.texts]

    @property
    def sent(self) -> Sequence[Cell | str | None]:
        """The distinct values to judge and remember: texts where all are plain, else cells."""
        return self.texts if self.own_cells is None else self.own_cells

    def looks(self, rows: Flags) -> set[str | None]:
        codes = self.codes[self.filled & rows]
        if self.own_cells is None:
            return {None} if len(codes) else set()
        cells = (self.own_cells[code] for code in np.unique(codes).tolist())
        return {cell.look for cell in cells if cell}

    def cell_of_each_row(self) -> list[Cell | None]:
        return [self.cells[code] for code in self.codes.tolist()]


@dataclass(frozen=True)
class Block:
    """Consecutive rows; `numbers` are theirs as in `SourceRow`.

    `widths` (how many cells each row has) and `lines` (how many lines) are None where all rows are as wide as
    the block, or have one line. `parents` and `orders` are as in `SourceRow`, None if columns give them.
    """

    numbers: npt.NDArray[np.int64]
    columns: list[Column]
    widths: npt.NDArray[np.int32] | None = None
    lines: npt.NDArray[np.int32] | None = None
    parents: list[str | None] | None = None
    orders: list[int | None] | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def column(self, at: int | None) -> Column | None:
        """Return the column at a position, None if no row reaches it."""
        return self.columns[at] if at is not None and at < len(self.columns) else None

    def row(self, at: int) -> SourceRow:
        width = len(self.columns) if self.widths is None else int(self.widths[at])
        return SourceRow(
            int(self.numbers[at]),
            [column.cell(at) for column in self.columns[:width]],
            self.parents[at] if self.parents else None,
            self.orders[at] if self.orders else None,
            1 if self.lines is None else int(self.lines[at]),
        )

    def slice(self, start: int, end: int | None = None) -> Block:
        return Block(
            self.numbers[start:end],
            [column.slice(start, end) for column in self.columns],
            None if self.widths is None else self.widths[start:end],
            None if self.lines is None else self.lines[start:end],
            None if self.parents is None else self.parents[start:end],
            None if self.orders is None else self.orders[start:end],
        )

    @cached_property
    def filled(self) -> Flags:
        """By row: whether any of its cells is filled."""
        filled = np.zeros(len(self), bool)
        for column in self.columns:
            if filled.all():
                break
            filled |= column.filled
        return filled


def block_of(rows: Sequence[SourceRow]) -> Block:
    sizes = [len(row.cells) for row in rows]
    width = max(sizes, default=0)
    columns = [
        Column.of_cells(row.cells[at] if at < len(row.cells) else None for row in rows) for at in range(width)
    ]
    return Block(
        np.array([row.number for row in rows], np.int64),
        columns,
        None if all(size == width for size in sizes) else np.array(sizes, np.int32),
        None if all(row.lines == 1 for row in rows) else np.array([row.lines for row in rows], np.int32),
        [row.parent for row in rows] if any(row.parent is not None for row in rows) else None,
        [row.order for row in rows] if any(row.order is not None for row in rows) else None,
    )


def blocks_of(rows: Iterable[SourceRow]) -> Iterator[Block]:
    rows = iter(rows)
    while some := list(islice(rows, ROWS_IN_A_BLOCK)):
        yield block_of(some)


def rows_in(blocks: Iterable[Block]) -> Iterator[SourceRow]:
    return (block.row(at) for block in blocks for at in range(len(block)))


def first_rows(blocks: Iterator[Block], count: int) -> tuple[list[SourceRow], Iterator[Block]]:
    """Return the first rows (fewer at the end), and all blocks, these rows included."""
    taken: list[Block] = []
    while sum(map(len, taken)) < count and (block := next(blocks, None)) is not None:
        taken.append(block)
    return list(islice(rows_in(taken), count)), chain(taken, blocks)


def without_first(blocks: Iterable[Block], count: int) -> Iterator[Block]:
    for block in blocks:
        left = block.slice(count) if count else block
        count = max(count - len(block), 0)
        if len(left):
            yield left


def cells_at(cells: Mapping[int, Cell | None]) -> list[Cell | None]:
    """Return the cells of a row that has these alone, by their positions."""
    return [cells.get(at) for at in range(max(cells, default=-1) + 1)]


def combined(columns: Sequence[Column]) -> tuple[list[tuple[int, ...]], Codes]:
    """Return the distinct combinations of several columns' values, and each row's combination number."""
    sizes = [max(len(column.values), 1) for column in columns]
    mixed = np.zeros(len(columns[0]), np.int64)
    for column, size in zip(columns, sizes, strict=True):
        mixed = mixed * size + column.codes
    distinct, inverse = np.unique(mixed, return_inverse=True)
    parts: list[Codes] = []
    for size in reversed(sizes):
        parts.insert(0, distinct % size)
        distinct = distinct // size
    return list(zip(*(part.tolist() for part in parts), strict=True)), inverse

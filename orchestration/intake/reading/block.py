"""Rows of one sheet as columns of distinct texts, so that each value is judged once instead of each cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.contracts import Cell, text_cell

Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
_BLANKS = np.zeros(256, bool)
_BLANKS[[*range(9, 14), *range(28, 33)]] = True
# First bytes of non-ASCII blanks (U+0085, U+00A0, U+1680, U+2000…, U+3000).
_BLANKS[[0xC2, 0xE1, 0xE2, 0xE3]] = True
_UNTIDY = np.zeros(256, bool)
_UNTIDY[[*range(9, 14), *range(28, 33), *range(128, 256)]] = True
_TO_ZERO = np.arange(256, dtype=np.uint8)
_TO_ZERO[ord("0") : ord("9") + 1] = ord("0")
FEW = 500  # up to so many distinct values of a column are judged one by one and remembered
MOST_REMEMBERED = 1 << 16


class Column:
    """One column of a block: `codes` gives each row the number of one of the distinct `values`."""

    def __init__(self, column: pa.DictionaryArray) -> None:
        self.values: pa.StringArray = column.dictionary
        self.codes: npt.NDArray[np.int32] = column.indices.to_numpy()

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def texts(self) -> list[str]:
        texts: list[str] = self.values.to_pylist()
        return texts

    def text(self, code: int) -> str:
        return str(self.values[code])

    @cached_property
    def starts(self) -> npt.NDArray[np.int32]:
        """The start of each value in `bytes`, and the end of the last."""
        offsets = np.frombuffer(self.values.buffers()[1], np.int32)
        at: int = self.values.offset
        return offsets[at : at + len(self.values) + 1]

    @cached_property
    def bytes(self) -> npt.NDArray[np.uint8]:
        """The values in UTF-8, followed by zeros so that reading past the last one is safe."""
        data = self.values.buffers()[2]
        return np.frombuffer((bytes(data) if data else b"") + bytes(8), np.uint8)

    @cached_property
    def lengths(self) -> npt.NDArray[np.int32]:
        return np.diff(self.starts)

    def shapes(self) -> tuple[list[str], npt.NDArray[np.int32]]:
        """Return the distinct shapes (values with 0 for each digit), and the shape's number of each value."""
        _, offsets, data = self.values.buffers()
        signs = pa.py_buffer(_TO_ZERO[np.frombuffer(data, np.uint8)])
        made = pa.StringArray.from_buffers(len(self.values), offsets, signs, offset=self.values.offset)
        shapes = made.dictionary_encode()
        return shapes.dictionary.to_pylist(), shapes.indices.to_numpy()

    @cached_property
    def first_bytes(self) -> npt.NDArray[np.uint8]:
        return np.where(self.lengths > 0, self.bytes[self.starts[:-1]], 0).astype(np.uint8)

    @cached_property
    def is_ascii(self) -> bool:
        return not (self.bytes[self.starts[0] : self.starts[-1]] >= 128).any()

    @cached_property
    def is_plain(self) -> bool:
        """Whether all values are ASCII without blanks, so that `tidy` does not change them."""
        return not _UNTIDY[self.bytes[self.starts[0] : self.starts[-1]]].any()

    @cached_property
    def is_filled(self) -> Flags:
        """By distinct value: whether it is a filled cell."""
        filled: Flags = self.lengths > 0
        for code in np.flatnonzero(_BLANKS[self.first_bytes] & filled).tolist():
            filled[code] = bool(self.text(code).strip())
        return filled

    @cached_property
    def filled(self) -> Flags:
        """By row: whether it has a filled cell."""
        return self.by_row(self.is_filled)

    def by_row(self, of_values: Flags) -> Flags:
        if of_values.all():
            return np.ones(len(self), bool)
        rows: Flags = of_values[self.codes]
        return rows

    def cell(self, row: int) -> Cell | None:
        return text_cell(self.text(int(self.codes[row])))

    def each(self, judge: Callable[[str], Any], known: dict[str, Any]) -> list[Any]:
        """Apply `judge` to every distinct value; `known` keeps the results between blocks."""
        if len(known) > MOST_REMEMBERED:
            known.clear()
        for text in self.texts:
            if text not in known:
                known[text] = judge(text)
        return [known[text] for text in self.texts]


@dataclass(frozen=True)
class Block:
    """Consecutive rows of equal width; `first_row` is the number of the first."""

    first_row: int
    columns: list[Column]

    def __len__(self) -> int:
        return len(self.columns[0])

    def cells(self, row: int) -> list[Cell | None]:
        """Return one row as cells."""
        return [column.cell(row) for column in self.columns]


def combined(columns: Sequence[Column]) -> tuple[list[tuple[int, ...]], Codes]:
    """Return the distinct combinations of several columns' values, and each row's combination number."""
    sizes = [max(len(column.values), 1) for column in columns]
    mixed = np.zeros(len(columns[0]), np.int64)
    for column, size in zip(columns, sizes, strict=True):
        mixed = mixed * size + column.codes
    if int(np.prod(sizes, dtype=float)) <= MOST_REMEMBERED:
        is_there = np.zeros(int(np.prod(sizes)), bool)
        is_there[mixed] = True
        distinct = np.flatnonzero(is_there)
        places = np.zeros(len(is_there), np.int64)
        places[distinct] = np.arange(len(distinct))
        inverse = places[mixed]
    else:
        distinct, inverse = np.unique(mixed, return_inverse=True)
    parts: list[Codes] = []
    for size in reversed(sizes):
        parts.insert(0, distinct % size)
        distinct = distinct // size
    return list(zip(*(part.tolist() for part in parts), strict=True)), inverse


def runs(total: int, between: Sequence[int]) -> list[tuple[int, int]]:
    """Return the ranges of 0…total before, between and after the given positions."""
    return [(before + 1, after) for before, after in pairwise([-1, *between, total])]

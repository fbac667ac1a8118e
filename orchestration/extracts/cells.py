"""Cells, rows and sheets as every reader hands them on, whatever the file was."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from orchestration.extracts.block import Block

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
LONGEST_CELL = 32_767
_BLANKS = re.compile(r"\s+")


class Cell(NamedTuple):
    """A value as sent: text, and the kind of cell it was in. `look` (colour, strike-through) never lands."""

    value: str
    kind: str = "text"
    number_format: str | None = None
    look: str | None = None


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


def number_text(value: int | float) -> str:
    """The shortest text of a number: 5, 2.5, 254712345678."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)


def text_cell(text: str) -> Cell | None:
    """A text as a cell; nothing but blanks is no cell.

    NUL is no sign of any script, and what Excel could not hold is cut: no such text may land.
    """
    text = text[:LONGEST_CELL].replace("\x00", "")
    return Cell(text) if text.strip() else None


def tidy(text: str) -> str:
    """Compatibility forms, invisible signs and needless blanks away: for comparing, not for landing."""
    if text.isascii():
        return " ".join(text.split())
    return _BLANKS.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).strip()


def same(text: str) -> str:
    """The form under which two spellings count as the same: tidy and without capitals."""
    return tidy(text).casefold()

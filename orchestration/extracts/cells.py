"""Cells, rows and sheets as every reader hands them on, whatever the file was."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_BLANKS = re.compile(r"\s+")


class Cell(NamedTuple):
    """A value as sent: text, and the kind of cell it was in. `look` (colour, strike-through) never lands."""

    value: str
    kind: str = "text"
    number_format: str | None = None
    look: str | None = None


class SourceRow(NamedTuple):
    """A row with its number as the partner sees it, counted from 1 and header rows included."""

    number: int
    cells: list[Cell | None]


class Merge(NamedTuple):
    """A merged range; rows and columns counted from 1."""

    first_column: int
    first_row: int
    last_column: int
    last_row: int


@dataclass
class SourceSheet:
    """One sheet: its rows stream once. A CSV file is one sheet without a name.

    `name` is the sheet's own and decides how it is read; only `shown` may leave the reader.
    """

    name: str
    shown: str
    rows: Iterator[SourceRow]
    merges: list[Merge] = field(default_factory=list)


def tidy(text: str) -> str:
    """Compatibility forms, invisible signs and needless blanks away: for comparing, not for landing."""
    if text.isascii():
        return " ".join(text.split())
    return _BLANKS.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).strip()


def same(text: str) -> str:
    """The form under which two spellings count as the same: tidy and without capitals."""
    return tidy(text).casefold()

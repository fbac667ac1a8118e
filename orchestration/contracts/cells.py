"""Cells as every reader hands them on, whatever the file was, and the forms in which texts are compared."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
LONGEST_CELL = 32_767
_BLANKS = re.compile(r"\s+")


class Cell(NamedTuple):
    """A value as sent: text, and the kind of cell it was in. `look` (colour, strike-through) never lands."""

    value: str
    kind: str = "text"
    number_format: str | None = None
    look: str | None = None


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

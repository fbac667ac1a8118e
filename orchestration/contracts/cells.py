"""The cell that every reader produces, and forms in which texts are compared."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
LONGEST_CELL = 32_767
_BLANKS = re.compile(r"\s+")


class Cell(NamedTuple):
    """A value as sent: its text and the kind of cell. `look` (colour, strike-through) does not land."""

    value: str
    kind: str = "text"
    number_format: str | None = None
    look: str | None = None


def number_text(value: int | float) -> str:
    """Return the shortest text of a number: 5, 2.5, 254712345678."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)


def text_cell(text: str) -> Cell | None:
    """Return a text as a cell, without NUL and cut at Excel's limit; None for blanks alone."""
    text = text[:LONGEST_CELL].replace("\x00", "")
    return Cell(text) if text.strip() else None


def tidy(text: str) -> str:
    """Normalise a text for comparison: NFKC, without invisible signs and repeated blanks."""
    if text.isascii():
        return " ".join(text.split())
    return _BLANKS.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).strip()


def same(text: str) -> str:
    """Return the form in which two spellings are the same: tidy and casefolded."""
    return tidy(text).casefold()

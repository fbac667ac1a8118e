"""Detect colour and strike-through that mark some rows of a sheet.

Only the partner knows their meaning, so they are not read; a problem notes that an extract has them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from orchestration.intake.reading.block import Block, Flags

LOST = "flag:format_meaning_lost"
_PLAIN_FILLS = {"rgb": ("FFFFFFFF", "00000000"), "theme": (0,), "indexed": (9, 64)}
_PLAIN_INKS = {"rgb": ("FF000000",), "theme": (1,), "indexed": (8, 64, 32767)}


class Looks:
    """The looks of one sheet's records by column; a column of one colour throughout has no meaning."""

    def __init__(self) -> None:
        self.differ = False
        self._by_column: dict[int, str | None] = {}

    def add(self, block: Block, rows: Flags) -> None:
        """Add the looks of some rows."""
        for at, column in enumerate(block.columns):
            if self.differ:
                return
            shown = column.filled & rows
            looks: set[str | None] = {None} if shown.any() else set()
            if column.looks:
                looks = {column.looks[code] for code in np.unique(column.codes[shown]).tolist()}
            self.differ = len(looks | ({self._by_column[at]} if at in self._by_column else set())) > 1
            if len(looks) == 1:
                self._by_column.setdefault(at, *looks)


def look_of(cell: Any) -> str | None:
    """Return how an openpyxl cell is marked: struck through, filled, coloured ink; None if it is plain."""
    font, fill = cell.font, cell.fill
    marks = ["struck through"] if font and font.strike else []
    if font and (ink := _colour(font.color, _PLAIN_INKS)):
        marks.append(f"ink {ink}")
    if fill and fill.fill_type and (paint := _colour(fill.fgColor, _PLAIN_FILLS)):
        marks.append(f"{fill.fill_type} {paint}")
    return ", ".join(marks) or None


def _colour(colour: Any, plain: dict[str, tuple[Any, ...]]) -> str | None:
    if colour is None or colour.value in plain.get(colour.type, ()):
        return None
    return f"{colour.type} {colour.value}"

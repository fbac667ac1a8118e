"""Colour and strike-through that tell the rows of a sheet apart.

What a partner means by them nobody else can know: they are never read, and an extract with them says so once.
"""

from __future__ import annotations

from typing import Any

from orchestration.contracts import Cell

LOST = "flag:format_meaning_lost"
_PLAIN_FILLS = {"rgb": ("FFFFFFFF", "00000000"), "theme": (0,), "indexed": (9, 64)}
_PLAIN_INKS = {"rgb": ("FF000000",), "theme": (1,), "indexed": (8, 64, 32767)}


class Looks:
    """The looks of one sheet's records, by column: a column that is coloured throughout means nothing."""

    def __init__(self) -> None:
        self.differ = False
        self._by_column: dict[int, str | None] = {}

    def add(self, cells: list[Cell | None]) -> None:
        if self.differ:
            return
        for column, cell in enumerate(cells):
            if cell and self._by_column.setdefault(column, cell.look) != cell.look:
                self.differ = True
                return


def look_of(cell: Any) -> str | None:
    """How an openpyxl cell is marked: struck through, filled or in a coloured ink; None for a plain one."""
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

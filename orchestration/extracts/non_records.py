"""Rows of a sheet that are no records: totals, blanks, repeated headers, notes.

Each is refused with a reason and counted; a row is judged by its form, never by guessing a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestration.extracts.cells import Cell, SourceRow, same
from orchestration.extracts.contract_format import Layout
from orchestration.extracts.header import Header

_TOTAL = re.compile(r"((grand|sub)[ -]?)?totals?\b.{0,20}|jumla\b.{0,20}")
_NOTE = re.compile(
    r"(compiled|prepared|submitted|checked|approved|reviewed|updated|printed) (by|on)\b.*"
    r"|(source|note|notes|nb|n\.b\.|remark|key|legend|chanzo|imeandaliwa|imetayarishwa)\b.*"
)
_HXL = re.compile(r"#[a-z][a-z0-9_]*([ +][a-z0-9_+ ]*)?")
BLANK = "skip:blank"


class RowJudge:
    """Says for one row after another of a sheet why it is no record, or None when it is one."""

    def __init__(
        self, header: Header, layout: Layout, meaningful: set[int], only_records: bool = False
    ) -> None:
        self._only_records = only_records
        self._names = [same(name) for name in header.names]
        self._meaningful = meaningful
        self._hxl = layout.hxl_row is not False
        self._stop_words = {same(word) for word in layout.stop_at}
        self._sums: dict[int, float] = {}
        self._rows_summed = 0
        self._stopped = False

    def reason(self, cells: list[Cell | None]) -> str | None:
        filled = [(index, cell) for index, cell in enumerate(cells) if cell]
        if not filled:
            return BLANK
        if self._only_records:
            return None if any(index in self._meaningful for index, _ in filled) else BLANK
        if self._stopped:
            return "skip:note_row"
        texts = [same(cell.value) for _, cell in filled]
        if self._ends_the_table(texts[0]):
            self._stopped = True
            return "skip:total_row"
        if filled[0][1].kind == "text" and _TOTAL.fullmatch(texts[0]):
            return "skip:total_row"
        if self._hxl and len(filled) > 1 and all(_HXL.fullmatch(text) for text in texts):
            return "skip:hxl_row"
        if self._repeats_header(filled, texts):
            return "skip:header_repeat"
        if self._is_note(filled, texts):
            return "skip:note_row"
        if not any(index in self._meaningful for index, _ in filled):
            return BLANK
        if self._is_sum(filled):
            return "skip:total_inferred"
        self._add(filled)
        return None

    def _ends_the_table(self, first: str) -> bool:
        return any(first == word or re.match(rf"{re.escape(word)}\b", first) for word in self._stop_words)

    def _repeats_header(self, filled: list[tuple[int, Cell]], texts: list[str]) -> bool:
        if len(filled) < 2:
            return False
        equal = sum(
            index < len(self._names) and text == self._names[index]
            for (index, _), text in zip(filled, texts, strict=True)
        )
        return equal == len(filled) or (equal >= 3 and equal >= 0.7 * len(filled))

    def _is_note(self, filled: list[tuple[int, Cell]], texts: list[str]) -> bool:
        if len(filled) > 1 or filled[0][1].kind != "text":
            return len(filled) == 2 and bool(_NOTE.fullmatch(texts[0]))
        return filled[0][0] not in self._meaningful or bool(_NOTE.fullmatch(texts[0]))

    def _is_sum(self, filled: list[tuple[int, Cell]]) -> bool:
        """Only numbers, each the sum of its column so far: a total that nobody labelled."""
        if self._rows_summed < 2:
            return False
        numbers = [(index, _as_number(cell)) for index, cell in filled]
        return all(
            number is not None and number != 0 and self._sums.get(index) == number
            for index, number in numbers
        )

    def _add(self, filled: list[tuple[int, Cell]]) -> None:
        self._rows_summed += 1
        for index, cell in filled:
            number = _as_number(cell)
            if number is not None:
                self._sums[index] = self._sums.get(index, 0.0) + number


def without_trailing_blanks(rows: Iterator[SourceRow]) -> Iterator[SourceRow]:
    """Blank rows count only between filled ones: a formatted sheet goes on for a million of them."""
    first_blank: int | None = None
    for row in rows:
        if any(row.cells):
            if first_blank is not None:
                yield from (SourceRow(number, []) for number in range(first_blank, row.number))
            first_blank = None
            yield row
        elif first_blank is None:
            first_blank = row.number


def _as_number(cell: Cell) -> float | None:
    if cell.kind not in ("number", "text"):
        return None
    try:
        return float(cell.value)
    except ValueError:
        return None

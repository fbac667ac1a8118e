"""Recognise rows of a sheet that are no records: totals, blanks, repeated headers, notes.

Each is refused with a reason and counted. A row is judged by its form, never by the meaning of a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from orchestration.contracts import Cell, Layout, same
from orchestration.intake.reading.sheets import SourceRow
from orchestration.intake.records.header import Header

_TOTAL = re.compile(r"((grand|sub)[ -]?)?totals?\b.{0,20}|jumla\b.{0,20}")
_NOTE = re.compile(
    r"(compiled|prepared|submitted|checked|approved|reviewed|updated|printed) (by|on)\b.*"
    r"|(source|note|notes|nb|n\.b\.|remark|key|legend|chanzo|imeandaliwa|imetayarishwa)\b.*"
)
_HXL = re.compile(r"#[a-z][a-z0-9_]*([ +][a-z0-9_+ ]*)?")
BLANK = "skip:blank"
ROW_SHAPE = "Q:row_shape"
AFTER_END = "flag:rows_after_end"
# Below the table, a row with fewer filled cells in the columns that are read is a note or a sum.
_FEWEST_CELLS, _FILLED_OF_A_RECORD = 3, 1 / 3


def begins_with(word: str, text: str) -> bool:
    """Return whether a stop word ends the table at a row with this first text; both in the form of `same`."""
    return text == word or re.match(rf"{re.escape(word)}\b", text) is not None


class RowJudge:
    """Judges the rows of a sheet in order: the reason why a row is no record, or None for a record."""

    def __init__(
        self,
        header: Header,
        layout: Layout,
        meaningful: set[int],
        only_records: bool = False,
        is_delimited: bool = False,
    ) -> None:
        self._only_records = only_records
        self._width = len(header.names) if is_delimited else None
        self._may_end_early = getattr(layout, "trailing_cells", "required") == "optional"
        self._names = [same(name) for name in header.names]
        self._meaningful = meaningful
        self._hxl = layout.hxl_row is not False
        self._stop_words = {same(word) for word in layout.stop_at}
        self._sums: dict[int, float] = {}
        self._rows_summed = 0
        self._stopped = False
        self.records_after_end = 0

    def reason(self, cells: list[Cell | None]) -> str | None:
        filled = [(index, cell) for index, cell in enumerate(cells) if cell]
        if not filled:
            return BLANK
        if self._only_records:
            if self._has_other_shape(cells, filled):
                return ROW_SHAPE
            return None if any(index in self._meaningful for index, _ in filled) else BLANK
        texts = [same(cell.value) for _, cell in filled]
        if self._stopped:
            self.records_after_end += self._looks_like_a_record(filled, texts)
            return "skip:note_row"
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
        if self._has_other_shape(cells, filled):
            return ROW_SHAPE
        if not any(index in self._meaningful for index, _ in filled):
            return BLANK
        if self._is_sum(filled):
            return "skip:total_inferred"
        self._add(filled)
        return None

    @property
    def has_ended(self) -> bool:
        """Whether a stop word ended the table, after which no row is a record."""
        return self._stopped

    def ends_the_table(self, first: str) -> bool:
        """Return whether a row whose first filled cell has this text ends the table."""
        return self._ends_the_table(same(first))

    def is_marked(self, first: str) -> bool:
        """Return whether the text of a row's first filled cell may mark it as no record."""
        text = same(first)
        return bool(self._ends_the_table(text) or _TOTAL.fullmatch(text) or text.startswith("#"))

    @property
    def marks(self) -> list[str]:
        """The beginnings of all texts for which `is_marked` holds."""
        return ["total", "grand", "sub", "jumla", "#", *self._stop_words]

    @property
    def header_names(self) -> list[str]:
        """The texts of a repeated header, by position."""
        return self._names

    def add_numbers(self, rows: int, numbers: Mapping[int, npt.NDArray[np.float64]]) -> None:
        """Count rows that are surely records, with the numbers of each column in order."""
        self._rows_summed += rows
        for index, column in numbers.items():
            start = np.array([self._sums.get(index, 0.0)])
            # Added one by one like single rows, because floats depend on the order.
            self._sums[index] = float(np.add.accumulate(np.concatenate([start, column]))[-1])

    def is_of_width(self, cells: int) -> bool:
        """Return whether a row of so many cells has the header's width; True where cells have addresses."""
        return self._width is None or cells == self._width

    def _has_other_shape(self, cells: list[Cell | None], filled: list[tuple[int, Cell]]) -> bool:
        """Return whether cells may stand in wrong columns: an extra delimiter shifts the rest of a row."""
        if self._width is None or len(cells) == self._width:
            return False
        return not self._may_end_early or filled[-1][0] >= self._width

    def _ends_the_table(self, first: str) -> bool:
        return any(begins_with(word, first) for word in self._stop_words)

    def _looks_like_a_record(self, filled: list[tuple[int, Cell]], texts: list[str]) -> bool:
        """Judge by form alone; rows after the end of the table are only counted."""
        read = sum(index in self._meaningful for index, _ in filled)
        is_filled = read >= max(_FEWEST_CELLS, _FILLED_OF_A_RECORD * len(self._meaningful))
        is_other = self._ends_the_table(texts[0]) or self._repeats_header(filled, texts)
        return is_filled and not is_other and not _TOTAL.fullmatch(texts[0])

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
        """Return whether a row is an unlabelled total: only numbers, each the sum of its column so far."""
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


class BlankRows:
    """Holds blank rows until a filled one follows, because a formatted sheet may end in a million of them."""

    def __init__(self) -> None:
        self._first: int | None = None
        self._last = 0

    @property
    def held(self) -> int:
        """The number of rows held now; at the end of a sheet, of its trailing blank rows."""
        return 0 if self._first is None else self._last - self._first + 1

    def hold(self, number: int) -> None:
        """Hold a blank row, which counts if a filled one follows."""
        if self._first is None:
            self._first = number
        self._last = number

    def before(self, number: int) -> Iterator[SourceRow]:
        """Yield the held blank rows, which count now that a filled row follows."""
        if self._first is not None:
            yield from (SourceRow(blank, []) for blank in range(self._first, number))
        self._first = None


def without_trailing_blanks(
    rows: Iterator[SourceRow], explain: Callable[[int], None] | None = None
) -> Iterator[SourceRow]:
    """Yield rows without the blank ones at the end, whose number is passed to `explain`."""
    blanks = BlankRows()
    for row in rows:
        if any(row.cells):
            yield from blanks.before(row.number)
            yield row
        else:
            blanks.hold(row.number)
    if explain:
        explain(blanks.held)


def number_in(text: str) -> float | None:
    """Parse a number, or return None."""
    try:
        return float(text)
    except ValueError:
        return None


def _as_number(cell: Cell) -> float | None:
    return number_in(cell.value) if cell.kind in ("number", "text") else None

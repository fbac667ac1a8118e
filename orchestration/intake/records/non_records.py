"""Recognise rows of a sheet that are no records: totals, blanks, repeated headers, notes.

Each is refused with a reason and counted. A row is judged by its form, never by the meaning of a value. What
a value says is found once for each distinct value of a column that begins like a mark or a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from orchestration.contracts import Layout, same
from orchestration.intake.reading.block import Block, Column, Flags
from orchestration.intake.records.header import Header
from orchestration.intake.records.refusals import Refusals

_TOTAL = re.compile(r"((grand|sub)[ -]?)?totals?\b.{0,20}|jumla\b.{0,20}")
_DONE = "compiled|prepared|submitted|checked|approved|reviewed|updated|printed"
_ABOUT = r"source|note|notes|nb|n\.b\.|remark|key|legend|chanzo|imeandaliwa|imetayarishwa"
_NOTE = re.compile(rf"({_DONE}) (by|on)\b.*|({_ABOUT})\b.*")
_HXL = re.compile(r"#[a-z][a-z0-9_]*([ +][a-z0-9_+ ]*)?")
BLANK = "skip:blank"
ROW_SHAPE = "Q:row_shape"
AFTER_END = "flag:rows_after_end"
_TOTAL_ROW, _HXL_ROW, _HEADER_REPEAT, _NOTE_ROW = (
    "skip:total_row",
    "skip:hxl_row",
    "skip:header_repeat",
    "skip:note_row",
)
_INFERRED = "skip:total_inferred"
# Below the table, a row with fewer filled cells in the columns that are read is a note or a sum.
_FEWEST_CELLS, _FILLED_OF_A_RECORD = 3, 1 / 3
# Patterns of Arrow: what may be a mark or a number. Python judges what they find.
_BLANKS = r"[\x09-\x0d\x1c-\x20]*"
_NOT_ASCII = r"[^\x09-\x0d\x1c-\x20]*[^\x00-\x7F]"  # in the first word
_NUMBER = rf"[+-]?([0-9_]*\.?[0-9_]*([eE][+-]?[0-9_]+)?|[iInN][a-zA-Z]+){_BLANKS}$"

_IS_TOTAL, _ENDS, _IS_NOTE, _IS_HXL = 1, 2, 4, 8


def begins_with(word: str, text: str) -> bool:
    """Return whether a stop word ends the table at a row with this first text; both in the form of `same`."""
    return text == word or re.match(rf"{re.escape(word)}\b", text) is not None


@dataclass
class _Found:
    """What the distinct values of a column say: their marks as bits, and numbers where `is_number`."""

    marks: npt.NDArray[np.uint8]
    is_name: Flags
    is_number: Flags
    numbers: npt.NDArray[np.float64]


class RowJudge:
    """Judges the rows of a sheet, block after block: why a row is no record, or None for a record."""

    def __init__(
        self,
        header: Header,
        layout: Layout,
        meaningful: set[int],
        only_records: bool = False,
        is_delimited: bool = False,
        keys: Iterable[int | None] = (),
    ) -> None:
        self._only_records = only_records
        # Where an export breaks off, its last row may hold nothing but the reference: that is no note.
        self._no_notes = {*meaningful, *(at for at in keys if at is not None and is_delimited)}
        self._width = len(header.names) if is_delimited else None
        self._may_end_early = getattr(layout, "trailing_cells", "required") == "optional"
        self._names = [same(name) for name in header.names]
        self._stop_words = {same(word) for word in layout.stop_at}
        self._patterns = [self._may_be_mark(name) for name in (*self._names, "")]
        self._meaningful = meaningful
        self._hxl = layout.hxl_row is not False
        self._sums: dict[int, float] = {}
        self._rows_summed = 0
        self._stopped = False
        self.records_after_end = 0

    def refusals(self, block: Block) -> Refusals:
        """Return the rows that are no records, with their reasons."""
        size = len(block)
        refused = Refusals(size)
        filled, read, beyond = np.zeros((3, size), np.int32)
        for at, column in enumerate(block.columns):
            filled += column.filled
            if at in self._meaningful:
                read += column.filled
            if self._width is not None and at >= self._width:
                beyond += column.filled
        is_blank = filled == 0
        has_other_shape = self._other_shape(block, beyond > 0)
        if self._only_records:
            refused.refuse(BLANK, is_blank)
            refused.refuse(ROW_SHAPE, has_other_shape)
            refused.refuse(BLANK, read == 0)
            return refused
        found = [self._look_at(at, column) for at, column in enumerate(block.columns)]
        first, first_at, first_is_text = self._first_marks(block, found)
        equal, hxl, numbers = np.zeros((3, size), np.int32)
        for column, what in zip(block.columns, found, strict=True):
            if what.is_name.any():
                equal += column.by_row(what.is_name)
            if (what.marks & _IS_HXL).any():
                hxl += column.by_row((what.marks & _IS_HXL) > 0)
            if what.is_number.any():
                numbers += column.by_row(what.is_number)
        is_total = (first & _IS_TOTAL) > 0
        repeats = (filled >= 2) & ((equal == filled) | ((equal >= 3) & (equal >= 0.7 * filled)))
        ends = (first & _ENDS) > 0
        is_note = (first & _IS_NOTE) > 0
        alone = (filled == 1) & first_is_text & (~np.isin(first_at, list(self._no_notes)) | is_note)
        refused.refuse(BLANK, is_blank)
        stopped_at = -1 if self._stopped else size
        if not self._stopped and ends.any():
            stopped_at = int(np.flatnonzero(ends)[0])
            self._stopped = True
        after = np.arange(size) > stopped_at
        looks = (read >= max(_FEWEST_CELLS, _FILLED_OF_A_RECORD * len(self._meaningful))) & ~(
            ends | repeats | is_total
        )
        self.records_after_end += int((after & looks & ~is_blank).sum())
        refused.refuse(_NOTE_ROW, after)
        refused.refuse(_TOTAL_ROW, ends | (is_total & first_is_text))
        if self._hxl:
            refused.refuse(_HXL_ROW, (filled > 1) & (hxl == filled))
        refused.refuse(_HEADER_REPEAT, repeats)
        refused.refuse(_NOTE_ROW, alone | ((filled == 2) & is_note))
        refused.refuse(ROW_SHAPE, has_other_shape)
        refused.refuse(BLANK, read == 0)
        self._find_sums(block, found, refused, numbers == filled)
        return refused

    def _other_shape(self, block: Block, reaches_beyond: Flags) -> Flags:
        """Return the rows whose cells may stand in wrong columns: an extra delimiter shifts the rest."""
        if self._width is None:
            return np.zeros(len(block), bool)
        widths = np.full(len(block), len(block.columns)) if block.widths is None else block.widths
        if self._may_end_early:
            return reaches_beyond
        other: Flags = widths != self._width
        return other

    def _first_marks(
        self, block: Block, found: list[_Found]
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32], Flags]:
        """Return of each row's first filled cell its marks, its position, and whether it is text."""
        size = len(block)
        marks, at_first = np.zeros(size, np.uint8), np.full(size, -1, np.int32)
        is_text, seen = np.zeros((2, size), bool)
        for at, (column, what) in enumerate(zip(block.columns, found, strict=True)):
            if seen.all():
                break
            is_first = column.filled & ~seen
            if is_first.any():
                codes = column.codes[is_first]
                marks[is_first] = what.marks[codes]
                at_first[is_first] = at
                is_text[is_first] = column.has_kind("text")[codes]
                seen |= is_first
        return marks, at_first, is_text

    def _find_sums(self, block: Block, found: list[_Found], refused: Refusals, may_be: Flags) -> None:
        """Refuse unlabelled totals: rows of numbers, each the sum of its column so far; add up the others."""
        start, is_sum = 0, np.zeros(len(block), bool)
        are_records = refused.stay
        for row in np.flatnonzero(may_be & are_records).tolist():
            self._add(block, found, are_records, start, row)
            start = row
            if self._is_sum(block, found, row):
                is_sum[row], are_records[row] = True, False
        self._add(block, found, are_records, start, len(block))
        refused.refuse(_INFERRED, is_sum)

    def _is_sum(self, block: Block, found: list[_Found], row: int) -> bool:
        if self._rows_summed < 2:
            return False
        for at, (column, what) in enumerate(zip(block.columns, found, strict=True)):
            if column.filled[row]:
                number = what.numbers[column.codes[row]]
                if number == 0 or self._sums.get(at) != number:
                    return False
        return True

    def _add(self, block: Block, found: list[_Found], records: Flags, start: int, end: int) -> None:
        """Add the numbers of the records among some rows, one by one because floats depend on the order."""
        if start == end:
            return
        chosen = records[start:end]
        self._rows_summed += int(chosen.sum())
        for at, (column, what) in enumerate(zip(block.columns, found, strict=True)):
            if not what.is_number.any():
                continue
            codes = column.codes[start:end][chosen]
            codes = codes[what.is_number[codes]]
            if len(codes):
                known = np.array([self._sums.get(at, 0.0)])
                self._sums[at] = float(np.add.accumulate(np.concatenate([known, what.numbers[codes]]))[-1])

    def _look_at(self, at: int, column: Column) -> _Found:
        marks, numbers = np.zeros(len(column.values), np.uint8), np.zeros(len(column.values))
        is_name, is_number = np.zeros((2, len(column.values)), bool)
        at = min(at, len(self._names))  # beyond the header no column has a name
        for code, text in _matching(column, self._patterns[at]):
            marks[code], is_name[code] = self._marks_of(text), same(text) in self._names[at : at + 1]
        for code, text in _matching(column, _NUMBER):
            if (number := _number_in(text)) is not None:
                numbers[code], is_number[code] = number, True
        if column.kinds is not None:
            is_number &= column.has_kind("number", "text")
        return _Found(marks, is_name & column.is_filled, is_number & column.is_filled, numbers)

    def _may_be_mark(self, name: str) -> str:
        """Return the pattern of values that may be a mark, or the name of their column."""
        words = [re.escape(text.split()[0]) for text in (*self._stop_words, name) if text]
        begins = "|".join([_DONE, _ABOUT, "grand", "sub", "total", "jumla", "#", *words])
        return f"(?i){begins}"

    def _marks_of(self, text: str) -> int:
        small = same(text)
        return (
            _IS_TOTAL * bool(_TOTAL.fullmatch(small))
            | _ENDS * any(begins_with(word, small) for word in self._stop_words)
            | _IS_NOTE * bool(_NOTE.fullmatch(small))
            | _IS_HXL * bool(_HXL.fullmatch(small))
        )


def _number_in(text: str) -> float | None:
    """Parse a number, or return None."""
    try:
        return float(text)
    except ValueError:
        return None


def _matching(column: Column, pattern: str) -> Iterator[tuple[int, str]]:
    """Yield the distinct values that begin by a pattern, and all with other signs, each with its number."""
    is_found = pc.match_substring_regex(column.values, f"^{_BLANKS}({pattern}|{_NOT_ASCII})")
    codes = np.flatnonzero(is_found.to_numpy(zero_copy_only=False))
    return zip(codes.tolist(), column.values.filter(is_found).to_pylist(), strict=True)

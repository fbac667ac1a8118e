"""Recognise rows of a sheet that are no records: totals, blanks, repeated headers, notes.

Each is refused with a reason and counted. A row is judged by its form, never by the meaning of a value. What
a value says is found once for each distinct value of a column that looks like a mark or a number.

A row is a total if a cell as a whole says so (`January total`, `Jumla ya Januari`, `Total Busia`), its date
is empty, and hardly any other cell that is read holds words. Without such a cell, key and date must be empty
and its numbers the sums of at least three records: of all so far, or since the last total.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from orchestration.contracts import MONTHS, Layout, same
from orchestration.core import seed_rows, seed_words
from orchestration.intake.reading.block import Block, Column, Flags
from orchestration.intake.records.header import Header
from orchestration.intake.records.tally import Refusals

_WORD = re.compile(r"[^\W\d_]+")
_TOTALS = {"total", "subtotal", "jumla"}
# Words that a cell may hold beside these and still say nothing but total, in English and Swahili.
_OF_TOTALS = {*_TOTALS, *seed_words("beside_totals"), *(month.removesuffix("s") for month in MONTHS)}
_LONGEST_TOTAL = 60
_COUNT = re.compile(r"\s*\d{1,3}(\.0)?\s*")  # in a column of dates no date
_DONE = "compiled|prepared|submitted|checked|approved|reviewed|updated|printed"
_ABOUT = r"source|note|notes|nb|n\.b\.|remark|key|legend|chanzo|imeandaliwa|imetayarishwa"
_NOTE = re.compile(rf"({_DONE}) (by|on)\b.*|({_ABOUT})\b.*")
_HXL = re.compile(r"#[a-z][a-z0-9_]*([ +][a-z0-9_+ ]*)?")
BLANK = "skip:blank"
ROW_SHAPE = "Q:row_shape"
AFTER_END = "flag:rows_after_end"
LIKE_TOTALS, UNNAMED = "flag:rows_like_totals", "flag:column_unmapped"
_TOTAL_ROW, _HXL_ROW = "skip:total_row", "skip:hxl_row"
_HEADER_REPEAT, _NOTE_ROW = "skip:header_repeat", "skip:note_row"
_INFERRED = "skip:total_inferred"
_FEWEST_SUMMED = 3
# Below the table, a row with fewer filled cells in the columns that are read is a note or a sum.
_FEWEST_CELLS, _FILLED_OF_A_RECORD = 3, 1 / 3
# Patterns of Arrow: what may be a mark or a number. Python judges what they find.
_BLANKS = r"[\x09-\x0d\x1c-\x20]*"
_NOT_ASCII = r"[^\x09-\x0d\x1c-\x20]*[^\x00-\x7F]"  # in the first word
_NUMBER = rf"[+-]?([0-9_]*\.?[0-9_]*([eE][+-]?[0-9_]+)?|[iInN][a-zA-Z]+){_BLANKS}$"

_IS_TOTAL, _ENDS, _IS_NOTE, _IS_HXL, _NAMES_TOTAL = 1, 2, 4, 8, 16


def says_total(text: str, labels: Iterable[str] = ()) -> bool:
    """Return whether a text says total, of nothing but time, persons, one place or these labels."""
    if not _names_total(text):
        return False
    others = [word for word in _words(text) if word not in _OF_TOTALS and word not in labels]
    return not others or " ".join(others) in _places()


def _names_total(text: str) -> bool:
    return len(text) <= _LONGEST_TOTAL and not _TOTALS.isdisjoint(_words(text))


def _words(text: str) -> list[str]:
    """Return the words of a text, all in the singular."""
    return [word.removesuffix("s") for word in _WORD.findall(same(text))]


@cache
def _places() -> set[str]:
    return {" ".join(_words(row["name"])) for row in seed_rows("places")}


def begins_with(word: str, text: str) -> bool:
    """Return whether a stop word ends the table at a row with this first text; both in the form of `same`."""
    return text == word or re.match(rf"{re.escape(word)}\b", text) is not None


class _Found(NamedTuple):
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
        dates: Iterable[int] = (),
        labels: Iterable[str] = (),
    ) -> None:
        """`labels`: words that a total may name, such as the sheet's; the other arguments are positions."""
        self._only_records = only_records
        # Where an export breaks off, its last row may hold nothing but the reference: that is no note.
        self._keys = {at for at in keys if at is not None}
        self._dates = set(dates)
        self._labels = {word for label in labels for word in _words(label)}
        self._no_notes = meaningful | (self._keys if is_delimited else set())
        self._width = len(header.names) if is_delimited else None
        self._may_end_early = getattr(layout, "trailing_cells", "required") == "optional"
        self._names = [same(name) for name in header.names]
        self._stop_words = {same(word) for word in layout.stop_at}
        self._patterns = [self._may_be_mark(name) for name in (*self._names, "")]
        self._meaningful = meaningful
        self._hxl = layout.hxl_row is not False
        # The sum of each column, and at -1 the records: so far, and at the last total.
        self._sums: dict[int, float] = {}
        self._sums_at_total: dict[int, float] = {}
        self._stopped = False
        self.records_after_end = 0
        self.like_totals: list[int] = []  # rows that stay records
        self.unnamed: Counter[int] = Counter()  # filled cells, by position of a column without a heading

    def refusals(self, block: Block) -> Refusals:
        size, columns = len(block), block.columns
        refused = Refusals(size)
        if not columns:
            refused.refuse(BLANK, np.ones(size, bool))
            return refused
        # By column and row; sums over columns are counts of cells by row.
        is_filled = np.array([column.filled for column in columns])
        filled = is_filled.sum(axis=0)
        read = is_filled[[at for at in self._meaningful if at < len(columns)]].sum(axis=0)
        is_blank = filled == 0
        has_other_shape = self._other_shape(block, is_filled)
        if self._only_records:
            refused.refuse(BLANK, is_blank)
            refused.refuse(ROW_SHAPE, has_other_shape)
            refused.refuse(BLANK, read == 0)
            return refused
        found = [self._look_at(at, column) for at, column in enumerate(columns)]
        looked = list(zip(columns, found, strict=True))
        marks = np.array([what.marks[column.codes] for column, what in looked])
        names_total = (marks & _NAMES_TOTAL) > 0
        says, names = np.any(marks & _IS_TOTAL, axis=0), np.any(names_total, axis=0)
        facts = [at for at in self._keys | self._dates if at < len(columns)]
        has_facts = (is_filled & ~names_total)[facts].any(axis=0)
        equal = np.array([column.by_row(what.is_name) for column, what in looked]).sum(axis=0)
        hxl = ((marks & _IS_HXL) > 0).sum(axis=0)
        numbers = np.array([column.by_row(what.is_number) for column, what in looked]).sum(axis=0)
        first_at = is_filled.argmax(axis=0)
        first = np.where(is_blank, 0, marks[first_at, np.arange(size)])
        is_text = np.array([column.by_row(column.has_kind("text")) for column in columns])
        first_is_text = is_text[first_at, np.arange(size)]
        repeats = (filled >= 2) & ((equal == filled) | ((equal >= 3) & (equal >= 0.7 * filled)))
        ends = (first & _ENDS) > 0
        is_note = (first & _IS_NOTE) > 0
        is_total = np.zeros(size, bool)
        for row in np.flatnonzero(says & ~ends & ~repeats).tolist():
            is_total[row] = self._is_sparse(block, row)
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
        refused.refuse(_TOTAL_ROW, ends | is_total)
        if self._hxl:
            refused.refuse(_HXL_ROW, (filled > 1) & (hxl == filled))
        refused.refuse(_HEADER_REPEAT, repeats)
        refused.refuse(_NOTE_ROW, alone | ((filled == 2) & is_note))
        refused.refuse(ROW_SHAPE, has_other_shape)
        refused.refuse(BLANK, read == 0)
        is_bare = ~has_facts & (numbers + names == filled)
        summed = self._find_sums(block, found, refused, is_total, is_bare)
        doubtful = refused.stay & (says | (is_bare & names) | (~has_facts & (summed > 1)))
        for row in np.flatnonzero(doubtful).tolist():
            if says[row] or names[row] or self._is_sparse(block, row):
                self.like_totals.append(int(block.numbers[row]))
        for at, column in enumerate(columns):
            if not any(self._names[at : at + 1]) and (cells := int((column.filled & refused.stay).sum())):
                self.unnamed[at] += cells
        return refused

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the doubts about the sheet once all its blocks are judged: a code, and a sentence's end."""
        if after_end := self.records_after_end:
            yield AFTER_END, f"{after_end} rows look like records and stand below the row named by `stop_at`"
        if rows := self.like_totals:
            shown = ", ".join(map(str, rows[:5])) + ", …" * (len(rows) > 5)
            yield LIKE_TOTALS, f"{len(rows)} rows look like totals and are read as records (row {shown})"
        for at, cells in sorted(self.unnamed.items()):
            yield UNNAMED, f"column {at + 1} has no heading; its {cells} filled cells are not read"

    def _other_shape(self, block: Block, is_filled: npt.NDArray[np.bool_]) -> Flags:
        """Return the rows whose cells may stand in wrong columns: an extra delimiter shifts the rest."""
        if self._width is None:
            return np.zeros(len(block), bool)
        if self._may_end_early:
            return np.asarray(is_filled[self._width :].any(axis=0))
        widths = np.full(len(block), len(block.columns)) if block.widths is None else block.widths
        return np.asarray(widths != self._width)

    def _is_sparse(self, block: Block, row: int) -> bool:
        """Return whether a row has no date or reference, and hardly any word that is read but of totals."""
        facts = 0
        for at in self._meaningful | self._keys | self._dates:
            cell = column.cell(row) if (column := block.column(at)) else None
            if cell is None or says_total(cell.value, self._labels):
                continue
            words = _words(cell.value)
            says_something = not self._labels.union(_OF_TOTALS).issuperset(words)
            if at in self._dates and (says_something or not (words or _COUNT.fullmatch(cell.value))):
                return False
            if at in self._keys and says_something and any(map(str.isdigit, cell.value)):
                return False  # a reference such as BS-2
            facts += says_something or (at in self._keys and not words)
        return facts < max(_FEWEST_CELLS - 1, _FILLED_OF_A_RECORD * len(self._meaningful))

    def _find_sums(
        self, block: Block, found: list[_Found], refused: Refusals, is_total: Flags, is_bare: Flags
    ) -> npt.NDArray[np.float64]:
        """Refuse bare rows whose numbers sum enough records; return how many records each row sums."""
        # The first line counts records. Sums are made one by one, because floats depend on the order.
        counted = sorted({-1, *self._sums, *(at for at, what in enumerate(found) if what.is_number.any())})
        values = np.full((len(counted), len(block)), np.nan)
        for line, at in zip(values[1:], counted[1:], strict=True):
            if at < len(found):
                column, what = block.columns[at], found[at]
                line[:] = np.where(column.by_row(what.is_number), what.numbers[column.codes], np.nan)
        numbers = np.nan_to_num(values, nan=0.0)
        numbers[0] = 1
        start, at_total = (
            np.array([[known.get(at, 0.0)] for at in counted]) for known in (self._sums, self._sums_at_total)
        )
        is_record, is_total, rows = refused.stay, is_total.copy(), np.arange(len(block))
        while True:
            sums = np.add.accumulate(np.hstack([start, numbers * is_record]), axis=1)
            last = np.maximum.accumulate(np.where(is_total, rows, -1))
            before = np.concatenate([[-1], last])[:-1]
            since = sums[:, :-1] - np.where(before < 0, at_total, sums[:, before])
            summed = np.zeros(len(block))
            for of in (sums[:, :-1], since):
                agrees = (np.isnan(values) | (values == of)).all(axis=0) & (numbers[1:] != 0).any(axis=0)
                summed = np.maximum(summed, agrees * of[0])
            inferred = np.flatnonzero((summed >= _FEWEST_SUMMED) & is_bare & is_record)
            if not len(inferred):
                break
            is_record[inferred[0]], is_total[inferred[0]] = False, True
        self._sums = dict(zip(counted, sums[:, -1].tolist(), strict=True))
        if is_total.any():
            self._sums_at_total = dict(zip(counted, sums[:, last[-1]].tolist(), strict=True))
        refused.refuse(_INFERRED, ~is_record)
        return summed

    def _look_at(self, at: int, column: Column) -> _Found:
        marks, numbers = np.zeros(len(column.values), np.uint8), np.zeros(len(column.values))
        is_name, is_number = np.zeros((2, len(column.values)), bool)
        at = min(at, len(self._names))  # beyond the header no column has a name
        for code, text in _matching(column, self._patterns[at]):
            marks[code], is_name[code] = self._marks_of(text), same(text) in self._names[at : at + 1]
        for code, text in _matching(column, _NUMBER):
            if (number := _number_in(text)) is not None:
                numbers[code], is_number[code] = number, True
        if column.own_cells is not None:
            is_number &= column.has_kind("number", "text")
        return _Found(marks, is_name & column.is_filled, is_number & column.is_filled, numbers)

    def _may_be_mark(self, name: str) -> str:
        """Return the pattern of values that may be a mark, or the name of their column."""
        words = [re.escape(text.split()[0]) for text in (*self._stop_words, name) if text]
        begins = "|".join([_DONE, _ABOUT, rf"[\s\S]{{0,{_LONGEST_TOTAL}}}(total|jumla)", "#", *words])
        return f"(?i){begins}"

    def _marks_of(self, text: str) -> int:
        small = same(text)
        return (
            _IS_TOTAL * says_total(text, self._labels)
            | _NAMES_TOTAL * _names_total(text)
            | _ENDS * any(begins_with(word, small) for word in self._stop_words)
            | _IS_NOTE * bool(_NOTE.fullmatch(small))
            | _IS_HXL * bool(_HXL.fullmatch(small))
        )


def _number_in(text: str) -> float | None:
    with suppress(ValueError):
        number = float(text)
        return number if math.isfinite(number) else None
    return None


def _matching(column: Column, pattern: str) -> Iterator[tuple[int, str]]:
    """Yield the distinct values that begin by a pattern, and all with other signs, each with its number."""
    is_found = pc.match_substring_regex(column.values, f"^{_BLANKS}({pattern}|{_NOT_ASCII})")
    codes = np.flatnonzero(is_found.to_numpy(zero_copy_only=False))
    return zip(codes.tolist(), column.values.filter(is_found).to_pylist(), strict=True)

"""Find the rows of a block that are surely records, for which `RowJudge` would return None.

A column of many distinct values is filtered by their first characters; the few candidates are judged by the
same functions as single rows. The filter may let too many through, never too few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from orchestration.contracts import same
from orchestration.intake.reading.block import FEW, MOST_REMEMBERED, Block, Column, Flags
from orchestration.intake.records.non_records import RowJudge, number_in

_SIGNS = 4
_TO_SMALL = np.arange(256, dtype=np.uint8)
_TO_SMALL[ord("A") : ord("Z") + 1] += 32
_BLANK = np.zeros(256, bool)
_BLANK[[*range(9, 14), *range(28, 33)]] = True
_BEGINS_NUMBER = _BLANK.copy()
_BEGINS_NUMBER[[ord(sign) for sign in "0123456789+-.iInN"]] = True
_BEGINS_NUMBER[128:] = True
# All that Python takes for a number in ASCII, and more.
_AROUND = r"[\x09-\x0d\x1c-\x20]*"
_NUMBER = rf"^{_AROUND}[+-]?([0-9_]*\.?[0-9_]*([eE][+-]?[0-9_]+)?|[iInN][a-zA-Z]+){_AROUND}$|[^\x00-\x7F]"


class _Judged(NamedTuple):
    is_marked: bool
    ends_table: bool
    is_header: bool
    number: float | None


_PLAIN = _Judged(is_marked=False, ends_table=False, is_header=False, number=None)


@dataclass
class _Known:
    """Judgements on a column's values; `plain` are values without any mark."""

    judged: dict[str, _Judged] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)


@dataclass
class _JudgedColumn:
    """Judgements by distinct value; `numbers` holds a number if `is_number`."""

    is_marked: Flags
    ends_table: Flags
    is_header: Flags
    is_number: Flags
    numbers: npt.NDArray[np.float64]


class Ordinary(NamedTuple):
    """`rows` marks sure records among the first `ends_at` rows, where the table ends."""

    rows: Flags
    ends_at: int


class BlockJudge:
    """Judges blocks of a sheet together with the judge of its single rows."""

    def __init__(self, judge: RowJudge, meaningful: set[int]) -> None:
        self._judge = judge
        self._meaningful = meaningful
        self._known: dict[int, _Known] = {}
        self._columns: list[_JudgedColumn] = []
        self._block: Block | None = None

    def ordinary(self, block: Block) -> Ordinary:
        """Find rows that are surely records: at least three cells, not only numbers, no marks."""
        judged = [self._judged(at, column) for at, column in enumerate(block.columns)]
        self._block, self._columns = block, judged
        size = len(block)
        filled, equal = np.zeros(size, np.int32), np.zeros(size, np.int32)
        is_marked, ends_table, is_read = np.zeros((3, size), bool)
        has_words, seen = np.zeros((2, size), bool)
        for at, (column, found) in enumerate(zip(block.columns, judged, strict=True)):
            filled += column.filled
            if at in self._meaningful:
                is_read |= column.filled
            if found.is_header.any():
                equal += column.by_row(found.is_header)
            if not has_words.all():
                has_words |= column.by_row(column.is_filled & ~found.is_number)
            if not seen.all():
                if found.is_marked.any():
                    is_first = column.filled & ~seen
                    is_marked |= is_first & column.by_row(found.is_marked)
                    ends_table |= is_first & column.by_row(found.ends_table)
                seen |= column.filled
        ends = np.flatnonzero(ends_table)
        is_ordinary: Flags = (filled >= 3) & (equal < 3) & is_read & has_words & ~is_marked
        is_ordinary &= self._judge.is_of_width(len(block.columns))
        return Ordinary(is_ordinary, int(ends[0]) if len(ends) else size)

    def add(self, start: int, end: int) -> None:
        """Pass the numbers of some rows of the last block, all of them records, to the row judge."""
        if self._block is None or start == end:
            return
        numbers = {}
        for at, (column, found) in enumerate(zip(self._block.columns, self._columns, strict=True)):
            if not found.is_number.any():
                continue
            codes = column.codes[start:end]
            if not found.is_number.all():
                codes = codes[found.is_number[codes]]
            if len(codes):
                numbers[at] = found.numbers[codes]
        self._judge.add_numbers(end - start, numbers)

    def _judged(self, at: int, column: Column) -> _JudgedColumn:
        names = self._judge.header_names
        name = names[at] if at < len(names) else None
        if len(column.values) <= FEW:
            known = self._known.setdefault(at, _Known())
            if known.plain.issuperset(column.texts):
                return _nothing(len(column.values))
            return _one_by_one(column, lambda text: self._judge_text(text, name), known)
        is_marked, ends_table, is_header, is_number = np.zeros((4, len(column.values)), bool)
        for code in _beginning_like(column, [*self._judge.marks, name or ""]):
            judged = self._judge_text(column.text(code), name)
            is_marked[code], ends_table[code], is_header[code] = judged[:3]
        numbers = np.zeros(len(column.values))
        for code, number in _numbers(column):
            is_number[code], numbers[code] = True, number
        return _JudgedColumn(is_marked, ends_table, is_header, is_number, numbers)

    def _judge_text(self, text: str, name: str | None) -> _Judged:
        is_header = name is not None and same(text) == name
        return _Judged(
            self._judge.is_marked(text), self._judge.ends_the_table(text), is_header, number_in(text)
        )


def _nothing(size: int) -> _JudgedColumn:
    no = np.zeros(size, bool)
    return _JudgedColumn(no, no, no, no, np.zeros(size))


def _one_by_one(column: Column, judge: Callable[[str], _Judged], known: _Known) -> _JudgedColumn:
    found = column.each(judge, known.judged)
    if len(known.plain) > MOST_REMEMBERED:
        known.plain.clear()
    known.plain.update(text for text, one in zip(column.texts, found, strict=True) if one == _PLAIN)
    marked, ends, header, numbers = zip(*found, strict=True)
    return _JudgedColumn(
        np.array(marked),
        np.array(ends),
        np.array(header),
        np.array([number is not None for number in numbers]),
        np.array([number or 0.0 for number in numbers]),
    )


def _beginning_like(column: Column, words: Iterable[str]) -> list[int]:
    """Return the values that may begin with one of these words, in any capitals and with leading blanks."""
    small = _TO_SMALL[column.first_bytes]
    found = [np.flatnonzero(_BLANK[small])]
    if not column.is_ascii:
        signs = column.bytes[column.starts[:-1, None] + np.arange(_SIGNS)]
        found.append(np.flatnonzero((signs >= 128).any(axis=1)))
    for start in filter(None, map(_plain_start, words)):
        begins = np.flatnonzero(small == start[0])
        for at, sign in enumerate(start[1:], start=1):
            begins = begins[_TO_SMALL[column.bytes[column.starts[begins] + at]] == sign]
        found.append(begins)
    return np.unique(np.concatenate(found)).tolist()


def _plain_start(word: str) -> bytes:
    """Return the first characters of a word up to a blank or a non-ASCII character."""
    start = b""
    for sign in word[:_SIGNS]:
        if not sign.isascii() or sign.isspace():
            break
        start += sign.encode()
    return start


def _numbers(column: Column) -> Iterable[tuple[int, float]]:
    candidates = np.flatnonzero(_BEGINS_NUMBER[column.first_bytes] & (column.lengths > 0))
    if not len(candidates):
        return
    values = column.values.take(candidates)
    may_be = pc.match_substring_regex(values, _NUMBER).to_numpy(zero_copy_only=False)
    for code, text in zip(candidates[may_be].tolist(), values.filter(may_be).to_pylist(), strict=True):
        number = number_in(text)
        if number is not None:
            yield code, number

"""Split the lines of a CSV file into records, and find stray quotation marks that join lines.

A quoted CSV cell may span lines, so one stray quotation mark joins many rows into one without an error. A
record of several lines is therefore accepted only if it has the width of the other records, its quotation
marks are regular, and none of the lines inside it is a complete row. Which columns may hold several lines is
checked where the columns are known (`records.several_lines`).
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from orchestration.intake.outcomes import ExtractHeld
from orchestration.intake.reading import block
from orchestration.intake.reading.block import Block, Column
from orchestration.intake.reading.limits import MOST_COLUMNS

# In narrower tables, the lines of a sentence may well have as many delimiters as a row.
_FEWEST_COLUMNS = 3


class CsvRecord(NamedTuple):
    """The cells of a record, the number of its first line, and how many lines it has."""

    cells: list[str]
    line: int
    lines: int


class CsvRecords:
    """Splits the lines of one file. `widths`: its records by number of cells; `line`: its last line."""

    def __init__(self, delimiter: str, label: str) -> None:
        self._delimiter = delimiter
        self._label = label
        self.widths: Counter[int] = Counter()
        self.line = 0

    def split(self, lines: Iterator[str]) -> Iterator[CsvRecord]:
        """Yield the records. Raises ExtractHeld for a stray quotation mark or too many columns, csv.Error."""
        taken: list[str] = []
        record: list[str] = []
        for record in csv.reader(_remembering(lines, taken), delimiter=self._delimiter):
            first, last = self.line + 1, self.line + len(taken)
            if len(record) > MOST_COLUMNS:
                raise ExtractHeld(
                    "hold:too_many_columns",
                    f"{self._label} has {len(record):,} columns in line {first}, more than any form. Ask the "
                    "partner to export it again.",
                )
            if last > first and self._joins_rows(record, taken):
                raise stray_quote(self._label, first, last)
            self.widths[len(record)] += 1
            self.line, text = last, "".join(taken)
            yield CsvRecord(record, first, len(taken))
            taken.clear()
        if record and self._is_open(text):
            raise stray_quote(self._label, self.line, self.line)

    def _joins_rows(self, record: list[str], lines: list[str]) -> bool:
        # Titles above the header are narrow, so they do not count.
        wide = Counter({width: rows for width, rows in self.widths.items() if width >= _FEWEST_COLUMNS})
        found = (wide or self.widths).most_common(1)
        usual = found[0][0] if found else len(record)
        if len(record) < usual or (len(record) > usual >= _FEWEST_COLUMNS):
            return True
        if self._is_irregular("".join(lines)):
            return True
        if usual < _FEWEST_COLUMNS:
            return False
        outer = [line for line in (lines[0], lines[-1]) if line.strip()]
        return all(self._has_width(line, usual) for line in outer) or any(
            self._is_row(line, usual) for line in lines[1:-1]
        )

    def _has_width(self, line: str, width: int) -> bool:
        """Return whether a line alone is a row of that width, with quotation marks as plain characters."""
        return line.count(self._delimiter) == width - 1

    def _is_row(self, line: str, width: int) -> bool:
        """Return whether a line inside a record is a row of that width by itself, quoted cells included."""
        return self._has_width(line, width) or (
            '"' in line and len(next(csv.reader([line], delimiter=self._delimiter), [])) == width
        )

    def _is_irregular(self, text: str) -> bool:
        try:
            list(csv.reader([text], delimiter=self._delimiter, strict=True))
        except csv.Error:
            return True
        return False

    def _is_open(self, text: str) -> bool:
        """Return whether the file ends inside a quoted cell, so that another line would join it."""
        if '"' not in text:
            return False
        return len(list(csv.reader([text.rstrip("\r\n") + "\n", "x"], delimiter=self._delimiter))) == 1


def blocks_of_records(records: Iterator[CsvRecord]) -> Iterator[Block]:
    """Yield records in blocks; those before a fault come before it."""
    taken: list[CsvRecord] = []
    try:
        for record in records:
            taken.append(record)
            if len(taken) == block.ROWS_IN_A_BLOCK:
                yield _block_of(taken)
                taken = []
    except Exception:
        if taken:
            yield _block_of(taken)
        raise
    if taken:
        yield _block_of(taken)


def _block_of(records: list[CsvRecord]) -> Block:
    cells, firsts, lines = zip(*records, strict=True)
    widths = np.fromiter(map(len, cells), np.int32, len(cells))
    spans = np.array(lines, np.int32)
    return Block(
        np.array(firsts, np.int64),
        [Column.of_texts(texts) for texts in zip_longest(*cells, fillvalue="")],
        None if (widths == widths[0]).all() else widths,
        None if (spans == 1).all() else spans,
    )


def stray_quote(label: str, first: int, last: int, hint: str = "") -> ExtractHeld:
    """Return the fault of a quotation mark in line `first` that joins the lines up to `last`."""
    effect = f", so lines {first} to {last} would be read as one row" if last > first else ""
    return ExtractHeld(
        "hold:stray_quote",
        f"{label}: a quotation mark in line {first} is not closed where its cell ends{effect}. "
        f"Ask the partner to correct line {first} and send the file again.{hint}",
    )


def _remembering(lines: Iterator[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line

"""Read CSV files with the contract's encoding and delimiter; neither is guessed.

Lines are counted without the CSV reader: it is what the reader's rows are held against. A line ends with a
line feed, a carriage return, or both; what follows the last of them is a line, too.

A quoted CSV cell may span lines, so one stray quotation mark joins many rows into one without an error. A
record of several lines is therefore accepted only if it has the width of the other records, its quotation
marks are regular, and no cell of it holds mostly rows. Which columns may hold several lines is checked where
the columns are known (`records.opening`).
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from itertools import islice, zip_longest
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import numpy as np

from orchestration.contracts import Contract, CsvFormat
from orchestration.intake.outcomes import ExtractHeld, ExtractUnreadable
from orchestration.intake.reading import block
from orchestration.intake.reading.block import Block, Column
from orchestration.intake.reading.sheets import LONGEST_LINE, MOST_COLUMNS, Source, SourceSheet, lines

_CHUNK = 1 << 18
# In narrower tables, the lines of a sentence may well have as many delimiters as a row.
_FEWEST_COLUMNS = 3
_RECORDS_COMPARED = 1000  # near a cell of several lines, because files are sorted by day or place
_LINE_END, _WORD = re.compile(r"\r\n|\r|\n"), re.compile(r"\w+")
_LONGEST_CELL = 1 << 17  # characters; an unclosed quotation mark joins the rest of the file
_DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")  # of `surrogateescape`
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def count_lines(file: BinaryIO, encoding: str) -> int:
    """Return the number of lines of a file opened for reading bytes; text that cannot be decoded counts."""
    text = io.TextIOWrapper(file, encoding, errors="replace")  # every line end becomes a line feed
    lines, last = 0, "\n"
    while chunk := text.read(_CHUNK):
        lines += chunk.count("\n")
        last = chunk[-1]
    text.detach()  # else the file is closed with it
    return lines + (last != "\n")


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
        before: list[CsvRecord] = []
        for records in _in_lists(self._read(lines), _RECORDS_COMPARED):
            columns_of = cache(partial(_looks_by_column, [*before, *records]))
            for record in records:
                if record.lines > 1 and self._holds_rows(record.cells, columns_of):
                    raise stray_quote(self._label, record.line, record.line + record.lines - 1)
                yield record
            before = records

    def _read(self, lines: Iterator[str]) -> Iterator[CsvRecord]:
        """Yield the records; those of several lines have the usual width and regular quotation marks."""
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
            text = "".join(taken)
            if last > first and (self._is_unusual(len(record)) or self._is_irregular(text)):
                raise stray_quote(self._label, first, last)
            self.widths[len(record)] += 1
            self.line = last
            yield CsvRecord(record, first, len(taken))
            taken.clear()
        if record and self._is_open(text):
            raise stray_quote(self._label, self.line, self.line)

    def _is_unusual(self, width: int) -> bool:
        # Titles above the header are narrow, so they do not count.
        wide = [width for width in self.widths if width >= _FEWEST_COLUMNS]
        usual = max(wide or self.widths, key=self.widths.__getitem__, default=width)
        return width < usual or (width > usual >= _FEWEST_COLUMNS)

    def _holds_rows(self, cells: list[str], columns_of: Callable[[int], list[set[str]]]) -> bool:
        """Return whether most lines of a cell are rows: by width, and by what their columns hold nearby."""
        width = len(cells)
        for at, cell in enumerate(cells if width >= _FEWEST_COLUMNS else []):
            first, *others = (line.split(self._delimiter) for line in _LINE_END.split(cell))
            if others:
                # The first line begins in the column of the cell, and the last one ends there. Parts at the
                # quotation marks are no whole cells: they say nothing of their columns.
                lines = [
                    (first, width - at, slice(1, None), at + 1),
                    *((texts, width, slice(None), 0) for texts in others[:-1] if any(texts)),
                    (others[-1], at + 1, slice(-1), 0),
                ]
                fitting = [(texts[whole], start) for texts, wide, whole, start in lines if len(texts) == wide]
                if 2 * len(fitting) > len(lines):
                    columns = columns_of(width)
                    rows = [start for texts, start in fitting if _are_alike(texts, columns[start:])]
                    if 2 * len(rows) > len(lines):
                        return True
        return False

    def _is_irregular(self, text: str) -> bool:
        with suppress(csv.Error):
            list(csv.reader([text], delimiter=self._delimiter, strict=True))
            return False
        return True

    def _is_open(self, text: str) -> bool:
        """Return whether the file ends inside a quoted cell, so that another line would join it."""
        if '"' not in text:
            return False
        return len(list(csv.reader([text.rstrip("\r\n") + "\n", "x"], delimiter=self._delimiter))) == 1


def _looks_by_column(records: list[CsvRecord], width: int) -> list[set[str]]:
    """Return the looks of each column in records of a width, without the header; none if there are many."""
    rows = [record.cells for record in records if len(record.cells) == width][1:]
    columns = []
    for at in range(width):
        looks = [_look(row[at]) for row in rows if not _LINE_END.search(row[at])]
        columns.append(few if 3 * len(few := set(looks)) ** 2 <= len(looks) else set())
    return columns


def _look(cell: str) -> str:
    """Return the text of a cell; of numbers, dates and identifiers the form: `4-Mar-2024` → `9-a-9`."""
    text = cell.strip('" \t')
    if not any(map(str.isdigit, text)):
        return text
    return _WORD.sub(lambda word: "9" if any(map(str.isdigit, word[0])) else "a", text)


def _are_alike(cells: list[str], columns: list[set[str]]) -> bool:
    """Return whether two in three cells look like their columns, of the columns that have few looks."""
    alike = [_look(cell) in looks for cell, looks in zip(cells, columns, strict=False) if looks]
    return 3 * sum(alike) >= 2 * len(alike)


def _in_lists(records: Iterator[CsvRecord], length: int) -> Iterator[list[CsvRecord]]:
    """Yield records in lists; those before a fault come before it."""
    taken: list[CsvRecord] = []
    try:
        for record in records:
            taken.append(record)
            if len(taken) == length:
                yield taken
                taken = []
    except Exception:
        if taken:
            yield taken
        raise
    if taken:
        yield taken


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


class CsvSource(Source):
    """One CSV file as one sheet without a name; every cell is text."""

    def __init__(self, path: Path, contract: Contract, label: str) -> None:
        self.problems: list[dict[str, str]] = []
        self._path = path
        self._layout = cast(CsvFormat, contract.format)
        self._label = label
        self._encoding = self._checked_encoding()
        self._expects_columns = len({spec.column for spec in contract.fields.values() if spec.is_read}) > 1
        self._check_delimiter()

    def main_sheets(self) -> Iterator[SourceSheet]:
        yield SourceSheet("", "", self._blocks(), is_delimited=True)

    def physical_rows(self) -> dict[str, int]:
        with self._path.open("rb") as file:
            return {"": count_lines(file, self._encoding)}

    def _checked_encoding(self) -> str:
        with self._path.open("rb") as file:
            start = file.read(4)
        wanted = codecs.lookup(self._layout.encoding).name
        if start.startswith(_UTF16) and not wanted.startswith("utf-16"):
            raise self._wrong_encoding("begins with the mark of UTF-16 (Excel's `Unicode text`)", "utf-16")
        if start.startswith(codecs.BOM_UTF8):
            if wanted not in ("utf-8", "utf-8-sig"):
                raise self._wrong_encoding("begins with the mark of UTF-8", "utf-8")
            return "utf-8-sig"
        return wanted

    def _check_delimiter(self) -> None:
        """Raise ExtractHeld if most rows are single cells that hold another delimiter.

        Most rows decide, because a list of places may hold the contract's delimiter inside a cell.
        """
        if not self._expects_columns:
            return
        with self._records() as records:
            first = list(islice(records, 15))
        filled = [cells for record in first if (cells := [text for text in record.cells if text.strip()])]
        single = [cells[0] for cells in filled if len(cells) == 1]
        if 2 * len(single) < len(filled) or not single:
            return
        text = "\n".join(single)
        other = max(
            (sign for sign in _DELIMITERS if sign != self._layout.delimiter),
            key=lambda sign: text.count(sign),
        )
        if text.count(other) >= len(single):
            raise ExtractHeld(
                "hold:delimiter_wrong",
                f"{self._label} reads as a single column with the delimiter {self._layout.delimiter!r}; it "
                f"seems to use the {_DELIMITERS[other]}. Set `format.delimiter` to {other!r} in the "
                "contract, or ask the partner to export as before.",
            )

    def _blocks(self) -> Iterator[Block]:
        with self._records() as records:
            yield from map(_block_of, _in_lists(records, block.ROWS_IN_A_BLOCK))

    @contextmanager
    def _records(self) -> Iterator[Iterator[CsvRecord]]:
        """Open the file; turn a fault inside it into a sentence."""
        # The limit is global to the process, and another library may have raised it.
        csv.field_size_limit(_LONGEST_CELL)
        splitter = CsvRecords(self._layout.delimiter, self._label)
        try:
            with self._path.open(encoding=self._encoding, newline="") as file:
                yield splitter.split(lines(file, self._label))
        except UnicodeError:
            raise self._wrong_encoding(self._wrong_byte(), None) from None
        except csv.Error:
            raise ExtractUnreadable(
                "broken_csv",
                f"{self._label}: the row that begins in line {splitter.line + 1} cannot be split into "
                "columns; often a quotation mark is not closed. Ask the partner to export it again.",
            ) from None

    def _wrong_byte(self) -> str:
        """Say which byte cannot be read, with its line and its position there, counted from 1."""
        reading = self._path.open(encoding=self._encoding, errors="surrogateescape")
        with suppress(UnicodeError), reading as file:
            for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE), ""), start=1):
                if wrong := _ESCAPED_BYTE.search(line):
                    byte, where = ord(wrong[0]) - 0xDC00, f"in line {number} at position {wrong.start() + 1}"
                    return f"has the byte 0x{byte:02X} {where}, which is not {self._layout.encoding}"
        return f"has bytes that are not {self._layout.encoding}"

    def _wrong_encoding(self, found: str, fix: str | None) -> ExtractHeld:
        other = fix or ("cp1252" if self._layout.encoding.casefold().startswith("utf") else "utf-8")
        if self._reads_in(other):
            repair = (
                f"Set `format.encoding` to {other} in the contract if the partner changed its export, or ask "
                "for the file again."
            )
        else:  # a single damaged byte
            repair = (
                f"It is not {other} either. Ask the partner to correct that line and send the file again."
            )
        return ExtractHeld(
            "hold:encoding_wrong",
            f"{self._label} {found}, but the contract says {self._layout.encoding}. {repair}",
        )

    def _reads_in(self, encoding: str) -> bool:
        with suppress(UnicodeError), self._path.open(encoding=encoding) as file:
            while file.read(_CHUNK):
                pass
            return True
        return False

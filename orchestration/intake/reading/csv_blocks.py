"""The rest of a CSV file in blocks of columns where its bytes are regular, in rows where they are not.

Arrow splits what Python's reader would surely split alike (`regular_csv`); the rest is read by rows, and
columns go on at the byte after them. Memory: two chunks of a file.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import NamedTuple, TextIO

import pyarrow as pa
import pyarrow.csv

from orchestration.contracts import LONGEST_CELL, text_cell
from orchestration.intake.reading.block import Block, Column
from orchestration.intake.reading.csv_records import CsvRecords
from orchestration.intake.reading.limits import lines
from orchestration.intake.reading.regular_csv import reads_bytewise, regular_end
from orchestration.intake.reading.sheets import SourceRow

CHUNK = 8 << 20  # shorter than limits.LONGEST_LINE, so that no line in it is too long
SMALLEST_CHUNK = 1 << 16
ROWS_IN_A_BLOCK, MOST_BYTES_IN_A_BLOCK = 1 << 15, 4 << 20
FEWEST_COLUMNS = 3  # in fewer, a row may be a note or total in more ways, and a blank line looks like one
_TEXTS = pa.dictionary(pa.int32(), pa.string())


class _Chunk(NamedTuple):
    """Whole records from somewhere in the file; `end` is the byte after them."""

    table: pa.Table
    end: int


class CsvBlocks:
    """Reads one file from a row on. `encoding` is the codec's name; UTF-16 and the like are not read."""

    def __init__(self, path: Path, encoding: str, delimiter: str, label: str) -> None:
        self._path = path
        self._encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        self._first_encoding = encoding
        self._delimiter = delimiter
        self._label = label
        self._csv_records = CsvRecords(delimiter, label)

    @staticmethod
    def can_read(encoding: str, delimiter: str) -> bool:
        is_plain = delimiter.isascii() and delimiter.isprintable() and delimiter != '"'
        return (is_plain or delimiter == "\t") and (
            encoding in ("utf-8", "utf-8-sig", "ascii") or reads_bytewise(encoding)
        )

    def after(self, row: int) -> Iterator[SourceRow | Block]:
        """What follows a row of the file, in order. Raises what reading it by rows raises."""
        at = self._end_of(row)
        size, stretch = CHUNK, SMALLEST_CHUNK
        last = self._path.stat().st_size
        with ThreadPoolExecutor(1) as beside:
            ahead = beside.submit(self._load, at, size)
            while at < last:
                chunk = ahead.result()
                if chunk is not None:
                    at, size, stretch = chunk.end, min(4 * size, CHUNK), SMALLEST_CHUNK
                    ahead = beside.submit(self._load, at, size)
                    for batch in chunk.table.to_batches():
                        yield Block(row + 1, [Column(column) for column in batch.columns])
                        row += len(batch)
                    continue
                if size > SMALLEST_CHUNK:
                    size = max(size // 8, SMALLEST_CHUNK)
                else:
                    for end, record in self._records(at, stretch):
                        at, row = end, row + 1
                        yield SourceRow(row, [text_cell(text) for text in record])
                    stretch = min(2 * stretch, CHUNK)
                ahead = beside.submit(self._load, at, size)

    def _load(self, at: int, size: int) -> _Chunk | None:
        """The whole records of the next bytes as columns; None where rows must read them."""
        with self._path.open("rb") as file:
            file.seek(at)
            sent = file.read(size)
        if len(sent) < size and not sent.endswith(b"\n"):
            sent += b"\n"  # the last line may do without
        data = self._as_utf8(sent)
        end = regular_end(data, self._delimiter) if data else None
        table = self._split(data, end) if data and end else None
        if data is None or end is None or table is None:
            return None
        is_same = self._encoding in ("utf-8", "ascii")
        length = end if is_same else len(data[:end].decode())
        return _Chunk(table, at + length)

    def _as_utf8(self, sent: bytes) -> bytes | None:
        """Whole lines in UTF-8, or None where they are not in the encoding."""
        if sent.isascii():
            return sent
        sent = sent[: sent.rfind(b"\n") + 1]
        try:
            text = sent.decode(self._encoding)
        except UnicodeError:
            return None
        return sent if self._encoding == "utf-8" else text.encode()

    def _split(self, data: bytes, end: int) -> pa.Table | None:
        try:
            first = TextIOWrapper(BytesIO(data), encoding="utf-8", newline="")
            names = [str(at) for at, _ in enumerate(next(csv.reader(first, delimiter=self._delimiter)))]
            if len(names) < FEWEST_COLUMNS:
                return None
            table = pa.csv.read_csv(
                pa.BufferReader(pa.py_buffer(data).slice(0, end)),
                pa.csv.ReadOptions(block_size=_block_size(data), column_names=names),
                pa.csv.ParseOptions(delimiter=self._delimiter, ignore_empty_lines=False),
                pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, _TEXTS),
                    null_values=[],
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except (pa.ArrowInvalid, csv.Error):  # rows of other widths, or a row longer than a block
            return None
        return None if any(_has_long_cell(column) for column in table.columns) else table

    def _records(self, at: int, least: int) -> Iterator[tuple[int, list[str]]]:
        """Records by Python's reader until they took some bytes, each with where it ends."""
        with self._path.open("rb") as file:
            file.seek(at)
            encoding = self._encoding if at else self._first_encoding
            with TextIOWrapper(file, encoding=encoding, newline="") as text:
                counted = _Counted(text, self._label, self._encoding)
                counted.bytes = at
                for record in self._csv_records.split(iter(counted)):
                    yield counted.bytes, record
                    if counted.bytes >= at + least:
                        return

    def _end_of(self, row: int) -> int:
        """The byte after a row."""
        with self._path.open("rb") as file:
            mark = len(codecs.BOM_UTF8) if file.read(3) == codecs.BOM_UTF8 else 0
        records = self._records(0, self._path.stat().st_size + 1)
        return mark + next(end for number, (end, _) in enumerate(records, start=1) if number == row)


class _Counted:
    """The lines of a text, and how many bytes of the file they were."""

    def __init__(self, text: TextIO, label: str, encoding: str) -> None:
        self.bytes = 0
        self._lines = lines(text, label)
        self._encoding = encoding

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.bytes += len(line.encode(self._encoding))
            yield line


def _block_size(data: bytes) -> int:
    """Bytes for about ROWS_IN_A_BLOCK lines."""
    lines_at_first = data.count(b"\n", 0, SMALLEST_CHUNK)
    rows = ROWS_IN_A_BLOCK * min(len(data), SMALLEST_CHUNK) // max(lines_at_first, 1)
    return min(max(rows, 1), MOST_BYTES_IN_A_BLOCK)


def _has_long_cell(column: pa.ChunkedArray) -> bool:
    return any(
        len(chunk.dictionary) > 0 and int(Column(chunk).lengths.max()) > LONGEST_CELL
        for chunk in column.chunks
    )

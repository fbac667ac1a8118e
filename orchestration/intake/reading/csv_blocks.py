"""Read the rest of a CSV file: regular bytes as blocks of columns, other bytes as rows.

Arrow splits bytes that Python's reader would surely split alike (`regular_csv`). Other bytes are read by
rows, and blocks resume after them. Memory: two chunks of a file.
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
from orchestration.intake.reading.csv_records import CsvRecord, CsvRecords
from orchestration.intake.reading.limits import lines
from orchestration.intake.reading.regular_csv import reads_bytewise, regular_end
from orchestration.intake.reading.sheets import SourceRow

CHUNK = 8 << 20  # shorter than limits.LONGEST_LINE, so that no line in it is too long
SMALLEST_CHUNK = 1 << 16
ROWS_IN_A_BLOCK, MOST_BYTES_IN_A_BLOCK = 1 << 15, 4 << 20
FEWEST_COLUMNS = 3  # with fewer columns, notes, totals and blank lines look like records
_TEXTS = pa.dictionary(pa.int32(), pa.string())


class _Chunk(NamedTuple):
    """Complete records of the file; `end` is the byte after them."""

    table: pa.Table
    end: int


class CsvBlocks:
    """Reads one file from a given row. `encoding` is the codec's name; UTF-16 and UTF-32 are not read."""

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
        """Yield the rows and blocks after a line, in order; raise the same errors as reading by rows."""
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
                        cells = [text_cell(text) for text in record.cells]
                        yield SourceRow(row + 1, cells, lines=record.lines)
                        at, row = end, row + record.lines
                    stretch = min(2 * stretch, CHUNK)
                ahead = beside.submit(self._load, at, size)

    def _load(self, at: int, size: int) -> _Chunk | None:
        """Return the complete records of the next bytes as columns; None if they must be read by rows."""
        with self._path.open("rb") as file:
            file.seek(at)
            sent = file.read(size)
        if len(sent) < size and not sent.endswith(b"\n"):
            sent += b"\n"  # the last line may lack its line end
        data = self._as_utf8(sent)
        end = regular_end(data, self._delimiter) if data else None
        table = self._split(data, end) if data and end else None
        if data is None or end is None or table is None:
            return None
        is_same = self._encoding in ("utf-8", "ascii")
        length = end if is_same else len(data[:end].decode())
        return _Chunk(table, at + length)

    def _as_utf8(self, sent: bytes) -> bytes | None:
        """Return complete lines in UTF-8, or None if they do not fit the encoding."""
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

    def _records(self, at: int, least: int) -> Iterator[tuple[int, CsvRecord]]:
        """Yield records by Python's reader for at least `least` bytes, each with its end position."""
        last = self._path.stat().st_size
        with self._path.open("rb") as file:
            file.seek(at)
            encoding = self._encoding if at else self._first_encoding
            with TextIOWrapper(file, encoding=encoding, newline="") as text:
                counted = _Counted(text, self._label, self._encoding)
                counted.bytes = at
                for record in self._csv_records.split(iter(counted)):
                    yield counted.bytes, record
                    # At the end of the file, `split` still checks that the last cell is closed.
                    if at + least <= counted.bytes < last:
                        return

    def _end_of(self, row: int) -> int:
        """Return the position of the byte after a line, which ends a record."""
        with self._path.open("rb") as file:
            mark = len(codecs.BOM_UTF8) if file.read(3) == codecs.BOM_UTF8 else 0
        records = self._records(0, self._path.stat().st_size + 1)
        return mark + next(end for end, record in records if record.line + record.lines - 1 == row)


class _Counted:
    """The lines of a text, with a count of their bytes in the file."""

    def __init__(self, text: TextIO, label: str, encoding: str) -> None:
        self.bytes = 0
        self._lines = lines(text, label)
        self._encoding = encoding

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.bytes += len(line.encode(self._encoding))
            yield line


def _block_size(data: bytes) -> int:
    """Return the size in bytes of about ROWS_IN_A_BLOCK lines."""
    lines_at_first = data.count(b"\n", 0, SMALLEST_CHUNK)
    rows = ROWS_IN_A_BLOCK * min(len(data), SMALLEST_CHUNK) // max(lines_at_first, 1)
    return min(max(rows, 1), MOST_BYTES_IN_A_BLOCK)


def _has_long_cell(column: pa.ChunkedArray) -> bool:
    return any(
        len(chunk.dictionary) > 0 and int(Column(chunk).lengths.max()) > LONGEST_CELL
        for chunk in column.chunks
    )

"""Read a CSV file in blocks: regular bytes by Arrow, other bytes by Python's reader.

Python's reader (`csv_records`) defines how a file is split. Arrow splits the bytes that both would surely
split alike (`regular_csv`); blocks resume after other bytes. Memory: two chunks of a file.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO, TextIOWrapper
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from orchestration.contracts import LONGEST_CELL, text_cell
from orchestration.intake.reading.block import Block, Column, SourceRow, blocks_of
from orchestration.intake.reading.csv_records import CsvRecord, CsvRecords
from orchestration.intake.reading.limits import lines
from orchestration.intake.reading.regular_csv import reads_bytewise, regular_end

CHUNK = 8 << 20  # shorter than limits.LONGEST_LINE, so that no line in it is too long
SMALLEST_CHUNK = 1 << 16
ROWS_IN_A_BLOCK, MOST_BYTES_IN_A_BLOCK = 1 << 15, 4 << 20
_TEXTS = pa.dictionary(pa.int32(), pa.string())


class CsvBlocks:
    """Reads one file. `encoding` is the codec's name. `line` is the last line read, for messages."""

    def __init__(self, path: Path, encoding: str, delimiter: str, label: str) -> None:
        self._path = path
        self._encoding = encoding
        self._delimiter = delimiter
        self._label = label
        self._csv_records = CsvRecords(delimiter, label)
        self.line = 0

    def __iter__(self) -> Iterator[Block]:
        """Yield the blocks; raise UnicodeError, csv.Error, or ExtractStopped with a sentence."""
        if not self._can_use_arrow():
            yield from blocks_of(self.rows())
            return
        at, size, stretch = self._begin(), CHUNK, SMALLEST_CHUNK
        last = self._path.stat().st_size
        with ThreadPoolExecutor(1) as beside:
            ahead: Future[tuple[pa.Table, int] | None] = beside.submit(self._load, at, size)
            while at < last:
                chunk = ahead.result()
                if chunk is not None:
                    table, at = chunk
                    size, stretch = min(4 * size, CHUNK), SMALLEST_CHUNK
                    ahead = beside.submit(self._load, at, size)
                    for batch in table.to_batches():
                        yield self._block(batch)
                    continue
                if size > SMALLEST_CHUNK:
                    size = max(size // 8, SMALLEST_CHUNK)
                else:
                    ends: list[int] = []
                    yield from blocks_of(self._rows(self._records(at, stretch, ends)))
                    at = ends[-1] if ends else last
                    stretch = min(2 * stretch, CHUNK)
                ahead = beside.submit(self._load, at, size)

    def rows(self) -> Iterator[SourceRow]:
        """Yield the rows by Python's reader alone; raise the same errors."""
        with self._path.open(encoding=self._encoding, newline="") as file:
            yield from self._rows(self._csv_records.split(lines(file, self._label)))

    def _can_use_arrow(self) -> bool:
        is_plain = self._delimiter.isascii() and self._delimiter.isprintable() and self._delimiter != '"'
        return (is_plain or self._delimiter == "\t") and reads_bytewise(self._encoding)

    def _begin(self) -> int:
        """Return the position of the first byte after a byte order mark."""
        with self._path.open("rb") as file:
            is_marked = self._encoding == "utf-8-sig" and file.read(3) == codecs.BOM_UTF8
        return len(codecs.BOM_UTF8) if is_marked else 0

    def _block(self, batch: pa.RecordBatch) -> Block:
        numbers = np.arange(self.line + 1, self.line + 1 + len(batch), dtype=np.int64)
        self.line += len(batch)
        self._csv_records.widths[batch.num_columns] += len(batch)
        return Block(numbers, [Column.of_arrow(column) for column in batch.columns])

    def _rows(self, records: Iterator[CsvRecord]) -> Iterator[SourceRow]:
        for record in records:
            self.line = record.line + record.lines - 1
            yield SourceRow(record.line, [text_cell(text) for text in record.cells], lines=record.lines)

    def _load(self, at: int, size: int) -> tuple[pa.Table, int] | None:
        """Return the complete records of the next bytes as columns, and the position of the byte after them.

        None if Python must split them.
        """
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
        is_same = self._encoding in ("utf-8", "utf-8-sig", "ascii")
        length = end if is_same else len(data[:end].decode())
        return table, at + length

    def _as_utf8(self, sent: bytes) -> bytes | None:
        """Return complete lines in UTF-8, or None if they do not fit the encoding."""
        if sent.isascii():
            return sent
        sent = sent[: sent.rfind(b"\n") + 1]
        try:
            text = sent.decode("utf-8" if self._encoding == "utf-8-sig" else self._encoding)
        except UnicodeError:
            return None
        return sent if self._encoding in ("utf-8", "utf-8-sig") else text.encode()

    def _split(self, data: bytes, end: int) -> pa.Table | None:
        try:
            first = TextIOWrapper(BytesIO(data), encoding="utf-8", newline="")
            names = [str(at) for at, _ in enumerate(next(csv.reader(first, delimiter=self._delimiter)))]
            if not names:
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

    def _records(self, at: int, least: int, ends: list[int]) -> Iterator[CsvRecord]:
        """Yield records by Python's reader for at least `least` bytes; add their end positions to `ends`."""
        last = self._path.stat().st_size
        with self._path.open("rb") as file:
            file.seek(at)
            encoding = "utf-8" if self._encoding == "utf-8-sig" else self._encoding
            with TextIOWrapper(file, encoding=encoding, newline="") as text:
                position = at

                def counted() -> Iterator[str]:
                    nonlocal position
                    for line in lines(text, self._label, self.line):
                        position += len(line.encode(encoding))
                        yield line

                for record in self._csv_records.split(counted(), self.line + 1):
                    ends.append(position)
                    yield record
                    # At the end of the file, `split` still checks that the last cell is closed.
                    if at + least <= position < last:
                        return


def _block_size(data: bytes) -> int:
    """Return the size in bytes of about ROWS_IN_A_BLOCK lines."""
    lines_at_first = data.count(b"\n", 0, SMALLEST_CHUNK)
    rows = ROWS_IN_A_BLOCK * min(len(data), SMALLEST_CHUNK) // max(lines_at_first, 1)
    return min(max(rows, 1), MOST_BYTES_IN_A_BLOCK)


def _has_long_cell(column: pa.ChunkedArray) -> bool:
    return any(
        (pc.max(pc.binary_length(chunk.dictionary)).as_py() or 0) > LONGEST_CELL for chunk in column.chunks
    )

"""Read CSV files with the contract's encoding and delimiter; neither is guessed."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import cast

from orchestration.contracts import Contract, CsvFormat
from orchestration.intake.outcomes import ExtractHeld, ExtractUnreadable
from orchestration.intake.reading.block import Block
from orchestration.intake.reading.csv_records import CsvRecord, CsvRecords, blocks_of_records
from orchestration.intake.reading.limits import lines
from orchestration.intake.reading.physical_lines import count_lines, find_wrong_byte
from orchestration.intake.reading.sheets import Source, SourceSheet

_LONGEST_CELL = 1 << 17  # characters; an unclosed quotation mark joins the rest of the file
_DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


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
            yield from blocks_of_records(records)

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
        with self._path.open("rb") as file:
            wrong = find_wrong_byte(file, self._encoding)
        if wrong is None:
            return f"has bytes that are not {self._layout.encoding}"
        where = f"in line {wrong.line} at position {wrong.position}"
        return f"has the byte 0x{wrong.byte:02X} {where}, which is not {self._layout.encoding}"

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
        with self._path.open("rb") as file:
            return find_wrong_byte(file, encoding) is None

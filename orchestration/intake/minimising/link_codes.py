"""Make keyed codes from the columns that identify a person, while the file is read.

They are kept in a restricted file of their own, so that they can be destroyed alone. `linkage` defines the
codes and uses them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.contracts import Cell, Contract, day_of, year_of
from orchestration.core import PARTIAL, SUMS, Keys, remove_summed, summed
from orchestration.intake.landing.landing import earlier_path, register_path
from orchestration.intake.reading.block import Block
from orchestration.intake.records.rename import ColumnPlan
from orchestration.linkage import NAME_CODES, Coder

LINK_CODES = pa.schema(
    [
        pa.field("record_id", pa.int64(), nullable=False),
        *((name, pa.string()) for name in NAME_CODES),
        ("phone_code", pa.string()),
        ("birth_year", pa.int32()),
        ("subcounty_code", pa.string()),
        ("recruited_code", pa.string()),
        ("schooling_code", pa.string()),
        ("children_code", pa.string()),
    ]
)
_ROWS_IN_A_GROUP = 20_000
_NAMES = ("given", "surname")


class LinkCodes:
    """Makes the codes of one file's rows, and writes them in groups within `written_to`."""

    def __init__(self, contract: Contract, keys: Keys) -> None:
        self._coder = Coder(keys.link_key) if keys.link_key and contract.link else None
        self._order = contract.locale.dates
        self._rows: list[dict[str, Any]] = []
        self._writer: pq.ParquetWriter | None = None

    def add(self, ids: Iterable[int], plan: ColumnPlan, block: Block, rows: Iterable[int]) -> None:
        """Add the codes of landed rows of a block, of those that have any; `ids` are their records."""
        if self._coder is None or self._writer is None or not plan.link:
            return
        columns = {
            name: column.cell_of_each_row() for name, at in plan.link.items() if (column := block.column(at))
        }
        for record_id, row in zip(ids, rows, strict=True):
            named = {name: cell for name, cells in columns.items() if (cell := cells[row])}
            words = self._coder.names(*(named.pop(name).value for name in _NAMES if name in named))
            pairs = (self._code(self._coder, name, cell) for name, cell in named.items())
            codes = dict(zip(NAME_CODES, words, strict=False)) | {
                column: code for column, code in pairs if code
            }
            if codes:
                self._rows.append({"record_id": record_id, **codes})
            if len(self._rows) == _ROWS_IN_A_GROUP:
                self._write(self._writer)

    @contextmanager
    def written_to(self, folder: Path, partner: str, extract_id: str) -> Iterator[None]:
        """Write codes to the extract's file within the block; remove it if there are no link columns."""
        path = codes_path(folder, partner, extract_id)
        if self._coder is None:
            yield
            remove_summed(path)
            return
        with summed(path) as partial, pq.ParquetWriter(partial, LINK_CODES, compression="zstd") as writer:
            self._writer = writer
            yield
            self._write(writer)
            self._writer = None

    def are_at(self, folder: Path, partner: str, extract_id: str) -> bool:
        """Return whether the extract has its codes, or needs none."""
        return self._coder is None or codes_path(folder, partner, extract_id).is_file()

    def _code(self, coder: Coder, name: str, cell: Cell) -> tuple[str, str | int | None]:
        """Return the column of a code, and the code."""
        text = cell.value
        day = day_of(cell, self._order) if name in ("birth_date", "recruited") else None
        if name == "phone":
            return "phone_code", coder.phone(text)
        if name in ("birth_year", "birth_date"):
            return "birth_year", day.year if day else year_of(cell)
        if name == "recruited" and day:
            text = f"{day.year} {day.month}"
        return f"{name}_code", coder.answer(name, text)

    def _write(self, writer: pq.ParquetWriter) -> None:
        writer.write_table(pa.Table.from_pylist(self._rows, schema=LINK_CODES))
        self._rows.clear()


def codes_path(folder: Path, partner: str, extract_id: str) -> Path:
    return folder / partner / f"{extract_id}.parquet"


def sweep_codes(folder: Path, landing: Path, partner: str) -> None:
    """Remove codes of extracts that are not landed, and partial files of a crash."""
    for file in sorted((folder / partner).glob("*")) if (folder / partner).is_dir() else ():
        if file.name == SUMS:
            continue
        notes = (register_path(landing, partner, file.stem), earlier_path(landing, partner, file.stem))
        if file.name.startswith(PARTIAL) or not any(note.exists() for note in notes):
            remove_summed(file)

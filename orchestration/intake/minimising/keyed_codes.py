"""Keyed codes: of the columns that identify a person, and of the ids that a form server gave submissions.

Link codes are made while the file is read, and kept in a restricted file of their own, so that they can be
destroyed alone. `linkage` defines and uses them. A submission's code replaces its id and is the same for
every partner: two partners that send one form's submissions are found by equal codes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.contracts import Cell, Contract, day_of, year_of
from orchestration.core import Keys, remove_summed, summed
from orchestration.intake.minimising.minimise import DERIVED
from orchestration.intake.reading.block import Block, Column, Flags
from orchestration.intake.records.rename import ColumnPlan
from orchestration.intake.records.slots import Slot
from orchestration.linkage import NAME_CODES, REFERENCES, Coder

LINK_CODES = pa.schema(
    [
        pa.field("record_id", pa.int64(), nullable=False),
        *((name, pa.string()) for name in NAME_CODES),
        ("phone_code", pa.string()),
        ("birth_year", pa.int32()),
        *((f"{name}_code", pa.string()) for name in ("subcounty", "recruited", "schooling", "children")),
        *((f"{name}_code", pa.string()) for name in REFERENCES),
    ]
)
_ROWS_IN_A_GROUP = 20_000
_NAMES = ("given", "surname")
REF = "_ref"  # ends the link fields that are references
_LETTERS_OF_A_NAME = 4
# The landed field of the code, 16 hex digits. No contract can map a column to it.
SUBMISSION_KEY = "submission_key"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NIL = "00000000-0000-0000-0000-000000000000"  # written where there is no id


class LinkCodes:
    """Makes the codes of one file's rows, and writes them in groups within `written_to`."""

    def __init__(self, contract: Contract, keys: Keys) -> None:
        self._coder = Coder(keys.link_key) if keys.link_key and contract.link else None
        self._order = contract.locale.dates
        # By reference field: the values that land, and those of them that read like a name.
        self.references: Counter[str] = Counter()
        self.like_names: Counter[str] = Counter()
        self._rows: list[dict[str, Any]] = []
        self._writer: pq.ParquetWriter | None = None

    def look(self, plan: ColumnPlan, block: Block, lands: Flags) -> None:
        """Count the references of rows that land, and those that are mostly letters, as names are."""
        for name, at in plan.link.items():
            column = block.column(at) if name.endswith(REF) else None
            if column is not None:
                is_name = np.array([_is_like_a_name(text) for text in column.texts], bool)
                self.references[name] += int(np.sum(column.filled & lands))
                self.like_names[name] += int(np.sum(column.by_row(is_name) & column.filled & lands))

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
        if name.endswith(REF):
            return name.replace(REF, "_code"), coder.reference(name.removesuffix(REF), text)
        return f"{name}_code", coder.answer(name, text)

    def _write(self, writer: pq.ParquetWriter) -> None:
        writer.write_table(pa.Table.from_pylist(self._rows, schema=LINK_CODES))
        self._rows.clear()


def _is_like_a_name(text: str) -> bool:
    letters, digits = (sum(map(is_one, text)) for is_one in (str.isalpha, str.isdigit))
    return letters >= _LETTERS_OF_A_NAME and letters > 4 * digits


def codes_path(folder: Path, partner: str, extract_id: str) -> Path:
    return folder / partner / f"{extract_id}.parquet"


def submission_slots(
    contract: Contract, keys: Keys, plan: ColumnPlan, block: Block, rows: Flags
) -> Iterator[Slot]:
    """Yield the codes of some rows, by the first filled column: a slot for each column with ids."""
    form = contract.submission_id.form_name if contract.submission_id else None
    for at in plan.submission_ids:
        column = block.column(at)
        if column is None:
            continue
        codes = [_submission_code(keys, form, text) for text in column.texts]
        is_code = column.by_row(np.array([code is not None for code in codes], bool))
        cells = [Cell(code, DERIVED) if code else None for code in codes]
        yield Slot(SUBMISSION_KEY, is_code & rows, Column.of_distinct(cells, column.codes))
        rows = rows & ~column.filled


def _submission_code(keys: Keys, form: str | None, text: str) -> str | None:
    """Return the code of an id; None where it is no UUID and the contract names no server and form."""
    own = text.strip().casefold().removeprefix("uuid:")
    if own == _NIL:
        return None
    if _UUID.fullmatch(own):
        return keys.submission_code(own)
    return keys.submission_code(form, own) if form and own else None

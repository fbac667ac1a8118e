"""Stewards' corrections of single values: the landing keeps what was sent, and typing reads the correction.

A correction names record, field, the value as it should have been written, and a keyed token of what was
written. Where the partner writes the field anew, the token differs and its own value is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from orchestration.contracts import (
    AGES,
    COUNTS,
    MANY_CODES,
    SINGLE_CODES,
    Contract,
    load_vocabulary,
    place_parts,
)
from orchestration.core import Keys, record_of
from orchestration.intake import LandedCell, texts_of
from orchestration.typing.assembly import Record, assemble
from orchestration.typing.landed_cells import cells_of
from orchestration.typing.row import CORRECTED
from orchestration.typing.row_reader import RowReader

Correction = Mapping[str, Any]  # id, partner, record, field, written and value
_ALSO_CORRECTABLE = ("event_on", *COUNTS, *AGES)
_NAMES_OF_A_PLACE = ("place_text", "admin_text", "country_text")
_CONSENT = "consent_state"  # it decides which records may land, and is the person's own


def correctable(contract: Contract) -> list[str]:
    """Return the fields that a steward may correct: the typed value is shown, and identifies nobody.

    They are read from a column of the main rows.
    """

    def is_shown(field: str) -> bool:
        if parts := place_parts(field):
            return parts[1] in _NAMES_OF_A_PLACE
        return field in (*_ALSO_CORRECTABLE, *SINGLE_CODES, *MANY_CODES) and field != _CONSENT

    return [
        name
        for name, spec in contract.fields.items()
        if spec.is_read and not spec.count_rows and not contract.part_of(spec)[0] and is_shown(name)
    ]


def holding_extract(path: Path, corrections: Sequence[Correction]) -> list[Correction]:
    """Return the corrections of records that an extract's cells hold."""
    if not corrections:
        return []
    wanted = {record_of(one["record"]) for one in corrections}
    found = pq.read_table(path, columns=["record_id"], filters=[("record_id", "in", wanted)])
    held = set(found["record_id"].to_pylist())
    return [one for one in corrections if record_of(one["record"]) in held]


class Corrections:
    """The corrections of one extract. `met`: by id, whether what was written is still what was corrected."""

    def __init__(self, corrections: Sequence[Correction], contract: Contract, keys: Keys) -> None:
        self.met: dict[str, bool] = {}
        self._keys = keys
        self._of_record: dict[int, list[Correction]] = {}
        fields = correctable(contract)
        for one in corrections:
            if one["field"] in fields:
                self._of_record.setdefault(record_of(one["record"]), []).append(one)

    def applied(self, cells: list[LandedCell]) -> list[LandedCell]:
        for one in self._of_record.get(cells[0].record_id, ()):
            rows = [
                at
                for at, written in written_in_rows(cells, one["field"], self._keys).items()
                if written == one["written"]
            ]
            self.met[one["id"]] = bool(rows)
            cells = _corrected(cells, one, rows)
        return cells


_Row = tuple[str, int, int]  # sheet, row number and order


def written_in_rows(cells: Sequence[LandedCell], field: str, keys: Keys) -> dict[_Row, str]:
    """Return a token of what each main row of a record has in a field; an empty field has one too."""
    rows: dict[_Row, list[tuple[str, str]]] = {}
    for cell in cells:
        if not cell.part:
            own = rows.setdefault(_row(cell), [])
            own += [(cell.kind, cell.value)] if cell.field == field else []
    record_id = cells[0].record_id
    return {at: keys.token(json.dumps(["written", record_id, field, own])) for at, own in rows.items()}


def _corrected(cells: Sequence[LandedCell], correction: Correction, rows: Sequence[_Row]) -> list[LandedCell]:
    """Return the cells with one text, and a mark of it, in place of the field's cells in these rows."""
    field, corrected = correction["field"], list(cells)
    kind = "derived" if field in AGES else "text"  # an age, never a birth date or year
    for row in rows:
        of_row = [cell for cell in corrected if not cell.part and _row(cell) == row]
        own = [cell for cell in of_row if cell.field == field]
        at = corrected.index((own or of_row)[0])
        new = of_row[0]._replace(field=field, number_format=None)
        text, mark = (
            new._replace(value=correction["value"], kind=kind),
            new._replace(value="", kind=CORRECTED),
        )
        corrected[at:] = [text, mark, *(cell for cell in corrected[at:] if cell not in own)]
    return corrected


def _row(cell: LandedCell) -> _Row:
    return cell.sheet, cell.row_number, cell.seq


def record_cells(path: Path, keys: Keys, record_id: int) -> list[LandedCell]:
    """Return the cells of one record of a landing Parquet, in order, with their texts."""
    found = pq.read_table(path, filters=[("record_id", "=", record_id)])
    return list(cells_of(found, texts_of(path, keys)))


def read_as(
    cells: list[LandedCell],
    corrections: Sequence[Correction],
    entry: Mapping[str, Any],
    contract: Contract,
    keys: Keys,
) -> Record:
    """Return what typing makes of a record's cells under these corrections."""
    row_reader = RowReader(entry, contract, load_vocabulary())
    return assemble(Corrections(corrections, contract, keys).applied(cells), row_reader, lambda _: 0)

"""Type the records of one source row group by group: rows that agree in a group's cells are read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.contracts import norm
from orchestration.intake import LandedCell
from orchestration.typing.assembly import NO_PLACE, MentionId, Record, assemble_places, assemble_row
from orchestration.typing.dates import read_iso_moments
from orchestration.typing.distinct_cells import SourceRows
from orchestration.typing.field_groups import ENDS, SUBMITTED, FieldGroup, field_groups
from orchestration.typing.landed_records import Numbers
from orchestration.typing.row import Row
from orchestration.typing.row_reader import RowReader
from orchestration.typing.typed_rows import Kinds, Typed

# Enough for the spellings of an extract; what hardly repeats must not fill the memory.
_MOST_REMEMBERED = 100_000
_MOMENT = pa.timestamp("us", tz="UTC")


Remembered = dict[tuple[Any, ...], Record]  # by group, sheet and cells


class GroupTyping:
    """Types the rows of one extract. `remembered`: what was typed by the same contract before."""

    def __init__(
        self,
        reader: RowReader,
        round_name: str | None,
        mention_id: MentionId,
        texts: Mapping[str, str],
        remembered: Remembered,
    ) -> None:
        self._round, self._mention_id, self._texts = round_name, mention_id, texts
        self._zone = reader.contract.zone_of(SUBMITTED)
        self._groups = field_groups(reader.contract)
        self._readers = {group.name: reader.narrowed(group.reads | group.ends) for group in self._groups}
        self._of_contract = remembered
        self._of_extract: Remembered = {}

    def of(self, rows: SourceRows) -> tuple[dict[str, pa.Array], list[Typed]]:
        """Return what each row has for itself alone, and what each group gives of the rows."""
        for remembered in (self._of_contract, self._of_extract):
            if len(remembered) > _MOST_REMEMBERED:
                remembered.clear()
        typed: dict[str, Typed] = {}
        submitted_at = pa.nulls(len(rows), _MOMENT)
        for group in self._groups:
            if group.name == SUBMITTED:
                submitted_at, typed[SUBMITTED] = self._moments(rows, group)
            elif group.ends:
                ends = [typed[role] for role in ENDS if role in typed]
                typed[group.name] = self._between(rows, group, ends)
            else:
                typed[group.name] = self._typed(rows, group)
        return {SUBMITTED: submitted_at}, [*typed.values(), _without_place(typed.values(), len(rows))]

    def _typed(self, rows: SourceRows, group: FieldGroup) -> Typed:
        return Typed(*self._read(rows, group, group.reads, None))

    def _read(
        self, rows: SourceRows, group: FieldGroup, fields: frozenset[str], of: Numbers | None
    ) -> tuple[list[Record], Kinds]:
        """Return what a group gives of all rows, or `of` some, by their cells in some fields."""
        agreeing = rows.agreeing(fields, group.by_sheet, of)
        sheets = rows.sheets.take(pa.array(agreeing.first)).to_pylist() if group.by_sheet else None
        known = self._of_extract if group.is_of_extract else self._of_contract
        records = []
        for at, cells in enumerate(rows.cells(agreeing.first, fields, self._texts)):
            sheet = sheets[at] if sheets else ""
            key = (group.name, sheet, cells)
            if record := known.get(key):
                for mention, _ in record.mentions:
                    self._mention_id(mention.texts)  # it may be the extract's first
            else:
                record = known[key] = group.part_of(self._assembled(group, cells, sheet))
            records.append(record)
        return records, agreeing.kind

    def _assembled(self, group: FieldGroup, cells: tuple[LandedCell, ...], sheet: str) -> Record:
        reader = self._readers[group.name]
        if group.role:
            return assemble_places(cells, reader, self._mention_id)
        return assemble_row(cells, sheet, reader, self._round, self._mention_id)

    def _moments(self, rows: SourceRows, group: FieldGroup) -> tuple[pa.Array, Typed]:
        """Read times of submission in ISO form at once, as they hardly repeat; others by the reader."""
        moments = read_iso_moments(rows.first_values(SUBMITTED), self._zone)
        is_read = rows.are_single(SUBMITTED) & moments.is_valid().to_numpy(zero_copy_only=False)
        others = np.flatnonzero(~is_read)
        read, kind = self._read(rows, group, group.reads, others)
        records, kinds = [Record({}), *read], np.zeros(len(rows), np.int64)
        kinds[others] = 1 + kind
        found = pa.array([None, *(one.values[SUBMITTED] for one in read)], _MOMENT).take(pa.array(kinds))
        return pc.if_else(pa.array(is_read), moments, found), Typed(
            [replace(one, values={}) for one in records], kinds
        )

    def _between(self, rows: SourceRows, group: FieldGroup, ends: Iterable[Typed]) -> Typed:
        """Type transit places, beside origin and destination in rows where one of these is repeated."""
        records, kind = self._read(rows, group, group.reads, None)
        numbers: dict[str, int] = {}
        passed = [[numbers.setdefault(name, len(numbers)) for name in _names(record)] for record in records]
        if not numbers:
            return Typed(records, kind)
        pairs = [at * len(numbers) + number for at, found in enumerate(passed) for number in found]
        is_repeated = np.zeros(len(rows), bool)
        for end in ends:
            found = [numbers.get(next(iter(_names(record)), ""), -1) for record in end.records]
            number = np.array(found or [-1])[end.kind]
            is_repeated |= (number >= 0) & np.isin(kind * np.int64(len(numbers)) + number, pairs)
        repeating = np.flatnonzero(is_repeated)
        beside, kinds = self._read(rows, group, group.reads | group.ends, repeating)
        merged = kind.astype(np.int64)
        merged[repeating] = len(records) + kinds
        return Typed([*records, *beside], merged)


def _names(record: Record) -> list[str]:
    """Return the names of a record's places, in the form in which they are compared."""
    texts = (mention.texts.place_text or mention.texts.admin_text for mention, _ in record.mentions)
    return [norm(text) for text in texts if text]


def _without_place(typed: Iterable[Typed], count: int) -> Typed:
    """Return the problem of rows that name no place."""
    is_named = np.zeros(count, bool)
    for records, kind in typed:
        is_named |= np.array([bool(record.mentions) for record in records], bool)[kind]
    row = Row(0, "", 0)
    row.note(*NO_PLACE)
    return Typed([Record({}), Record({}, problems=row.problems)], 1 - is_named)

"""Type the records of one source row by groups of fields; rows that agree in a group's cells are read once.

A group holds fields whose meaning depends on each other. Each column, list of codes, place role and problem
belongs to one group. Arrays are made of the distinct results, then repeated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import starmap
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.contracts import AGES, COUNTS, DATES, MANY_CODES, SINGLE_CODES, Contract, norm, place_parts
from orchestration.intake import LandedCell
from orchestration.typing.assembly import (
    LISTED_SINGLES,
    NO_PLACE,
    OWN_COLUMNS,
    MentionId,
    Record,
    assemble_places,
    assemble_row,
)
from orchestration.typing.dates import read_iso_moments
from orchestration.typing.landed_cells import Numbers, SourceRows
from orchestration.typing.mentions import Mention
from orchestration.typing.row import Row
from orchestration.typing.row_reader import RowReader
from orchestration.typing.tables import SCHEMAS, WITH_DICTIONARIES

SUBMITTED = "submitted_at"
TRANSIT = "transit"
# Roles of places that are left out of a list of transit places which repeats them (`mentions`).
ENDS = ("origin", "exploitation", "intended_destination")
_OF_DATE = ("event_on", "date_precision", "period_from", "period_to")
_OF_PERSON = (
    "person_count", "person_count_low", "person_count_high", "count_basis", "is_group", "sex", "age_band",
    "is_child",
)  # fmt: skip
_OF_CONTRACT = ("record_grain", "round", "key_basis")
_MODES = "transport_mode"
Kinds = npt.NDArray[np.integer[Any]]
_OF_RECORD = ("extract_id", "partner", "record_id")
# Enough for the spellings of an extract; what hardly repeats must not fill the memory.
_MOST_REMEMBERED = 100_000
_MOMENT = pa.timestamp("us", tz="UTC")
Remembered = dict[tuple[Any, ...], Record]  # by group, sheet and cells


@dataclass(frozen=True)
class FieldGroup:
    """Fields that are read together, and what they give.

    `owns`: fields that are read, and whose problems belong here; `others`: fields that are read too. Gives
    `columns` of `records`, codes of `domains`, and mentions of places in `role`. `by_sheet`: the sheet's name
    counts too. `ends`: fields of the places that a list of transit places may repeat; they matter only where
    it does.
    """

    name: str
    owns: Collection[str] = ()
    columns: Collection[str] = ()
    domains: Collection[str] = ()
    role: str | None = None
    others: Collection[str] = ()
    by_sheet: bool = False
    ends: Collection[str] = ()

    @property
    def reads(self) -> set[str]:
        return {*self.owns, *self.others}

    @property
    def is_of_extract(self) -> bool:
        """Whether its meaning depends on the extract too: on its period or the day it was received."""
        return self.columns == _OF_CONTRACT or not self.reads.isdisjoint(DATES)

    def part_of(self, record: Record) -> Record:
        """Return what this group gives of a record."""
        return Record(
            {name: record.values[name] for name in self.columns},
            [code for code in record.codes if code[0] in self.domains],
            [named for named in record.mentions if named[0].role == self.role],
            [problem for problem in record.problems if problem.field in self.owns],
        )


def field_groups(contract: Contract) -> list[FieldGroup]:
    """Return the groups of a contract's fields, the one with `ends` last."""
    fields = contract.fields
    by_birth_year = "age_band" in fields and fields["age_band"].from_ == "birth_year"
    has_sheet_months = bool(getattr(contract.format, "has_sheet_months", False))
    groups = [
        FieldGroup("contract", columns=_OF_CONTRACT),
        FieldGroup("date", ["event_on"], _OF_DATE, by_sheet=has_sheet_months),
        FieldGroup(SUBMITTED, [SUBMITTED], [SUBMITTED]),
        FieldGroup("embargo", ["embargo_until"], ["embargo_until"]),
        FieldGroup(
            "person",
            ["sex", *COUNTS, *AGES],
            _OF_PERSON,
            others=["event_on"] if by_birth_year else [],
            by_sheet=has_sheet_months and by_birth_year,
        ),
    ]
    for name in (*SINGLE_CODES, *MANY_CODES):
        if name not in ("sex", _MODES):
            columns = [name] if name in OWN_COLUMNS or name == "nationality" else []
            domains = [name] if name in LISTED_SINGLES or name in MANY_CODES else []
            groups.append(FieldGroup(name, [name], columns, domains))
    modes = [name for name in fields if name.endswith(f".{_MODES}")]
    groups.append(FieldGroup(_MODES, [_MODES], domains=[_MODES], others=modes))
    of_role: dict[str, list[str]] = {}
    for name in fields:
        if parts := place_parts(name):
            of_role.setdefault(parts[0], []).append(name)
    transit = [*of_role.pop(TRANSIT, ()), "place(transit)"]
    groups += [FieldGroup(role, names, role=role) for role, names in of_role.items()]
    ends = [name for role in ENDS for name in of_role.get(role, ())]
    return [*groups, FieldGroup(TRANSIT, transit, ["transit_count"], role=TRANSIT, ends=ends)]


class Typed(NamedTuple):
    """What was typed of some fields: distinct `records`, and for each row which of them it has."""

    records: Sequence[Record]
    kind: Kinds

    def column(self, name: str) -> pa.Array:
        """Return a column of the table `records`, a value for each row."""
        return taken("records", name, [one.values[name] for one in self.records], self.kind)


@dataclass(frozen=True)
class TypedRows:
    """The records of a batch. `columns`: what each has for itself alone; the rest is in `parts`."""

    columns: Mapping[str, pa.Array]
    parts: Sequence[Typed]

    def tables(self) -> dict[str, pa.Table]:
        """Return the typed tables of these records, texts with dictionaries."""
        columns = dict(self.columns)
        for typed in self.parts:
            for name in typed.records[0].values:
                if name not in columns:
                    columns[name] = typed.column(name)
        rows, mentions, at = self._spread("mentions")
        return {
            "records": _table("records", columns),
            "record_codes": self._listed("record_codes", *self._spread("codes")),
            "place_mentions": self._listed("place_mentions", rows, list(starmap(_shown, mentions)), at),
            "problems": self._problems(),
        }

    def _problems(self) -> pa.Table:
        """A problem with row number 0 has sheet and row of its record."""
        rows, problems, at = self._spread("problems")
        table = self._listed("problems", rows, problems, at)
        is_own = pc.equal(table["row_number"], 0)
        for name in ("sheet", "row_number"):
            own = self.columns[name].take(pa.array(rows)).cast(SCHEMAS["problems"].field(name).type)
            shown = pc.if_else(is_own, own, table[name].cast(own.type))
            table = table.set_column(table.column_names.index(name), name, shown)
        return table.cast(SCHEMAS["problems"])

    def _listed(self, table: str, rows: Kinds, items: list[Any], at: Kinds) -> pa.Table:
        columns = {name: self.columns[name].take(pa.array(rows)) for name in _OF_RECORD}
        names = [name for name in SCHEMAS[table].names if name not in _OF_RECORD]
        values = list(zip(*items, strict=True)) or [()] * len(names)
        own = {name: taken(table, name, column, at) for name, column in zip(names, values, strict=True)}
        return _table(table, columns | own)

    def _spread(self, what: str) -> tuple[Kinds, list[Any], Kinds]:
        """Return all items of the distinct records, and row and place among these of each row's items."""
        items: list[Any] = []
        rows, places = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for records, kind in self.parts:
            lists = [getattr(record, what) for record in records]
            sizes = np.fromiter(map(len, lists), np.int64, len(lists))
            if sizes.any():
                per_row = sizes[kind]
                firsts = len(items) + np.cumsum(sizes) - sizes
                within = np.arange(per_row.sum()) - np.repeat(np.cumsum(per_row) - per_row, per_row)
                rows.append(np.repeat(np.arange(len(kind)), per_row))
                places.append(np.repeat(firsts[kind], per_row) + within)
                items += [item for one in lists for item in one]
        of_rows, at = np.concatenate(rows), np.concatenate(places)
        order = np.argsort(of_rows, kind="stable")
        return of_rows[order], items, at[order]


def taken(table: str, name: str, values: Sequence[Any], at: Kinds) -> pa.Array:
    """Return a column of a table: of these values, those at some places."""
    column = pa.array(values, SCHEMAS[table].field(name).type)
    places = pa.array(at)
    if column.type != pa.string():
        return column.take(places)
    encoded = column.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.take(places), encoded.dictionary)


def constant(text: str, count: int) -> pa.Array:
    """Return a column of one text."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([text], pa.string()))


def _table(table: str, columns: Mapping[str, pa.Array]) -> pa.Table:
    schema = WITH_DICTIONARIES[table]
    return pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)


def _shown(mention: Mention, number: int) -> tuple[Any, ...]:
    sheet, row = mention.child or (None, None)
    return mention.role, mention.seq, mention.basis, mention.transport_mode, number, sheet, row


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
        self._reader = reader
        self._narrowed: dict[str, RowReader] = {}  # by group, made when it reads a cell
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
                typed[group.name] = Typed(*self._read(rows, group, group.reads))
        return {SUBMITTED: submitted_at}, [*typed.values(), _without_place(typed.values(), len(rows))]

    def _read(
        self, rows: SourceRows, group: FieldGroup, fields: Collection[str], of: Numbers | None = None
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
        if group.name not in self._narrowed:
            self._narrowed[group.name] = self._reader.narrowed({*group.reads, *group.ends})
        reader = self._narrowed[group.name]
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
        records, kind = self._read(rows, group, group.reads)
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
        beside, kinds = self._read(rows, group, {*group.reads, *group.ends}, repeating)
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

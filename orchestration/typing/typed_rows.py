"""Typed tables of records that share what was typed: arrays are made of distinct records, then repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.typing.assembly import Record
from orchestration.typing.mentions import Mention
from orchestration.typing.row import Problem
from orchestration.typing.tables import SCHEMAS, WITH_DICTIONARIES

Kinds = npt.NDArray[np.integer[Any]]
_OF_RECORD = ("extract_id", "partner", "record_id")
_OF_MENTION = (
    "place_role", "seq", "place_basis", "transport_mode", "mention_id", "child_sheet", "child_row_number",
)  # fmt: skip


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
        return {
            "records": self._records(),
            "record_codes": self._listed("record_codes", ("domain", "code", "seq"), *self._spread("codes")),
            "place_mentions": self._mentions(),
            "problems": self._problems(),
        }

    def _records(self) -> pa.Table:
        columns = dict(self.columns)
        for typed in self.parts:
            for name in typed.records[0].values:
                if name not in columns:
                    columns[name] = typed.column(name)
        return _table("records", columns)

    def _mentions(self) -> pa.Table:
        rows, named, at = self._spread("mentions")
        return self._listed("place_mentions", _OF_MENTION, rows, [_shown(*one) for one in named], at)

    def _problems(self) -> pa.Table:
        """A problem with row number 0 has sheet and row of its record."""
        rows, problems, at = self._spread("problems")
        table = self._listed("problems", Problem._fields, rows, problems, at)
        is_own = pc.equal(table["row_number"], 0)
        for name in ("sheet", "row_number"):
            own = self.columns[name].take(pa.array(rows)).cast(SCHEMAS["problems"].field(name).type)
            found = pc.if_else(is_own, own, table[name].cast(own.type))
            table = table.set_column(table.column_names.index(name), name, found)
        return table.cast(SCHEMAS["problems"])

    def _listed(self, table: str, names: Sequence[str], rows: Kinds, items: list[Any], at: Kinds) -> pa.Table:
        columns = {name: self.columns[name].take(pa.array(rows)) for name in _OF_RECORD}
        values = list(zip(*items, strict=True)) or [()] * len(names)
        own = {name: taken(table, name, found, at) for name, found in zip(names, values, strict=True)}
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

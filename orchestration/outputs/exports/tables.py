"""The tables of an edition with their descriptions, as input for every export."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestration.core import open_duckdb
from orchestration.outputs.published import Edition, country_code, county_code

PUBLISHED, SERIES, EVIDENCE_BASE = "published", "series", "evidence_base.duckdb"
HXL = Path(__file__).with_name("hxl.csv")
ROWS_AT_A_TIME = 20_000  # as Python's own values, which take more memory than Arrow's
WHOLE_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")

Cell = str | int | float | bool | date | None
Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table of an edition. `hxl` is its tag.

    `listed`: all values that it may hold, if they are a closed list (ENUM in the DuckDB file).
    `may_be_summed`: over any rows of its table.
    """

    name: str
    data_type: str
    is_key: bool
    description: str
    hxl: str = ""
    listed: tuple[str, ...] = ()
    may_be_summed: bool = False

    @property
    def is_number(self) -> bool:
        return not self.is_key and self.data_type in (*WHOLE_NUMBERS, "DOUBLE")


@dataclass(frozen=True)
class Table:
    """A table of an edition, such as `published.corridors`. `data`: its rows."""

    schema: str
    name: str
    description: str
    columns: tuple[Column, ...]
    data: pa.Table

    @property
    def file_stem(self) -> str:
        """The name in files of all tables: `corridors`, and by quarter `series_corridors`."""
        return self.name if self.schema == PUBLISHED else f"{self.schema}_{self.name}"

    @property
    def key(self) -> list[str]:
        return [column.name for column in self.columns if column.is_key]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def sums(self) -> list[str]:
        return [column.name for column in self.columns if column.may_be_summed]

    @property
    def use(self) -> str:
        """Return what a row is, and which of its numbers may be added: the first is the table's comment."""
        alone = [f"`{one.name}`" for one in self.columns if one.is_number and not one.may_be_summed]
        is_measured = "period_id" in self.key and self.name != "periods"
        return self.description + (f" Never add {', '.join(alone)}." if alone and is_measured else "")

    def rows(self) -> Iterator[Row]:
        """Return the rows, in their order."""
        for batch in self.data.to_batches(ROWS_AT_A_TIME):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def values(self, column: str) -> set[Cell]:
        """Return the distinct values of a column."""
        return set(self.data[column].unique().to_pylist())


def tables_of(edition: Edition) -> dict[str, Table]:
    """Return the published tables of an edition by name in files, as the dictionary of its file has them."""
    with open_duckdb((edition.path / EVIDENCE_BASE).resolve()) as con:
        columns = con.execute(_DICTIONARY, [PUBLISHED, SERIES]).to_arrow_table().to_pylist()
    found = {}
    for (schema, name, about), rows in groupby(columns, itemgetter("table_schema", "table_name", "about")):
        described = []
        for row in rows:
            column, listed = row["column_name"], tuple(re.findall("'(.*?)'", row["data_type"]))
            data_type, is_sum = "VARCHAR" if listed else row["data_type"], bool(row["may_be_summed"])
            hxl = hxl_tags().get((name, column)) or hxl_tags().get(("*", column), "")
            meaning = row["description"] or ""
            described.append(Column(column, data_type, row["is_key"], meaning, hxl, listed, is_sum))
        table = Table(schema, name, about or "", tuple(described), edition.arrow(f"{schema}.{name}"))
        found[table.file_stem] = table
    return found


_DICTIONARY = """
select columns.*, tables.comment as about
from meta.columns as columns
inner join duckdb_tables() as tables
    on columns.table_schema = tables.schema_name and columns.table_name = tables.table_name
where columns.table_schema in (?, ?)
order by columns.table_schema, columns.table_name, columns.position
"""
_CODES = (
    (
        "county_code", "#adm1",
        "P-code (OCHA) of the county of {place}, also where that is a border point; empty elsewhere.",
        county_code,
    ),
    (
        "country_code", "#country",
        "ISO 3166-1 alpha-3 code of the country of {place}; empty where that stands for no one country.",
        country_code,
    ),
)  # fmt: skip


def with_codes(table: Table, periods: Table) -> Table:
    """Return a table with first and last day of each period, and county and country code of each place.

    Other programs, such as the Humanitarian Data Exchange, match rows by these.
    """
    days = {row["period_id"]: row for row in periods.data.to_pylist()}
    added: list[tuple[Column, list[Any]]] = []
    for column in table.columns:
        values = table.data[column.name].to_pylist()
        if column.name == "period_id" and "period_from" not in table.names:
            added += [
                (replace(day, is_key=False), [days.get(value, {}).get(day.name) for value in values])
                for day in periods.columns
                if day.name in ("period_from", "period_to")
            ]
        elif column.name.endswith("place_id"):
            role = column.name.removesuffix("place_id")
            for name, level, text, code in _CODES:
                prose, tag = text.format(place=f"`{column.name}`"), column.hxl.replace("#loc", level)
                coded = Column(f"{role}{name}", "VARCHAR", False, prose, tag)
                added.append((coded, [code(value) for value in values]))
    data = table.data
    for column, values in added:
        kind = pa.date32() if column.data_type == "DATE" else pa.string()
        data = data.append_column(column.name, pa.array(values, kind))
    return replace(table, columns=(*table.columns, *(column for column, _ in added)), data=data)


@cache
def hxl_tags() -> dict[tuple[str, str], str]:
    """Return HXL tags by table and column; table `*` stands for any."""
    with HXL.open(encoding="utf-8", newline="") as file:
        return {(row["table"], row["column"]): row["hxl"] for row in csv.DictReader(file)}

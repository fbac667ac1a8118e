"""The printed tables of an edition with what is said of them, as every export takes them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from orchestration.errors import NjiaError
from orchestration.outputs.edition import SCHEMAS, Edition

HXL = Path(__file__).with_name("hxl.csv")
EVIDENCE_BASE = "evidence_base.duckdb"
WHOLE_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")

Cell = str | int | float | bool | date | None


@dataclass(frozen=True)
class Column:
    """A column of a published table. `hxl` is its tag, '' in tables that are not exported."""

    name: str
    data_type: str
    is_key: bool
    description: str
    hxl: str = ""


@dataclass(frozen=True)
class Table:
    """A published table of an edition, such as `public.public_ends`, and what is said of it."""

    schema: str
    name: str
    description: str
    columns: tuple[Column, ...]

    @property
    def is_tagged(self) -> bool:
        return any(column.hxl for column in self.columns)

    @property
    def key(self) -> list[str]:
        return [column.name for column in self.columns if column.is_key]


@dataclass(frozen=True)
class PrintedTable:
    """A table that an edition prints, by its short name (`ends`); `rows` hold Python values."""

    name: str
    told: Table
    rows: list[list[Cell]]

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.told.columns

    def records(self) -> Iterator[dict[str, Any]]:
        """Rows by the names of their columns."""
        names = [column.name for column in self.columns]
        return (dict(zip(names, row, strict=True)) for row in self.rows)


def described(edition: Edition) -> list[Table]:
    """Every table of an edition, with its comments as its own file has them."""
    file = edition.path / EVIDENCE_BASE
    with duckdb.connect(str(file.resolve()), read_only=True) as con:
        tables = con.execute(
            "select schema_name, table_name, comment from duckdb_tables() order by all"
        ).fetchall()
        columns = con.execute(
            "select schema_name, table_name, column_name, data_type, comment from duckdb_columns() "
            "where not internal order by schema_name, table_name, column_index"
        ).fetchall()
        keys = set(
            con.execute(
                "select table_schema, table_name, column_name from meta.columns where is_key"
            ).fetchall()
        )
    found = []
    for schema, name, told in tables:
        mine = [column[2:] for column in columns if column[:2] == (schema, name)]
        found.append(
            Table(
                schema,
                name,
                told or "",
                tuple(
                    Column(
                        column, kind, (schema, name, column) in keys, said or "", _tag(schema, name, column)
                    )
                    for column, kind, said in mine
                ),
            )
        )
    return found


def printed_tables(edition: Edition) -> list[PrintedTable]:
    """The printed tables in the order of their names; columns and rows are as the edition has them."""
    told = {(table.schema, table.name): table for table in described(edition)}
    schema = SCHEMAS[edition.name]
    tables = []
    for name, frame in edition.tables.items():
        table = told.get((schema, f"{schema}_{name}"))
        if table is None or [column.name for column in table.columns] != list(frame.columns):
            raise NjiaError(
                f"The {edition.name} edition's file and its Parquet do not hold the same columns of {name}. "
                "Run `njia refresh` again: it writes both."
            )
        tables.append(PrintedTable(name, table, _rows(frame, table.columns)))
    return tables


@cache
def hxl_tags() -> dict[tuple[str, str], str]:
    """HXL tags by table and column; the table `*` is any."""
    with HXL.open(encoding="utf-8", newline="") as file:
        return {(row["table"], row["column"]): row["hxl"] for row in csv.DictReader(file)}


def _tag(schema: str, table: str, column: str) -> str:
    if schema not in SCHEMAS.values():
        return ""
    tags, name = hxl_tags(), table.removeprefix(f"{schema}_")
    return tags.get((name, column)) or tags.get(("*", column), "")


def _rows(frame: pd.DataFrame, columns: tuple[Column, ...]) -> list[list[Cell]]:
    by_column = [[_cell(value, column) for value in frame[column.name]] for column in columns]
    return [list(row) for row in zip(*by_column, strict=True)]


def _cell(value: Any, column: Column) -> Cell:
    """pandas keeps a whole number as a float where another row has none, and a day as a time."""
    if value is None or pd.isna(value):
        return None
    if column.data_type in WHOLE_NUMBERS:
        return int(value)
    if column.data_type == "BOOLEAN":
        return bool(value)
    if column.data_type == "DATE":
        return value.date() if isinstance(value, datetime) else value
    if column.data_type == "VARCHAR":
        return str(value)
    return float(value)

"""An edition's evidence base: tables in a DuckDB file and Parquet, their hash, how single records stand out.

Equal rows give an equal hash, in any order, on any machine and engine: each row becomes a text of its columns
in alphabetical order. Null is `-`; any other value is its length in characters, a colon and its canonical
text. Integers and decimals are plain digits (decimals without trailing zeros), booleans `true`/`false`, dates
ISO 8601, timestamps microseconds since 1970 in UTC. Floats are rounded to nine significant digits, so that a
last bit that differs between machines seldom matters. The MD5 of the text gives two 64-bit numbers. A table's
hash covers their sums modulo 2^64, the number of rows and the column names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.core import NjiaError, Settings, attach, open_duckdb, quoted, sql_text
from orchestration.release.published_tables import MEMBERS_SCHEMAS, PUBLISHED, SERIES, PublishedTable
from orchestration.release.releases import MEMBERS, PUBLIC

# Readable by every DuckDB since 1.2, the browser build included.
STORAGE_VERSION = "v1.2.0"
_IS_QUARTER = "period_id in (select period_id from warehouse.marts.dim_period where period_kind = 'quarter')"
_FAULT = "Tell the maintainers: this is a fault of the program, not of a partner. The current release stays."


class EvidenceBase:
    """A new evidence base of one edition, open for writing; `tables` and `types` list what was written."""

    def __init__(
        self, settings: Settings, path: Path, edition: str, schemas: Iterable[str] = MEMBERS_SCHEMAS
    ) -> None:
        if not settings.warehouse.is_file():
            raise NjiaError(f"There is no work file {settings.warehouse}. Run `njia refresh`: dbt builds it.")
        self.edition = edition
        self.tables: list[PublishedTable] = []
        self.types: dict[str, dict[str, str]] = {}
        self._hashed: dict[str, dict[str, Any]] = {}
        # One thread: two threads took twice the processor time for the sample tables.
        self.con = open_duckdb(spill=settings.spill, threads=1)
        try:
            # Views in the work file may name their database, so it keeps its name.
            attach(self.con, settings.warehouse, "warehouse")
            # An unfinished file is deleted, so it needs no write-ahead log.
            self.con.execute(
                f"attach {sql_text(path)} as release "
                f"(storage_version '{STORAGE_VERSION}', recovery_mode 'no_wal_writes', block_size 16384)"
            )
            self.con.execute("use release")  # a type is named by its schema alone
            for schema in schemas:
                self.con.execute(f"create schema {schema}")
        except BaseException:
            self.con.close()
            raise

    def __enter__(self) -> EvidenceBase:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.con.execute("checkpoint release")
                self.con.execute("use memory")
                self.con.execute("detach release")
        finally:
            self.con.close()

    def copy_model(self, model: PublishedTable) -> None:
        """Copy a model's rows and columns of this edition from the work file, its quarters into `series`."""
        if self.edition == PUBLIC and model.is_of_members:
            return
        source = f"warehouse.{quoted(model.schema, model.name)}"
        try:
            types = column_types(self.con, source)
        except duckdb.CatalogException:
            raise NjiaError(
                f"The work file lacks the published model {model.full_name}. See in the Dagster UI why dbt "
                "did not build it, then run `njia refresh` again."
            ) from None
        if missing := [column for column in model.columns if column not in types]:
            raise NjiaError(
                f"The work file and dbt's manifest do not belong together: {model.full_name} has no "
                f"{', '.join(missing)}. Run `njia refresh` again: it builds both."
            )
        if self.edition == PUBLIC:
            types = {name: kind for name, kind in types.items() if name not in model.of_members}
        where = f"edition = {sql_text(self.edition)}" if model.schema == PUBLISHED else "true"
        if not model.has_series:
            self._create(model, f"{source} where {where}", types)
            return
        self._create(model, f"{source} where {where} and ({_IS_QUARTER}) is not true", types)
        if self.edition == MEMBERS:
            self._create(replace(model, schema=SERIES), f"{source} where {where} and {_IS_QUARTER}", types)

    def add(self, table: PublishedTable, rows: pa.Table) -> None:
        """Write a table that is not a model."""
        if table.full_name in self.types:
            raise NjiaError(f"The stage step writes {table.full_name}: remove the dbt model of that name.")
        self.con.register("added_rows", rows)
        self._create(table, "added_rows", column_types(self.con, "added_rows"))
        self.con.unregister("added_rows")

    def hashes(self) -> dict[str, dict[str, Any]]:
        """Return rows, content hash and key of each table written so far."""
        for table in self.tables:
            if table.full_name not in self._hashed:
                rows, digest = content_hash(self.con, _target(table))
                self._hashed[table.full_name] = {"rows": rows, "hash": digest, "key": list(table.key)}
        return dict(self._hashed)

    def undescribed(self) -> list[str]:
        """Return the tables and columns without prose."""
        missing = [table.full_name for table in self.tables if not table.description]
        for table in self.tables:
            columns = self.types[table.full_name]
            missing += [f"{table.full_name}.{name}" for name in columns if not table.columns.get(name)]
        return sorted(missing)

    def row_sums(self, table: str, names: Sequence[str]) -> dict[str, int]:
        """Sum the columns `rows_NAME` of a table."""
        sums = ", ".join(f"coalesce(sum(rows_{name}), 0)" for name in names)
        [row] = self.con.execute(f"select {sums} from release.{table}").fetchall()
        return {name: int(number) for name, number in zip(names, row, strict=True)}

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return all rows of a small table in the order of its key; none if there is no such table."""
        written = next((one for one in self.tables if one.full_name == table), None)
        if written is None:
            return []
        ordered = f"select * from {_target(written)} order by {self._order(written)}"
        return self.con.execute(ordered).to_arrow_table().to_pylist()

    def counts(self, table: str, column: str) -> dict[str, int]:
        """Count the rows of a table by the values of one column; {} if there is no such table."""
        if column not in self.types.get(table, {}):
            return {}
        rows = self.con.execute(
            f"select {quoted(column)}, count(*) from release.{table} group by 1 order by 1"
        ).fetchall()
        return {str(value): int(number) for value, number in rows}

    def export_parquet(self, folder: Path) -> None:
        """Write each table to a Parquet file, in the order of its rows, with its key and sums as metadata."""
        folder.mkdir(parents=True)
        for table in self.tables:
            path = folder / f"{table.full_name}.parquet"
            notes = {"njia_key": table.key, "njia_sum": self._sums(table)}
            metadata = ", ".join(f"{name}: {sql_text(','.join(of))}" for name, of in notes.items() if of)
            options = "format parquet, compression zstd"
            options += f", kv_metadata {{{metadata}}}" if metadata else ""
            self.con.execute(f"copy {_target(table)} to {sql_text(path)} ({options})")

    def _create(self, table: PublishedTable, source: str, types: dict[str, str]) -> None:
        """Create a table with its constraints and comments, and copy the rows of `source` (SQL)."""
        own_types = {name: f"enum ({', '.join(map(sql_text, of))})" for name, of in table.listed.items()}
        target, columns = _target(table), ", ".join(map(quoted, types))
        parts = [f"{quoted(name)} {own_types.get(name, types[name])}" for name in types]
        if table.key and table.is_complete_key and table.enforces_keys:
            parts.append(f"primary key ({', '.join(map(quoted, table.key))})")
        parts += [
            f"foreign key ({quoted(name)}) references {quoted(table.schema, of)}"
            for name, of in table.references.items()
            # `series` has no table of places
            if table.enforces_keys and name in types and f"{table.schema}.{of}" in self.types
        ]
        self.tables.append(table)
        self.types[table.full_name] = types
        self.con.execute(f"create table {target} ({', '.join(parts)})")
        try:
            self.con.execute(
                f"insert into {target} select {columns} from {source} order by {self._order(table)}"
            )
        except (duckdb.ConstraintException, duckdb.ConversionException) as error:
            raise NjiaError(
                f"{table.full_name} cannot be written: {_broken(table, error)}. {_FAULT}"
            ) from None
        self.types[table.full_name] = column_types(self.con, target)
        comments = [
            f"comment on column {target}.{quoted(name)} is {sql_text(prose)}"
            for name in types
            if (prose := table.columns.get(name))
        ]
        if table.description:
            sums = " and ".join(self._sums(table))
            prose = table.description + (f" {sums} may be summed over any rows." if sums else "")
            comments.append(f"comment on table {target} is {sql_text(prose)}")
        self.con.execute(f"begin; {'; '.join(comments)}; commit")

    def _sums(self, table: PublishedTable) -> list[str]:
        return [name for name in table.sums if name in self.types[table.full_name]]

    def _order(self, table: PublishedTable) -> str:
        """Return the ORDER BY terms: the key, then all other columns in case it is missing or repeated."""
        types = self.types[table.full_name]
        key = [name for name in table.key if name in types]
        others = [name for name in types if name not in key]
        return ", ".join(f"{quoted(name)} nulls last" for name in [*key, *others])


def _target(table: PublishedTable) -> str:
    return f"release.{quoted(table.schema, table.name)}"


def _broken(table: PublishedTable, error: duckdb.Error) -> str:
    """Say which constraint the rows break; the engine's text quotes a value."""
    if isinstance(error, duckdb.ConversionException):
        return f"a value of {' or '.join(table.listed)} is not in the column's list"
    if "foreign key" in str(error):
        key = re.search(r'key "(\w+): ', str(error))
        broken = {name: of for name, of in table.references.items() if key is None or name == key[1]}
        return " or ".join(f"a row of {of} that {name} names is missing" for name, of in broken.items())
    return f"rows repeat its key ({', '.join(table.key)}), or a part of it is empty"


# meta.release holds the release's id and time, which differ between equal contents.
TIME_BOUND = frozenset({"meta.release"})
_MODULUS = "18446744073709551616"


def canonical(column: str, data_type: str) -> str:
    """Return SQL for the canonical text of a column's value (null stays null)."""
    name, kind = column, data_type.upper()
    if kind in ("FLOAT", "DOUBLE", "REAL"):
        return f"case when {name} = 0 then '0' else printf('%.8e', {name}::double) end"
    if kind.startswith("DECIMAL"):
        return f"case when {name} = 0 then '0' when contains({name}::varchar, '.') " + (
            f"then rtrim(rtrim({name}::varchar, '0'), '.') else {name}::varchar end"
        )
    if kind.startswith("TIMESTAMP"):
        return f"epoch_us({name})::varchar"
    return f"{name}::varchar"


def row_text(columns: dict[str, str]) -> str:
    """Return SQL for the text of a row; `columns` maps names to types."""
    parts = []
    for name in sorted(columns):
        text = canonical(quoted(name), columns[name])
        parts.append(f"coalesce(length({text})::varchar || ':', '-'), {text}")  # concat leaves nulls out
    return "concat(" + ", ".join(parts) + ")"


def column_types(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Return a table's columns with their types, in order; `table` is qualified and quoted."""
    con.execute(f"select * from {table} limit 0")
    return {column[0]: str(column[1]) for column in con.description or []}


def content_hash(con: duckdb.DuckDBPyConnection, table: str) -> tuple[int, str]:
    """Return number of rows and hash of a table; `table` is qualified and quoted."""
    columns = column_types(con, table)
    numbers = con.execute(
        f"""
        select
            count(*),
            coalesce(sum(md5_number_lower(row_text)::hugeint), 0) % {_MODULUS},
            coalesce(sum(md5_number_upper(row_text)::hugeint), 0) % {_MODULUS}
        from (select {row_text(columns)} as row_text from {table}) as rows_as_text
        """
    ).fetchall()[0]
    rows, lower, upper = (int(number) for number in numbers)
    text = "\n".join([",".join(sorted(columns)), str(rows), str(lower), str(upper)])
    return rows, hashlib.sha256(text.encode()).hexdigest()


def combined(hashes: dict[str, str]) -> str:
    """Combine the tables' hashes into one; `hashes` maps `schema.table` to a hash."""
    lines = [f"{table} {value}" for table, value in sorted(hashes.items()) if table not in TIME_BOUND]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def uniqueness(
    con: duckdb.DuckDBPyConnection, records: str, quasi_identifiers: Sequence[str], least_class: int
) -> dict[str, Any]:
    """Measure uniqueness in a table: records alike on all quasi-identifiers form a class.

    An unknown value equals only another unknown one. Classes under `least_class` are at risk; shares are of
    records. `by_class_size`: records in classes of 1, 2, 3 to 4, 5 to 9, 10 or more.
    """
    alike = ", ".join(f"coalesce(cast({quoted(name)} as varchar), 'unknown')" for name in quasi_identifiers)
    sizes = con.execute(
        "select size, count(*) from "
        f"(select count(*) as size from {records} group by {alike}) group by size order by size"
    ).fetchall()

    def in_classes(first: int, last: float) -> int:
        return sum(size * classes for size, classes in sizes if first <= size <= last)

    total = in_classes(1, inf)
    bins = {"1": (1, 1), "2": (2, 2), "3-4": (3, 4), "5-9": (5, 9), "10+": (10, inf)}
    return {
        "records": total,
        "classes": sum(classes for _, classes in sizes),
        "smallest_class": min((size for size, _ in sizes), default=0),
        "unique_share": round(in_classes(1, 1) / total, 4) if total else 0.0,
        "at_risk_share": round(in_classes(1, least_class - 1) / total, 4) if total else 0.0,
        "least_class": least_class,
        "by_class_size": {name: in_classes(*ends) for name, ends in bins.items()},
        "quasi_identifiers": tuple(quasi_identifiers),
    }

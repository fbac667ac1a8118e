"""The content hash of a table: equal rows give an equal hash, in any order, on any machine and engine.

Each row becomes a text of its columns in alphabetical order. Null is `-`; any other value is its length in
characters, a colon and its canonical text. Integers and decimals are plain digits (decimals without trailing
zeros), booleans `true`/`false`, dates ISO 8601, timestamps microseconds since 1970 in UTC. Floats are rounded
to nine significant digits, so that a last bit that differs between machines seldom matters. The MD5 of the
text gives two 64-bit numbers. A table's hash covers their sums modulo 2^64, the number of rows and the column
names, so hashes of partitions can be added up.
"""

from __future__ import annotations

import hashlib

import duckdb

from orchestration.release.sql import quoted

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

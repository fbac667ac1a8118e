"""Decode all text of a file, so that a search finds values that compression hides."""

from __future__ import annotations

import io
import re
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import pyarrow.parquet as pq

from orchestration.core.engine import open_duckdb

_ROWS_AT_ONCE = 20_000


def decoded(path: Path, raw: bytes | None = None) -> Iterator[bytes]:
    """Yield the decoded texts of a file, then its raw bytes (`raw`, where the caller has them).

    Parquet with metadata, DuckDB with views and comments, SQLite, members of a zip or workbook, pages and
    text objects of a PDF.
    """
    raw = path.read_bytes() if raw is None else raw
    if raw[:4] == b"PAR1":
        yield from _parquet(raw)
    elif raw[8:12] == b"DUCK":
        yield from _duckdb(path)
    elif raw[:15] == b"SQLite format 3":
        yield from _sqlite(path)
    elif raw[:5] == b"%PDF-":
        yield from _pdf(raw)
    elif raw[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for member in archive.namelist():
                yield archive.read(member)
    yield raw


def pattern_of(values: Iterable[str]) -> re.Pattern[bytes]:
    """Compile a pattern for whole values, in UTF-8, UTF-16 and as XML, JSON and Python escape them."""
    forms: set[bytes] = set()
    for value in values:
        escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for text in (value, escaped, repr(value)[1:-1], value.encode("unicode_escape").decode()):
            forms.add(text.encode())
            forms.add(text.encode("utf-16-le"))
    if not forms:
        return re.compile(rb"(?!)")
    longest_first = b"|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    return re.compile(rb"(?<![\w-])(?:" + longest_first + rb")(?![\w-])")


def says(path: Path, values: Iterable[str]) -> bool:
    """Whether a file contains one of these values."""
    pattern = pattern_of(values)
    return any(pattern.search(text) for text in decoded(path))


def _parquet(raw: bytes) -> Iterator[bytes]:
    with pq.ParquetFile(io.BytesIO(raw)) as file:
        yield repr(file.schema_arrow.metadata).encode()
        yield repr(file.metadata.metadata).encode()
        for batch in file.iter_batches(_ROWS_AT_ONCE):
            yield repr(batch.to_pylist()).encode()


def _duckdb(path: Path) -> Iterator[bytes]:
    with open_duckdb(path) as con:
        relations = con.execute(
            "select schema_name, table_name from duckdb_tables() union all "
            "select schema_name, view_name from duckdb_views() where not internal"
        ).fetchall()
        for schema, table in relations:
            rows = con.execute(f'select * from "{schema}"."{table}"')
            while batch := rows.fetchmany(_ROWS_AT_ONCE):
                yield repr(batch).encode()
        yield repr(con.execute("select comment from duckdb_columns()").fetchall()).encode()


def _sqlite(path: Path) -> Iterator[bytes]:
    # Read-only: a reader that locks or repairs the file would change it.
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as con:
        for (table,) in con.execute("select name from sqlite_master where type = 'table'").fetchall():
            yield repr(con.execute(f'select * from "{table}"').fetchall()).encode()


def _pdf(raw: bytes) -> Iterator[bytes]:
    """Yield pages, with and without line breaks, then titles, bookmarks and alternative texts."""
    from pypdf import PdfReader  # only where a PDF is met
    from pypdf.generic import TextStringObject

    reader = PdfReader(io.BytesIO(raw))
    for page in reader.pages:
        text = page.extract_text()
        yield text.encode()
        yield " ".join(text.split()).encode()
    for number in range(1, cast(int, reader.trailer["/Size"])):
        waiting: list[object] = [reader.get_object(number)]
        while waiting:
            item = waiting.pop()
            if isinstance(item, TextStringObject):
                yield str(item).encode()
            elif isinstance(item, dict):
                waiting += item.values()
            elif isinstance(item, list):
                waiting += item

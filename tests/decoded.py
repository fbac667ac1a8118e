"""Search files decoded, because compression hides values: one file, or every file of a home."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import cast

import pyarrow.parquet as pq
import pyrage

from orchestration.core import (
    REFERENCE_SEEDS,
    TEXTS_SUFFIX,
    Keys,
    Settings,
    open_duckdb,
    read_texts,
    shown_record,
)
from orchestration.intake import texts_of
from orchestration.intake.landing.erasing import pattern_of

Identity = pyrage.x25519.Identity
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


def marks_of(settings: Settings, keys: Keys, record: int) -> set[str]:
    """Return what only this record has in a home: its values with their tokens, its ids, its link codes."""
    own, others = set[str](), set[str]()
    for path in settings.landing.glob("*/[!.]*.parquet"):
        texts = texts_of(path, keys)
        for row in pq.read_table(path, columns=["record_id", "value"]).to_pylist():
            values = own if row["record_id"] == record else others
            values |= {row["value"], texts.get(row["value"], row["value"])}
    for path in settings.link_codes.glob("*/[!.]*.parquet"):
        for row in pq.read_table(path).to_pylist():
            codes = {value for name, value in row.items() if name.endswith("_code") and value}
            (own if row["record_id"] == record else others).update(codes)
    shared = others | {
        cell
        for path in REFERENCE_SEEDS.glob("*.csv")
        for row in csv.reader(path.open(encoding="utf-8", newline=""))
        for cell in row
    }
    values = {value for value in own - shared if len(value) >= 4 and re.search(r"[^\W\d_]|\d{9}", value)}
    return values | {shown_record(record), shown_record(record)[2:], str(record)}


def files_with(settings: Settings, keys: Keys, marks: Iterable[str], *identities: Identity) -> list[str]:
    """Return the files of a home that hold one of the marks; originals are opened with the stewards' keys."""
    pattern = pattern_of(marks)
    return [
        path.relative_to(settings.home).as_posix()
        for path in sorted(settings.home.rglob("*"))
        if path.is_file() and not path.is_symlink() and not path.is_relative_to(settings.keys)
        if any(pattern.search(text) for text in _opened(path, keys, identities))
    ]


def _opened(path: Path, keys: Keys, identities: Sequence[Identity]) -> Iterator[bytes]:
    if path.suffix == TEXTS_SUFFIX:
        yield json.dumps(read_texts(path, keys), ensure_ascii=False).encode()
    elif path.suffix == ".age":
        if identities:
            yield from decoded(path, pyrage.decrypt(path.read_bytes(), identities))
    else:
        yield from decoded(path)


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

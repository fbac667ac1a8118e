"""In-memory DuckDB views over typed tables; a table without files gives an empty view."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.core import Settings, open_duckdb
from orchestration.places import in_scope
from orchestration.typing import SCHEMAS

MATCHES = pa.schema(
    [
        ("mention_id", pa.int64()), ("place_id", pa.string()), ("country_alpha3", pa.string()),
        ("county_place_id", pa.string()), ("geo_precision", pa.string()),
    ]
)  # fmt: skip


def open_views(settings: Settings, *tables: str) -> duckdb.DuckDBPyConnection:
    """Open a connection with a view of each of these typed tables."""
    con = open_duckdb()
    for table in tables:
        add_typed(con, settings, table, sorted((settings.typed / table).glob("*.parquet")))
    return con


def add_typed_records(
    con: duckdb.DuckDBPyConnection, settings: Settings, extracts: Iterable[tuple[str, str]]
) -> None:
    """Add views of what the typed tables and the matched places say of these (partner, extract id) alone."""
    stems = {stem for partner, one in extracts for stem in (one, f"{one}-{partner}")}  # see `typing.step`
    for table in ("extracts", "records", "record_codes", "place_mentions"):
        files = [settings.typed / table / f"{stem}.parquet" for stem in sorted(stems)]
        add_typed(con, settings, table, [path for path in files if path.is_file()])
    add_matches(con, settings)


def add_typed(con: duckdb.DuckDBPyConnection, settings: Settings, table: str, files: list[Path]) -> None:
    """Add a view of some files of a typed table."""
    add_view(
        con, table, files, SCHEMAS[table], partial(in_scope, settings) if table == "place_mentions" else str
    )


def add_matches(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Add a view of the places that mentions were resolved to."""
    path = settings.work / "places" / "matches.parquet"
    add_view(con, "matches", [path] if path.is_file() else [], MATCHES)


def add_view(
    con: duckdb.DuckDBPyConnection,
    name: str,
    files: list[Path],
    schema: pa.Schema,
    wrap: Callable[[str], str] = str,
) -> None:
    """Add a view of Parquet files; `schema` has its columns where there is none. `wrap` changes its SQL."""
    create_table(con, f"{name}__none", schema)
    rows = f"select * from {name}__none"
    if files:
        listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
        rows += f" union all by name select * from read_parquet([{listed}], union_by_name = true)"
    con.execute(f"create view {name} as {wrap(rows)}")


def create_table(con: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema) -> None:
    """Create an empty table."""
    con.register("no_rows", schema.empty_table())
    con.execute(f"create table {name} as select * from no_rows")
    con.unregister("no_rows")

"""In-memory DuckDB views over typed tables; a table without files gives an empty view."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.core import Settings
from orchestration.places import in_scope
from orchestration.typing import SCHEMAS


def open_views(
    settings: Settings, *tables: str, extracts: Collection[str] | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a connection with a view of each of these typed tables; `extracts`: only those with these ids."""
    con = duckdb.connect(":memory:")
    con.execute("set autoinstall_known_extensions = false")
    con.execute("set autoload_known_extensions = false")
    con.execute("set temp_directory = ''")  # nothing may spill outside the home
    for table in tables:
        files = [
            path
            for path in sorted((settings.typed / table).glob("*.parquet"))
            if extracts is None or path.stem in extracts
        ]
        wrap = partial(in_scope, settings) if table == "place_mentions" else str
        add_view(con, table, files, SCHEMAS[table], wrap)
    return con


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

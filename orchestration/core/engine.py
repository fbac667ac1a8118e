"""DuckDB, opened in the same way everywhere; quoting for SQL, and attaching of database files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.core.settings import memory_limit

if TYPE_CHECKING:
    import duckdb


def open_duckdb(
    path: Path | None = None, spill: Path | None = None, threads: int | None = None, writes: bool = False
) -> duckdb.DuckDBPyConnection:
    """Open a database file to read, or one in memory.

    What exceeds NJIA_MEMORY_LIMIT goes to the folder `spill`. Without it nothing is written to the disk, and
    DuckDB's own limit holds. `threads`: as many as processors if not given.
    """
    import duckdb  # slow to load, and most commands only read manifests

    con = duckdb.connect(str(path), read_only=not writes) if path else duckdb.connect()
    chosen = {
        "enable_progress_bar": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "timezone": "'UTC'",
        "temp_directory": sql_text(spill or ""),
    }
    if spill:
        chosen["memory_limit"] = sql_text(memory_limit())
    if threads:
        chosen["threads"] = str(threads)
    for name, value in chosen.items():
        con.execute(f"set {name} = {value}")  # literals: duckdb loads pandas for the first parameter
    return con


def attach(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Attach a database file read-only, by its real path."""
    con.execute(f"attach {sql_text(path.resolve())} as {name} (read_only)")


def quoted(*names: str) -> str:
    """Return names as one SQL identifier, `"schema"."table"`."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def sql_text(value: object) -> str:
    """Return a text as SQL literal, for places that take no parameters: settings, paths and comments."""
    return "'" + str(value).replace("'", "''") + "'"

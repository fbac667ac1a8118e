"""DuckDB, opened in the same way everywhere."""

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
        "temp_directory": _text(spill or ""),
    }
    if spill:
        chosen["memory_limit"] = _text(memory_limit())
    if threads:
        chosen["threads"] = str(threads)
    for name, value in chosen.items():
        con.execute(f"set {name} = {value}")  # literals: duckdb loads pandas for the first parameter
    return con


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"

"""Quote names and texts for SQL, and attach database files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def quoted(*names: str) -> str:
    """Return names as one SQL identifier, `"schema"."table"`."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def sql_text(value: object) -> str:
    """Return a text as SQL literal, for places that take no parameters: paths and comments."""
    return "'" + str(value).replace("'", "''") + "'"


def attach(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Attach a database file read-only, by its real path."""
    con.execute(f"attach {sql_text(path.resolve())} as {name} (read_only)")

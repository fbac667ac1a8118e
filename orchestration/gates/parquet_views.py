"""In-memory DuckDB over the work folder's Parquet: a view per folder, empty where nothing was written yet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb


def open_views(folders: Mapping[str, tuple[Path, str]]) -> duckdb.DuckDBPyConnection:
    """Open views by name; each folder (or file) comes with the columns it has when it is empty, as SQL."""
    con = duckdb.connect(":memory:")
    con.execute("set autoinstall_known_extensions = false")
    con.execute("set autoload_known_extensions = false")
    con.execute("set temp_directory = ''")  # nothing may spill outside the home
    for name, (path, columns) in folders.items():
        files = [path] if path.is_file() else sorted(path.glob("*.parquet"))
        con.execute(f"create table {name}__none ({columns})")
        if files:
            listed = ", ".join(_quoted(file) for file in files)
            con.execute(
                f"create view {name} as select * from {name}__none union all by name "
                f"select * from read_parquet([{listed}], union_by_name = true)"
            )
        else:
            con.execute(f"create view {name} as select * from {name}__none")
    return con


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"

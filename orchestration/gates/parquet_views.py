"""In-memory DuckDB views over Parquet of the work folder; a missing folder gives an empty view."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb


def open_views(folders: Mapping[str, tuple[Path, str]]) -> duckdb.DuckDBPyConnection:
    """Open a view for each folder or file; its columns, as SQL, hold where it is empty."""
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

"""SQL over the Parquet files that a refresh left in `work/`, not over the work file, which one writer holds.

A missing file, as before the first refresh, is an empty table. Check `has_typed` before counting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestration import places
from orchestration.core import Settings, open_duckdb

if TYPE_CHECKING:
    import duckdb

NOT_KEPT = (
    "What it changes cannot be counted before a refresh: no typed record is kept (NJIA_DELETE_WORK is on, or "
    "no refresh has ended)."
)


def has_typed(settings: Settings) -> bool:
    """Return whether the last refresh left its typed records (NJIA_DELETE_WORK)."""
    return any((settings.typed / "records").glob("*.parquet"))


@contextmanager
def typed_views(
    settings: Settings, columns: Mapping[str, str], extract_id: str | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a connection with these tables; `columns` of each as SQL declares them, such as `partner varchar`.

    With an extract only its files are read; where two partners sent the same file, both are in them.
    """

    elsewhere = {
        "matches": settings.work / "places" / "matches.parquet",
        "in_force": settings.work / "gates" / "in_force.parquet",
        "linked_records": settings.linkage / "linked_records.parquet",
        "links": settings.linkage / "links.parquet",
    }
    with open_duckdb() as con:
        for name, declared in columns.items():
            con.execute(f"create table {name} ({declared})")
            if name in elsewhere:
                files = [elsewhere[name]] if elsewhere[name].is_file() else []
            else:
                files = [
                    path
                    for path in sorted((settings.typed / name).glob("*.parquet"))
                    if extract_id is None or extract_id in path.stem
                ]
            if files:
                names = ", ".join(column.split()[0] for column in declared.split(", "))
                rows = "select * from read_parquet(?)"
                if name == "place_mentions":
                    rows = places.in_scope(settings, rows)
                con.execute(
                    f"insert into {name} by name select {names} from ({rows})", [list(map(str, files))]
                )
        yield con

"""Trace a published number to extracts and row numbers (`njia trace`); needs access to the lineage.

Not here: the audit entry (the command writes it), and the content of the rows (`unseal`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from orchestration.core import Settings, UsageError, open_duckdb
from orchestration.release.current import Release
from orchestration.release.lineage.files import lineage_of
from orchestration.release.lineage.published_row import PublishedRow, counted_rows, fact_of, published_row
from orchestration.release.lineage.queries import Query, movement_id
from orchestration.release.lineage.result import LineageResult, persons
from orchestration.release.lineage.tables import LINES, PERIODS, RECORDS, TABLES
from orchestration.release.lineage.traced_rows import Reported, Rows, Watch, reported, rows_of, watches_of
from orchestration.release.lineage.traced_tables import FACTS, TRACED, Traced, table_and_key
from orchestration.release.sql import sql_text


@dataclass(frozen=True)
class Trace:
    """The records behind a published row, or behind the rows that a report counted (`counted`: their keys).

    `persons` are counted once per movement. `watches`: the extracts that cover the place. `reported`: the
    partners that reported in a round and the rounds before. `carried_from`: the release that first published
    the row, if it is another one. `comes_to`: numbers that follow from the records.
    """

    release_id: str
    table: str
    key: dict[str, str]
    published: PublishedRow
    records: int
    movements: int
    prevented: int
    persons: int
    rows: tuple[Rows, ...]
    comes_to: Mapping[str, Any] = field(default_factory=dict)
    watches: tuple[Watch, ...] = ()
    reported: tuple[Reported, ...] = ()
    counted: tuple[str, ...] = ()
    carried_from: str | None = None

    @property
    def is_of_a_movement(self) -> bool:
        return self.table in TRACED and TRACED[self.table].of_movement

    @property
    def extract_ids(self) -> set[str]:
        return {rows.extract_id for rows in self.rows} | {watch.extract_id for watch in self.watches}

    @property
    def note(self) -> str:
        return FACTS[self.table] if self.table in FACTS else TRACED[self.table].note

    @property
    def agrees(self) -> bool:
        """Whether the records give the published numbers; always true for public ones, which carry noise."""
        if self.published.is_protected:
            return True
        published = {"is_reported": True, **self.published.counts, **self.published.words}
        return all(_is_equal(published.get(name, value), value) for name, value in self.comes_to.items())


def _is_equal(published: Any, value: Any) -> bool:
    """Compare values; a small count is published as `<5`."""
    if isinstance(published, str) and published.startswith("<"):
        return 0 < value < int(published[1:])
    return bool(published == value)


def trace(
    settings: Settings,
    release: Release,
    arguments: Sequence[str],
    may_be_none: bool = False,
    edition: str | None = None,
) -> Trace:
    """Trace a row, or the rows that a report counted.

    `arguments`: a table and the values of the row's key, separate or joined by `|`; or a table and
    `rows:<condition>`. `may_be_none`: whether counted rows may be none because no row has such a value.
    `edition`: the edition of the published number; the members' by default.

    Raises UsageError if the table cannot be traced, has no such row, or the release has no lineage.
    """
    table, key = table_and_key(arguments)
    folder = lineage_of(settings, release.release_id)
    _refuse_without_lineage(settings, release, folder)
    if table in FACTS:
        return Trace(release.release_id, table, key, fact_of(release, table, key["name"]), 0, 0, 0, 0, ())
    traced = TRACED[table]
    counted: tuple[str, ...] = ()
    with open_duckdb() as con:
        lineage = _Lineage(folder, con)
        if "rows" in key:
            published, rows = counted_rows(release, table, traced, key["rows"], edition, may_be_none)
            keys = [row_key for row_key, _ in rows]
            result = lineage.results(traced, keys)
            counted = tuple("|".join(row_key.values()) for row_key in keys)
        else:
            row_key = {**key, "movement_id": movement_id(key["movement_id"])} if traced.of_movement else key
            published = published_row(release, table, traced, row_key, edition)
            result = lineage.result(traced, key)
    records = result.counted if traced.counts_records else result.records
    return Trace(
        release.release_id,
        table,
        key,
        published,
        len(records),
        len({record["movement"] for record in records}),
        result.prevented,
        persons(records),
        tuple(rows_of(settings, result.records)),
        {} if "rows" in key else traced.comes_to(result, {**key, **published.words}),
        tuple(watches_of(settings, result.watches)),
        tuple(reported(result)),
        counted,
        _carried_from(release, key) if published.is_protected else None,
    )


def _carried_from(release: Release, key: Mapping[str, str]) -> str | None:
    """Return the earlier release whose rows of this period the release carries, else None."""
    period = release.manifest.get("periods", {}).get(key.get("period_id", key.get("current")), {})
    first = period.get("first_release")
    return None if first == release.release_id else first


def _refuse_without_lineage(settings: Settings, release: Release, folder: Path) -> None:
    try:
        is_there = all((folder / name).is_file() for name in (RECORDS, LINES, PERIODS))
    except PermissionError:
        is_there = False
    if not is_there:
        raise UsageError(
            f"This account can read no lineage of the release {release.release_id} in {settings.home}. Only "
            "stewards with access to the home where it was published can trace it; copies of an edition and "
            "very old releases have no lineage."
        )


class _Lineage:
    """The files of a lineage as views, each created when a query first names it."""

    def __init__(self, folder: Path, con: duckdb.DuckDBPyConnection) -> None:
        self._folder, self._con = folder, con
        self._missing = {Path(name).stem for name in TABLES}

    def run(self, query: Query) -> list[dict[str, Any]]:
        for name in [name for name in self._missing if name in query.sql]:
            path = self._folder / f"{name}.parquet"
            if not path.is_file():
                raise UsageError(
                    f"The release {self._folder.name} is too old to trace this table. Newer releases can be "
                    "traced."
                )
            self._con.execute(f"create view {name} as select * from read_parquet({sql_text(path)})")
            self._missing.remove(name)
        return self._con.execute(query.sql, query.parameters).to_arrow_table().to_pylist()

    def result(self, traced: Traced, key: Mapping[str, str]) -> LineageResult:
        return LineageResult(
            self.run(traced.records(key)) if traced.records else [],
            self.run(traced.watched(key)) if traced.watched else [],
            self.run(traced.reporting(key)) if traced.reporting else [],
        )

    def results(self, traced: Traced, keys: Sequence[Mapping[str, str]]) -> LineageResult:
        """Merge the results of several rows, each record once."""
        results = [self.result(traced, key) for key in keys]
        return LineageResult(
            _distinct(record for result in results for record in result.records),
            _distinct(watch for result in results for watch in result.watches),
        )


def _distinct(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return list({tuple(row.values()): row for row in rows}.values())

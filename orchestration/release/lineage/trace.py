"""From a published number to extracts and row numbers: `njia trace`, for whoever may read the lineage.

What does not belong here: telling the audit log who traced what (the command does), and what stands in the
rows (`unseal`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from orchestration.core import Settings, UsageError
from orchestration.release.current import Release
from orchestration.release.lineage.files import lineage_of
from orchestration.release.lineage.found import Found, persons
from orchestration.release.lineage.published_row import PublishedRow, counted_rows, fact_of, published_row
from orchestration.release.lineage.questions import Asked, movement_named
from orchestration.release.lineage.tables import LINES, PERIODS, RECORDS, TABLES
from orchestration.release.lineage.traced_rows import Reported, Rows, Watch, reported, rows_of, watches_of
from orchestration.release.lineage.traced_tables import FACTS, TRACED, Traced, table_and_key


@dataclass(frozen=True)
class Trace:
    """What stands behind a published row, or behind the rows that were counted (`counted`: their keys).

    `records` of partners, `persons` once a movement. `watches`: who watched the place, by which extracts.
    `reported`: of a round and those before it, who reported. `carried_from`: the release that first published
    the row, where it is another one.
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
        return {one.extract_id for one in self.rows} | {one.extract_id for one in self.watches}

    @property
    def note(self) -> str:
        return FACTS[self.table] if self.table in FACTS else TRACED[self.table].note

    @property
    def agrees(self) -> bool:
        """Whether this gives the published number. A public one carries noise, so it is not asked to."""
        if self.published.is_protected:
            return True
        says = {"is_reported": True, **self.published.counts, **self.published.words}
        return all(_is(says.get(name, value), value) for name, value in self.comes_to.items())


def _is(published: Any, found: Any) -> bool:
    """A small count is published as `<5`."""
    if isinstance(published, str) and published.startswith("<"):
        return 0 < found < int(published[1:])
    return bool(published == found)


def trace(
    settings: Settings,
    release: Release,
    words: Sequence[str],
    may_be_none: bool = False,
    edition: str | None = None,
) -> Trace:
    """`words`: a table and the values of its key, apart or joined by `|`; or `rows:` and which were counted.

    `may_be_none`: of counted rows, that values which the table does not have are no mistake. `edition`: whose
    published number; the members' where it is not named.

    Raises UsageError where the table is not traced or has no such row, or there is no lineage.
    """
    table, key = table_and_key(words)
    folder = lineage_of(settings, release.release_id)
    _refuse_without_lineage(settings, release, folder)
    if table in FACTS:
        return Trace(release.release_id, table, key, fact_of(release, table, key["name"]), 0, 0, 0, 0, ())
    traced = TRACED[table]
    counted: tuple[str, ...] = ()
    with duckdb.connect() as con:
        lineage = _Lineage(folder, con)
        if "rows" in key:
            published, rows = counted_rows(release, table, traced, key["rows"], edition, may_be_none)
            found = lineage.found_of_all(traced, [one for one, _ in rows])
            counted = tuple("|".join(one.values()) for one, _ in rows)
        else:
            asked = {**key, "movement_id": movement_named(key["movement_id"])} if traced.of_movement else key
            published = published_row(release, table, traced, asked, edition)
            found = lineage.found(traced, key)
    of_records = found.counted if traced.counts_victims else found.records
    return Trace(
        release.release_id,
        table,
        key,
        published,
        len(of_records),
        len({record["movement"] for record in of_records}),
        found.prevented,
        persons(of_records),
        tuple(rows_of(settings, found.records)),
        {} if "rows" in key else traced.comes_to(found, {**key, **published.words}),
        tuple(watches_of(settings, found.watches)),
        tuple(reported(found)),
        counted,
        _carried_from(release, key) if published.is_protected else None,
    )


def _carried_from(release: Release, key: Mapping[str, str]) -> str | None:
    """The earlier release whose rows of this period the release carries, unchanged."""
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
            f"There is no lineage of the release {release.release_id} in {settings.home} that this account "
            "may read. It is written when a release is published, for stewards with access to the home it "
            "was published in; a copy of an edition names no extract. Releases published before lineage "
            "was kept have none."
        )


class _Lineage:
    """The files of a lineage as views of their names, each made when a question names it."""

    def __init__(self, folder: Path, con: duckdb.DuckDBPyConnection) -> None:
        self._folder, self._con = folder, con
        self._missing = {Path(name).stem for name in TABLES}
        con.execute("set autoinstall_known_extensions = false")

    def answer(self, asked: Asked) -> list[dict[str, Any]]:
        for name in [one for one in self._missing if one in asked.sql]:
            path = self._folder / f"{name}.parquet"
            if not path.is_file():
                raise UsageError(
                    f"The lineage of the release {self._folder.name} was written before this table could be "
                    "traced. Releases published from now on can."
                )
            quoted = str(path).replace("'", "''")
            self._con.execute(f"create view {name} as select * from read_parquet('{quoted}')")
            self._missing.remove(name)
        return self._con.execute(asked.sql, asked.parameters).to_arrow_table().to_pylist()

    def found(self, traced: Traced, key: Mapping[str, str]) -> Found:
        return Found(
            self.answer(traced.ask(key)) if traced.ask else [],
            self.answer(traced.watched(key)) if traced.watched else [],
            self.answer(traced.reporting(key)) if traced.reporting else [],
        )

    def found_of_all(self, traced: Traced, keys: Sequence[Mapping[str, str]]) -> Found:
        """All that stands behind rows that were counted, each record once."""
        of_each = [self.found(traced, key) for key in keys]
        return Found(
            _each_once(record for one in of_each for record in one.records),
            _each_once(watch for one in of_each for watch in one.watches),
        )


def _each_once(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return list({tuple(row.values()): row for row in rows}.values())

"""From a published number to extracts and row numbers: `njia trace`, for whoever may read the lineage.

What does not belong here: telling the audit log who traced what (the command does), and what stands in the
rows (`unseal`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration import extracts
from orchestration.errors import UsageError
from orchestration.release.current import Release
from orchestration.release.lineage import LINES, PERIODS, RECORDS, lineage_of
from orchestration.release.published_row import PublishedRow, published_row
from orchestration.release.traced_tables import TRACED, Traced, movement_named, table_and_key
from orchestration.settings import Settings


@dataclass(frozen=True)
class Rows:
    """Rows of one sheet of an extract. `file`: its name as it came; None where it is gone from landing."""

    partner_code: str
    partner: str
    file: str | None
    extract_id: str
    sheet: str
    row_numbers: tuple[int, ...]


@dataclass(frozen=True)
class Trace:
    """What stands behind a published row: `records` of partners, `persons` once a movement."""

    release_id: str
    table: str
    key: dict[str, str]
    published: PublishedRow
    records: int
    prevented: int
    persons: int
    rows: tuple[Rows, ...]

    @property
    def is_of_a_movement(self) -> bool:
        return TRACED[self.table].of_movement

    @property
    def note(self) -> str:
        return TRACED[self.table].note

    @property
    def agrees(self) -> bool:
        """Whether these rows give the printed number; one that was printed before is kept as it was."""
        told = {"record_count": self.records, "prevented_count": self.prevented, "person_count": self.persons}
        if self.is_of_a_movement:
            told = {"record_count": self.records}
        return all(self.published.counts.get(name, number) == number for name, number in told.items())


def trace(settings: Settings, release: Release, words: Sequence[str]) -> Trace:
    """`words`: a table and the values of its key, apart or joined by `|`.

    Raises UsageError where the table is not traced or has no such row, or there is no lineage.
    """
    table, key, edition = table_and_key(words)
    traced = TRACED[table]
    folder = lineage_of(settings, release.release_id)
    _refuse_without_lineage(settings, release, folder)
    asked = {**key, "movement_id": movement_named(key["movement_id"])} if traced.of_movement else key
    published = published_row(release, table, traced.is_printed, asked, edition)
    found = _records(folder, traced, key, published)
    rows = tuple(_rows(settings, found))
    # A movement is published whether it counts or not.
    counted = [record for record in found if record["is_counted"] or traced.of_movement]
    return Trace(
        release.release_id,
        table,
        key,
        published,
        len(counted),
        sum(record["is_prevented"] for record in found),
        _persons(counted),
        rows,
    )


def _refuse_without_lineage(settings: Settings, release: Release, folder: Path) -> None:
    try:
        is_there = all((folder / name).is_file() for name in (RECORDS, LINES, PERIODS))
    except PermissionError:
        is_there = False
    if not is_there:
        raise UsageError(
            f"There is no lineage of the release {release.release_id} in {settings.home} that this account "
            "may read. It is written when a release is published, for stewards with access to the home it "
            "was published in; a copy of an edition tells of no extract. Releases published before lineage "
            "was kept have none."
        )


def _records(
    folder: Path, traced: Traced, key: dict[str, str], published: PublishedRow
) -> list[dict[str, Any]]:
    with duckdb.connect() as con:
        con.execute("set autoinstall_known_extensions = false")
        for name in (RECORDS, LINES, PERIODS):
            path = str(folder / name).replace("'", "''")
            con.execute(f"create view {Path(name).stem} as select * from read_parquet('{path}')")
        read = [
            con.execute(asked.sql, asked.parameters).to_arrow_table().to_pylist() for asked in traced.ask(key)
        ]
    # A country may stand for itself or for all its counties: what gives the printed number is meant.
    fitting = (one for one in read if published.person_count in (None, _persons(one)))
    return next(fitting, read[0])


def _persons(records: Sequence[dict[str, Any]]) -> int:
    largest: dict[int, int] = {}
    for record in records:
        largest[record["movement"]] = max(largest.get(record["movement"], 0), record["person_count"])
    return sum(largest.values())


def _rows(settings: Settings, records: Sequence[dict[str, Any]]) -> list[Rows]:
    by_extract: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for record in records:
        about = (record["partner_code"], record["partner"], record["extract_id"])
        by_extract.setdefault(about, []).append(record)
    found = []
    for (code, partner, extract_id), own in sorted(by_extract.items()):
        file = extracts.file_of(settings, partner, extract_id)
        landed = extracts.rows_of(settings, partner, extract_id, {record["record_id"] for record in own})
        places = landed or {(record["sheet"] or "", record["row_number"]) for record in own}
        for sheet in sorted({sheet for sheet, _ in places}):
            numbers = tuple(sorted(number for one, number in places if one == sheet))
            found.append(Rows(code, partner, file, extract_id, sheet, numbers))
    return found

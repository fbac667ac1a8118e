"""The row of a release that somebody asks about, read from the edition that publishes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import UsageError
from orchestration.release.current import Release, erasure_of, refuse_erased

_PRINTED = {"public": "public", "partner": "report"}


@dataclass(frozen=True)
class PublishedRow:
    """`counts`: what the row says of how many, of a shift in both windows; nothing for a cell not shown."""

    edition: str
    table: str
    counts: dict[str, int]

    @property
    def person_count(self) -> int | None:
        return self.counts.get("person_count")


def published_row(
    release: Release, table: str, is_printed: bool, key: Mapping[str, Any], edition: str | None
) -> PublishedRow:
    """The row as the public edition prints it, else the partner edition.

    Raises UsageError where the release has no such row.
    """
    if not is_printed:
        refuse_erased(release)
        sources = [("partner", f"marts.{table}", release.evidence_base)]
    else:
        sources = [
            (name, f"{schema}.{schema}_{table}", file)
            for name, schema, file in (
                ("public", _PRINTED["public"], release.public_evidence_base),
                ("partner", _PRINTED["partner"], release.evidence_base),
            )
            if edition in (None, name) and (name == "public" or not erasure_of(release))
        ]
    for name, full, file in sources:
        counts = _counts(file, full, key) if file.is_file() else None
        if counts is not None:
            return PublishedRow(name, full, counts)
    asked = " or ".join(full for _, full, _ in sources) or table
    raise UsageError(
        f"The release {release.release_id} has no row of {asked} with "
        f"{', '.join(f'{column} {value}' for column, value in key.items())}."
    )


def _counts(file: Path, table: str, key: Mapping[str, Any]) -> dict[str, int] | None:
    where = " and ".join(f'"{column}" = ${column}' for column in key)
    with duckdb.connect(str(file.resolve()), read_only=True) as con:
        schema, _, name = table.partition(".")
        if not con.execute(
            "select 1 from duckdb_tables() where schema_name = ? and table_name = ?", [schema, name]
        ).fetchone():
            return None
        found = con.execute(f"select * from {table} where {where}", dict(key))
        columns = [column[0] for column in found.description or []]
        row = found.fetchone()
    if row is None:
        return None
    told = dict(zip(columns, row, strict=True))
    if "record_count_baseline" in told:
        told["record_count"] = told["record_count_baseline"] + told["record_count_current"]
    wanted = ("record_count", "prevented_count", "person_count")
    return {one: int(told[one]) for one in wanted if told.get(one) is not None}

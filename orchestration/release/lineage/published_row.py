"""The row of a release that a trace asks about, read from the edition that publishes it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb

from orchestration.core import UsageError
from orchestration.release.current import MEMBERS, PUBLIC, Release, erasure_of, refuse_erased
from orchestration.release.lineage.traced_tables import Traced
from orchestration.release.staging.published_models import PUBLISHED

_COUNTS = (
    "movement_count", "baseline_count", "current_count", "report_count", "record_count", "prevented_count",
    "person_count", "known_count", "known_share", "effort_months", "partner_count", "county_count",
    "panel_partner_count", "earlier_partner_count",
)  # fmt: skip
_ADDED_UP = ("movement_count", "report_count")
_WORDS = ("evidence_class", "absence_class", "label", "band", "status", "factor_band")
MOST_NAMED = 12
_CONDITION = re.compile(r"([a-z_]+)(!?=)(.*)")
Count = int | float | str


@dataclass(frozen=True)
class PublishedRow:
    """`counts`: what the row says of how many, a small one as the text that stands for it (`<5`); of a shift
    in both windows. `words`: what it says in words.
    """

    edition: str
    table: str
    counts: dict[str, Count] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)

    @property
    def is_protected(self) -> bool:
        """Whether its counts carry noise and stay as they were first published."""
        return self.edition == PUBLIC


def published_row(
    release: Release, table: str, traced: Traced, key: Mapping[str, Any], edition: str | None
) -> PublishedRow:
    """The row as this edition publishes it; without `edition` as the members' does, if it is still there.

    Raises UsageError where the release has no such row.
    """
    where = " and ".join(f'"{column}" is not distinct from ${column}' for column in key)
    asked = {column: None if value == "" else value for column, value in key.items()}
    name, full, file = _source(release, table, traced.is_published, edition)
    if rows := _rows(file, full, where, asked):
        return PublishedRow(name, full, *_counts_and_words(rows[0]))
    raise UsageError(
        f"The {name} edition of the release {release.release_id} has no row of {full} with "
        f"{', '.join(f'{column} {value}' for column, value in key.items())}."
    )


def counted_rows(
    release: Release, table: str, traced: Traced, where: str, edition: str | None, may_be_none: bool
) -> tuple[PublishedRow, list[tuple[dict[str, str], PublishedRow]]]:
    """How many rows a report counted or added up, and each by its key, as in `label=hotspot&role!=any`.

    Raises UsageError where the edition publishes no such columns, and where no row is found because the table
    has not such a value, unless `may_be_none`.
    """
    conditions, given = _conditions(where)
    asked = " and ".join(
        f'lower("{column}"::text) {sign} lower(${number})'
        for number, (column, sign) in enumerate(conditions, start=1)
    )
    parameters = {str(number): value for number, value in enumerate(given, start=1)}
    name, full, file = _source(release, table, traced.is_published, edition)
    rows = _rows(file, full, asked, parameters, {column for column, _ in conditions})
    if rows is None:
        raise UsageError(
            f"The {name} edition of the release {release.release_id} publishes no table {full} with the "
            f"columns of {where}. Give it as the report marks its number."
        )
    if not rows and not may_be_none:
        _refuse_unknown_values(file, full, conditions, given)
    found = [
        (
            {one: "" if row[one] is None else str(row[one]) for one in traced.key},
            PublishedRow(name, full, *_counts_and_words(row)),
        )
        for row in rows
    ]
    counted = PublishedRow(name, full, {"rows": len(found), **_added_up(rows)})
    return counted, sorted(found, key=lambda one: [*one[0].values()])


def _added_up(rows: Sequence[Mapping[str, Any]]) -> dict[str, Count]:
    """What the counts of several rows come to, without those that stand as text."""
    sums: dict[str, Count] = {}
    for name in _ADDED_UP:
        counts = [int(row[name]) for row in rows if row.get(name) is not None]
        if counts:
            sums[name] = sum(counts)
    return sums


def _refuse_unknown_values(
    file: Path, table: str, conditions: Sequence[tuple[str, str]], given: Sequence[str]
) -> None:
    for (column, sign), value in zip(conditions, given, strict=True):
        rows = _rows(file, table, "true", {}) or []
        known = {str(row[column]) for row in rows if row[column] is not None}
        if sign == "<>" or value.casefold() in {one.casefold() for one in known}:
            continue
        near = get_close_matches(value, sorted(known), n=3)
        named = near or sorted(known)[:MOST_NAMED]
        like = "Like it are" if near else "There are" if len(known) <= MOST_NAMED else "There are such as"
        raise UsageError(f"No row of {table} has {column}={value}. {like}: {', '.join(named)}.")


def fact_of(release: Release, table: str, name: str) -> PublishedRow:
    """A rule of the policy, a waiver or a fact of the release. Raises UsageError where there is none such."""
    if table == "policy":
        rules = release.manifest.get("policy", {}).get("rows", [])
        found = next((str(rule["value"]) for rule in rules if rule["name"] == name), None)
    elif table == "waivers":
        found = name if name in release.manifest.get("waivers", []) else None
    else:
        found = str(release.manifest[name]) if name in release.manifest else None
    if found is None:
        raise UsageError(f"The release {release.release_id} has no {table} of the name {name}.")
    return PublishedRow("each", "manifest.json", {}, {name: found})


def _conditions(where: str) -> tuple[list[tuple[str, str]], list[str]]:
    read = [_CONDITION.fullmatch(one) for one in where.split("&")]
    if not all(read):
        raise UsageError(
            f"{where} is no choice of rows. Give it as the report marks it: column=value&column=value."
        )
    found = [(one[1], "=" if one[2] == "=" else "<>", one[3]) for one in read if one]
    return [(column, sign) for column, sign, _ in found], [value for *_, value in found]


def _source(release: Release, table: str, is_published: bool, edition: str | None) -> tuple[str, str, Path]:
    """Edition, full name of the table, and file."""
    if not is_published:
        refuse_erased(release)
        return MEMBERS, f"marts.{table}", release.evidence_base
    full = f"{PUBLISHED}.{table}"
    if edition == PUBLIC or (edition is None and erasure_of(release)):
        return PUBLIC, full, release.public_evidence_base
    refuse_erased(release)
    return MEMBERS, full, release.evidence_base


def _rows(
    file: Path, table: str, where: str, parameters: Mapping[str, Any], needed: Set[str] = frozenset()
) -> list[dict[str, Any]] | None:
    """None where the edition has no such table, or not the columns that are needed."""
    if not file.is_file():
        return None
    with duckdb.connect(str(file.resolve()), read_only=True) as con:
        columns = con.execute(
            "select column_name from duckdb_columns() where schema_name = ? and table_name = ?",
            table.split(".", 1),
        ).fetchall()
        if not columns or needed - {name for (name,) in columns}:
            return None
        return (
            con.execute(f"select * from {table} where {where}", dict(parameters)).to_arrow_table().to_pylist()
        )


def _counts_and_words(row: Mapping[str, Any]) -> tuple[dict[str, Count], dict[str, str]]:
    shown = {name: _count(row, name) for name in _COUNTS}
    if "record_count_baseline" in row:
        shown["record_count"] = row["record_count_baseline"] + row["record_count_current"]
    counts = {name: value for name, value in shown.items() if value is not None}
    return counts, {name: str(row[name]) for name in _WORDS if row.get(name) is not None}


def _count(row: Mapping[str, Any], name: str) -> Count | None:
    if (value := row.get(name)) is not None:
        return float(value) if isinstance(value, float) else int(value)
    text = row.get(f"{name}_text")
    return int(text) if text and text.isdigit() else text

"""Read a published row, or rows that a report counted, from an edition."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from orchestration.core import UsageError, open_duckdb
from orchestration.release.current import MEMBERS, PUBLIC, Release, erasure_of, refuse_erased
from orchestration.release.lineage.traced_tables import Traced
from orchestration.release.staging.published_models import PUBLISHED

_COUNTS = (
    "movement_count", "baseline_count", "current_count", "report_count", "record_count", "prevented_count",
    "person_count", "known_count", "known_share", "effort_months", "partner_count", "county_count",
    "panel_partner_count", "earlier_partner_count",
)  # fmt: skip
_SUMMED = ("movement_count", "report_count")
_WORDS = ("evidence_class", "absence_class", "label", "band", "status", "factor_band")
MOST_NAMED = 12
_CONDITION = re.compile(r"([a-z_]+)(!?=)(.*)")
Count = int | float | str


@dataclass(frozen=True)
class PublishedRow:
    """A row's `counts` (a small one as its text, `<5`; of a shift in both windows) and `words` (labels)."""

    edition: str
    table: str
    counts: dict[str, Count] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)

    @property
    def is_protected(self) -> bool:
        """Whether its counts carry noise and stay as first published."""
        return self.edition == PUBLIC


def published_row(
    release: Release, table: str, traced: Traced, key: Mapping[str, Any], edition: str | None
) -> PublishedRow:
    """Read a row by its key; without `edition` from the members' one unless that was erased.

    Raises UsageError if the release has no such row.
    """
    where = " and ".join(f'"{column}" is not distinct from ${column}' for column in key)
    parameters = {column: None if value == "" else value for column, value in key.items()}
    name, full, file = _source(release, table, traced.is_published, edition)
    if rows := _rows(file, full, where, parameters):
        return PublishedRow(name, full, *_counts_and_words(rows[0]))
    raise UsageError(
        f"The {name} edition of the release {release.release_id} has no row of {full} with "
        f"{', '.join(f'{column} {value}' for column, value in key.items())}."
    )


def counted_rows(
    release: Release, table: str, traced: Traced, where: str, edition: str | None, may_be_none: bool
) -> tuple[PublishedRow, list[tuple[dict[str, str], PublishedRow]]]:
    """Count and add up the rows that fit `where` (`label=hotspot&role!=any`); return each with its key too.

    Raises UsageError if the edition lacks these columns, and, unless `may_be_none`, if no row fits because
    the table has no such value.
    """
    conditions, given = _conditions(where)
    condition = " and ".join(
        f'lower("{column}"::text) {sign} lower(${number})'
        for number, (column, sign) in enumerate(conditions, start=1)
    )
    parameters = {str(number): value for number, value in enumerate(given, start=1)}
    name, full, file = _source(release, table, traced.is_published, edition)
    rows = _rows(file, full, condition, parameters, {column for column, _ in conditions})
    if rows is None:
        raise UsageError(
            f"The {name} edition of the release {release.release_id} publishes no table {full} with the "
            f"columns of {where}. Copy the condition from the report."
        )
    if not rows and not may_be_none:
        _refuse_unknown_values(file, full, conditions, given)
    keyed = [
        (
            {column: "" if row[column] is None else str(row[column]) for column in traced.key},
            PublishedRow(name, full, *_counts_and_words(row)),
        )
        for row in rows
    ]
    counted = PublishedRow(name, full, {"rows": len(keyed), **_sums(rows)})
    return counted, sorted(keyed, key=lambda pair: [*pair[0].values()])


def _sums(rows: Sequence[Mapping[str, Any]]) -> dict[str, Count]:
    """Add up counts, without those published as text."""
    sums: dict[str, Count] = {}
    for name in _SUMMED:
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
        label = "Similar values" if near else "Values" if len(known) <= MOST_NAMED else "Some of its values"
        raise UsageError(f"No row of {table} has {column}={value}. {label}: {', '.join(named)}.")


def fact_of(release: Release, table: str, name: str) -> PublishedRow:
    """Read a policy rule, a waiver or an entry of the manifest; raise UsageError if there is none."""
    if table == "policy":
        rules = release.manifest.get("policy", {}).get("rows", [])
        value = next((str(rule["value"]) for rule in rules if rule["name"] == name), None)
    elif table == "waivers":
        value = name if name in release.manifest.get("waivers", []) else None
    else:
        value = str(release.manifest[name]) if name in release.manifest else None
    if value is None:
        raise UsageError(f"The release {release.release_id} has no {table} named {name}.")
    return PublishedRow("each", "manifest.json", {}, {name: value})


def _conditions(where: str) -> tuple[list[tuple[str, str]], list[str]]:
    matches = [_CONDITION.fullmatch(condition) for condition in where.split("&")]
    if not all(matches):
        raise UsageError(f"{where} does not select rows. Copy it from the report: column=value&column=value.")
    parsed = [(match[1], "=" if match[2] == "=" else "<>", match[3]) for match in matches if match]
    return [(column, sign) for column, sign, _ in parsed], [value for *_, value in parsed]


def _source(release: Release, table: str, is_published: bool, edition: str | None) -> tuple[str, str, Path]:
    """Return the edition, the full name of the table, and the file."""
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
    """Read rows; None if the edition lacks the table or one of the columns `needed`."""
    if not file.is_file():
        return None
    with open_duckdb(file.resolve()) as con:
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

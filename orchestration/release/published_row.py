"""The row of a release that somebody asks about, read from the edition that publishes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import UsageError
from orchestration.release.current import Release, erasure_of, refuse_erased
from orchestration.release.traced_tables import Traced

_PRINTED = {"public": "public", "partner": "report"}
_COUNTS = (
    "record_count", "prevented_count", "person_count", "known_count", "effort_months", "partner_count",
    "panel_partner_count", "earlier_partner_count",
)  # fmt: skip
_WORDS = (
    "partners_band", "known_share_band", "evidence_class", "absence_class", "label", "band", "status",
    "factor_band",
)  # fmt: skip
MOST_NAMED = 12
_CONDITION = re.compile(r"([a-z_]+)(!?=)(.*)")


@dataclass(frozen=True)
class PublishedRow:
    """`counts`: what the row says of how many, of a shift in both windows; nothing for a cell not shown.

    `words`: what it says in words. `measured`: figures of the marts that a row of words was made of.
    """

    edition: str
    table: str
    counts: dict[str, int] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    measured: dict[str, int] = field(default_factory=dict)

    @property
    def person_count(self) -> int | None:
        return self.counts.get("person_count")


def published_row(
    release: Release, table: str, traced: Traced, key: Mapping[str, Any], edition: str | None
) -> PublishedRow:
    """The row as the public edition prints it, else the partner edition.

    Raises UsageError where the release has no such row.
    """
    where = " and ".join(f'"{column}" = ${column}' for column in key)
    sources = list(_sources(release, table, traced.is_printed, edition))
    for name, full, file in sources:
        if rows := _rows(file, full, where, key):
            counts, words = _told(rows[0])
            return PublishedRow(name, full, counts, words, _measured(release, traced, where, key))
    asked = " or ".join(full for _, full, _ in sources) or table
    raise UsageError(
        f"The release {release.release_id} has no row of {asked} with "
        f"{', '.join(f'{column} {value}' for column, value in key.items())}."
    )


def counted_rows(
    release: Release, table: str, traced: Traced, where: str, edition: str | None, may_be_none: bool
) -> tuple[PublishedRow, list[tuple[dict[str, str], PublishedRow]]]:
    """How many rows a report counted or added up, and each by its key, as in `label=hotspot&role!=any`.

    Raises UsageError where no edition prints such columns, and where no row is found because the table has
    not such a value, unless `may_be_none`.
    """
    conditions, given = _conditions(where)
    asked = " and ".join(
        f'lower("{column}"::text) {sign} lower(${number})'
        for number, (column, sign) in enumerate(conditions, start=1)
    )
    parameters = {str(number): value for number, value in enumerate(given, start=1)}
    for name, full, file in _sources(release, table, True, edition):
        if (rows := _rows(file, full, asked, parameters, {column for column, _ in conditions})) is not None:
            if not rows and not may_be_none:
                _refuse_unknown_values(file, full, conditions, given)
            found = [
                ({one: str(row[one]) for one in traced.key}, PublishedRow(name, full, *_told(row)))
                for row in rows
            ]
            counted = PublishedRow(name, full, {"rows": len(found), **_persons_in(rows)})
            return counted, sorted(found, key=lambda one: [*one[0].values()])
    raise UsageError(
        f"The release {release.release_id} prints no table {table} with the columns of {where}. Give it "
        "as the report marks its number."
    )


def _persons_in(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """What their printed persons come to, where they print persons."""
    persons = [int(row["person_count"]) for row in rows if row.get("person_count") is not None]
    return {"person_count": sum(persons)} if persons else {}


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
        rules = release.manifest.get("disclosure", {}).get("policy", {}).get("rows", [])
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


def _sources(
    release: Release, table: str, is_printed: bool, edition: str | None
) -> Iterator[tuple[str, str, Path]]:
    if not is_printed:
        refuse_erased(release)
        yield "partner", f"marts.{table}", release.evidence_base
        return
    for name, file in (("public", release.public_evidence_base), ("partner", release.evidence_base)):
        if edition in (None, name) and (name == "public" or not erasure_of(release)):
            yield name, f"{_PRINTED[name]}.{_PRINTED[name]}_{table}", file


def _measured(release: Release, traced: Traced, where: str, key: Mapping[str, Any]) -> dict[str, int]:
    if traced.mart is None or not traced.is_printed or erasure_of(release):
        return {}
    rows = _rows(release.evidence_base, f"marts.{traced.mart}", where, key)
    return _told(rows[0])[0] if rows else {}


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


def _told(row: Mapping[str, Any]) -> tuple[dict[str, int], dict[str, str]]:
    told = dict(row)
    if "record_count_baseline" in told:
        told["record_count"] = told["record_count_baseline"] + told["record_count_current"]
    counts = {one: int(told[one]) for one in _COUNTS if told.get(one) is not None}
    return counts, {one: str(told[one]) for one in _WORDS if told.get(one) is not None}

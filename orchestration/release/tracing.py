"""Trace a published row to the extracts and rows behind it (`njia trace`): one query over a lineage.

Not here: the audit entry (the command writes it), and the content of the rows (`unseal`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from orchestration import intake
from orchestration.core import Settings, UsageError, open_duckdb, record_of
from orchestration.release.lineage import KEYS, lineage_of, open_lineage
from orchestration.release.lineage_keys import BEHIND, COUNTED, row_key
from orchestration.release.published_tables import key_of
from orchestration.release.releases import MEMBERS, PUBLIC, Release, erasure_of, refuse_erased

SEPARATOR, ROWS = "|", "rows:"
MOVEMENT, MONTH = "movement_id", "month"
NEAREST = 3
# `keys`: keys of rows of `table`. Records that only date a watched month have the part `month`.
_ASKED = f"""
    with asked as (
        select * from 'keys.parquet' where table_name = $table and row_key in (select unnest($keys))
    ),
    counted as ({COUNTED}),
    watched as (
        select distinct watches.*
        from asked
        inner join 'watches.parquet' as watches on starts_with(watches.cell, asked.cell)
        where asked.part = 'watched'
            and (watches.month is null or watches.month between asked.first_month and asked.last_day)
    )
"""
RECORDS_BEHIND = f"""
    {_ASKED}
    select distinct counted.part, counted.counts, records.*
    from counted
    inner join 'records.parquet' as records on counted.movement = records.movement
    where (counted.counts = 'movements' or counted.record = records.record)
        and (
            counted.counts = 'all' or records.is_counted
            or (counted.counts = 'prevented' and records.is_prevented)
        )
    union all
    select distinct 'month', '', records.*
    from watched
    inner join 'extracts.parquet' as extracts using (partner, extract_id)
    inner join 'records.parquet' as records using (partner, extract_id)
    where extracts.period_from is null
        and records.month_from = watched.month and records.month_to = watched.month
"""
_LISTED = "coalesce(list(distinct {0} order by {0}) filter (where {0} is not null), []) as {1}"
EXTRACTS_BEHIND = f"""
    {_ASKED}
    select
        extracts.partner_code, extracts.partner, extracts.source, extracts.extract_id, extracts.contract,
        extracts.agreement_id, extracts.round, extracts.period_from as declared_from,
        extracts.period_to as declared_to, {_LISTED.format("watched_place_id", "places")},
        {_LISTED.format("role", "roles")}, {_LISTED.format("strftime(month, '%Y-%m')", "months")}
    from watched
    inner join 'extracts.parquet' as extracts using (partner, extract_id)
    group by all
    order by partner_code, extract_id
"""
_MOVEMENT = """
    select '' as part, 'all' as counts, * from 'records.parquet'
    where movement in (select movement from 'records.parquet' where record_id = $id and record = movement)
"""
# Facts in a report that rest on no partner's row, and where they come from.
FACTS = {
    "policy": "A rule of the publication policy: seeds/reference/publication_policy.csv, by its name.",
    "waivers": "A steward's decision (`njia decide list`). No partner's row stands behind it.",
    "release": "A fact of the release itself: its manifest.json. No partner's row stands behind it.",
}
# Why no record stands behind a row.
_NOTES = {
    "context_counts": "A number of others, as the file has it: no movement stands behind it.",
    "periods": "A round is the period that its extracts declare. Calendar periods rest on no partner's row.",
}
_CONDITION = re.compile(r"([a-z_]+)(!?=)(.*)")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Rows:
    """Rows of one sheet of an extract. `file`: its name as sent; None if it is no longer landed.

    `part`: their role behind the number, if there are several roles.
    """

    partner_code: str
    partner: str
    file: str | None
    extract_id: str
    sheet: str
    row_numbers: tuple[int, ...]
    part: str = ""


@dataclass(frozen=True)
class Trace:
    """The records behind a published row, or behind the rows that a report counted (`counted`: their keys).

    `values`: the row, or the sums of the counted rows. `numbers`: its counts, by what the records give.
    `extracts`: those that watch the place or declare the round, with contract, agreement, declared period,
    places, roles and months. `carried_from`: the release that first published the row, if it is another one.
    """

    release_id: str
    edition: str
    table: str
    key: dict[str, str]
    values: dict[str, Any]
    counted: tuple[str, ...] = ()
    records: int = 0
    movements: int = 0
    prevented: int = 0
    numbers: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[Rows, ...] = ()
    extracts: tuple[Row, ...] = ()
    carried_from: str | None = None
    note: str = ""

    @property
    def is_protected(self) -> bool:
        """Whether the counts carry noise and stay as first published."""
        return self.edition == PUBLIC

    @property
    def is_of_a_movement(self) -> bool:
        return MOVEMENT in self.key

    @property
    def extract_ids(self) -> set[str]:
        return {rows.extract_id for rows in self.rows} | {row["extract_id"] for row in self.extracts}

    @property
    def agrees(self) -> bool:
        """Whether the records give the published counts; public ones carry noise, small ones are texts."""
        return self.is_protected or all(
            self.values[name] == number for name, number in self.numbers.items() if name in self.values
        )


def trace(settings: Settings, release: Release, asked: Sequence[str], edition: str | None = None) -> Trace:
    """Trace a row: table and key, apart or joined by `|` as in the report; an empty value is null.

    The key may be `rows:column=value&…`: then the records behind all these rows, of which there may be none.
    Without `edition` the members' row, unless that edition was erased. Raises UsageError if the table cannot
    be traced, has no such row, or the release has no lineage.
    """
    name, _, key = SEPARATOR.join(part.strip() for part in asked).partition(SEPARATOR)
    if name in FACTS and key:
        return _fact(release, name, key)
    table = _Table(release, _traced(release, name), edition)
    folder = lineage_of(settings, release.release_id)
    _refuse_without_lineage(settings, release, folder)
    is_of_rows = key.startswith(ROWS)
    if is_of_rows:
        rows = table.rows_where(key.removeprefix(ROWS))
        named, values = {"rows": key.removeprefix(ROWS)}, {"rows": len(rows), **_sums(rows)}
    else:
        rows = [table.row(key)]
        parts = str(rows[0]["row_key"]).split(SEPARATOR, len(table.key) - 1)
        named = dict(zip(table.key, parts, strict=True))
        values = _values(rows[0], {*table.key, "row_key", "edition"})
    keys = [str(row["row_key"]) for row in rows]
    extracts: list[dict[str, Any]] = []
    with open_lineage(folder) as con:
        if MOVEMENT in named:
            records = _answer(con, _MOVEMENT, id=int(named[MOVEMENT]))
        else:
            records = _answer(con, RECORDS_BEHIND, table=table.name, keys=keys)
            extracts = _answer(con, EXTRACTS_BEHIND, table=table.name, keys=keys)
    behind = [record for record in records if record["part"] != MONTH]
    counted = [record for record in behind if record["is_counted"] or record["counts"] == "all"]
    prevented = sum(record["is_prevented"] for record in behind)
    return Trace(
        release.release_id,
        table.edition,
        table.name,
        named,
        values,
        counted=tuple(keys) if is_of_rows else (),
        records=len(counted),
        movements=len({record["movement"] for record in counted}),
        prevented=prevented,
        numbers={} if is_of_rows else _numbers(counted, extracts) | {"prevented_count": prevented},
        rows=tuple(_rows_of(settings, records)),
        extracts=tuple(
            row | {"file": intake.file_of(settings, row["partner"], row["extract_id"])} for row in extracts
        ),
        carried_from=_carried_from(release, values | named) if table.edition == PUBLIC else None,
        note=_NOTES.get(table.name.partition(".")[2].removeprefix("mart_"), ""),
    )


def _answer(con: duckdb.DuckDBPyConnection, query: str, **parameters: Any) -> list[dict[str, Any]]:
    return con.execute(query, parameters).to_arrow_table().to_pylist()


def _fact(release: Release, kind: str, name: str) -> Trace:
    """Return a policy rule, a waiver or an entry of the manifest; raise UsageError if there is none."""
    manifest = release.manifest
    facts = {
        "policy": {rule["name"]: rule["value"] for rule in manifest.get("policy", {}).get("rows", [])},
        "waivers": {waiver: waiver for waiver in manifest.get("waivers", [])},
        "release": manifest,
    }[kind]
    if name not in facts:
        raise UsageError(f"The release {release.release_id} has no {kind} named {name}.")
    return Trace(release.release_id, "each", kind, {"name": name}, {name: str(facts[name])}, note=FACTS[kind])


def _traced(release: Release, name: str) -> str:
    """Return the full name of a table that can be traced."""
    tables = release.manifest.get("tables", {})
    traced = [table for table in tables if table in BEHIND or MOVEMENT in key_of(release.manifest, table)]
    for table in traced:
        if name in (table, table.partition(".")[2]):
            return table
    raise UsageError(
        f"{name or 'Nothing'} cannot be traced. Tables of the release {release.release_id}: "
        f"{', '.join(sorted(traced))}."
    )


def _refuse_without_lineage(settings: Settings, release: Release, folder: Path) -> None:
    try:
        is_there = (folder / KEYS).is_file()
    except PermissionError:
        is_there = False
    if not is_there:
        raise UsageError(
            f"This account can read no lineage of the release {release.release_id} in {settings.home}. Only "
            "stewards with access to the home where it was published can trace it; copies of an edition and "
            "releases of Njia before 0.4.0 have no such lineage."
        )


class _Table:
    """A table of an edition: its rows by key, or by conditions on its columns."""

    def __init__(self, release: Release, name: str, edition: str | None) -> None:
        self.name, self.key = name, key_of(release.manifest, name)
        is_public = edition == PUBLIC or (edition is None and bool(erasure_of(release)))
        self.edition = PUBLIC if is_public and name.startswith("published.") else MEMBERS
        if self.edition == MEMBERS:
            refuse_erased(release)
        self._file = release.edition(self.edition) / "evidence_base.duckdb"
        self._where = f"The {self.edition} edition of the release {release.release_id}"

    def row(self, key: str) -> dict[str, Any]:
        """Return the row of a key; UsageError with the nearest keys if there is none."""
        if MOVEMENT in self.key:
            movement, *rest = key.split(SEPARATOR)
            key = SEPARATOR.join([str(_movement_id(movement)), *rest])
        if rows := self._rows("row_key = $key", key=key):
            return rows[0]
        nearest = "" if MOVEMENT in self.key else self._nearest(key)
        raise UsageError(
            f"{self._where} has no row of {self.name} with the key {key or '(none)'}. Give "
            f"{SEPARATOR.join(self.key)}, a null as nothing.{nearest}"
        )

    def rows_where(self, where: str) -> list[dict[str, Any]]:
        """Return the rows that fit `column=value&column!=value`; UsageError if the table lacks a column."""
        conditions = [match.groups() for match in map(_CONDITION.fullmatch, where.split("&")) if match]
        if len(conditions) < len(where.split("&")):
            raise UsageError(
                f"{where} does not select rows. Copy it from the report: column=value&column=value."
            )
        clauses = [f'lower("{at}"::text) {sign} lower($v{n})' for n, (at, sign, _) in enumerate(conditions)]
        values = {f"v{number}": value for number, (*_, value) in enumerate(conditions)}
        try:
            rows = self._rows(" and ".join(clauses), **values)
            for n, (at, sign, value) in enumerate(conditions if not rows else ()):
                if sign == "=" and not self._rows(clauses[n], **{f"v{n}": value}):
                    raise UsageError(
                        f"{self.name} has no {at} {value!r}. Copy the condition from the report."
                    )
            return rows
        except duckdb.BinderException:
            raise UsageError(
                f"{self._where} publishes no table {self.name} with the columns of {where}. Copy the "
                "condition from the report."
            ) from None

    def _rows(self, where: str, **values: str) -> list[dict[str, Any]]:
        return self._ask(f"select * from keyed where {where} order by row_key", **values)

    def _nearest(self, key: str) -> str:
        query = (
            "select row_key, levenshtein(row_key, $key) as distance from keyed "
            f"order by not starts_with(row_key, $key), distance, row_key limit {NEAREST}"
        )
        return f" Nearest: {', '.join(row['row_key'] for row in self._ask(query, key=key))}."

    def _ask(self, query: str, **values: str) -> list[dict[str, Any]]:
        keyed = f"with keyed as (select {row_key(self.key)} as row_key, * from {self.name})"
        with open_duckdb(self._file.resolve()) as con:
            return _answer(con, f"{keyed} {query}", **values)


def _movement_id(text: str) -> int:
    """Read a movement's id, a number or `r-…`."""
    try:
        return record_of(text) if text.startswith("r-") else int(text)
    except ValueError:
        raise UsageError(f"{text} is no movement_id. Give it as in fct_movements, or as `r-…`.") from None


def _values(row: Row, left_out: Set[str]) -> dict[str, Any]:
    """Return the values of a row; the text of a count only where it has no number."""
    texts = {f"{name}_text" for name, value in row.items() if value is not None}
    return {name: value for name, value in row.items() if value is not None and name not in left_out | texts}


def _sums(rows: Sequence[Row]) -> dict[str, int]:
    """Add up counts, without those published as text."""
    sums: dict[str, int] = {}
    for name in ("movement_count", "report_count"):
        if counts := [int(row[name]) for row in rows if row.get(name) is not None]:
            sums[name] = sum(counts)
    return sums


def _numbers(counted: Sequence[Row], extracts: Sequence[Row]) -> dict[str, int]:
    """Return the counts of a published row by what its records give."""
    parts = {"baseline": "baseline_count", "current": "current_count", "stated": "known_count"}
    numbers = {name: sum(record["part"] == part for record in counted) for part, name in parts.items()}
    if not numbers["baseline_count"] + numbers["current_count"]:  # a shift and an alert compare two windows
        by_movement = any(record["counts"] == "movements" for record in counted)
        number = len({record["movement"] for record in counted}) if by_movement else len(counted)
        numbers |= dict.fromkeys(("movement_count", "report_count", "record_count"), number)
    months = {(row["source"], month) for row in extracts for month in row["months"]}
    return numbers | {"effort_months": len(months)}


def _rows_of(settings: Settings, records: Sequence[Row]) -> Iterator[Rows]:
    """Locate records in the files of partners, rows of child sheets included."""
    by_extract: dict[tuple[str, str, str, str], list[Row]] = {}
    for record in records:
        names = ("part", "partner_code", "partner", "extract_id")
        part, code, partner, extract_id = (record[name] for name in names)
        by_extract.setdefault((part, code, partner, extract_id), []).append(record)
    for (part, code, partner, extract_id), own in sorted(by_extract.items()):
        file = intake.file_of(settings, partner, extract_id)
        landed = intake.rows_of(settings, partner, extract_id, {record["record_id"] for record in own})
        places = landed or {(record["sheet"] or "", record["row_number"]) for record in own}
        for sheet in sorted({sheet for sheet, _ in places}):
            numbers = tuple(sorted(number for at, number in places if at == sheet))
            yield Rows(code, partner, file, extract_id, sheet, numbers, part)


def _carried_from(release: Release, row: Row) -> str | None:
    """Return the earlier release whose rows of this period the release carries, else None."""
    period = release.manifest.get("periods", {}).get(row.get("period_id", row.get("current")), {})
    first: str | None = period.get("first_release")
    return None if first == release.release_id else first

"""Trace a published row to the extracts and rows behind it (`njia trace`): one query over a lineage.

Not here: the audit entry (the command writes it), and the content of the rows (`unseal`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import duckdb

from orchestration import intake
from orchestration.core import Settings, UsageError, open_duckdb, record_of
from orchestration.release.lineage import COUNTS, lineage_of, open_lineage
from orchestration.release.lineage_keys import BEHIND, COUNTED, TRACED, WATCHED, row_key
from orchestration.release.published_tables import PUBLISHED, key_of
from orchestration.release.query import what_replaced
from orchestration.release.releases import MEMBERS, PUBLIC, Release, erasure_of, refuse_erased
from orchestration.statistics import alert_detection

SEPARATOR, ROWS = "|", "rows:"
MOVEMENT, MONTH, YEAR_BEFORE = "movement_id", "month", "like_earlier_count"
SERIES = "series"
NEAREST = 3
# Counts of tables whose rows are disjoint: rows that a report counted are added up by them.
SUMMED = (
    "movement_count", "home_count", "exploited_count", "last_known_count", "intended_count", "child_count",
    "like_count", "like_earlier_count",
)  # fmt: skip
# `keys`: keys of rows of `table`. Records that only date a watched month have the part `month`.
_ASKED = f"""
    with asked as (
        select * from 'counts.parquet'
        where edition = $edition and table_name = $table and row_key in (select unnest($keys))
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
    select distinct counted.part, counted.counts, counted.cell, records.*
    from counted
    inner join 'records.parquet' as records on counted.movement = records.movement
    where case counted.counts
        when 'movements' then records.is_counted
        when 'records' then records.is_counted and counted.record = records.record
        when 'prevented' then records.is_prevented and counted.record = records.record
        else counted.record = records.record
    end
    union all
    select distinct 'month', '', '', records.*
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
    select 'record_count' as part, 'all' as counts, '' as cell, * from 'records.parquet'
    where movement in (select movement from 'records.parquet' where record_id = $id and record = movement)
"""
# Facts in a report that rest on no partner's row, and where they come from.
FACTS = {
    "alert_detection": "Measured in made-up worlds: seeds/reference/alert_detection.csv.",
    "policy": "A rule of the publication policy: seeds/reference/publication_policy.csv, by its name.",
    "waivers": "A steward's decision (`njia decide list`). No partner's row stands behind it.",
    "release": "A fact of the release itself: its manifest.json. No partner's row stands behind it.",
}
# Why no record stands behind a row.
_NOTES = {
    "context_counts": "A number of others, as the file has it: no movement stands behind it.",
    "periods": "Extracts declare rounds, and the months in which partners reported.",
}
_CONDITION = re.compile(r"([a-z_]+)(!?=)(.*)")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Rows:
    """Rows of one sheet of an extract. `file`: its name as sent; None if it is no longer landed.

    `part`: the column that counts them, or their role.
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
    `records`, `movements`: those behind it, without those of a year before that it is compared with.
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
    def extract_ids(self) -> set[str]:
        return {rows.extract_id for rows in self.rows} | {row["extract_id"] for row in self.extracts}

    @property
    def agrees(self) -> bool:
        """Whether the records give the published counts; public ones carry noise."""
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
    is_there = False
    with suppress(PermissionError):
        is_there = (folder / COUNTS).is_file()
    if not is_there:
        raise UsageError(
            f"This account can read no lineage of the release {release.release_id} in {settings.home}. Only "
            "stewards with access to the home where it was published can trace it; copies of an edition and "
            "releases of Njia before 0.5.0 have no such lineage."
        )
    is_of_rows = key.startswith(ROWS)
    if is_of_rows:
        rows = table.rows_where(key.removeprefix(ROWS))
        named, values = {"rows": key.removeprefix(ROWS)}, {"rows": len(rows), **_sums(rows)}
    else:
        rows = [table.row(key)]
        parts = str(rows[0]["row_key"]).split(SEPARATOR, len(table.key) - 1)
        named = dict(zip(table.key, parts, strict=True))
        values = {
            name: value
            for name, value in rows[0].items()
            if value is not None and name not in {*table.key, "row_key", "edition"}
        }
    keys = [str(row["row_key"]) for row in rows]
    extracts: list[dict[str, Any]] = []
    with open_lineage(folder) as con:
        if MOVEMENT in named:
            records = _answer(con, _MOVEMENT, id=int(named[MOVEMENT]))
        else:
            row = {"edition": table.edition, "table": table.in_lineage, "keys": keys}
            records = _answer(con, RECORDS_BEHIND, **row)
            extracts = _answer(con, EXTRACTS_BEHIND, **row)
    numbers = _numbers(_parts_of(table.in_lineage, rows), records, extracts)
    behind = [record for record in records if record["part"] not in (MONTH, YEAR_BEFORE)]
    period = release.manifest.get("periods", {}).get((values | named).get("period_id"), {})
    first: str | None = period.get("first_release")
    return Trace(
        release.release_id,
        table.edition,
        table.name,
        named,
        values,
        counted=tuple(keys) if is_of_rows else (),
        records=len({record["record"] for record in behind}),
        movements=len({record["movement"] for record in behind}),
        numbers={} if is_of_rows else numbers,
        rows=tuple(_rows_of(settings, records, [*numbers, MONTH])),
        extracts=tuple(
            row | {"file": intake.file_of(settings, row["partner"], row["extract_id"])} for row in extracts
        ),
        carried_from=first if table.edition == PUBLIC and first != release.release_id else None,
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
        "alert_detection": {one: one for one in alert_detection().names},
        "release": manifest,
    }[kind]
    if name not in facts:
        raise UsageError(f"The release {release.release_id} has no {kind} named {name}.")
    return Trace(release.release_id, "each", kind, {"name": name}, {name: str(facts[name])}, note=FACTS[kind])


def _traced(release: Release, name: str) -> str:
    """Return the full name of a table that can be traced."""
    tables = release.manifest.get("tables", {})
    traced = sorted(
        table
        for table in tables
        if _in_lineage(table) in TRACED or MOVEMENT in key_of(release.manifest, table)
    )
    for table in traced:  # a name alone is one of `published` before one of `series`
        if name in (table, table.partition(".")[2]):
            return table
    raise UsageError(
        f"{name or 'Nothing'} cannot be traced.{what_replaced(name)} Tables of the release "
        f"{release.release_id}: {', '.join(traced)}."
    )


def _in_lineage(table: str) -> str:
    """Return the name of a table in the lineage, where quarters stand with the other periods."""
    schema, _, name = table.partition(".")
    return f"{PUBLISHED}.{name}" if schema == SERIES else table


class _Table:
    """A table of an edition: its rows by key, or by conditions on its columns."""

    def __init__(self, release: Release, name: str, edition: str | None) -> None:
        self.name, self.key, self.in_lineage = name, key_of(release.manifest, name), _in_lineage(name)
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
            try:
                number = record_of(movement) if movement.startswith("r-") else int(movement)
            except ValueError:
                raise UsageError(
                    f"{movement} is no movement_id. Give it as in fct_movements, or as `r-…`."
                ) from None
            key = SEPARATOR.join([str(number), *rest])
        if rows := self._ask("select * from keyed where row_key = $key", key=key):
            return rows[0]
        nearest = ""
        if MOVEMENT not in self.key:
            query = (
                "select row_key, levenshtein(row_key, $key) as distance from keyed "
                f"order by not starts_with(row_key, $key), distance, row_key limit {NEAREST}"
            )
            nearest = f" Nearest: {', '.join(row['row_key'] for row in self._ask(query, key=key))}."
        raise UsageError(
            f"{self._where} has no row of {self.name} with the key {key or '(none)'}. Give "
            f"{SEPARATOR.join(self.key)}, a null as nothing.{nearest}"
        )

    def rows_where(self, where: str) -> list[dict[str, Any]]:
        """Return the rows that fit `column=value&column!=value`; an empty value is null, as in keys.

        Raises UsageError if the table lacks a column.
        """
        conditions = [match.groups() for match in map(_CONDITION.fullmatch, where.split("&")) if match]
        if len(conditions) < len(where.split("&")):
            raise UsageError(
                f"{where} does not select rows. Copy it from the report: column=value&column=value."
            )
        clauses = [
            f"coalesce(lower(\"{at}\"::text), '') {sign} lower($v{n})"
            for n, (at, sign, _) in enumerate(conditions)
        ]
        values = {f"v{number}": value for number, (*_, value) in enumerate(conditions)}
        try:
            rows = self._ask(f"select * from keyed where {' and '.join(clauses)} order by row_key", **values)
            for n, (at, sign, value) in enumerate(conditions if not rows else ()):
                alone = f"select * from keyed where {clauses[n]}"
                if sign == "=" and not self._ask(alone, **{f"v{n}": value}):
                    raise UsageError(
                        f"{self.name} has no {at} {value!r}. Copy the condition from the report."
                    )
            return rows
        except duckdb.BinderException:
            raise UsageError(
                f"{self._where} publishes no table {self.name} with the columns of {where}. Copy the "
                "condition from the report."
            ) from None

    def _ask(self, query: str, **values: str) -> list[dict[str, Any]]:
        keyed = f"with keyed as (select {row_key(self.key)} as row_key, * from {self.name})"
        with open_duckdb(self._file.resolve()) as con:
            return _answer(con, f"{keyed} {query}", **values)


def _sums(rows: Sequence[Row]) -> dict[str, int]:
    """Add up the counts of disjoint rows."""
    counts = {name: [int(row[name]) for row in rows if row.get(name) is not None] for name in SUMMED}
    return {name: sum(of_rows) for name, of_rows in counts.items() if of_rows}


def _parts_of(table: str, rows: Sequence[Row]) -> list[str]:
    """Return the parts of a row that records are counted for, those without records included."""
    if table in BEHIND:
        return [behind.part for behind in BEHIND[table] if behind.part != WATCHED]
    return [name for row in rows[:1] for name in row if table in TRACED and name.endswith("_count")]


def _numbers(parts: Sequence[str], records: Sequence[Row], extracts: Sequence[Row]) -> dict[str, int]:
    """Return the counts of a published row by what its records and extracts give."""
    counted: dict[str, set[Any]] = {part: set() for part in parts}
    for record in records:
        if record["part"] != MONTH:
            unit = "movement" if record["counts"] == "movements" else "record"
            counted.setdefault(record["part"], set()).add((record["cell"], record[unit]))
    months = {(row["source"], month) for row in extracts for month in row["months"]}
    return {part: len(units) for part, units in counted.items()} | {
        "effort_months": len(months),
        "months_reported": len({month for _, month in months}),
    }


def _rows_of(settings: Settings, records: Sequence[Row], parts: Sequence[str]) -> Iterator[Rows]:
    """Locate records in the files of partners, rows of child sheets included, in the order of the parts."""
    by_extract: dict[tuple[str, str, str, str], list[Row]] = {}
    for record in records:
        names = ("part", "partner_code", "partner", "extract_id")
        part, code, partner, extract_id = (record[name] for name in names)
        by_extract.setdefault((part, code, partner, extract_id), []).append(record)
    in_order = sorted(by_extract.items(), key=lambda item: (parts.index(item[0][0]), item[0]))
    for (part, code, partner, extract_id), own in in_order:
        file = intake.file_of(settings, partner, extract_id)
        landed = intake.rows_of(settings, partner, extract_id, {record["record_id"] for record in own})
        places = landed or {(record["sheet"] or "", record["row_number"]) for record in own}
        for sheet in sorted({sheet for sheet, _ in places}):
            numbers = tuple(sorted(number for at, number in places if at == sheet))
            yield Rows(code, partner, file, extract_id, sheet, numbers, part)

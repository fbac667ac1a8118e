"""Fates of a partner's rows, and their problems by rule and column: row numbers and rules, never a value.

Read from the typed tables and the judging models.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import duckdb

from orchestration.core import Settings, attach, open_duckdb
from orchestration.outputs.receipts import explanations
from orchestration.outputs.receipts.explanations import Explanation

# Rows replaced or withdrawn need no correction.
_CORRECTABLE = ("current", "quarantined", "held", "embargoed")

_PROBLEMS = """
with judged as (
    select partner, extract_id, record_id, sheet, row_number, fate
    from work.quarantine.judged_records where fate in (select unnest($fates))
),
typed as (
    select distinct judged.partner, judged.extract_id, judged.record_id, problems.sheet, problems.row_number,
        problems.field,
        case when problems.outcome = 'Q' and released.record_id is not null then 'released'
            else problems.outcome end as outcome,
        problems.problem_code as rule_code, judged.fate
    from read_parquet($problems, union_by_name = true) as problems
    inner join judged using (partner, extract_id, record_id)
    left join work.quarantine.record_rules as released
        on problems.extract_id = released.extract_id and problems.record_id = released.record_id
        and problems.problem_code = released.rule_code and released.outcome = 'released'
),
-- A place rule names a role only: find the place of the record and its row on a child sheet.
places as (
    select distinct judged.partner, rules.extract_id, rules.record_id, rules.rule_code,
        'place(' || mentions.place_role || ')' as field, mentions.child_sheet, mentions.child_row_number
    from work.quarantine.record_rules as rules
    inner join judged using (extract_id, record_id)
    inner join work.staging.stg_place_mentions as mentions
        on judged.partner = mentions.partner and rules.extract_id = mentions.extract_id
        and rules.record_id = mentions.record_id
    inner join work.staging.stg_place_matches as matches on mentions.mention_id = matches.mention_id
    where rules.field like 'place(%'
        and ';' || replace(matches.problem_codes, ':', ';') || ';' like '%;' || rules.rule_code || ';%'
),
-- Rules of the judging models: on the row of a child sheet if a place has one, else on the first row.
judged_rules as (
    select judged.partner, judged.extract_id, judged.record_id,
        coalesce(places.child_sheet, judged.sheet) as sheet,
        coalesce(places.child_row_number, judged.row_number) as row_number,
        coalesce(places.field, rules.field) as field, rules.outcome, rules.rule_code, judged.fate
    from work.quarantine.record_rules as rules
    inner join judged using (extract_id, record_id)
    left join places using (partner, extract_id, record_id, rule_code)
    anti join typed using (extract_id, record_id, rule_code)
)
select * from typed union all by name select * from judged_rules
"""
# A record is set aside as a whole: its other rows share the fate of the wrong one.
_SET_ASIDE = """
select distinct noted.partner, noted.extract_id, noted.record_id
from noted inner join work.quarantine.judged_records as judged using (partner, extract_id, record_id)
where noted.outcome = 'Q'
    and (judged.source_row_count > 1 or (noted.sheet, noted.row_number) <> (judged.sheet, judged.row_number))
"""
_LISTED = """
select partner, extract_id, sheet, row_number, field, outcome, rule_code, fate, false as is_along, record_id
from noted
"""
_ALONG = """
union all
select wrong.partner, wrong.extract_id, cells.sheet, cells.row_number, wrong.field, 'Q', wrong.rule_code,
    wrong.fate, true, null
from (
    select distinct parse_filename(filename, true) as extract_id, record_id, sheet, row_number
    from read_parquet($cells, filename = true) where part = ''
) as cells
inner join (
    select partner, extract_id, record_id, fate, min(rule_code) as rule_code,
        min_by(field, rule_code) as field
    from noted semi join set_aside using (partner, extract_id, record_id)
    where outcome = 'Q' group by all
) as wrong using (extract_id, record_id)
anti join (
    select extract_id, record_id, sheet, row_number from noted where outcome = 'Q'
) as listed using (extract_id, record_id, sheet, row_number)
"""
_IN_ORDER = "order by partner, extract_id, sheet, row_number, rule_code, field"
_STANDING = """
select partner, extract_id, fate, cast(sum(source_row_count) as bigint)
from work.quarantine.judged_records group by partner, extract_id, fate
"""
_USED = """
select judged.partner, judged.record_grain, count(*), cast(sum(records.person_count) as bigint),
    min(judged.period_from), max(judged.period_to)
from work.quarantine.judged_records as judged
inner join work.staging.stg_records as records using (partner, extract_id, record_id)
where judged.fate = 'current'
group by judged.partner, judged.record_grain order by judged.partner, judged.record_grain
"""


class RowProblem(NamedTuple):
    """One problem of one row of the partner's file. `field` is canonical.

    `is_along`: the row is set aside with another row of its record and has no problem of its own.
    """

    partner: str
    extract_id: str
    sheet: str
    row_number: int
    field: str
    outcome: str
    rule_code: str
    fate: str
    is_along: bool
    record_id: int | None = None


class Used(NamedTuple):
    """The records of one partner in one grain that the release uses."""

    record_grain: str
    records: int
    persons: int | None
    first_day: object
    last_day: object


@dataclass(frozen=True)
class Standing:
    """Counts of rows by fate, by (partner, extract id), and the records in use by partner.

    `is_known`: False where the work file was deleted after the refresh (NJIA_DELETE_WORK) or is damaged.
    """

    rows: dict[tuple[str, str], Counter[str]]
    used: dict[str, list[Used]]
    is_known: bool = True


def read_standing(settings: Settings) -> Standing:
    """Return the fates of all rows; empty before dbt has judged once."""
    rows: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    used: dict[str, list[Used]] = defaultdict(list)
    with _open(settings) as con:
        if con is None:
            return Standing({}, {}, is_known=not (settings.delete_work or settings.warehouse.is_file()))
        for partner, extract_id, fate, count in con.execute(_STANDING).fetchall():
            rows[partner, extract_id][fate] = count
        for partner, *rest in con.execute(_USED).fetchall():
            used[partner].append(Used(*rest))
    return Standing(rows, used)


def row_problems(settings: Settings) -> Iterator[RowProblem]:
    """Return the problems of rows that can be corrected, by partner, extract, sheet and row."""
    with _open(settings) as con:
        if con is None:
            return
        given = {"fates": list(_CORRECTABLE), "problems": str(settings.typed / "problems" / "*.parquet")}
        con.execute(f"create temp table noted as {_PROBLEMS}", given)
        con.execute(f"create temp table set_aside as {_SET_ASIDE}")
        of = con.execute("select distinct partner, extract_id from set_aside").fetchall()
        cells = [str(settings.landing / partner / f"{extract_id}.parquet") for partner, extract_id in of]
        along, given = (_ALONG, {"cells": cells}) if cells else ("", {})
        problems = con.execute(_LISTED + along + _IN_ORDER, given)
        while rows := problems.fetchmany(10_000):
            yield from (RowProblem(*row) for row in rows)


@contextmanager
def _open(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """Open the work file read-only as `work`; None where there is none or a damaged one."""
    with open_duckdb() as con:
        try:
            if is_whole := settings.warehouse.is_file():
                attach(con, settings.warehouse, "work")
        except duckdb.Error:
            is_whole = False
            logging.getLogger("njia").warning(
                "The work file %s is damaged, so receipts leave out where rows stand. The next refresh with "
                "changes rebuilds it.",
                settings.warehouse,
            )
        yield con if is_whole else None


ROWS_SHOWN, SHEETS_SHOWN = 20, 12

RowNumbers = dict[tuple[str, str], set[int]]  # by file and sheet


@dataclass
class ProblemGroup:
    """One rule in one of the partner's columns. `along`: further rows of the same records."""

    explanation: Explanation
    columns: str
    is_set_aside: bool
    is_held: bool
    rows: RowNumbers = field(default_factory=lambda: defaultdict(set))
    along: RowNumbers = field(default_factory=lambda: defaultdict(set))

    @property
    def count(self) -> int:
        return sum(map(len, self.rows.values()))

    @property
    def where(self) -> list[str]:
        return [*_lines(self.rows), *(f"of the same records: {line}" for line in _lines(self.along))]


def group_problems(problems: Iterable[tuple[Any, RowProblem, str]]) -> list[ProblemGroup]:
    """Group (file, problem, columns): what sets rows aside first, then by number of rows."""
    groups: dict[tuple[str, str, bool, bool], ProblemGroup] = {}
    for file, problem, columns in problems:
        if problem.outcome != "flag":
            key = (problem.rule_code, columns, problem.outcome == "Q", bool(file.held_by))
            group = groups.setdefault(key, ProblemGroup(explanations.explain(problem.rule_code), *key[1:]))
            rows = group.along if problem.is_along else group.rows
            rows[file.note["file"], problem.sheet].add(problem.row_number)
    return sorted(groups.values(), key=lambda group: (not group.is_set_aside, group.is_held, -group.count))


def _lines(rows: RowNumbers) -> list[str]:
    """Return `Register 2024.xlsx, Apr 24: rows 5, 9 and 3 more`, one line per sheet."""
    lines = []
    for (file, sheet), met in rows.items():
        numbers = sorted(met)
        shown = ", ".join(str(number) for number in numbers[:ROWS_SHOWN])
        more = f" and {len(numbers) - ROWS_SHOWN:,} more" if len(numbers) > ROWS_SHOWN else ""
        noun = "row" if len(numbers) == 1 else "rows"
        lines.append(f"{file}{', ' if sheet else ''}{sheet}: {noun} {shown}{more}")
    hidden = len(lines) - SHEETS_SHOWN
    return lines if hidden <= 0 else [*lines[:SHEETS_SHOWN], f"and on {hidden} more sheets"]

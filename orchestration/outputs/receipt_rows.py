"""Where a partner's rows stand, and which of them say something that was not understood.

From the typed tables and the judging models; row numbers, columns and rules, never a value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import duckdb

from orchestration.settings import Settings

FATES = ("current", "superseded", "quarantined", "withdrawn", "held", "embargoed")
# Rows replaced or taken back need no correction any more.
_STILL_SAID = ("current", "quarantined", "held", "embargoed")

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
-- What the judging models found: the record's first row stands for it, and place rules name a role only.
judged_rules as (
    select judged.partner, judged.extract_id, judged.record_id, judged.sheet, judged.row_number,
        rules.field, rules.outcome, rules.rule_code, judged.fate
    from work.quarantine.record_rules as rules
    inner join judged using (extract_id, record_id)
    anti join typed using (extract_id, record_id, rule_code)
)
select partner, extract_id, sheet, row_number, field, outcome, rule_code, fate from typed
union all
select partner, extract_id, sheet, row_number, field, outcome, rule_code, fate from judged_rules
order by partner, extract_id, sheet, row_number, rule_code, field
"""
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
    """One thing noted about one row of the partner's file. `field` is ours; the contract knows theirs."""

    partner: str
    extract_id: str
    sheet: str
    row_number: int
    field: str
    outcome: str
    rule_code: str
    fate: str

    @property
    def is_set_aside(self) -> bool:
        return self.outcome == "Q"


class Used(NamedTuple):
    """What the release uses of one partner in one grain."""

    record_grain: str
    records: int
    persons: int | None
    first_day: object
    last_day: object


@dataclass(frozen=True)
class Standing:
    """Fates in rows of the files, by (partner, extract id); what the release uses, by partner."""

    rows: dict[tuple[str, str], Counter[str]]
    used: dict[str, list[Used]]


def read_standing(settings: Settings) -> Standing:
    """Nothing before dbt has judged once."""
    if not settings.warehouse.is_file():
        return Standing({}, {})
    rows: dict[tuple[str, str], Counter[str]] = {}
    used: dict[str, list[Used]] = {}
    with _open(settings) as con:
        for partner, extract_id, fate, count in con.execute(_STANDING).fetchall():
            rows.setdefault((partner, extract_id), Counter())[fate] = count
        for partner, *rest in con.execute(_USED).fetchall():
            used.setdefault(partner, []).append(Used(*rest))
    return Standing(rows, used)


def row_problems(settings: Settings) -> Iterator[RowProblem]:
    """Every note on a row that still counts, by partner, extract, sheet and row."""
    if not settings.warehouse.is_file():
        return
    with _open(settings) as con:
        found = con.execute(
            _PROBLEMS,
            {"fates": list(_STILL_SAID), "problems": str(settings.typed / "problems" / "*.parquet")},
        )
        while rows := found.fetchmany(10_000):
            yield from (RowProblem(*row) for row in rows)


@contextmanager
def _open(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The work file right after dbt has closed it, read only, beside the typed tables."""
    with duckdb.connect(config={"temp_directory": ""}) as con:
        path = str(settings.warehouse).replace("'", "''")
        con.execute(f"attach '{path}' as work (read_only)")
        yield con

"""What differs between an extract and what its partner sent before: months and values, counted on request.

The extract gate stores only its measures. These counts are made anew from the typed tables, for stewards, who
hold the records; nothing of them is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.core import Settings
from orchestration.gates.compared_records import COMPARED_TABLES, FIELDS, RECORDS, label_of
from orchestration.gates.in_force import read_fates
from orchestration.gates.landed import Landed, landed_extracts
from orchestration.gates.submissions import in_order_of_receipt
from orchestration.gates.verdicts import read_profiles, read_verdicts
from orchestration.places import place_names
from orchestration.release import compared
from orchestration.typing import open_views

if TYPE_CHECKING:
    import duckdb

# Measure, text that names its field; whether it is of new records, and of those alone that state the field.
_MEASURES = (
    ("changed_share", "changed_field", False, False),
    ("stated_beyond_usual", "stated_field", True, False),
    ("moved_beyond_usual", "moved_field", True, True),
    ("values_gone", "gone_field", True, True),
)
MOST_VALUES, MOST_MONTHS, NEWEST_MONTHS = 12, 24, 12
# `sent`: the extracts by id, in the order in which they came.
_SENT = f"""
    create temp table records_sent as
    select records.*, sent.number from ({RECORDS}) as records inner join sent using (partner, extract_id)
"""
_NEWEST = """(
    select * from records_sent where number < $asked
    qualify row_number() over (partition by record_id order by number desc) = 1
)"""
_ASKED = "(select * from records_sent where number = $asked)"
_COLUMNS = [field.column for field in FIELDS.values()]
_BOTH = f"create temp table both_extracts as {compared(_NEWEST, _ASKED, ['record_id'], (), _COLUMNS)}"
_COUNTS = """
    select value, sum(before)::integer, sum(now)::integer
    from (
        select value, 1 as before, 0 as now from ({before}) as before (value)
        union all
        select value, 0, 1 from ({now}) as now (value)
    )
    where value is not null or not {of_stated}
    group by value
"""


@dataclass(frozen=True)
class Count:
    """Records that have a value, before and now."""

    value: str
    before: int
    now: int


@dataclass(frozen=True)
class FieldDifference:
    """The values of one field, largest difference first. `of_new`: of new records beside all earlier ones,
    else of records that were sent again. `before`, `now`: how many records these are.
    """

    field: str
    of_new: bool
    before: int
    now: int
    values: tuple[Count, ...]

    @property
    def label(self) -> str:
        return FIELDS[self.field].label


@dataclass(frozen=True)
class Differences:
    """Rows and months of an extract beside the one before it, and the fields that failed a check.

    `rows_before`: of the last extract that came in the same way; None where there is none. `is_full`:
    `months` are beside those of the extract that it replaces, else beside all that was sent before.
    """

    rows_now: int
    rows_before: int | None
    is_full: bool
    months: tuple[Count, ...]
    fields: tuple[FieldDifference, ...]


def differences(settings: Settings, partner: str, extract_id: str) -> Differences | None:
    """Compare an extract with those in force that came before it; None where it is not typed."""
    profiles = {(row["partner"], row["extract_id"]): row for row in read_profiles(settings)}
    profile = profiles.get((partner, extract_id))
    register = [landed for landed in landed_extracts(settings) if landed.partner == partner]
    ordered = [register[at] for at in in_order_of_receipt(register)]
    asked = next((landed for landed in ordered if landed.extract_id == extract_id), None)
    if profile is None or asked is None:
        return None
    fates = read_fates(settings)
    in_force = {key for key, fate in fates.items() if fate.fate == "in_force"}
    before = [
        landed
        for landed in ordered[: ordered.index(asked)]
        if landed.contract == asked.contract and landed.key in in_force
    ]
    months: tuple[Count, ...] = ()
    fields: tuple[FieldDifference, ...] = ()
    with _compared_records(settings, [*before, asked]) as con:
        [(was_sent, is_sent)] = con.execute(
            "select bool_or(became <> 'new'), bool_or(became <> 'gone') from both_extracts"
        ).fetchall()
        if was_sent and is_sent:
            months = tuple(_months(con, before, asked))
            fields = tuple(_fields(settings, con, profile))
    rows_before = profile["rows_last_time"]
    return Differences(
        int(profile["rows_landed"]),
        None if rows_before is None else int(rows_before),
        asked.is_full,
        months,
        fields,
    )


def _compared_records(settings: Settings, extracts: Sequence[Landed]) -> duckdb.DuckDBPyConnection:
    """Open a connection with `both_extracts`: the records of the last extract beside all earlier ones."""
    con = open_views(settings, *COMPARED_TABLES, extract_ids=[landed.extract_id for landed in extracts])
    con.execute("create temp table sent (partner varchar, extract_id varchar, number integer)")
    con.executemany("insert into sent values (?, ?, ?)", [(*one.key, at) for at, one in enumerate(extracts)])
    con.execute(_SENT)
    con.execute(_BOTH, {"asked": len(extracts) - 1})
    return con


def _months(con: duckdb.DuckDBPyConnection, before: Sequence[Landed], asked: Landed) -> list[Count]:
    """Return the newest months and those that differ, newest first.

    They are beside those of the extract that a full one replaces, else beside all that was sent before.
    """
    replaced = [
        landed for landed in before if landed.is_full and landed.declared_period == asked.declared_period
    ]
    earlier = "select month_before from both_extracts where became <> 'new'"
    if asked.is_full and replaced:
        of_replaced = f"select month from records_sent where number = {before.index(replaced[-1])}"
        earlier = of_replaced if con.execute(of_replaced).fetchone() else earlier
    now = "select month from both_extracts where became <> 'gone'"
    rows = con.execute(_COUNTS.format(before=earlier, now=now, of_stated=True)).fetchall()
    counts = [Count(*row) for row in sorted(rows, reverse=True)]
    return [one for at, one in enumerate(counts) if at < NEWEST_MONTHS or one.before != one.now][:MOST_MONTHS]


def _fields(
    settings: Settings, con: duckdb.DuckDBPyConnection, profile: Mapping[str, Any]
) -> Iterator[FieldDifference]:
    """Yield the fields that broke a limit, each once."""
    broken = {
        column
        for verdict in read_verdicts(settings).verdicts
        if (verdict.partner, verdict.extract_id) == (profile["partner"], profile["extract_id"])
        for column in verdict.broken
    }
    named: set[tuple[str, bool]] = set()
    for measure, text, of_new, of_stated in _MEASURES:
        field = profile[text]
        if measure in broken and (field, of_new) not in named:
            named.add((field, of_new))
            yield _field(con, field, of_new, of_stated)


def _field(con: duckdb.DuckDBPyConnection, field: str, of_new: bool, of_stated: bool) -> FieldDifference:
    column = FIELDS[field].column
    of_before, of_now = ("became <> 'new'", "became = 'new'") if of_new else ("became = 'same'",) * 2
    rows = con.execute(
        _COUNTS.format(
            before=f"select {column}_before from both_extracts where {of_before}",
            now=f"select {column} from both_extracts where {of_now}",
            of_stated=of_stated,
        )
    ).fetchall()
    names = place_names()
    counts = [
        Count("unknown" if value is None else label_of(field, value, names), *of_value)
        for value, *of_value in rows
    ]
    before, now = sum(one.before for one in counts), sum(one.now for one in counts)

    def by_difference(one: Count) -> tuple[float, str]:
        return -round(abs(one.now / max(now, 1) - one.before / max(before, 1)), 9), one.value

    return FieldDifference(field, of_new, before, now, tuple(sorted(counts, key=by_difference)[:MOST_VALUES]))

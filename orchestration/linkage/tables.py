"""The tables that linkage takes and makes; dbt reads those it makes, stewards the questions.

A question shows where the records of an unsure pair stand, and in what they agree. Never what either says: no
code, no year of birth, no day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.core import schemas_of, shown_record
from orchestration.linkage.policy import RANGE_REACH

if TYPE_CHECKING:
    import duckdb

# The words of a name in the order in which they are written.
NAME_CODES = ("name_1_code", "name_2_code", "name_3_code", "name_4_code")
RICH_CODES = ("subcounty_code", "recruited_code", "schooling_code", "children_code")
# Numbers that partners give what they register: to persons found together, and to a person passed on.
REFERENCES = ("incident", "referral")

PAIR = ("record_a", "record_b")  # the smaller record first


def _of(kind: pa.DataType, *names: str) -> list[tuple[str, pa.DataType]]:
    return [(name, kind) for name in names]


# Which current records are compared: those of a case of one person.
ONE_PERSON = (
    "record_grain = 'case' and is_counted "
    "and coalesce(greatest(person_count, person_count_low, person_count_high), 1) <= 1"
)
# A row a case record of one person, codes and coarse facts only. `day` counts from 1970.
LINK_INPUT = pa.schema(
    [
        ("record_id", pa.int64()),
        *_of(pa.string(), "partner", *NAME_CODES, "phone_code", "sex"),
        ("birth_year", pa.int32()),
        *_of(pa.string(), "nationality", "origin", "destination", "exploitation"),
        ("day", pa.int32()),
        *_of(pa.string(), *RICH_CODES),
    ]
)
# A row a counted record; `source` as in counts, and the days that its date allows.
NUMBERED = pa.schema(
    [
        ("record_id", pa.int64()),
        *_of(pa.string(), "partner", "source", "record_grain"),
        *_of(pa.date32(), "period_from", "period_to"),
        *_of(pa.string(), *(f"{name}_code" for name in REFERENCES)),
    ]
)
# Pairs that were compared: by which tier, how likely they are one person with the range of that, and the
# evidence itself, which tells the likeliest apart.
PAIRS = pa.schema(
    [
        *_of(pa.int64(), *PAIR),
        ("tier", pa.string()),
        *_of(pa.float64(), "low", "probability", "high", "weight"),
    ]
)
# What pairs add to the records that are somebody's second, with what stewards ruled; whole numbers, so that
# sums of them do not hang on their order.
ENDS = ("low", "expected", "high")
LIKELY_PAIRS = pa.schema(_of(pa.int64(), *PAIR, *(f"{end}_millionths" for end in (*ENDS, "variance"))))
PLACE = ("counting_table", "counting_role", "counting_id")
CELL = (*PLACE, "period_id", "population")
# What dbt reads.
SCHEMAS = schemas_of("linkage")

COMPARED = {
    "phone": "phone_code",
    "nationality": "nationality", "origin": "origin", "destination": "destination",
    "exploitation": "exploitation",
    "subcounty": "subcounty_code", "recruitment": "recruited_code", "schooling": "schooling_code",
    "children": "children_code",
}  # fmt: skip
QUESTIONS = "questions.json"
QUESTION_COLUMNS = (
    "record_a", "record_b", "partner_a", "extract_a", "sheet_a", "row_a", "partner_b", "extract_b", "sheet_b",
    "row_b", "reason", "tier", "probability_low", "probability", "probability_high", "names", *COMPARED,
    "birth_years", "days",
)  # fmt: skip

Row = Mapping[str, Any]


def questions(links: Sequence[Row], records: pa.Table, source_rows: pa.Table) -> list[dict[str, Any]]:
    """A row of QUESTION_COLUMNS a pair."""
    asked = pa.array({link[end] for link in links for end in PAIR}, type=pa.int64())
    wanted = (table.filter(pc.is_in(table["record_id"], value_set=asked)) for table in (records, source_rows))
    values, places = ({row["record_id"]: row for row in table.to_pylist()} for table in wanted)
    return [_question(link, values, places) for link in links if values.keys() >= {link[end] for end in PAIR}]


def _question(link: Row, values: Mapping[int, Row], places: Mapping[int, Row]) -> dict[str, Any]:
    row = {**link, **{end: shown_record(link[end]) for end in PAIR}}
    sides = [values[link[end]] for end in PAIR]
    for letter, side in zip("ab", sides, strict=True):
        place = places.get(side["record_id"], {})
        row[f"partner_{letter}"] = side["partner"]
        row |= {f"{name}_{letter}": place.get(name) for name in ("extract", "sheet", "row")}
    row["names"] = _names(*sides)
    row |= {name: _compared(*(side[column] for side in sides)) for name, column in COMPARED.items()}
    return row | {f"{name}s": _apart(*(side[name] for side in sides)) for name in ("birth_year", "day")}


def _names(one: Row, other: Row) -> str:
    """How many words of the shorter name the other has too."""
    first, second = ({end[name] for name in NAME_CODES if end[name]} for end in (one, other))
    if not first or not second:
        return "not known"
    return f"{len(first & second)} of {min(len(first), len(second))} shared"


def _compared(one: Any, other: Any) -> str:
    return "not known" if one is None or other is None else "same" if one == other else "differs"


def _apart(one: int | None, other: int | None) -> str:
    return "not known" if one is None or other is None else f"{abs(one - other)} apart"


# --- what linkage asks of the work file, open for reading -------------------------------------------------

CURRENT, STOPS, CODES = (
    f"intermediate.{name}" for name in ("int_records_current", "int_movement_stops", "int_movement_codes")
)
COUNTING_KEYS, CELLS = "intermediate.int_counting_keys", "intermediate.int_movement_cells"
JUDGED, SOURCE_ROWS = "quarantine.judged_records", "staging.stg_records"
_CODED = (*NAME_CODES, "phone_code", "birth_year", *RICH_CODES)
_NUMBERS = tuple(f"{name}_code" for name in REFERENCES)
_CODES = pa.schema(
    [
        ("extract_id", pa.string()),
        *map(LINK_INPUT.field, ("partner", "record_id", *_CODED)),
        *_of(pa.string(), *_NUMBERS),
    ]
)
# Rows of one record with different values, as copies may have, give none.
_ONE_VALUE = ", ".join(
    f"case when min({name}) = max({name}) then min({name}) end as {name}" for name in (*_CODED, *_NUMBERS)
)
_ONE_CODE = f"""
with codes as (
    select partner, extract_id, record_id, {_ONE_VALUE}
    from link_codes group by partner, extract_id, record_id
)
"""
# Counted records of one identified person; where the day is not known, it has none.
_INPUT = f"""
{_ONE_CODE},
ends as (
    select movement_id,
        min(counting_place_id) filter (place_role = 'origin') as origin,
        coalesce(
            min(counting_place_id) filter (place_role = 'exploitation'),
            min(counting_place_id) filter (place_role = 'intended_destination')
        ) as destination
    from {STOPS} where stop_number = 1 and is_known and place_role <> 'transit' group by movement_id
),
forms as (
    select movement_id, arg_min(code, seq) as exploitation from {CODES}
    where domain = 'exploitation_type' and code not in ('unknown', 'not_applicable') group by movement_id
)
select
    current.record_id, current.partner, {", ".join(_CODED)},
    case when sex in ('female', 'male') then sex end as sex,
    case when nationality not in ('unknown', 'mixed') then nationality end as nationality,
    origin, destination, exploitation,
    case when date_precision = 'day' then period_from - date '1970-01-01' end as day
from {CURRENT} as current
left join codes using (partner, extract_id, record_id)
left join ends on current.record_id = ends.movement_id
left join forms on current.record_id = forms.movement_id
where {ONE_PERSON}
"""
# Counted records with their numbers; a number stands for itself within its source and grain.
_NUMBERED = f"""
{_ONE_CODE}
select record_id, partner, source, record_grain, period_from, period_to, {", ".join(_NUMBERS)}
from {CURRENT} left join codes using (partner, extract_id, record_id)
where record_grain in ('case', 'route_report') and is_counted
order by record_id
"""

_GROUPS = f"""
with reports as (
    select record_id, source, event_year as year from {CURRENT}
    where record_grain = 'route_report' and is_counted
),
stops as (
    select movement_id as record_id, place_role as role, stop_number as number,
        case when is_ordered then stop_number else 0 end as seq,
        case when is_known then place_id end as place_id
    from {STOPS} semi join reports on movement_id = record_id
),
ends as (
    select
        record_id, role, string_agg(distinct place_id, '>' order by place_id) as places,
        count(*) - count(place_id) as unknown
    from stops where role <> 'transit' group by record_id, role
),
passed as (
    select
        record_id, string_agg(place_id, '>' order by seq, number) as places,
        count(*) - count(place_id) as unknown
    from stops where role = 'transit' group by record_id
),
routes as (
    select
        reports.record_id, reports.source, reports.year, origins.places as origin,
        coalesce(passed.places, '') as passed, coalesce(exploited.places, intended.places) as destination
    from reports
    inner join ends as origins on reports.record_id = origins.record_id and origins.role = 'origin'
    left join ends as exploited
        on reports.record_id = exploited.record_id and exploited.role = 'exploitation'
    left join ends as intended
        on reports.record_id = intended.record_id and intended.role = 'intended_destination'
    left join passed on reports.record_id = passed.record_id
    where reports.year is not null and origins.unknown = 0 and coalesce(passed.unknown, 0) = 0
        and coalesce(exploited.unknown, intended.unknown) = 0
),
groups as (
    select year, origin, passed, destination, min(record_id) as route_group_id
    from routes group by year, origin, passed, destination having count(distinct source) > 1
)
select routes.record_id, groups.route_group_id
from routes
inner join groups
    on routes.year = groups.year and routes.origin = groups.origin and routes.passed = groups.passed
        and routes.destination = groups.destination
order by routes.record_id
"""
# Which pairs meet at which place or corridor; then, inside which cells.
_INSIDE = f"""
with meetings as (
    select {", ".join(LIKELY_PAIRS.names)}, {", ".join(PLACE)}
    from likely_pairs join {COUNTING_KEYS} as one on record_a = one.movement_id
    join {COUNTING_KEYS} as other using ({", ".join(PLACE)}) where record_b = other.movement_id
),
members as (
    select distinct movement_id, period_id, population from {CELLS}
    semi join (select record_a as movement_id from likely_pairs union select record_b from likely_pairs)
    using (movement_id)
    where record_grain = 'case' and record_count > 0
),
inside as (
    select {", ".join(CELL)},
        {", ".join(f"cast(sum({name}) as double) / 1e6 as {name[:-11]}" for name in LIKELY_PAIRS.names[2:])}
    from meetings join members as one on record_a = one.movement_id
    join members as other using (period_id, population) where other.movement_id = record_b
    group by all
)
select {", ".join(CELL)},
    greatest(expected - sqrt((expected - low) ** 2 + {RANGE_REACH**2} * variance), 0) as duplicates_low,
    expected as duplicates_expected,
    expected + sqrt((expected - high) ** 2 + {RANGE_REACH**2} * variance) as duplicates_high
from inside order by all
"""


def link_input(con: duckdb.DuckDBPyConnection, folder: Path) -> tuple[pa.Table, pa.Table]:
    """The LINK_INPUT table of the current case records, and a NUMBERED one of all counted records.

    `folder` holds a file of codes an extract.
    """
    con.register("link_codes", _link_codes(con, folder))
    records = con.execute(f"{_INPUT} order by current.record_id").to_arrow_table()
    numbered = con.execute(_NUMBERED).to_arrow_table()
    con.unregister("link_codes")
    return records.select(LINK_INPUT.names).cast(LINK_INPUT), numbered.cast(NUMBERED)


def _link_codes(con: duckdb.DuckDBPyConnection, folder: Path) -> pa.Table:
    tables = [_CODES.empty_table()]
    for partner, extract_id in con.execute(f"select distinct partner, extract_id from {CURRENT}").fetchall():
        path = folder / partner / f"{extract_id}.parquet"
        if path.is_file():
            codes = pq.read_table(path)
            for name, value in (("extract_id", extract_id), ("partner", partner)):
                codes = codes.append_column(name, pa.repeat(pa.scalar(value), codes.num_rows))
            # Files of an earlier version lack the newest columns.
            tables.append(codes.select([name for name in _CODES.names if name in codes.column_names]))
    return pa.concat_tables(tables, promote_options="permissive").cast(_CODES)


def counted_cases(con: duckdb.DuckDBPyConnection) -> int:
    """How many case records count, of one person or of several."""
    [(count,)] = con.execute(
        f"select count(*) from {CURRENT} where record_grain = 'case' and is_counted"
    ).fetchall()
    return int(count)


def route_groups(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """As `route_groups`: the group of each report that another source reports too, the smallest record in it.

    Equal reports are evidence for one route, and are never summed as persons. They name the same origin, the
    same places passed in the same order and the same destination, for the same year. An unknown end, or an
    unknown year, is equal to nothing. The places of a way whose order is not known are compared as a set.
    """
    return con.execute(_GROUPS).to_arrow_table().cast(SCHEMAS["route_groups"])


def cell_duplicates(con: duckdb.DuckDBPyConnection, likely: pa.Table) -> pa.Table:
    """As `cell_duplicates`: how many records of a cell are somebody's second, by the LIKELY_PAIRS inside.

    A cell is a place in a role, or a corridor, in a period and a population.
    """
    con.register("likely_pairs", likely)
    return con.execute(_INSIDE).to_arrow_table().cast(SCHEMAS["cell_duplicates"])


def source_rows(con: duckdb.DuckDBPyConnection, records: set[int]) -> pa.Table:
    """Where these records stand in their files."""
    con.register("asked_records", pa.table({"record_id": pa.array(sorted(records), type=pa.int64())}))
    return con.execute(
        "select record_id, extract_id as extract, sheet, row_number as row "
        f"from {SOURCE_ROWS} semi join asked_records using (record_id) order by all nulls last"
    ).to_arrow_table()


def needed_extracts(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """Partner and id of the extracts of which some record counts, or may yet."""
    waiting = "fate in ('current', 'quarantined', 'held', 'embargoed')"
    return set(con.execute(f"select distinct partner, extract_id from {JUDGED} where {waiting}").fetchall())

"""What linkage is given of the work file, and how it becomes a LINK_INPUT table and routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.linkage.route_groups import Stop
from orchestration.linkage.tables import LINK_INPUT

CURRENT, STOPS, CODES = (
    f"intermediate.{name}" for name in ("int_records_current", "int_movement_stops", "int_movement_codes")
)
COUNTING_KEYS, CELLS = "intermediate.int_counting_keys", "intermediate.int_movement_cells"
JUDGED, SOURCE_ROWS = "quarantine.judged_records", "staging.stg_records"
# Tables of the work file, with the columns that are read.
TABLES = {
    CURRENT: (
        "extract_id", "record_id", "partner", "record_grain", "is_counted", "date_precision", "period_from",
        "departed_year", "person_count", "person_count_low", "person_count_high", "sex", "nationality",
    ),
    STOPS: (
        "movement_id", "partner", "place_role", "stop_number", "is_ordered", "is_known", "place_id",
        "counting_place_id",
    ),
    CODES: ("movement_id", "domain", "code", "seq"),
    COUNTING_KEYS: ("movement_id", "counting_table", "counting_role", "counting_id"),
    CELLS: ("movement_id", "period_id", "population", "record_grain", "record_count"),
    JUDGED: ("extract_id", "partner", "fate"),
    SOURCE_ROWS: ("extract_id", "partner", "record_id", "sheet", "row_number"),
}  # fmt: skip
_CODED = ("given_code", "surname_code", "phone_code", "birth_year", "subcounty_code", "recruited_code",
          "schooling_code", "children_code")  # fmt: skip
# Rows of one record that say different things, as copies may, say nothing.
_ONE_VALUE = ", ".join(
    f"case when count(distinct {name}) = 1 then min({name}) end as {name}" for name in _CODED
)
# Counted records of one identified person; where the day is not known, dates say nothing.
_INPUT = f"""
with codes as (
    select partner, extract_id, record_id, {_ONE_VALUE}
    from link_codes group by partner, extract_id, record_id
),
ends as (
    select movement_id,
        min(counting_place_id) filter (place_role = 'origin') as origin,
        coalesce(
            min(counting_place_id) filter (place_role = 'exploitation'),
            min(counting_place_id) filter (place_role = 'intended_destination')
        ) as destination
    from stops where stop_number = 1 and is_known and place_role <> 'transit' group by movement_id
),
forms as (
    select movement_id, arg_min(code, seq) as exploitation from record_codes
    where domain = 'exploitation_type' and code not in ('unknown', 'not_applicable') group by movement_id
)
select
    current.record_id, current.partner, current.record_id as source_record, {", ".join(_CODED)},
    case when sex in ('female', 'male') then sex end as sex,
    case when nationality not in ('unknown', 'mixed') then nationality end as nationality,
    origin, destination, exploitation,
    case when date_precision = 'day' then period_from - date '1970-01-01' end as day
from current
left join codes using (partner, extract_id, record_id)
left join ends on current.record_id = ends.movement_id
left join forms on current.record_id = forms.movement_id
where record_grain = 'case' and is_counted
    and coalesce(greatest(person_count, person_count_low, person_count_high), 1) <= 1
"""


def link_input(tables: Mapping[str, pa.Table], codes: pa.Table) -> pa.Table:
    """The LINK_INPUT table of the current case records, with their codes where there are any."""
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as con:
        con.register("current", tables[CURRENT])
        con.register("stops", tables[STOPS])
        con.register("record_codes", tables[CODES])
        con.register("link_codes", codes)
        names = ", ".join(f"cast({field.name} as {_SQL[field.type]}) as {field.name}" for field in LINK_INPUT)
        return con.execute(f"select {names} from ({_INPUT}) order by record_id").to_arrow_table()


def link_codes(folder: Path, current: pa.Table) -> pa.Table:
    """The codes of the extracts that have current records, with whose they are."""
    found = [_NO_CODES]
    for extract in (
        current.select(["partner", "extract_id"])
        .group_by(["partner", "extract_id"])
        .aggregate([])
        .to_pylist()
    ):
        path = folder / extract["partner"] / f"{extract['extract_id']}.parquet"
        if path.is_file():
            codes = pq.read_table(path)
            for name in ("extract_id", "partner"):
                codes = codes.append_column(name, pa.repeat(pa.scalar(extract[name]), codes.num_rows))
            found.append(codes.select(_NO_CODES.column_names).cast(_NO_CODES.schema))
    return pa.concat_tables(found)


def needed_extracts(judged: pa.Table) -> set[tuple[str, str]]:
    """Partner and id of the extracts of which some record counts, or may yet."""
    waiting = {"current", "quarantined", "held", "embargoed"}
    pairs = judged.group_by(["partner", "extract_id", "fate"]).aggregate([]).to_pylist()
    return {(row["partner"], row["extract_id"]) for row in pairs if row["fate"] in waiting}


def route_stops(tables: Mapping[str, pa.Table]) -> Iterator[Stop]:
    """The places of current route reports. Those of a way whose order is not known are compared as a set."""
    years = {
        row["record_id"]: row["departed_year"]
        for row in tables[CURRENT].to_pylist()
        if row["record_grain"] == "route_report" and row["is_counted"]
    }
    for row in tables[STOPS].to_pylist():
        record = row["movement_id"]
        if record in years:
            place = row["place_id"] if row["is_known"] else None
            seq = row["stop_number"] if row["is_ordered"] else 0
            yield Stop(record, row["partner"], years[record], row["place_role"], seq, place)


_SQL = {pa.int64(): "bigint", pa.int32(): "integer", pa.string(): "varchar"}
_NO_CODES = pa.schema(
    [
        ("extract_id", pa.string()),
        ("partner", pa.string()),
        ("record_id", pa.int64()),
        *((name, pa.int32() if name == "birth_year" else pa.string()) for name in _CODED),
    ]
).empty_table()

"""What linkage is given of the work file: questions to it, each with a table of no more than is needed.

The connection is to the work file itself, read-only.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.linkage.tables import LINK_INPUT, NAME_CODES, RICH_CODES, with_words

CURRENT, STOPS, CODES = (
    f"intermediate.{name}" for name in ("int_records_current", "int_movement_stops", "int_movement_codes")
)
COUNTING_KEYS, CELLS = "intermediate.int_counting_keys", "intermediate.int_movement_cells"
JUDGED, SOURCE_ROWS = "quarantine.judged_records", "staging.stg_records"
# Tables of the work file that are read.
TABLES = (CURRENT, STOPS, CODES, COUNTING_KEYS, CELLS, JUDGED, SOURCE_ROWS)
_CODED = (*NAME_CODES, "names_version", "phone_code", "birth_year", *RICH_CODES)
# Rows of one record with different values, as copies may have, give none.
_ONE_VALUE = ", ".join(
    f"case when count(distinct {name}) = 1 then min({name}) end as {name}" for name in _CODED
)
# Counted records of one identified person; where the day is not known, it has none.
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
where record_grain = 'case' and is_counted
    and coalesce(greatest(person_count, person_count_low, person_count_high), 1) <= 1
"""


def link_input(con: duckdb.DuckDBPyConnection, folder: Path) -> pa.Table:
    """The LINK_INPUT table of the current case records; `folder` holds a file of codes an extract."""
    con.register("link_codes", _link_codes(con, folder))
    names = ", ".join(f"cast({field.name} as {_SQL[field.type]}) as {field.name}" for field in LINK_INPUT)
    found = con.execute(f"select {names} from ({_INPUT}) order by record_id").to_arrow_table()
    con.unregister("link_codes")
    return found


def _link_codes(con: duckdb.DuckDBPyConnection, folder: Path) -> pa.Table:
    found = [_NO_CODES]
    for partner, extract_id in con.execute(f"select distinct partner, extract_id from {CURRENT}").fetchall():
        path = folder / partner / f"{extract_id}.parquet"
        if path.is_file():
            codes = with_words(pq.read_table(path))
            for name, value in (("extract_id", extract_id), ("partner", partner)):
                codes = codes.append_column(name, pa.repeat(pa.scalar(value), codes.num_rows))
            found.append(codes.select(_NO_CODES.column_names).cast(_NO_CODES.schema))
    return pa.concat_tables(found)


def counted_cases(con: duckdb.DuckDBPyConnection) -> int:
    """How many case records count, of one person or of several."""
    [(count,)] = con.execute(
        f"select count(*) from {CURRENT} where record_grain = 'case' and is_counted"
    ).fetchall()
    return int(count)


def read_routes(con: duckdb.DuckDBPyConnection) -> None:
    """Lay out the counted route reports as `route_groups` takes them: `reports` and `stops`."""
    con.execute(
        "create or replace temp view reports as select record_id, source, departed_year as year "
        f"from {CURRENT} where record_grain = 'route_report' and is_counted"
    )
    # The places of a way whose order is not known are compared as a set.
    con.execute(
        "create or replace temp view stops as select movement_id as record_id, place_role as role, "
        "case when is_ordered then stop_number else 0 end as seq, stop_number as number, "
        f"case when is_known then place_id end as place_id from {STOPS} "
        "semi join reports on movement_id = record_id"
    )


def cells_of(con: duckdb.DuckDBPyConnection, likely: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Places and corridors of the records of LIKELY_PAIRS, and the periods and populations they count in."""
    con.register("likely_pairs", likely)
    con.execute(
        "create or replace temp table asked as "
        "select record_a as movement_id from likely_pairs union select record_b from likely_pairs"
    )
    con.unregister("likely_pairs")
    keys, cells = (
        con.execute(
            f"select {', '.join(columns)} from {table} semi join asked using (movement_id)"
        ).to_arrow_table()
        for table, columns in (
            (COUNTING_KEYS, ("movement_id", "counting_table", "counting_role", "counting_id")),
            (CELLS, ("movement_id", "period_id", "population", "record_grain", "record_count")),
        )
    )
    return keys, cells


def source_rows(con: duckdb.DuckDBPyConnection, records: set[int]) -> pa.Table:
    """Where these records stand in their files."""
    con.register("asked_records", pa.table({"record_id": pa.array(sorted(records), type=pa.int64())}))
    found = con.execute(
        "select extract_id, partner, record_id, sheet, row_number "
        f"from {SOURCE_ROWS} semi join asked_records using (record_id) order by all nulls last"
    ).to_arrow_table()
    con.unregister("asked_records")
    return found


def needed_extracts(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """Partner and id of the extracts of which some record counts, or may yet."""
    waiting = "fate in ('current', 'quarantined', 'held', 'embargoed')"
    return set(con.execute(f"select distinct partner, extract_id from {JUDGED} where {waiting}").fetchall())


_SQL = {pa.int64(): "bigint", pa.int32(): "integer", pa.string(): "varchar"}
_NO_CODES = pa.schema(
    [
        ("extract_id", pa.string()),
        ("partner", pa.string()),
        ("record_id", pa.int64()),
        *((name, pa.int32() if name == "birth_year" else pa.string()) for name in _CODED),
    ]
).empty_table()

"""Two lineages side by side: each record before and now, and how many movements a line has in both.

A record is found in the other lineage by partner and record id. `both_releases` has a row per counted record,
with its fields before and now; places are counties, or countries outside Kenya.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.core import open_duckdb
from orchestration.release.lineage import CELLS, EXTRACTS, RECORDS
from orchestration.release.sql import attach, sql_text

RECORD_FIELDS = ("origin", "destination", "month", "form_label", "sex", "age_band")
_FILES = {"records": RECORDS, "extracts": EXTRACTS, "cells": CELLS}
_PLACES = """
    create temp table places as
    select place_id, name,
        coalesce(county_place_id, nullif(nullif(country_place_id, 'KEN'), 'unknown')) as compared_place_id
    from newer.marts.dim_place
"""
_RECORDS = """
    select records.partner, records.extract_id, records.record_id,
        origins.compared_place_id as origin, destinations.compared_place_id as destination,
        case when month_from = month_to then month_from::varchar end as month,
        form_label, nullif(sex, 'unknown') as sex, nullif(age_band, 'unknown') as age_band
    from records_{when} as records
    left join places as origins on records.origin_place_id = origins.place_id
    left join places as destinations on records.destination_place_id = destinations.place_id
    where records.is_counted
"""
_BOTH = f"""
    create temp table both_releases as
    with sent_new as (
        select distinct partner, contract from extracts_now
        anti join extracts_before using (partner, extract_id)
    ),
    -- An older extract stays in force when a new one replaces its records: they moved, and are not gone.
    same as (
        select partner, extract_id from extracts_now
        semi join extracts_before using (partner, extract_id)
        anti join sent_new using (partner, contract)
    ),
    before as ({_RECORDS.format(when="before")}),
    now as ({_RECORDS.format(when="now")})
    select partner, record_id, before.extract_id as extract_before, now.extract_id as extract_now,
        {", ".join(f"before.{name} as {name}_before, now.{name} as {name}" for name in RECORD_FIELDS)},
        before.record_id is not null as was_there, now.record_id is not null as is_there,
        coalesce(before.extract_id = now.extract_id, false)
            or (before.extract_id is null or now.extract_id is null)
            and (partner, coalesce(now.extract_id, before.extract_id)) in (
                select (partner, extract_id) from same
            ) as is_same_extract
    from before
    full join now using (partner, record_id)
"""
# Each line (a place, a corridor) before and now, and the partner with most of the difference.
_LINES = """
    with moves as ({moves}),
    counts as (
        select line, partner, sum(before) as before, sum(now) as now from (
            select before as line, partner, 1 as before, 0 as now from moves where before is not null
            union all select now, partner, 0, 1 from moves where now is not null
        ) group by line, partner
    ),
    totals as (select line, sum(before) as before, sum(now) as now from counts group by line),
    ranked as (
        select line, totals.before, totals.now, partner, counts.now - counts.before as difference,
            row_number() over (
                partition by line
                order by (counts.now - counts.before) * sign(totals.now - totals.before) desc, partner
            ) as place_in_line
        from totals inner join counts using (line)
        where totals.before <> totals.now
    )
    select line, before::integer, now::integer, partner, difference::integer
    from ranked where place_in_line = 1
    order by abs(now - before) desc, line
"""
# Lines of the counting tables of both releases. A merged movement is counted by its smallest record.
_COUNTED = """
    select replace(cell, 'records of {table}|', record_grain || '|') as {before}, null::varchar as {now},
        partner
    from cells_{when} inner join records_{when} as records using (record)
    where starts_with(cell, 'records of {table}|') and is_counted and records.record = movement
"""


@dataclass(frozen=True)
class Line:
    """A place or corridor whose count differs; `partner` has `of_partner` of the difference, most of all."""

    line: str
    before: int
    now: int
    partner: str
    of_partner: int


def open_both(evidence_base: Path, now: Path, before: Path) -> duckdb.DuckDBPyConnection | None:
    """Open two lineages, by folder, side by side; None if one is missing.

    `evidence_base`: the members' file of the newer release, for its places.
    """
    folders = {"now": now, "before": before}
    if not all((folder / file).is_file() for folder in folders.values() for file in _FILES.values()):
        return None
    con = open_duckdb()
    attach(con, evidence_base, "newer")
    try:
        con.execute(_PLACES)
    except duckdb.CatalogException:  # another check refuses a candidate without this table
        con.close()
        return None
    for when, folder in folders.items():
        for name, file in _FILES.items():
            path = sql_text(folder / file)
            con.execute(f"create temp view {name}_{when} as select * from read_parquet({path})")
    con.execute(_BOTH)
    return con


def changed_lines(con: duckdb.DuckDBPyConnection, moves: str) -> list[Line]:
    """Return the lines whose counts differ, the largest difference first.

    `moves`: a query with the columns before, now (a line or null) and partner.
    """
    return [Line(*row) for row in con.execute(_LINES.format(moves=moves)).fetchall()]


def counted_lines(con: duckdb.DuckDBPyConnection, table: str) -> list[Line]:
    """Return the changed lines of a counting table (`hotspots`, `corridors`) as `grain|role|id`."""
    before = _COUNTED.format(when="before", before="before", now="now", table=table)
    now = _COUNTED.format(when="now", before="now", now="before", table=table)
    return changed_lines(con, f"select before, now, partner from ({before}) union all by name ({now})")

"""The comparison of two sets of rows, in SQL: by key what is new, gone or changed, and counts before and now.

`compared` takes any two relations with a key. On it stand the rows of two releases' tables, and the records
of two lineages: a record is found in the other by partner and record id, and its places are counties, or
countries outside Kenya. `changed_lines` counts records by a line, such as a place or a corridor.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.core import sql_text
from orchestration.release.evidence_base import column_types, row_text
from orchestration.release.lineage import CELLS, COUNTS, EXTRACTS, RECORDS

RECORD_FIELDS = ("start_place", "end_place", "month", "form_label", "sex", "age_band")
_FILES = {"counts": COUNTS, "records": RECORDS, "extracts": EXTRACTS, "cells": CELLS}


def compared(
    before: str, now: str, key: Sequence[str], values: Sequence[str] = (), others: Sequence[str] = ()
) -> str:
    """Return SQL for a row per key: each value as `NAME_before` and `NAME`, and `became`.

    `before`, `now`: relations whose keys are unique and not null. `became` is `same`, `new`, `gone` or, where
    a value differs, `changed`. `others`: further columns before and now, which change nothing.
    """
    names = (*values, *others)
    sides = "".join(f", before.{name} as {name}_before, now.{name} as {name}" for name in names)
    changed = " or ".join(f"before.{name} is distinct from now.{name}" for name in values) or "false"
    return f"""
        select {", ".join(key)}{sides},
            case when before.was_there is null then 'new' when now.is_there is null then 'gone'
                when {changed} then 'changed' else 'same' end as became
        from (select *, true as was_there from {before}) as before
        full join (select *, true as is_there from {now}) as now using ({", ".join(key)})
    """


def rows_changed(
    con: duckdb.DuckDBPyConnection, before: str, now: str, key: Sequence[str]
) -> tuple[int, int, int]:
    """Count the rows of two tables that are new, gone and changed, in the columns that both have.

    Without a key whole rows are compared.
    """
    earlier = column_types(con, before)
    columns = {name: kind for name, kind in column_types(con, now).items() if name in earlier}
    row_key = row_text({name: columns[name] for name in key if name in columns} or columns)
    hashed = """(
        select row_key, count(*) as times, min(row_hash) as first_hash, max(row_hash) as last_hash
        from (select md5({key}) as row_key, md5({row}) as row_hash from {table}) as hashed
        group by row_key
    )"""
    old, new = (hashed.format(key=row_key, row=row_text(columns), table=table) for table in (before, now))
    numbers = con.execute(
        f"""
        select
            coalesce(sum(greatest(coalesce(times, 0) - coalesce(times_before, 0), 0)), 0),
            coalesce(sum(greatest(coalesce(times_before, 0) - coalesce(times, 0), 0)), 0),
            coalesce(sum(least(times, times_before)) filter (where became = 'changed'), 0)
        from ({compared(old, new, ["row_key"], ["first_hash", "last_hash"], ["times"])})
        """
    ).fetchall()[0]
    added, removed, changed = map(int, numbers)
    return added, removed, changed


# --- records of two lineages ------------------------------------------------------------------------------

_PLACES = """
    create temp table places as
    select place_id, name,
        coalesce(county_place_id, nullif(nullif(country_place_id, 'KEN'), 'unknown')) as compared_place_id
    from newer.marts.dim_place
"""
_RECORDS = """(
    select records.partner, records.extract_id, records.record_id,
        starts.compared_place_id as start_place, ends.compared_place_id as end_place,
        case when month_from = month_to then month_from::varchar end as month,
        form_label, nullif(sex, 'unknown') as sex, nullif(age_band, 'unknown') as age_band
    from records_{when} as records
    left join places as starts on records.start_place_id = starts.place_id
    left join places as ends on records.end_place_id = ends.place_id
    where records.is_counted
)"""
_BEFORE, _NOW = (_RECORDS.format(when=when) for when in ("before", "now"))
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
    )
    select *,
        coalesce(extract_id_before = extract_id, false)
            or (extract_id_before is null or extract_id is null)
            and (partner, coalesce(extract_id, extract_id_before)) in (
                select (partner, extract_id) from same
            ) as is_same_extract
    from ({compared(_BEFORE, _NOW, ["partner", "record_id"], RECORD_FIELDS, ["extract_id"])})
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
# Cells of a published table in both releases. A merged movement is counted by its smallest record.
_COUNTED = """
    select cell[{at}:] as {before}, null::varchar as {now}, partner
    from cells_{when} inner join records_{when} as records using (record)
    where starts_with(cell, '{cells}') and is_counted and records.record = movement
"""


@dataclass(frozen=True)
class Line:
    """A place or corridor whose count differs; `partner` has `of_partner` of the difference, most of all."""

    line: str
    before: int
    now: int
    partner: str
    of_partner: int


def add_lineages(con: duckdb.DuckDBPyConnection, now: Path, before: Path) -> bool:
    """Add two lineages, by folder, to a connection with the `newer` release, whose places are compared.

    `both_releases` has a row per counted record. Returns False if a lineage is missing or may not be read.
    """
    folders = {"now": now, "before": before}
    try:
        if not all((folder / file).is_file() for folder in folders.values() for file in _FILES.values()):
            return False
        con.execute(_PLACES)
    except PermissionError:  # whoever may read releases need not be allowed to read lineages
        return False
    except duckdb.CatalogException:  # another check refuses a candidate without this table
        return False
    for when, folder in folders.items():
        for name, file in _FILES.items():
            path = sql_text(folder / file)
            con.execute(f"create temp view {name}_{when} as select * from read_parquet({path})")
    con.execute(_BOTH)
    return True


def changed_lines(con: duckdb.DuckDBPyConnection, moves: str) -> list[Line]:
    """Return the lines whose counts differ, the largest difference first.

    `moves`: a query with the columns before, now (a line or null) and partner.
    """
    return [Line(*row) for row in con.execute(_LINES.format(moves=moves)).fetchall()]


def counted_lines(con: duckdb.DuckDBPyConnection, table: str) -> list[Line]:
    """Return the cells of a published table whose cases differ, such as `KE040` or `KE040>KE047|within`."""
    column = "passing_count" if table in ("passings", "border_points") else "movement_count"
    cells = f"{table}|{column}|"
    before, now = (
        _COUNTED.format(when=when, before=when, now=other, cells=cells, at=len(cells) + 1)
        for when, other in (("before", "now"), ("now", "before"))
    )
    return changed_lines(con, f"select before, now, partner from ({before}) union all by name ({now})")

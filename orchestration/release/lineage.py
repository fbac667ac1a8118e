"""Lineage of a release: published key → cells → records → extract, sheet and row. Restricted.

`lineage/<release_id>/` holds Parquet files, made from the work file, which may be deleted at any time:

* `counts`: each count of a published row: edition, table, key, and cell, period and grain of its records;
* `cells`, `periods`: the records of each; a record has a number that is valid within one release only;
* `records`: partner, extract, sheet and row of each, and the movement it belongs to;
* `watches`, `extracts`: the months and places that each extract reports of, and its contract.

They are removed with their release. A forgotten record leaves all of them, with the counts that it alone
stood behind. `lineage_keys` says which records stand behind which row, `tracing` asks for them.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.core import (
    PARTIAL,
    NjiaError,
    Settings,
    Tombstones,
    durable,
    machine_fault,
    note_sums,
    open_duckdb,
    sql_text,
    summed,
    sync,
)
from orchestration.release.lineage_keys import COUNTED, named_keys
from orchestration.release.releases import CANDIDATE, current_release, list_releases, remove_folder

PRIVATE = 0o700
COUNTS, CELLS, PERIODS = "counts.parquet", "cells.parquet", "periods.parquet"
RECORDS, WATCHES, EXTRACTS = "records.parquet", "watches.parquet", "extracts.parquet"


# A movement has the number of its smallest record.
_NUMBERED = """
    create temp table records as
    with numbered as (
        select
            cast(row_number() over (
                order by records.extract_id, typed.sheet, typed.row_number, records.record_id
            ) as integer) as record,
            records.record_id,
            records.partner,
            records.partner_code,
            records.source,
            records.extract_id,
            typed.sheet,
            typed.row_number
        from intermediate.int_records_current as records
        inner join staging.stg_records as typed
            on records.record_id = typed.record_id and records.extract_id = typed.extract_id
                and records.partner = typed.partner
    )

    select
        numbered.*,
        smallest.record as movement,
        movements.record_grain,
        movements.is_counted,
        movements.is_prevented,
        coalesce(movements.is_child, false) as is_child,
        coalesce(matched.is_like = 1, false) as is_like,
        coalesce(matched.is_like_later = 1, false) as is_like_later,
        movements.window_id,
        movements.round,
        date_trunc('month', movements.period_from)::date as month_from,
        date_trunc('month', movements.period_to)::date as month_to,
        movements.start_place_id,
        movements.end_place_id,
        movements.form_label,
        movements.sex,
        movements.age_band
    from numbered
    inner join intermediate.int_movements as movements on numbered.record_id = movements.movement_id
    inner join intermediate.int_linked_records as linked on numbered.record_id = linked.record_id
    inner join numbered as smallest on linked.movement_id = smallest.record_id
    left join intermediate.int_matched_windows as matched
        on movements.source = matched.source and movements.window_id = matched.window_id
"""
_IN_FORCE = "create temp table in_force as from staging.stg_extracts where fate = 'in_force'"
_TABLES = {
    RECORDS: "select * from records order by record",
    # A movement belongs to cells of published tables by its smallest record.
    CELLS: """
        select cells.cell, records.record
        from (
            select table_name || '|' || column_name || '|' || cell_id as cell, movement_id
            from intermediate.int_cell_members
            union all
            select 'records of ' || counting_table || '|' || counting_role || '|' || counting_id, movement_id
            from intermediate.int_counting_keys
            union all
            select 'fields|' || field || '|' || is_known, movement_id from intermediate.int_stated_fields
            union all
            select 'items|' || item_kind || '|' || item || '|' || item_role, movement_id
            from intermediate.int_movement_items
        ) as cells
        inner join records on cells.movement_id = records.record_id
        order by all
    """,
    # Besides calendar periods and rounds: months of shifts and alerts, and what is earlier than a period.
    PERIODS: """
        with membership as (
            select periods.period_id, records.record
            from intermediate.int_window_periods as periods
            inner join records on periods.window_id = records.window_id
        ),
        months as (
            select distinct period_id, try_cast(left(period_id, 7) || '-01' as date) as month from named_keys
        ),
        windows as (
            select period_id, month - to_months(11) as first_month, month as last_month, true as is_span
            from months where period_id like '%-12m'
            union all
            -- The twelve months that ended three months before (`statistics/alerts`).
            select period_id, month - to_months(14), month - to_months(3), false
            from months where period_id like '%-before'
            union all
            select period_id, month, date '9999-12-01', false from months where period_id like '%-on'
        )
        select period_id, record from membership
        union
        select windows.period_id, records.record
        from windows
        inner join records
            on records.month_from >= windows.first_month and records.month_to <= windows.last_month
        where windows.is_span or records.month_from = records.month_to
        union
        select 'before-round-' || later.round, records.record
        from intermediate.int_rounds as later
        inner join intermediate.int_rounds as earlier on earlier.round_number < later.round_number
        inner join records on earlier.round = records.round
        union
        select 'before-' || later.period_id, membership.record
        from intermediate.int_periods as later
        inner join intermediate.int_periods as earlier
            on later.period_kind = earlier.period_kind
                and earlier.period_from = later.period_from - to_months(12)
        inner join membership on earlier.period_id = membership.period_id
        where later.period_kind in ('year', 'quarter')
        order by all
    """,
    COUNTS: """
        select
            keys.*,
            date_trunc('month', periods.period_from)::date as first_month,
            periods.period_to as last_day
        from named_keys as keys
        left join intermediate.int_periods as periods on keys.period_id = periods.period_id
        order by all
    """,
    EXTRACTS: """
        select
            partner, partner_code, source, extract_id, contract, agreement_id, period_from, period_to, round,
            record_grain, publication
        from in_force
        order by all
    """,
    # Months are watched at places. Rounds and publications are declared, without months of their own.
    WATCHES: """
        select
            'watched|' || record_grain || '|' || place_id || '|' || place_role || '|' as cell,
            partner, extract_id, watched_place_id, place_role as role, month_start as month
        from intermediate.int_extract_activity
        union
        select 'round-' || round || '|', partner, extract_id, null, null, null
        from in_force where round is not null
        union
        select 'publication|' || coalesce(publication, '') || '|' || partner_code || '|', partner, extract_id,
            null, null, null
        from in_force where record_grain = 'flow_count'
        union
        select 'reported|' || in_force.record_grain || '|round-' || later.round || '|', in_force.partner,
            in_force.extract_id, coverage.place_id, coverage.place_role, null
        from in_force
        inner join intermediate.int_rounds as own on in_force.round = own.round
        inner join intermediate.int_rounds as later on own.round_number <= later.round_number
        left join staging.stg_coverage as coverage
            on in_force.extract_id = coverage.extract_id and in_force.partner = coverage.partner
        order by all
    """,
}  # fmt: skip
# A row goes with its last record, and of a row that stays the cells that have none left.
_COUNTS_WITHOUT = f"""
    with asked as (
        select * from 'counts.parquet'
        where (edition, table_name, row_key) in (
            select (edition, table_name, row_key) from 'counts.parquet'
            where cell in (select cell from 'cells.parquet' where record in (select record from gone))
        )
    ),
    counted as (select *, record in (select record from gone) as is_gone from ({COUNTED})),
    empty_cells as (
        select edition, table_name, row_key, part, cell from counted group by all having bool_and(is_gone)
    ),
    empty_rows as (
        select edition, table_name, row_key from counted group by all having bool_and(is_gone)
    )
    select keys.* from 'counts.parquet' as keys
    anti join empty_cells using (edition, table_name, row_key, part, cell)
    anti join empty_rows using (edition, table_name, row_key)
    order by all
"""
# Extracts that declare no period report of the months of their records alone.
_WATCHES_WITHOUT = """
    with months as (
        select
            partner, extract_id, month_from as month,
            bool_and(record in (select record from gone)) as is_empty
        from 'records.parquet'
        where month_from = month_to
        group by all
    )
    select watches.*
    from 'watches.parquet' as watches
    inner join 'extracts.parquet' as extracts using (partner, extract_id)
    left join months using (partner, extract_id, month)
    where extracts.period_from is not null or not coalesce(months.is_empty, false)
    order by all
"""


def lineage_of(settings: Settings, release_id: str) -> Path:
    return settings.lineage / release_id


def open_lineage(folder: Path) -> duckdb.DuckDBPyConnection:
    """Open a lineage: queries name its files, such as `from 'records.parquet'`."""
    con = open_duckdb()
    con.execute(f"set file_search_path = {sql_text(folder)}")
    return con


def movements_by_partner(settings: Settings) -> dict[str, int]:
    """Count the movements in force of each partner; one that two partners report counts at both."""
    current = current_release(settings)
    folder = lineage_of(settings, current.release_id) if current else None
    if folder is None or not (folder / RECORDS).is_file():
        return {}
    query = f"select partner, count(distinct movement) from '{RECORDS}' group by partner"
    with open_lineage(folder) as con:
        return dict(con.execute(query).fetchall())


def write_lineage(settings: Settings, manifest: Mapping[str, Any]) -> Path:
    """Write a candidate's lineage from the work file, by its manifest; it stays as long as the candidate."""
    folder = lineage_of(settings, manifest["release_id"])
    partial = folder.with_name(f"{PARTIAL}{folder.name}")
    for earlier in (partial, folder):
        durable.remove_folder(earlier)
    durable.make_folder(partial, PRIVATE)
    try:
        with open_duckdb(settings.warehouse, settings.spill, threads=1) as con:
            named = f"create temp table named_keys as {named_keys(manifest)}"
            for statement in (_NUMBERED, _IN_FORCE, named):
                con.execute(statement)
            for name, query in _TABLES.items():
                con.execute(
                    f"copy ({query}) to {sql_text(partial / name)} (format parquet, compression zstd)"
                )
    except duckdb.Error as error:
        durable.remove_folder(partial)
        # DuckDB's message may quote a cell.
        raise machine_fault(error, settings.home) or NjiaError(
            f"The lineage of the candidate could not be written ({type(error).__name__}). The current "
            "release stays. Run `njia refresh` again."
        ) from None
    note_sums(partial)
    for path in (*partial.iterdir(), partial):
        sync(path)
    durable.rename(partial, folder)
    return folder


def sweep_lineage(settings: Settings) -> None:
    """Remove the lineage of earlier candidates, pruned releases and killed refreshes."""
    if not settings.lineage.is_dir():
        return
    kept = {release.release_id for release in list_releases(settings)}
    for folder in settings.lineage.iterdir():
        if folder.is_dir() and folder.name not in kept:
            remove_folder(folder)


def forget_in_lineage(settings: Settings, partner: str, records: Collection[int]) -> int:
    """Remove records of a partner from every lineage; return how many releases had them.

    Lineage without a release is removed whole, because a kill may have left it incomplete; so is a candidate.
    """
    for candidate in settings.releases.glob(f"{CANDIDATE}*"):
        remove_folder(candidate)
    sweep_lineage(settings)
    if not settings.lineage.is_dir():
        return 0
    wanted, touched = pa.array(sorted(records), pa.int64()), 0
    for folder in sorted(settings.lineage.iterdir()):
        table = pq.read_table(folder / RECORDS)
        is_gone = pc.and_(pc.is_in(table["record_id"], wanted), pc.equal(table["partner"], partner))
        if pc.any(is_gone).as_py():
            _remove(folder, table.filter(is_gone).select(["record"]))
            touched += 1
    return touched


def _remove(folder: Path, gone: pa.Table) -> None:
    """Remove records from a lineage. RECORDS comes last: a rerun after a kill finds them again."""
    of_records = sorted(
        path.name for path in folder.glob("*.parquet") if "record" in pq.read_schema(path).names
    )
    queries = {COUNTS: _COUNTS_WITHOUT, WATCHES: _WATCHES_WITHOUT} | {
        name: f"select * from '{name}' where record not in (select record from gone)"
        for name in sorted(of_records, key=lambda name: name == RECORDS)
    }
    # Njia before 0.5.0 named rows in a file that nothing reads any more.
    queries["keys.parquet"] = "select * from 'keys.parquet' limit 0"
    with open_lineage(folder) as con:
        con.register("gone", gone)
        for name, query in queries.items():
            if (folder / name).is_file():
                left = con.execute(query).to_arrow_table()
                with summed(folder / name) as partial:
                    pq.write_table(left, partial, compression="zstd")


def forgotten_in_lineage(settings: Settings, tombstones: Tombstones) -> tuple[set[int], set[str]]:
    """Return a partner's forgotten records in the lineage of kept releases, as a restore may bring them back.

    Also the SHA-256 of the landed cells from which these releases were made.
    """
    records: set[int] = set()
    cells: set[str] = set()
    for release in list_releases(settings):
        path = lineage_of(settings, release.release_id) / RECORDS
        if not path.is_file():
            continue
        table = pq.read_table(path, columns=["record_id", "partner", "extract_id"])
        table = table.filter(pc.equal(table["partner"], tombstones.partner))
        gone = table.filter(pa.array(tombstones.among(table["record_id"].to_numpy())))
        extracts = set(gone["extract_id"].to_pylist())
        records |= set(gone["record_id"].to_pylist())
        cells |= {
            extract["parquet_sha256"]
            for extract in release.manifest["extracts"]
            if extract["extract_id"] in extracts and extract.get("parquet_sha256")
        }
    return records, cells

"""Lineage of each release: which records, by extract and row, stand behind what it publishes. Restricted.

Three Parquet files in `lineage/<release_id>/`, in which a record goes by a number of that release alone:
`records` (where each is told, and by what it is counted), `lines` (places and corridors it is counted at) and
`periods` (that it lies in). The work file, which they are made from, is deletable at any time; they go with
their release, and a forgotten record goes from all of them.

What does not belong here: asking them (`trace`).
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.durable import PARTIAL, replacing, sync
from orchestration.errors import NjiaError
from orchestration.release.current import list_releases, remove_folder
from orchestration.settings import Settings

RECORDS, LINES, PERIODS = "records.parquet", "lines.parquet", "periods.parquet"
PRIVATE = 0o700
# A movement is called by its smallest record, which is one of these: so by a number, too.
_NUMBERED = """
    create temp table numbered as
    select
        cast(row_number() over (
            order by records.extract_id, typed.sheet, typed.row_number, records.record_id
        ) as integer) as record,
        records.record_id,
        records.partner,
        records.partner_code,
        records.extract_id,
        typed.sheet,
        typed.row_number
    from intermediate.int_records_current as records
    inner join staging.stg_records as typed
        on records.record_id = typed.record_id and records.extract_id = typed.extract_id
            and records.partner = typed.partner
"""
_TABLES = {
    RECORDS: """
        select
            numbered.*,
            smallest.record as movement,
            movements.record_grain,
            movements.is_counted,
            movements.is_prevented,
            coalesce(movements.is_child, false) as is_child,
            movements.round,
            date_trunc('month', movements.period_from)::date as month_from,
            date_trunc('month', movements.period_to)::date as month_to,
            movements.origin_counting_place_id as origin_place_id,
            movements.origin_country_place_id,
            movements.destination_counting_place_id as destination_place_id,
            movements.destination_country_place_id,
            coalesce(movements.person_count_low, movements.person_count, 0) as person_count
        from numbered
        inner join intermediate.int_movements as movements on numbered.record_id = movements.movement_id
        inner join intermediate.int_linked_records as linked on numbered.record_id = linked.record_id
        inner join numbered as smallest on linked.movement_id = smallest.record_id
        order by numbered.record
    """,
    LINES: """
        select keys.counting_table, keys.counting_role, keys.counting_id, numbered.record
        from intermediate.int_counting_keys as keys
        inner join numbered on keys.movement_id = numbered.record_id
        order by all
    """,
    PERIODS: """
        select membership.period_id, numbered.record
        from intermediate.int_period_membership as membership
        inner join numbered on membership.movement_id = numbered.record_id
        order by all
    """,
}


def lineage_of(settings: Settings, release_id: str) -> Path:
    return settings.lineage / release_id


def write_lineage(settings: Settings, release_id: str) -> Path:
    """Write the lineage of a candidate from the work file, before it can be published.

    Of a candidate that is refused it stays until the next one is staged.
    """
    folder = lineage_of(settings, release_id)
    partial = folder.with_name(f"{PARTIAL}{release_id}")
    for one in (partial, folder):
        shutil.rmtree(one, ignore_errors=True)
    partial.mkdir(mode=PRIVATE, parents=True)
    try:
        with duckdb.connect(str(settings.warehouse), read_only=True) as con:
            con.execute(_NUMBERED)
            for name, asked in _TABLES.items():
                con.execute(
                    f"copy ({asked}) to '{_quoted(partial / name)}' (format parquet, compression zstd)"
                )
    except duckdb.Error as error:
        shutil.rmtree(partial, ignore_errors=True)
        # The engine's text may quote a cell.
        raise NjiaError(
            f"The lineage of the candidate could not be written ({type(error).__name__}). The current "
            "release stays. Make sure that the disk is not full, then run `njia refresh` again."
        ) from None
    for path in (*partial.iterdir(), partial):
        sync(path)
    partial.rename(folder)
    sync(folder.parent)
    return folder


def sweep_lineage(settings: Settings) -> None:
    """Remove lineage of what is no release: refused candidates, pruned releases, what a kill left."""
    if not settings.lineage.is_dir():
        return
    kept = {release.release_id for release in list_releases(settings)}
    for folder in settings.lineage.iterdir():
        if folder.is_dir() and folder.name not in kept:
            remove_folder(folder)


def forget_in_lineage(settings: Settings, partner: str, records: Collection[int]) -> int:
    """Take records of a partner out of every lineage; returns how many releases had them.

    Lineage of what is no release goes whole: a kill may have left it in pieces.
    """
    sweep_lineage(settings)
    if not settings.lineage.is_dir():
        return 0
    wanted, touched = pa.array(sorted(records), pa.int64()), 0
    for folder in sorted(settings.lineage.iterdir()):
        table = pq.read_table(folder / RECORDS)
        is_gone = pc.and_(pc.is_in(table["record_id"], wanted), pc.equal(table["partner"], partner))
        numbers = table.filter(is_gone)["record"]
        if len(numbers):
            # The record itself last: a kill before leaves it to be found again.
            for name in (LINES, PERIODS, RECORDS):
                _without(folder / name, numbers)
            touched += 1
    return touched


def _without(path: Path, numbers: pa.ChunkedArray) -> None:
    table = pq.read_table(path)
    kept = table.filter(pc.invert(pc.is_in(table["record"], numbers.combine_chunks())))
    with replacing(path) as partial:
        pq.write_table(kept, partial, compression="zstd")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")

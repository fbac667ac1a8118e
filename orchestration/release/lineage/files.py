"""Write, sweep and erase the lineage of releases: the records behind each published row. Restricted.

`lineage/<release_id>/` holds the Parquet files of `tables`. They are made from the work file, which may be
deleted at any time. They are removed with their release, and a forgotten record is removed from all of them.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

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
    summed,
    sync,
)
from orchestration.release.current import Release, current_release, list_releases, remove_folder
from orchestration.release.lineage.tables import EXTRACTS, NUMBERED, RECORDS, TABLES, WATCHES
from orchestration.release.manifest import CANDIDATE
from orchestration.release.sql import sql_text

PRIVATE = 0o700


def lineage_of(settings: Settings, release_id: str) -> Path:
    return settings.lineage / release_id


def movements_by_partner(settings: Settings) -> dict[str, int]:
    """Count the movements in force of each partner; one that two partners report counts at both."""
    current = current_release(settings)
    path = lineage_of(settings, current.release_id) / RECORDS if current else None
    if path is None or not path.is_file():
        return {}
    query = f"select partner, count(distinct movement) from {sql_text(path)} group by partner"
    with open_duckdb() as con:
        return dict(con.execute(query).fetchall())


def lineage_beside(release: Release) -> Path:
    """Return the lineage in the home of a release, which may be one that is built to compare with."""
    return release.path.parents[1] / "lineage" / release.manifest["release_id"]


def write_lineage(settings: Settings, release_id: str) -> Path:
    """Write a candidate's lineage from the work file; it stays as long as the candidate."""
    folder = lineage_of(settings, release_id)
    partial = folder.with_name(f"{PARTIAL}{release_id}")
    for earlier in (partial, folder):
        durable.remove_folder(earlier)
    durable.make_folder(partial, PRIVATE)
    try:
        with open_duckdb(settings.warehouse, settings.spill, threads=1) as con:
            con.execute(NUMBERED)
            for name, query in TABLES.items():
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
        numbers = table.filter(is_gone)["record"]
        if len(numbers):
            _remove_months(folder, numbers)
            of_records = [path for path in folder.glob("*.parquet") if "record" in pq.read_schema(path).names]
            # RECORDS comes last, so that a rerun after a kill finds the record again.
            for path in sorted(of_records, key=lambda path: path.name == RECORDS):
                _remove_records(path, numbers)
            touched += 1
    return touched


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


def _remove_records(path: Path, numbers: pa.ChunkedArray) -> None:
    table = pq.read_table(path)
    kept = table.filter(pc.invert(pc.is_in(table["record"], numbers.combine_chunks())))
    with summed(path) as partial:
        pq.write_table(kept, partial, compression="zstd")


def _remove_months(folder: Path, numbers: pa.ChunkedArray) -> None:
    """Remove watched months without records left, of extracts that declare no period."""
    with open_duckdb() as con:
        con.register("gone", pa.table({"record": numbers}))
        for name in (RECORDS, EXTRACTS, WATCHES):
            con.execute(
                f"create view {Path(name).stem} as select * from read_parquet({sql_text(folder / name)})"
            )
        kept = con.execute(_WATCHED_WITHOUT).to_arrow_table()
    with summed(folder / WATCHES) as partial:
        pq.write_table(kept, partial, compression="zstd")


_WATCHED_WITHOUT = """
    with months as (
        select
            partner,
            extract_id,
            month_from as month,
            bool_and(record in (select record from gone)) as is_empty
        from records
        where month_from = month_to
        group by all
    )

    select watches.*
    from watches
    inner join extracts using (partner, extract_id)
    left join months using (partner, extract_id, month)
    where extracts.period_from is not null or not coalesce(months.is_empty, false)
    order by all
"""

"""Which records there are, and where each begins in its file: what a steward may decide about."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.core import Settings

RECORDS = pa.schema(
    [
        ("extract_id", pa.string()),
        ("sheet", pa.string()),
        ("row_number", pa.int32()),
        ("record_id", pa.int64()),
    ]
)
_PLACE = ["record_id", "sheet", "row_number"]


def known_records(settings: Settings) -> pa.Table:
    """A row of RECORDS for every typed record; from landing, where the work folder was deleted."""
    typed = sorted((settings.typed / "records").glob("*.parquet"))
    if typed:
        return pa.concat_tables(
            [
                RECORDS.empty_table(),
                *(pq.read_table(path, columns=RECORDS.names).cast(RECORDS) for path in typed),
            ]
        )
    landed = sorted(settings.landing.glob("*/[!.]*.parquet"))
    return pa.concat_tables(
        [
            RECORDS.empty_table(),
            *(_of_cells(path.stem, pq.read_table(path, columns=[*_PLACE, "part"])) for path in landed),
        ]
    )


def _of_cells(extract_id: str, cells: pa.Table) -> pa.Table:
    """A record begins in its first main row; one with child rows alone in the first of these."""
    is_main = pc.equal(cells["part"], "")
    ordered = pa.concat_tables([cells.filter(is_main), cells.filter(pc.invert(is_main))])
    first = [(name, "first") for name in ("sheet", "row_number")]
    found = ordered.group_by("record_id", use_threads=False).aggregate(first)
    ids = pa.array([extract_id] * len(found), pa.string())
    columns = [ids, found["sheet_first"], found["row_number_first"], found["record_id"]]
    return pa.table(columns, names=RECORDS.names).cast(RECORDS)

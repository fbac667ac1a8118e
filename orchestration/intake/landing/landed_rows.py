"""Find records in the landing: their extract, sheet and row, numbered as in the partner's file."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.core import Settings, read_json
from orchestration.intake.landing.landing import parquet_path, register_path

RECORDS = pa.schema(
    [
        ("extract_id", pa.string()),
        ("sheet", pa.string()),
        ("row_number", pa.int32()),
        ("record_id", pa.int64()),
    ]
)


def rows_of(
    settings: Settings, partner: str, extract_id: str, records: Collection[int]
) -> set[tuple[str, int]]:
    """Return sheet and row number of these records, child rows included; none if nothing landed."""
    path = parquet_path(settings.landing, partner, extract_id)
    if not path.is_file():
        return set()
    is_asked = pc.field("record_id").isin(pa.array(sorted(records), pa.int64()))
    own = pq.read_table(path, columns=["sheet", "row_number"], filters=is_asked)
    return set(zip(own["sheet"].to_pylist(), own["row_number"].to_pylist(), strict=True))


def file_of(settings: Settings, partner: str, extract_id: str) -> str | None:
    """Return the name of the file as sent, None if it is not landed."""
    path = register_path(settings.landing, partner, extract_id)
    return str(read_json(path)["file"]) if path.is_file() else None


def known_records(settings: Settings) -> pa.Table:
    """Return a row of RECORDS for every typed record, or landed record if the work folder was deleted."""
    typed = sorted((settings.typed / "records").glob("*.parquet"))
    landed = sorted(settings.landing.glob("*/[!.]*.parquet"))
    tables = [pq.read_table(path, columns=RECORDS.names) for path in typed]
    if not typed:
        tables = list(map(_of_cells, landed))
    return pa.concat_tables([RECORDS.empty_table(), *(table.cast(RECORDS) for table in tables)])


def _of_cells(path: Path) -> pa.Table:
    """Return the first row of each record: its first main row, or its first child row if it has no other."""
    cells = pq.read_table(path, columns=["record_id", "sheet", "row_number", "part"])
    is_main = pc.equal(cells["part"], "")
    ordered = pa.concat_tables([cells.filter(is_main), cells.filter(pc.invert(is_main))])
    first = [(name, "first") for name in ("sheet", "row_number")]
    starts = ordered.group_by("record_id", use_threads=False).aggregate(first)
    ids = pa.array([path.stem] * len(starts), pa.string())
    columns = [ids, starts["sheet_first"], starts["row_number_first"], starts["record_id"]]
    return pa.table(columns, names=RECORDS.names)

"""Where records stand in what has landed: the rows of a partner's file, as the partner numbers them."""

from __future__ import annotations

import json
from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.core import Settings
from orchestration.intake.landing.landing import parquet_path, register_path


def rows_of(
    settings: Settings, partner: str, extract_id: str, records: Collection[int]
) -> set[tuple[str, int]]:
    """Sheets and row numbers of all that these records say, child rows too; none where it has not landed."""
    path = parquet_path(settings.landing, partner, extract_id)
    if not path.is_file():
        return set()
    wanted = pa.array(sorted(records), pa.int64())
    found: set[tuple[str, int]] = set()
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=["record_id", "sheet", "row_number"]):
            own = batch.filter(pc.is_in(batch["record_id"], wanted))
            found |= set(
                zip(own["sheet"].cast(pa.string()).to_pylist(), own["row_number"].to_pylist(), strict=True)
            )
    return found


def file_of(settings: Settings, partner: str, extract_id: str) -> str | None:
    """The name of the file as it came, None where it has not landed."""
    path = register_path(settings.landing, partner, extract_id)
    return str(json.loads(path.read_text(encoding="utf-8"))["file"]) if path.is_file() else None

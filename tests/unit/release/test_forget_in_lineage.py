"""Forgetting a record in the lineage: its rows, keys that it alone stood behind, months that only it made known."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.core import Settings
from orchestration.release.lineage import forget_in_lineage

RELEASE = "20261126T020000Z-5eed5eed"
JANUARY, FEBRUARY, MARCH = (date(2024, month, 1) for month in (1, 2, 3))


def write(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")


def lineage_in(home: Path) -> Path:
    """`a` declares no period: record 1 lies alone in January, 1's neighbours 2 and 3 in February. `b` declares."""
    (home / "releases" / RELEASE).mkdir(parents=True)
    (home / "releases" / RELEASE / "manifest.json").write_text(json.dumps({"sequence": 1}))
    folder = home / "lineage" / RELEASE
    folder.mkdir(parents=True)
    months = {1: ("a", JANUARY), 2: ("a", FEBRUARY), 3: ("a", FEBRUARY), 4: ("b", MARCH)}
    records = [
        {"record": one, "movement": one, "is_child": False, "is_like": False, "is_like_later": False, "record_grain": "case", "record_id": one * 1000, "partner": "p", "extract_id": extract, "month_from": month,
         "month_to": month}
        for one, (extract, month) in months.items()
    ]  # fmt: skip
    write(folder, "records", records)
    write(folder, "cells", [{"cell": f"record {one // 3}", "record": one} for one in months])
    write(folder, "periods", [{"period_id": "year-2024", "record": one} for one in months])
    keys = [
        {"edition": "members", "table_name": "published.starts", "row_key": name, "part": part, "counts": "movements",
         "cell": cell, "period_id": "year-2024", "record_grain": "case", "flag": None}
        for name, part, cell in (
            ("of 1 and 2", "", "record 0"), ("of 1 and 2", "watched", "place"), ("of 3 and 4", "", "record 1"),
            ("fewer", "", "record 0"), ("fewer", "", "record 1"),
        )
    ]  # fmt: skip
    write(folder, "counts", keys)
    write(folder, "keys", [{"row_key": "as Njia wrote it before"}])
    declared = {"a": None, "b": JANUARY}
    extracts = [{"partner": "p", "extract_id": one, "period_from": first} for one, first in declared.items()]
    write(folder, "extracts", extracts)
    watched = [("a", JANUARY), ("a", FEBRUARY), ("b", MARCH)]
    write(folder, "watches", [{"partner": "p", "extract_id": one, "month": month} for one, month in watched])
    return folder


def left(folder: Path, name: str, column: str) -> list[Any]:
    found: list[Any] = pq.read_table(folder / f"{name}.parquet")[column].to_pylist()
    return found


def test_months_known_only_by_a_forgotten_record_are_removed(tmp_path: Path) -> None:
    folder = lineage_in(tmp_path)
    settings = Settings(tmp_path, tmp_path / "partners", tmp_path / "keys")
    assert forget_in_lineage(settings, "p", [1000, 2000, 4000]) == 1
    assert left(folder, "records", "record") == left(folder, "cells", "record") == [3]
    # What 1 and 2 alone stood behind is named no more; of 3 and 4, 3 is left.
    # Of a row of several cells, those of 1 and 2 alone are named no more either.
    assert [*zip(left(folder, "counts", "row_key"), left(folder, "counts", "cell"), strict=True)] == [
        ("fewer", "record 1"), ("of 3 and 4", "record 1"),
    ]  # fmt: skip
    assert left(folder, "keys", "row_key") == []
    # February has record 3 still, and what b declares was watched, whoever lies in it.
    assert left(folder, "watches", "month") == [FEBRUARY, MARCH]

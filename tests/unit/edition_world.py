"""A small edition of either kind, written as the stage step writes it: a DuckDB file with comments, and Parquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

MANIFEST = {"release_id": "20260701T000000Z-0123abcd", "as_of": "2026-07-01T00:00:00+00:00"}
SCHEMAS = {"public": "public", "partner": "report"}
KEYS = {
    "corridors": ["record_grain", "period_id", "origin_place_id", "destination_place_id"],
    "ends": ["record_grain", "period_id", "role", "place_id"],
    "hotspots": ["place_id", "role", "period_id", "record_grain"],
    "corridor_shifts": ["corridor_id", "record_grain", "baseline_window", "current_window"],
    "regional_risk": ["place_id", "period_id", "record_grain"],
    "periods": ["period_id"],
    "places": ["place_id"],
}
TABLES = {
    "corridors": """
        select * from (values
            ('case', '2024', 'KE040', 'KE047', true, cast(30 as bigint)),
            ('case', '2024', 'KE040', 'WSM', true, 12),
            ('case', '2024', 'KE047', 'KE047', true, 11),
            ('case', '2024', 'unknown', 'KE047', false, null),
            ('case', '2025', 'KE040', 'KE047', false, null)
        ) as t (record_grain, period_id, origin_place_id, destination_place_id, is_shown, person_count)""",
    "ends": """
        select * from (values
            ('case', '2024', 'any', '*', cast(60 as bigint)),
            ('case', '2024', 'origin', 'KE040', 42)
        ) as t (record_grain, period_id, role, place_id, person_count)""",
    "hotspots": """
        select * from (values
            ('KE040', 'county', 'origin', '2024', 'case', 'hotspot', 'twice_or_more', 'rising'),
            ('KE047', 'county', 'origin', '2024', 'case', 'not_distinguished', null, 'insufficient')
        ) as t (place_id, place_level, role, period_id, record_grain, label, factor_band, trend_category)""",
    "corridor_shifts": """
        select * from (values
            ('KE040>WSM', 'KE040', 'WSM', 'case', '2024', '2025', 'growing', 'higher')
        ) as t (corridor_id, origin_place_id, destination_place_id, record_grain, baseline_window, current_window,
            status, factor_band)""",
    "regional_risk": """
        select * from (values ('KE040', '2024', 'case', 'high')) as t (place_id, period_id, record_grain, band)""",
    "periods": """
        select * from (values
            ('2024', 'year', '2024', date '2024-01-01', date '2024-12-31'),
            ('2025', 'year', '2025', date '2025-01-01', date '2025-12-31')
        ) as t (period_id, period_kind, label, period_from, period_to)""",
    "places": """
        select * from (values
            ('KE040', 'Busia', 'county', 'KEN', 'KE040', 'KEN', 'KE', 'africa', 0.46, 34.11),
            ('KE047', 'Nairobi', 'county', 'KEN', 'KE047', 'KEN', 'KE', 'africa', -1.3, 36.83),
            ('WSM', '=Samoa', 'country', 'WSM', null, 'WSM', 'WS', 'oceania', -13.8, -172.1),
            ('unknown', 'Unknown', 'unknown', null, null, null, null, null, null, null)
        ) as t (place_id, name, kind, country_place_id, pcode, iso_alpha3, iso_alpha2, region, lat, lon)""",
}  # fmt: skip


def write_edition(folder: Path, name: str, tables: dict[str, str] | None = None) -> Path:
    """`tables`: what prints them, by their short names."""
    schema, path = SCHEMAS[name], folder / name
    (path / "parquet").mkdir(parents=True)
    tables = TABLES if tables is None else tables
    with duckdb.connect(str(path / "evidence_base.duckdb")) as con:
        for one in (schema, "meta"):
            con.execute(f"create schema if not exists {one}")
        con.execute(
            "create table meta.columns (table_schema text, table_name text, column_name text, is_key boolean)"
        )
        for short, rows in tables.items():
            full = f"{schema}.{schema}_{short}"
            con.execute(f"create table {full} as {rows}")
            con.execute(f"comment on table {full} is 'What {short} holds, with `code`.'")
            for (column,) in con.execute(
                "select column_name from duckdb_columns() where table_name = ?", [f"{schema}_{short}"]
            ).fetchall():
                con.execute(f"comment on column {full}.{column} is 'What {column} means.'")
                is_key = column in KEYS[short]
                con.execute(
                    "insert into meta.columns values (?, ?, ?, ?)",
                    [schema, f"{schema}_{short}", column, is_key],
                )
            con.execute(f"copy {full} to '{path}/parquet/{full}.parquet' (format parquet, compression zstd)")
    return path


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))

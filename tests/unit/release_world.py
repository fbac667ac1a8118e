"""A tiny world for the tests of the release room: a work file, dbt's manifest, and a gate that says yes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.core import Settings, adopt_home, create_missing_keys, write_json
from orchestration.release import CHECK_RESULTS, hash_files
from orchestration.release.candidate import Candidate
from orchestration.release.publishing import Published, publish
from orchestration.release.staging.write_candidate import stage

START = datetime(2026, 11, 24, 2, tzinfo=UTC)
EXTRACT = {
    "extract_id": "0123456789abcdef",
    "partner": "kobe_shelter",
    "partner_code": "p-00c0ffee",
    "file": "register of Amina Testperson.xlsx",
    "fate": "in_force",
    "rows_landed": 4,
}
PASSED = {
    "name": "movements_are_plausible",
    "stage": "release_gate",
    "severity": "refuse",
    "outcome": "passed",
}


def settings_in(home: Path) -> Settings:
    (home / "work").mkdir(parents=True, exist_ok=True)
    settings = Settings(home, home / "partners", home / "keys")
    adopt_home(settings)
    create_missing_keys(settings)
    return settings


def build_warehouse(
    settings: Settings, counts: tuple[int, ...] = (3, 1, 2), order: str = "movement_id"
) -> None:
    """One movement per count; quarantined rows and reconciliation beside them."""
    settings.warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(settings.warehouse)) as con:
        for schema in ("staging", "marts", "published", "quality", "meta"):
            con.execute(f"create schema {schema}")
        con.execute("create table staging.stg_secret as select 'Amina Testperson' as given_name")
        rows = ", ".join(f"({number}, {count})" for number, count in enumerate(counts, start=1))
        con.execute(
            f"""
            create table marts.fct_movements as
            select
                cast(number * 1000 as bigint) as movement_id,
                cast(count as integer) as person_count,
                case when number = 2 then null else 'case' end as record_grain,
                cast(number as double) / 3 as share,
                cast(1.50 as decimal(9, 2)) as effort_months,
                date '2026-01-01' + cast(number as integer) as departed_month
            from (values {rows}) as given(number, count) order by {order}
            """
        )
        landed = len(counts) + 1
        con.execute(
            f"""
            create table quality.reconciliation as
            select '0123456789abcdef' as extract_id, {landed} as landed, {len(counts)} as current,
                0 as superseded, 1 as quarantined, 0 as withdrawn, 0 as held, 0 as embargoed
            """
        )
        con.execute(
            """
            create table published.periods as
            select * from (values ('members', 'year-2025'), ('public', 'year-2025'), ('public', 'year-2024')) as t (edition, period_id)
            """
        )
        con.execute(
            f"""
            create table published.corridors as
            select * from (values
                ('members', 'year-2025', 'KE040>KE047', {sum(counts)}), ('public', 'year-2025', 'KE040>KE047', {40 + sum(counts)}),
                ('public', 'year-2024', 'KE040>KE047', 30)
            ) as t (edition, period_id, corridor_id, movement_count)
            """
        )
        con.execute(
            """
            create table published.shifts as
            select 'public' as edition, 'year-2024' as baseline, 'year-2025' as current, 'stable' as status
            """
        )
        con.execute(
            """
            create table published.context_counts as
            select * from (values ('members', 'Victims by year', 853), ('public', 'Victims by year', 853))
                as t (edition, publication, person_count)
            """
        )
        con.execute("create table meta.grains as select 'case' as record_grain, false as is_addable")


def dbt_manifest(settings: Settings, undescribed: str | None = None) -> Path:
    columns = {
        "marts.fct_movements": (
            "movement_id", "person_count", "record_grain", "share", "effort_months", "departed_month",
        ),
        "quality.reconciliation": (
            "extract_id", "landed", "current", "superseded", "quarantined", "withdrawn", "held", "embargoed",
        ),
        "published.periods": ("edition", "period_id"),
        "published.corridors": ("edition", "period_id", "corridor_id", "movement_count"),
        "published.shifts": ("edition", "baseline", "current", "status"),
        "published.context_counts": ("edition", "publication", "person_count"),
        "meta.grains": ("record_grain", "is_addable"),
        "staging.stg_secret": ("given_name",),
    }  # fmt: skip
    nodes: dict[str, Any] = {}
    for table, names in columns.items():
        schema, _, name = table.partition(".")
        nodes[f"model.njia.{name}"] = {
            "resource_type": "model",
            "schema": schema,
            "name": name,
            "alias": name,
            "description": f"What {name} holds: it's described.",
            "config": {"materialized": "table"},
            "columns": {
                column: {"description": "" if column == undescribed else f"The {column}.\n"}
                for column in names
            },
        }
    nodes["test.njia.unique_key"] = {
        "resource_type": "test",
        "attached_node": "model.njia.fct_movements",
        "test_metadata": {"name": "unique_key", "kwargs": {"columns": ["movement_id"]}},
    }
    path = settings.work / "dbt" / "manifest.json"
    write_json(path, {"nodes": nodes})
    return path


def stage_candidate(
    settings: Settings,
    as_of: datetime = START,
    inputs_hash: str = "a1b2c3d4" * 8,
    undescribed: str | None = None,
    waivers: list[dict[str, Any]] | None = None,
    **inputs: Any,
) -> Candidate:
    given = {
        "inputs_hash": inputs_hash,
        "given_hash": inputs_hash,
        "as_of": as_of,
        "extracts": [EXTRACT],
        "key_ids": {"record": "deadbeef"},
        "decisions_hash": "d" * 64,
        **inputs,
    }
    results = pa.Table.from_pylist(
        [
            {"stage": "extract_gate", "check_name": "columns_are_readable", "outcome": "passed"},
            {
                "stage": "extract_gate",
                "check_name": "rows_are_plausible",
                "outcome": "failed",
                "severity": "warn",
            },
        ],
        schema=CHECK_RESULTS,
    )
    return stage(settings, dbt_manifest(settings, undescribed), given, results, waivers or [])


def write_verdict(candidate: Candidate, /, *checks: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What the release gate writes; it passes unless told otherwise."""
    verdict = {
        "candidate": candidate.release_id,
        "files": hash_files(candidate.path),
        "checks": list(checks) or [PASSED],
        "verdict": "passed",
        "reasons": [],
        **changes,
    }
    write_json(candidate.path / "verdict.json", verdict)
    return verdict


def publish_one(
    settings: Settings, day: int = 0, counts: tuple[int, ...] = (3, 1, 2), **inputs: Any
) -> Published:
    """A whole refresh, `day` days after the first."""
    moment = START + timedelta(days=day)
    build_warehouse(settings, counts)
    inputs.setdefault("inputs_hash", f"{day:08x}" * 8)
    write_verdict(stage_candidate(settings, moment, **inputs))
    return publish(settings, moment)

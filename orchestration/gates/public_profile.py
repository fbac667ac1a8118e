"""What is measured of a candidate's public edition: its files are read back and attacked, knowing the counts.

What does not belong here: what may be printed, and the attack itself (`disclosure`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration import disclosure
from orchestration.gates.earlier_checks import published_tables
from orchestration.release import PUBLIC_EVIDENCE_BASE, PUBLIC_SCHEMAS, printed_counts
from orchestration.settings import Settings
from orchestration.warehouse import read_tables

MEASURES = (
    "public_tables_missing", "public_waits_for_signature", "public_cells_open",
    "public_cells_not_let_through", "public_small_changes",
)  # fmt: skip
_TOLD = "intermediate.int_told"
_PERIODS = "intermediate.int_periods"
_KNOWN_NUMBERS = {
    "public_corridors.person_count", "public_ends.person_count", "public_places.lat", "public_places.lon",
}  # fmt: skip


def public_measures(
    settings: Settings, candidate: Path, as_of: date, manifest: Mapping[str, Any]
) -> dict[str, float | None]:
    """Numbers of `MEASURES`; all None where the project publishes no public table.

    `public_cells_open`: hidden cells that a reader narrows down too far, and systems that contradict
    themselves. `public_cells_not_let_through`: printed cells that are not as counted, too small by
    themselves, or not as first printed, and further columns of numbers. `public_small_changes`: cells that
    differ by too few from what was ever printed of them.
    """
    expected = published_tables(settings, PUBLIC_SCHEMAS)
    if not expected:
        return dict.fromkeys(MEASURES)
    public = candidate / PUBLIC_EVIDENCE_BASE
    missing = expected - _tables(public)
    if missing:
        return dict.fromkeys(MEASURES) | {"public_tables_missing": float(len(missing))}
    policy = disclosure.load_disclosure_policy()
    printed = printed_counts(public)
    wanted = {table: disclosure.AGGREGATES[table] for table in (_TOLD, _PERIODS)}
    told, known = (table.to_pandas() for table in read_tables(settings, wanted).values())
    ledger = disclosure.read_ledger(settings.ledger)
    printing = disclosure.printing_of("public", policy, known, as_of, ledger)
    attacked = disclosure.audit_counts(told, printed, printing)
    changes = disclosure.small_changes(
        disclosure.printed_cells(printed), ledger.printed, policy.public.least_persons
    )
    wrong = disclosure.wrong_cells(told, printed, printing)
    return {
        "public_tables_missing": 0.0,
        "public_waits_for_signature": float(bool(manifest["disclosure"].get("waits_for_signature"))),
        "public_cells_open": float((~attacked.cells["passed"]).sum() + len(attacked.contradictions)),
        "public_cells_not_let_through": float(wrong + len(_other_numbers(public))),
        "public_small_changes": float(len(changes)),
    }


def _other_numbers(evidence_base: Path) -> list[str]:
    """Columns of public tables with numbers that are neither the counts that are attacked nor positions."""
    with duckdb.connect(str(evidence_base.resolve()), read_only=True) as con:
        rows = con.execute(
            "select table_name || '.' || column_name from duckdb_columns() where schema_name = 'public' "
            "and data_type not in ('VARCHAR', 'BOOLEAN', 'DATE')"
        ).fetchall()
    return sorted({name for (name,) in rows} - _KNOWN_NUMBERS)


def _tables(evidence_base: Path) -> set[str]:
    if not evidence_base.is_file():
        return set()
    with duckdb.connect(str(evidence_base.resolve()), read_only=True) as con:
        rows = con.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
    return {name for (name,) in rows}

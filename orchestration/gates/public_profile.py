"""What is measured of a candidate's public edition: its files are read back and attacked, knowing the counts.

What does not belong here: what may be printed, and the attack itself (`disclosure`).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from orchestration import disclosure
from orchestration.gates.earlier_checks import published_tables
from orchestration.release import PUBLIC_EVIDENCE_BASE, PUBLIC_SCHEMAS, printed_counts
from orchestration.settings import Settings
from orchestration.warehouse import read_tables

MEASURES = (
    "public_tables_missing", "public_cells_open", "public_cells_not_let_through", "public_small_changes",
)  # fmt: skip
_TOLD = "intermediate.int_public_told"
_CELL = ["record_grain", "period_id", "origin_place_id", "destination_place_id", "person_count"]


def public_measures(settings: Settings, candidate: Path, as_of: date) -> dict[str, float | None]:
    """Numbers of `MEASURES`; all None where the project publishes no public table.

    `public_cells_open`: hidden cells that a reader narrows down too far, and systems that contradict
    themselves. `public_cells_not_let_through`: printed cells that the protect step did not give out.
    `public_small_changes`: cells that differ by too few from what was ever printed of them.
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
    told = read_tables(settings, {_TOLD: disclosure.AGGREGATES[_TOLD]})[_TOLD].to_pandas()
    attacked = disclosure.audit_counts(told, printed, policy, as_of)
    ledger = disclosure.read_ledger(settings.ledger)
    changes = disclosure.small_changes(
        disclosure.printed_cells(printed), ledger.printed, policy.public.least_persons
    )
    return {
        "public_tables_missing": 0.0,
        "public_cells_open": float((~attacked.cells["passed"]).sum() + len(attacked.contradictions)),
        "public_cells_not_let_through": float(_not_let_through(settings, printed)),
        "public_small_changes": float(len(changes)),
    }


def _not_let_through(settings: Settings, printed: pd.DataFrame) -> int:
    let_through = pd.read_parquet(settings.disclosed / "public_counts.parquet")
    allowed = set(let_through[_CELL].itertuples(index=False, name=None))
    return sum(cell not in allowed for cell in printed[_CELL].itertuples(index=False, name=None))


def _tables(evidence_base: Path) -> set[str]:
    if not evidence_base.is_file():
        return set()
    with duckdb.connect(str(evidence_base.resolve()), read_only=True) as con:
        rows = con.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
    return {name for (name,) in rows}

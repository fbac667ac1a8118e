"""From every published number a steward comes to the rows behind it, and nobody else does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from orchestration import release
from orchestration.cli import cli
from orchestration.decoded import says
from orchestration.errors import UsageError
from orchestration.keys import shown_record
from orchestration.release.traced_tables import TRACED
from orchestration.stewardship import audit
from tests.conftest import EvidenceBase
from tests.pipeline.told_files import rows_of_file


def current(base: EvidenceBase) -> release.Release:
    found = release.current_release(base.settings)
    assert found
    return found


def keys_of(base: EvidenceBase, table: str) -> list[tuple[str, ...]]:
    """Every row of a table of the marts, by its key."""
    columns = ", ".join(f"{name}::text" for name in TRACED[table].key)
    return base.ask(f"select {columns} from marts.{table} order by all")


@pytest.mark.parametrize("table", [name for name, traced in TRACED.items() if not traced.is_printed])
def test_the_rows_behind_each_row_of_a_table_give_its_counts(published_world: EvidenceBase, table: str) -> None:
    keys = keys_of(published_world, table)[:150]
    assert keys or table in ("mart_corridor_shifts", "mart_regional_risk"), "the scenario is too small for those"
    for key in keys:
        found = release.trace(published_world.settings, current(published_world), (table, *key))
        assert found.agrees, (key, found.published.counts, found.records, found.prevented)
        assert bool(found.rows) == bool(found.records + found.prevented)

"""Closed years: the public rows that this release takes over from the newest one that published them."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg

from orchestration import release
from orchestration.defs.gates import IN_FORCE
from orchestration.defs.workplace import Refresh, Workplace, step


def carried_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(["carried", table])


def assets(workplace: Workplace, manifest: Path) -> list[dg.AssetsDefinition]:
    tables = release.published_tables(manifest)

    @dg.multi_asset(
        name="carried",
        specs=[
            dg.AssetSpec(
                carried_key(table),
                group_name="protect",
                deps=[IN_FORCE],
                kinds={"parquet"},
                description="Public rows of closed periods, as they were published."
                if table != release.EPOCHS
                else "Years that a decision publishes anew, and how often that was done.",
            )
            for table in (*tables, release.EPOCHS)
        ],
    )
    def carried(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        """A closed year is published once and then carried: no later record shows by a difference."""
        found = step(context, workplace, lambda refresh: _carry(workplace, refresh, tables))
        for table in (*tables, release.EPOCHS):
            yield dg.MaterializeResult(
                asset_key=carried_key(table),
                metadata={
                    "dagster/row_count": found.rows.get(table, 0),
                    "carried_from": found.release_id or "none",
                },
            )

    return [carried]


def _carry(workplace: Workplace, refresh: Refresh, tables: Mapping[str, list[str]]) -> release.Carried:
    found = release.carry(workplace.settings, refresh.decisions.year_republications, tables)
    refresh.found["carried"] = found
    return found

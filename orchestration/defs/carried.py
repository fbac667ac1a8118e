"""Carry: the public rows of closed periods, taken over from the newest release that published them."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from orchestration import release
from orchestration.defs.boundary import step, version_of
from orchestration.defs.gates import IN_FORCE
from orchestration.defs.tags import FOR_PUBLIC, OWNER
from orchestration.refresh import Runs, settle


def assets(manifest: Path) -> list[dg.AssetsDefinition]:
    tables = release.carried_tables(manifest)

    @dg.multi_asset(
        name="carried",
        can_subset=True,
        specs=[
            dg.AssetSpec(
                ["carried", table],
                group_name="gates",
                owners=[OWNER],
                tags=FOR_PUBLIC,
                kinds={"parquet"},
                deps=[IN_FORCE],
                description="Public rows of closed periods, as first published."
                if table != release.EPOCHS
                else "Years that a decision publishes again, and how often that was done.",
            )
            for table in (*tables, release.EPOCHS)
        ],
    )
    def carry(
        context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]
    ) -> Iterator[dg.MaterializeResult]:
        """Carry a closed year unchanged, so that no difference between two releases reveals a record."""
        carried = step(context, runs, lambda run: settle.carry(run, tables))
        for key in sorted(context.selected_asset_keys):
            table = key.path[-1]
            yield dg.MaterializeResult(
                asset_key=key,
                data_version=version_of(carried, f"carried/{table}.parquet"),
                metadata={
                    "dagster/row_count": carried.facts["rows"].get(table, 0),
                    "carried_from": carried.facts["release_id"] or "none",
                },
            )

    return [carry]

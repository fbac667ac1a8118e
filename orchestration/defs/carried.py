"""Closed years: the public rows that this release takes over from the newest one that published them."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from orchestration import release
from orchestration.defs.boundary import step, version_of
from orchestration.defs.gates import IN_FORCE
from orchestration.defs.tags import FOR_PUBLIC, OWNER
from orchestration.refresh import Runs, settle


def assets(manifest: Path) -> list[dg.AssetsDefinition]:
    tables = release.published_tables(manifest)

    @dg.multi_asset(
        name="carried",
        can_subset=True,
        specs=[
            dg.AssetSpec(
                ["carried", table],
                group_name="protect",
                owners=[OWNER],
                tags=FOR_PUBLIC,
                kinds={"parquet"},
                deps=[IN_FORCE],
                description="Public rows of closed periods, as they were published."
                if table != release.EPOCHS
                else "Years that a decision publishes anew, and how often that was done.",
            )
            for table in (*tables, release.EPOCHS)
        ],
    )
    def carried(
        context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]
    ) -> Iterator[dg.MaterializeResult]:
        """A closed year is published once and then carried: no later record shows by a difference."""
        found = step(context, runs, lambda run: settle.carry(run, tables))
        for key in sorted(context.selected_asset_keys):
            table = key.path[-1]
            yield dg.MaterializeResult(
                asset_key=key,
                data_version=version_of(found, f"carried/{table}.parquet"),
                metadata={
                    "dagster/row_count": found.facts["rows"].get(table, 0),
                    "carried_from": found.facts["release_id"] or "none",
                },
            )

    return [carried]

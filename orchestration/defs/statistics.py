"""Measure: statistics on the small aggregates that dbt builds."""

from collections.abc import Iterator

import dagster as dg

from orchestration import statistics
from orchestration.defs.boundary import step, version_of
from orchestration.defs.tags import FOR_MEMBERS, OWNER
from orchestration.defs.warehouse import SHAPED
from orchestration.refresh import Runs, tables


@dg.multi_asset(
    name="statistics",
    can_subset=True,
    specs=[
        dg.AssetSpec(
            ["statistics", table],
            group_name="measure",
            owners=[OWNER],
            tags=FOR_MEMBERS,
            kinds={"parquet"},
            deps=[SHAPED],
            description=description,
        )
        for table, description in statistics.DESCRIPTIONS.items()
    ],
)
def measure(
    context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]
) -> Iterator[dg.MaterializeResult]:
    """Measure hotspots, shifts and risk, each with its uncertainty, within each partner's own data."""
    measured = step(context, runs, tables.measure)
    for key in sorted(context.selected_asset_keys):
        table = key.path[-1]
        yield dg.MaterializeResult(
            asset_key=key,
            data_version=version_of(measured, f"statistics/{table}.parquet"),
            metadata={
                "dagster/row_count": measured.facts["rows"][table],
                "seconds": runs.step_seconds,
            },
        )

"""Link: the same person at several partners, the same route in several reports."""

from collections.abc import Iterator

import dagster as dg

from orchestration import linkage
from orchestration.defs.boundary import step, version_of
from orchestration.defs.tags import OWNER, RESTRICTED
from orchestration.defs.warehouse import SHAPED
from orchestration.refresh import Runs, tables


@dg.multi_asset(
    name="linkage",
    can_subset=True,
    specs=[
        dg.AssetSpec(
            ["linkage", table],
            group_name="link",
            owners=[OWNER],
            tags=RESTRICTED,
            kinds={"parquet"},
            deps=[SHAPED],
            description=description,
        )
        for table, description in linkage.DESCRIPTIONS.items()
    ],
)
def link(context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]) -> Iterator[dg.MaterializeResult]:
    """Compare keyed codes and coarse facts: link certain pairs, list likely ones for stewards."""
    linked = step(context, runs, tables.link)
    for key in sorted(context.selected_asset_keys):
        table = key.path[-1]
        yield dg.MaterializeResult(
            asset_key=key,
            data_version=version_of(linked, f"linkage/{table}.parquet"),
            metadata={
                "dagster/row_count": linked.facts["rows"][table],
                "seconds": runs.step_seconds,
                "code_files_unneeded": len(linked.facts["codes_unneeded"]),
                "left_out": dg.MetadataValue.json(linked.facts["left_out"]),
            },
        )

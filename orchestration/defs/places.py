"""Locate: distinct place mentions to places."""

import dagster as dg

from orchestration import typing
from orchestration.defs.boundary import step, version_of
from orchestration.defs.extracts import typed_key
from orchestration.defs.tags import OWNER, RESTRICTED
from orchestration.refresh import Runs, extracts

MATCHES = dg.AssetKey(["places", "matches"])


@dg.asset(
    key=MATCHES,
    group_name="places",
    owners=[OWNER],
    tags=RESTRICTED,
    kinds={"parquet"},
    deps=[typed_key(table) for table in typing.TYPED_TABLES],
)
def locate(context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]) -> dg.MaterializeResult:
    """Resolve every distinct place mention, with method, confidence and rivals."""
    located = step(context, runs, extracts.locate)
    mentions, resolved = located.facts["mentions"], located.facts["resolved"]
    return dg.MaterializeResult(
        data_version=version_of(located),
        metadata={
            "dagster/row_count": mentions,
            "resolved": resolved,
            "resolved_share": resolved / mentions if mentions else 1.0,
            "to_review": located.facts["to_review"],
            "ambiguous": located.facts["ambiguous"],
            "unresolved": located.facts["unresolved"],
        },
    )

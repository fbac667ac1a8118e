"""Locate: distinct place mentions to places."""

from collections.abc import Iterator

import dagster as dg

from orchestration import typing
from orchestration.defs.boundary import step, version_of
from orchestration.defs.extracts import typed_key
from orchestration.defs.tags import OWNER, RESTRICTED
from orchestration.refresh import Runs, extracts

MATCHES = dg.AssetKey(["places", "matches"])
SCOPED_MENTIONS = dg.AssetKey(["places", "scoped_mentions"])


@dg.multi_asset(
    name="locate",
    can_subset=True,
    specs=[
        dg.AssetSpec(
            key,
            group_name="places",
            owners=[OWNER],
            tags=RESTRICTED,
            kinds={"parquet"},
            deps=[typed_key(table) for table in typing.TYPED_TABLES],
            description=description,
        )
        for key, description in (
            (MATCHES, "The place of every distinct mention, with method, confidence and rivals."),
            (SCOPED_MENTIONS, "Mentions on which a decision holds for one partner or role only."),
        )
    ],
)
def locate(context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]) -> Iterator[dg.MaterializeResult]:
    """Resolve every distinct place mention."""
    located = step(context, runs, extracts.locate)
    mentions, resolved = located.facts["mentions"], located.facts["resolved"]
    if MATCHES in context.selected_asset_keys:
        yield dg.MaterializeResult(
            asset_key=MATCHES,
            data_version=version_of(located, "places/matches.parquet"),
            metadata={
                "dagster/row_count": mentions,
                "seconds": runs.step_seconds,
                "resolved": resolved,
                "resolved_share": resolved / mentions if mentions else 1.0,
                "to_review": located.facts["to_review"],
                "ambiguous": located.facts["ambiguous"],
                "unresolved": located.facts["unresolved"],
            },
        )
    if SCOPED_MENTIONS in context.selected_asset_keys:
        version = version_of(located, "places/scoped_mentions.parquet")
        yield dg.MaterializeResult(asset_key=SCOPED_MENTIONS, data_version=version)

"""Locate: distinct place mentions to places."""

import dagster as dg

from orchestration import extracts, places
from orchestration.defs.extracts import typed_key
from orchestration.defs.workplace import Refresh, Workplace, step
from orchestration.stewardship import review

MATCHES = dg.AssetKey(["places", "matches"])


def assets(workplace: Workplace) -> list[dg.AssetsDefinition]:
    @dg.asset(
        key=MATCHES,
        name=None,
        group_name="places",
        deps=[typed_key(table) for table in extracts.TYPED_TABLES],
        kinds={"parquet"},
    )
    def locate(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """Every distinct place mention with its place, the method, the confidence and its rivals."""
        located = step(context, workplace, lambda refresh: _locate(workplace, refresh))
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": located.mentions,
                "resolved": located.resolved,
                "resolved_share": located.resolved / located.mentions if located.mentions else 1.0,
                "to_review": located.to_review,
                "ambiguous": located.ambiguous,
                "unresolved": located.unresolved,
            }
        )

    return [locate]


def _locate(workplace: Workplace, refresh: Refresh) -> places.LocateSummary:
    located = places.locate(workplace.settings, refresh.keys, place_aliases=refresh.decisions.place_aliases)
    review.write_unresolved_places(workplace.drafting)
    return located

"""Link: the same person at several partners, the same route told by several."""

from collections.abc import Iterator

import dagster as dg

from orchestration import linkage
from orchestration.defs.workplace import Refresh, Workplace, step
from orchestration.stewardship import review

RECORDS = [dg.AssetKey(table.split(".")) for table in linkage.TABLES]


def link_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(["linkage", table])


def assets(workplace: Workplace) -> list[dg.AssetsDefinition]:
    @dg.multi_asset(
        name="linkage",
        specs=[
            dg.AssetSpec(
                link_key(table), group_name="link", deps=RECORDS, kinds={"parquet"}, description=told
            )
            for table, told in linkage.DESCRIPTIONS.items()
        ],
    )
    def links(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        """Compare keyed codes and coarse facts, link what is sure, ask about what is likely."""
        linked = step(context, workplace, lambda refresh: _link(workplace, refresh))
        for table, count in linked.rows.items():
            metadata: dict[str, dg.RawMetadataValue] = {
                "dagster/row_count": count,
                "code_files_destroyed": linked.destroyed,
                "left_out": dg.MetadataValue.json(linked.left_out),
            }
            yield dg.MaterializeResult(asset_key=link_key(table), metadata=metadata)

    return [links]


def _link(workplace: Workplace, refresh: Refresh) -> linkage.LinkSummary:
    decisions = refresh.decisions
    rulings = linkage.rulings_of(decisions.link_accepts, decisions.link_rejections)
    linked = linkage.link_records(workplace.settings, rulings)
    review.write_links(workplace.drafting, linkage.QUESTION_COLUMNS, linked.questions)
    return linked

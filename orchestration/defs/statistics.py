"""Measure: statistics over the small aggregates that dbt has built."""

from collections.abc import Iterator

import dagster as dg

from orchestration import statistics
from orchestration.defs.workplace import Workplace, step
from orchestration.settings import Settings
from orchestration.warehouse import read_tables

AGGREGATES = [dg.AssetKey(table.split(".")) for table in statistics.AGGREGATES]


def measure_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(["statistics", table])


def assets(workplace: Workplace) -> list[dg.AssetsDefinition]:
    @dg.multi_asset(
        name="statistics",
        specs=[
            dg.AssetSpec(
                measure_key(table), group_name="measure", deps=AGGREGATES, kinds={"parquet"}, description=told
            )
            for table, told in statistics.DESCRIPTIONS.items()
        ],
    )
    def measures(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        """Compare partners with themselves: what is high, what changed, and how sure that is."""
        rows = step(context, workplace, lambda refresh: _measure(workplace.settings))
        for table, count in rows.items():
            yield dg.MaterializeResult(asset_key=measure_key(table), metadata={"dagster/row_count": count})

    return [measures]


def _measure(settings: Settings) -> dict[str, int]:
    return statistics.measure(settings, read_tables(settings, statistics.AGGREGATES))

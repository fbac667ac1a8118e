"""Protect: what of the counts the public edition may print, beside everything it ever printed."""

from collections.abc import Iterator

import dagster as dg

from orchestration import disclosure
from orchestration.defs.workplace import Refresh, Workplace, step
from orchestration.release import list_releases
from orchestration.settings import Settings
from orchestration.warehouse import read_tables

AGGREGATES = [dg.AssetKey(table.split(".")) for table in disclosure.AGGREGATES]


def disclosed_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(["disclosure", table])


def assets(workplace: Workplace) -> list[dg.AssetsDefinition]:
    @dg.multi_asset(
        name="protect",
        specs=[
            dg.AssetSpec(
                disclosed_key(table),
                group_name="protect",
                deps=AGGREGATES,
                kinds={"parquet"},
                description=told,
            )
            for table, told in disclosure.DESCRIPTIONS.items()
        ],
    )
    def protect(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        """Hide what could be worked back to a person, attack what is left, and hide more until that fails."""
        disclosed = step(context, workplace, lambda refresh: _disclose(workplace.settings, refresh))
        for table, count in disclosed.rows.items():
            yield dg.MaterializeResult(
                asset_key=disclosed_key(table), metadata={"dagster/row_count": count, **disclosed.numbers}
            )

    return [protect]


def _disclose(settings: Settings, refresh: Refresh) -> disclosure.Disclosed:
    told = (release.manifest.get("disclosure", {}) for release in list_releases(settings))
    heads = [one["ledger_head"] for one in told if "ledger_head" in one]
    disclosed = disclosure.disclose(
        settings,
        read_tables(settings, disclosure.AGGREGATES),
        refresh.as_of.date(),
        disclosure.read_ledger(settings.ledger, heads),
        {decision["policy"] for decision in refresh.decisions.policy_sign_offs},
    )
    refresh.found["disclosed"] = disclosed
    return disclosed

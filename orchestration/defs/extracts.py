"""Read, rename, minimise, land, type: from the partners' files to typed tables."""

from collections.abc import Iterator
from datetime import datetime

import dagster as dg

from orchestration import extracts, gates, outputs
from orchestration.defs.workplace import Refresh, Workplace, step
from orchestration.release import current_release
from orchestration.retention import erase_past_retention
from orchestration.stewardship import review

GROUP = "extracts"


def landing_key(partner: str) -> dg.AssetKey:
    return dg.AssetKey(["landing", partner])


def typed_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(["typed", table])


def assets(workplace: Workplace, contracts: extracts.Contracts) -> list[dg.AssetsDefinition]:
    partners = contracts.partners

    @dg.multi_asset(
        name="take_in",
        specs=[
            dg.AssetSpec(
                landing_key(partner),
                group_name=GROUP,
                description="What this partner sent: values as sent, our names, no direct identifiers. Made "
                "anew by every refresh: whether the partner is late, its check next_extract_is_on_time says.",
                kinds={"parquet"},
            )
            for partner in partners
        ],
    )
    def take_in(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        """Read every file in the inbox by its contract, minimise it, seal the original, land the rest."""
        taken = step(context, workplace, lambda refresh: _take_in(workplace, refresh))
        register = step(context, workplace, lambda refresh: gates.landed_extracts(workplace.settings))
        for partner in partners:
            received = [landed.received_on for landed in register if landed.partner == partner]
            own = [extract for extract in taken if extract.partner == partner]
            yield dg.MaterializeResult(
                asset_key=landing_key(partner),
                metadata={
                    # Of all it ever sent: every refresh makes this asset anew, also where nothing came.
                    "dagster/row_count": sum(
                        int(landed.content.get("rows_landed") or 0)
                        for landed in register
                        if landed.partner == partner
                    ),
                    "last_received": str(max(filter(None, received), default="nothing yet")),
                    "files": len(own),
                    "rows_landed": sum(extract.rows_landed for extract in own),
                    "rows_read": sum(extract.rows_read for extract in own),
                    "rows_refused": sum(extract.rows_refused for extract in own),
                    "files_with_changed_columns": sum(extract.drift is not None for extract in own),
                    "outcomes": dg.MetadataValue.table(_outcome_records(own))
                    if own
                    else dg.MetadataValue.text("nothing new in the inbox"),
                },
            )

    @dg.multi_asset(
        name="type_extracts",
        specs=[
            dg.AssetSpec(
                typed_key(table),
                group_name=GROUP,
                deps=[landing_key(partner) for partner in partners],
                description=description,
                kinds={"parquet"},
            )
            for table, description in extracts.TYPED_TABLES.items()
        ],
    )
    def type_extracts(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        """Dates, counts, ages, codes and routes by contract: typed columns plus problem codes."""
        typed = step(context, workplace, lambda refresh: _type(workplace, refresh))
        erased = step(context, workplace, lambda refresh: int(refresh.found["erased"]))
        for table in extracts.TYPED_TABLES:
            yield dg.MaterializeResult(
                asset_key=typed_key(table),
                metadata={
                    "extracts": typed.extracts,
                    "retyped": typed.retyped,
                    "failed": len(typed.failed),
                    "records_past_retention_erased": erased,
                },
            )

    return [take_in, type_extracts]


def _take_in(workplace: Workplace, refresh: Refresh) -> list[extracts.TakenExtract]:
    settings = workplace.settings
    current = current_release(settings)
    refresh.taken = extracts.with_untold(
        settings,
        refresh.contracts,
        extracts.take_in(settings, refresh.keys, refresh.as_of, contracts=refresh.contracts),
        outputs.told_at(settings),
        datetime.fromisoformat(current.manifest["as_of"]) if current else extracts.NEVER,
    )
    review.write_files_not_taken(workplace.drafting, refresh.taken)
    return refresh.taken


def _type(workplace: Workplace, refresh: Refresh) -> extracts.TypedSummary:
    typed = extracts.type_extracts(workplace.settings, refresh.keys, contracts=refresh.contracts)
    erased = erase_past_retention(workplace.settings, refresh.keys, refresh.as_of)
    refresh.found["erased"] = sum(one.records for one in erased)
    if erased:
        typed = extracts.type_extracts(workplace.settings, refresh.keys, contracts=refresh.contracts)
    review.write_extracts_not_typed(workplace.drafting, typed.failed)
    drift = extracts.drift_items(workplace.settings, refresh.contracts, refresh.taken)
    refresh.found["drift"] = drift
    review.write_drift(workplace.drafting, drift)
    return typed


def _outcome_records(taken: list[extracts.TakenExtract]) -> list[dg.TableRecord]:
    return [
        dg.TableRecord(
            {
                "file": extract.file,
                "outcome": extract.outcome,
                "rows_read": extract.rows_read,
                "rows_landed": extract.rows_landed,
                "rows_refused": extract.rows_refused,
                "reason": extract.reason or "",
            }
        )
        for extract in taken
    ]

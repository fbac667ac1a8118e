"""Take in and type: from partners' files to typed tables."""

from collections.abc import Iterator

import dagster as dg

from orchestration import gates, intake, typing
from orchestration.contracts import Contracts
from orchestration.defs import pulled
from orchestration.defs.boundary import step, version_of
from orchestration.defs.tags import OWNER, RESTRICTED
from orchestration.refresh import Runs, extracts

GROUP = "extracts"
COLUMNS = ("file", "outcome", "rows_read", "rows_landed", "rows_refused", "reason")


def landing_key(partner: str) -> dg.AssetKey:
    return dg.AssetKey(["landing", partner])


def typed_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(["typed", table])


def assets(contracts: Contracts) -> list[dg.AssetsDefinition]:
    pulled_keys = pulled.keys(contracts)

    @dg.multi_asset(
        name="take_in",
        can_subset=True,
        specs=[
            dg.AssetSpec(
                landing_key(partner),
                deps=[key for key in pulled_keys if key.path[-1] == partner],
                group_name=GROUP,
                owners=[OWNER],
                tags=RESTRICTED,
                kinds={"parquet"},
                description="The partner's extracts: values as sent, our columns, no direct identifiers. "
                "Materialise it alone to take in only this partner's files.",
            )
            for partner in contracts.partners
        ],
    )
    def take_in(
        context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]
    ) -> Iterator[dg.MaterializeResult]:
        """Read each inbox file by its contract, minimise it, seal the original, land the rest."""
        asked = {key.path[-1] for key in context.selected_asset_keys}
        partners = None if asked == set(contracts.partners) else asked
        step(context, runs, lambda run: extracts.take_in(run, partners))
        register = step(context, runs, lambda run: gates.landed_extracts(run.settings))
        taken = step(context, runs, lambda run: extracts.taken_of(run.settings))
        for partner in sorted(asked):
            yield _landed(
                runs,
                partner,
                [file for file in taken if file.partner == partner],
                [landed for landed in register if landed.partner == partner],
            )

    @dg.multi_asset(
        name="type_extracts",
        can_subset=True,
        specs=[
            dg.AssetSpec(
                typed_key(table),
                group_name=GROUP,
                owners=[OWNER],
                tags=RESTRICTED,
                kinds={"parquet"},
                deps=[landing_key(partner) for partner in contracts.partners],
                description=description,
            )
            for table, description in typing.TYPED_TABLES.items()
        ],
    )
    def type_extracts(
        context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]
    ) -> Iterator[dg.MaterializeResult]:
        """Type dates, counts, ages, codes and routes by contract, with problem codes."""
        typed, erased = step(context, runs, extracts.type_extracts)
        rows = step(context, runs, lambda run: extracts.typed_rows(run.settings))
        for table in typing.TYPED_TABLES:
            if typed_key(table) in context.selected_asset_keys:
                yield dg.MaterializeResult(
                    asset_key=typed_key(table),
                    data_version=version_of(typed),
                    metadata={
                        "dagster/row_count": rows[table],
                        "extracts": typed.facts["extracts"],
                        "extracts_not_typed": len(typed.facts["failed"]),
                        "records_past_retention_erased": erased,
                    },
                )

    return [take_in, type_extracts]


def _landed(
    runs: Runs, partner: str, taken: list[intake.TakenExtract], register: list[gates.Landed]
) -> dg.MaterializeResult:
    received = [landed.received_on for landed in register]
    return dg.MaterializeResult(
        asset_key=landing_key(partner),
        data_version=dg.DataVersion(extracts.landing_of(runs.settings, partner)[:16]),
        metadata={
            # Of all extracts, so that the UI plots it also when nothing new came.
            "dagster/row_count": sum(int(landed.content.get("rows_landed") or 0) for landed in register),
            "last_received": str(max(filter(None, received), default="nothing yet")),
            "files": len(taken),
            "rows_landed": sum(file.rows_landed for file in taken),
            "rows_read": sum(file.rows_read for file in taken),
            "rows_refused": sum(file.rows_refused for file in taken),
            "files_with_changed_columns": sum(file.drift is not None for file in taken),
            "outcomes": dg.MetadataValue.table(
                [dg.TableRecord({name: getattr(file, name) for name in COLUMNS}) for file in taken]
            )
            if taken
            else dg.MetadataValue.text("nothing new in the inbox"),
        },
    )

"""Take in, type and locate: from partners' files to typed tables and places."""

from collections.abc import Iterator

import dagster as dg

from orchestration import gates, intake, typing
from orchestration.contracts import Contracts
from orchestration.defs import pulled
from orchestration.defs.boundary import asset, spec, step, version_of
from orchestration.refresh import Runs, extracts

COLUMNS = ("file", "outcome", "rows_read", "rows_landed", "rows_refused", "reason")
TYPED, PLACES = dg.AssetKey("typed"), dg.AssetKey("places")


def landing_key(partner: str) -> dg.AssetKey:
    return dg.AssetKey(["landing", partner])


def assets(contracts: Contracts) -> list[dg.AssetsDefinition]:
    pulled_keys = pulled.keys(contracts)

    @dg.multi_asset(
        name="take_in",
        can_subset=True,
        specs=[
            spec(
                landing_key(partner),
                "extracts",
                "The partner's extracts: values as sent, our columns, no direct identifiers. Materialise it "
                "alone to take in only this partner's files.",
                [key for key in pulled_keys if key.path[-1] == partner],
                owners=pulled.owners(contracts, partner),
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

    @asset(
        "type_extracts",
        TYPED,
        "extracts",
        "Dates, counts, ages, codes and routes as typed by contract, with problem codes. "
        f"Tables: {', '.join(typing.TYPED_TABLES)}.",
        map(landing_key, contracts.partners),
    )
    def type_extracts(
        context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]
    ) -> dg.MaterializeResult:
        """Type dates, counts, ages, codes and routes by contract, with problem codes."""
        typed, erased = step(context, runs, extracts.type_extracts)
        rows = step(context, runs, lambda run: extracts.typed_rows(run.settings))
        return dg.MaterializeResult(
            data_version=version_of(typed),
            metadata={
                "dagster/row_count": rows["records"],
                **{f"rows_of_{table}": number for table, number in rows.items()},
                "extracts": typed.facts["extracts"],
                "extracts_not_typed": len(typed.facts["failed"]),
                "records_past_retention_erased": erased,
            },
        )

    return [take_in, type_extracts, locate]


@asset(
    "locate",
    PLACES,
    "places",
    "The place of every distinct mention, with method, confidence and rivals, and the mentions on "
    "which a decision holds for one partner or role only.",
    [TYPED],
)
def locate(context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]) -> dg.MaterializeResult:
    """Resolve every distinct place mention."""
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


def _landed(
    runs: Runs, partner: str, taken: list[intake.TakenExtract], register: list[gates.Landed]
) -> dg.MaterializeResult:
    """Return a result with numbers of all landed extracts: a night without files keeps them."""
    received = [landed.received_on for landed in register]
    rows = {
        name: sum(int(landed.content.get(name) or 0) for landed in register)
        for name in ("rows_read", "rows_landed", "rows_refused")
    }
    return dg.MaterializeResult(
        asset_key=landing_key(partner),
        data_version=dg.DataVersion(extracts.landing_of(runs.settings, partner)[:16]),
        metadata={
            "dagster/row_count": rows["rows_landed"],
            "extracts": len(register),
            "rows_read": rows["rows_read"],
            "rows_refused": rows["rows_refused"],
            "last_received": str(max(filter(None, received), default="nothing yet")),
            "outcomes": dg.MetadataValue.table(
                [
                    dg.TableRecord(
                        {name: getattr(file, name) for name in COLUMNS}
                        | {"columns_changed": file.drift is not None}
                    )
                    for file in taken
                ]
            )
            if taken
            else dg.MetadataValue.text("nothing new in the inbox"),
        },
    )

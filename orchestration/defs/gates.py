"""The extract gate, the extracts in force after it, and the public rows that a release carries on."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from orchestration import release
from orchestration.defs.boundary import FOR_PUBLIC, asset, step, version_of
from orchestration.defs.extracts import PLACES, TYPED
from orchestration.defs.published import confirm_unchanged
from orchestration.refresh import Runs, extracts

GROUP = "gates"
VERDICTS = dg.AssetKey(["gates", "verdicts"])
IN_FORCE = dg.AssetKey(["gates", "in_force"])
CARRIED = dg.AssetKey("carried")


@asset(
    "gates__verdicts",
    VERDICTS,
    GROUP,
    "Is each extract fit to enter? Great Expectations judges the profile of every landed extract.",
    [TYPED, PLACES],
    kinds={"greatexpectations"},
)
def extract_gate(context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]) -> dg.MaterializeResult:
    verdicts = step(context, runs, extracts.judge_extracts)
    numbers = ("passed", "failed", "waived", "extracts_held")
    return dg.MaterializeResult(
        data_version=version_of(verdicts),
        metadata={
            "dagster/row_count": verdicts.facts["passed"] + verdicts.facts["failed"],
            **{name: verdicts.facts[name] for name in numbers},
        },
    )


@asset(
    "in_force",
    IN_FORCE,
    GROUP,
    "The extracts that feed the marts, the day of the refresh, the source of each partner, and "
    "stewards' decisions on records and alerts. A refresh skips this and all later steps if nothing "
    "has changed since the current release.",
    [VERDICTS],
    skippable=True,
)
def in_force(
    context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]
) -> Iterator[dg.MaterializeResult]:
    """Decide the fate of every extract; continue only if the release would change."""
    artifact = step(context, runs, extracts.settle)
    settled = step(context, runs, lambda run: extracts.settled_of(run.settings))
    if runs.entry and artifact.facts["is_unchanged"]:
        confirm_unchanged(context, runs, artifact.facts["is_rolled_back"])
        return
    yield dg.MaterializeResult(
        data_version=version_of(artifact),
        metadata={
            "dagster/row_count": len(settled.fates),
            "inputs_hash": settled.inputs_hash,
            "extracts_held": len(settled.held),
            "partners_overdue_count": len(settled.partners_overdue),
            "row_decisions": settled.row_decisions,
            "alert_releases": artifact.facts["alert_releases"],
            "sources": artifact.facts["sources"],
            "desk": dg.MetadataValue.url(f"{runs.settings.desk_url}/"),
            "partners_in_force": len(settled.partners_in_force),
            "partners_stale": ", ".join(settled.partners_stale) or "none",
            "partners_held": ", ".join(settled.partners_held) or "none",
            "partners_overdue": ", ".join(settled.partners_overdue) or "none",
        },
    )


def carry(manifest: Path) -> dg.AssetsDefinition:
    tables = release.carried_tables(manifest)

    @asset(
        "carried",
        CARRIED,
        GROUP,
        "Public rows of closed periods, as first published, and the years that a decision publishes again.",
        [IN_FORCE],
        tags=FOR_PUBLIC,
    )
    def carried(context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]) -> dg.MaterializeResult:
        """Carry a closed year unchanged, so that no difference between two releases reveals a record."""
        rows = step(context, runs, lambda run: extracts.carry(run, tables))
        return dg.MaterializeResult(
            data_version=version_of(rows),
            metadata={
                "dagster/row_count": sum(rows.facts["rows"].values()),
                "carried_from": rows.facts["release_id"] or "none",
            },
        )

    return carried

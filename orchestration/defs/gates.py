"""The extract gate, the extracts in force after it, and the public rows that a release carries on."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from orchestration import gates, release
from orchestration.defs.boundary import FOR_PUBLIC, OWNER, RESTRICTED, step, version_of
from orchestration.defs.extracts import PLACES, TYPED, landing_key
from orchestration.defs.published import confirm_unchanged
from orchestration.refresh import Runs, extracts
from orchestration.stewardship import items

GROUP = "gates"
VERDICTS = dg.AssetKey(["gates", "verdicts"])
IN_FORCE = dg.AssetKey(["gates", "in_force"])
CARRIED = dg.AssetKey("carried")


@dg.asset(
    key=VERDICTS,
    group_name=GROUP,
    owners=[OWNER],
    tags=RESTRICTED,
    kinds={"greatexpectations"},
    deps=[TYPED, PLACES],
)
def extract_gate(context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]) -> dg.MaterializeResult:
    """Is each extract fit to enter? Great Expectations judges the profile of every landed extract."""
    verdicts = step(context, runs, extracts.judge_extracts)
    numbers = ("passed", "failed", "waived", "extracts_held")
    return dg.MaterializeResult(
        data_version=version_of(verdicts),
        metadata={
            "dagster/row_count": verdicts.facts["passed"] + verdicts.facts["failed"],
            **{name: verdicts.facts[name] for name in numbers},
        },
    )


@dg.multi_asset(
    name="in_force",
    specs=[
        dg.AssetSpec(
            IN_FORCE,
            group_name=GROUP,
            owners=[OWNER],
            tags=RESTRICTED,
            kinds={"parquet"},
            deps=[VERDICTS],
            skippable=True,
            description="The extracts that feed the marts, the day of the refresh, the source of each "
            "partner, and stewards' decisions on records and alerts. A refresh skips this and all later "
            "steps if nothing has changed since the current release.",
        )
    ],
)
def in_force(
    context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]
) -> Iterator[dg.MaterializeResult]:
    """Decide the fate of every extract; continue only if the release would change."""
    artifact = step(context, runs, extracts.settle)
    settled = step(context, runs, lambda run: extracts.settled_of(run.settings))
    for observation in _held(settled, runs.settings.desk_url):
        context.log_event(observation)
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

    @dg.asset(
        key=CARRIED,
        group_name=GROUP,
        owners=[OWNER],
        tags=FOR_PUBLIC,
        kinds={"parquet"},
        deps=[IN_FORCE],
        description="Public rows of closed periods, as first published, and the years that a decision "
        "publishes again.",
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


def _held(settled: gates.InForce, desk_url: str) -> Iterator[dg.AssetObservation]:
    """Observe, for each partner with a held extract, which is held, why, and where to decide."""
    for partner in sorted({fate.partner for fate in settled.held}):
        own = [fate for fate in settled.held if fate.partner == partner]
        item = items.held_extract(partner, own[-1].extract_id)
        rows = [
            dg.TableRecord(
                {"extract": fate.extract_id, "held_by": ", ".join(fate.held_by), "found": fate.finding}
            )
            for fate in own
        ]
        yield dg.AssetObservation(
            landing_key(partner),
            description="Held: the release uses the partner's last good extract instead.",
            metadata={
                "extracts_held": len(own),
                "desk": dg.MetadataValue.url(desk_url + item.path),
                "held": dg.MetadataValue.table(rows),
            },
        )

"""The extract gate, and the extracts in force after it."""

from collections.abc import Iterator

import dagster as dg

from orchestration import gates, typing
from orchestration.defs.boundary import step, version_of
from orchestration.defs.extracts import landing_key, typed_key
from orchestration.defs.places import MATCHES, SCOPED_MENTIONS
from orchestration.defs.published import confirm_unchanged
from orchestration.defs.tags import OWNER, RESTRICTED
from orchestration.refresh import Runs, settle
from orchestration.stewardship import items

GROUP = "gates"
VERDICTS = dg.AssetKey(["gates", "verdicts"])
IN_FORCE = dg.AssetKey(["gates", "in_force"])
ROW_DECISIONS = dg.AssetKey(["gates", "row_decisions"])
ALERT_RELEASES = dg.AssetKey(["gates", "alert_releases"])
SOURCES = dg.AssetKey(["gates", "sources"])
AS_OF = dg.AssetKey(["gates", "as_of"])


@dg.asset(
    key=VERDICTS,
    group_name=GROUP,
    owners=[OWNER],
    tags=RESTRICTED,
    kinds={"greatexpectations"},
    deps=[MATCHES, SCOPED_MENTIONS, *(typed_key(table) for table in typing.TYPED_TABLES)],
)
def extract_gate(context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]) -> dg.MaterializeResult:
    """Is each extract fit to enter? Great Expectations judges the profile of every landed extract."""
    verdicts = step(context, runs, settle.judge_extracts)
    numbers = ("passed", "failed", "waived", "extracts_held")
    return dg.MaterializeResult(
        data_version=version_of(verdicts),
        metadata={
            "dagster/row_count": verdicts.facts["passed"] + verdicts.facts["failed"],
            "seconds": runs.step_seconds,
            **{name: verdicts.facts[name] for name in numbers},
        },
    )


@dg.multi_asset(
    name="in_force",
    specs=[
        dg.AssetSpec(
            key,
            group_name=GROUP,
            owners=[OWNER],
            tags=RESTRICTED,
            kinds={"parquet"},
            deps=[VERDICTS],
            skippable=True,
            description=description,
        )
        for key, description in (
            (
                IN_FORCE,
                "The extracts that feed the marts. A refresh skips this and all later steps if nothing has "
                "changed since the current release.",
            ),
            (ROW_DECISIONS, "Records that a steward released from quarantine or excluded."),
            (ALERT_RELEASES, "Alerts that a steward released to the public."),
            (SOURCES, "The source of each partner: partners that send one form's submissions are one."),
            (AS_OF, "The day of the refresh."),
        )
    ],
)
def in_force(
    context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]
) -> Iterator[dg.MaterializeResult]:
    """Decide the fate of every extract; continue only if the release would change."""
    artifact = step(context, runs, settle.settle)
    settled = step(context, runs, lambda run: settle.settled_of(run.settings))
    for observation in _held(settled, runs.settings.desk_url):
        context.log_event(observation)
    if runs.entry and artifact.facts["is_unchanged"]:
        confirm_unchanged(context, runs, artifact.facts["is_rolled_back"])
        return
    yield dg.MaterializeResult(
        asset_key=IN_FORCE,
        data_version=version_of(artifact, "gates/in_force.parquet"),
        metadata={
            "dagster/row_count": len(settled.fates),
            "inputs_hash": settled.inputs_hash,
            "extracts_held": len(settled.held),
            "partners_overdue_count": len(settled.partners_overdue),
            "desk": dg.MetadataValue.url(f"{runs.settings.desk_url}/"),
            "partners_in_force": len(settled.partners_in_force),
            "partners_stale": ", ".join(settled.partners_stale) or "none",
            "partners_held": ", ".join(settled.partners_held) or "none",
            "partners_overdue": ", ".join(settled.partners_overdue) or "none",
        },
    )
    yield dg.MaterializeResult(
        asset_key=ROW_DECISIONS,
        data_version=version_of(artifact, "gates/row_decisions.parquet"),
        metadata={"dagster/row_count": settled.row_decisions},
    )
    yield dg.MaterializeResult(
        asset_key=ALERT_RELEASES,
        data_version=version_of(artifact, "gates/alert_releases.parquet"),
        metadata={"dagster/row_count": artifact.facts["alert_releases"]},
    )
    yield dg.MaterializeResult(
        asset_key=SOURCES,
        data_version=version_of(artifact, "gates/sources.parquet"),
        metadata={"dagster/row_count": artifact.facts["sources"]},
    )
    yield dg.MaterializeResult(asset_key=AS_OF, data_version=version_of(artifact, "gates/as_of.parquet"))


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

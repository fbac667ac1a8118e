"""The extract gate, and what is in force after it."""

from collections.abc import Iterator

import dagster as dg

from orchestration import extracts, gates, stewardship
from orchestration.defs.confirming import confirm_unchanged
from orchestration.defs.extracts import landing_key, typed_key
from orchestration.defs.places import MATCHES
from orchestration.defs.receipts import tell_partners
from orchestration.defs.workplace import Refresh, Workplace, step
from orchestration.release import is_rolled_back
from orchestration.stewardship import items, review

GROUP = "gates"
VERDICTS = dg.AssetKey(["gates", "verdicts"])
IN_FORCE = dg.AssetKey(["gates", "in_force"])
ROW_DECISIONS = dg.AssetKey(["gates", "row_decisions"])


def assets(workplace: Workplace) -> list[dg.AssetsDefinition]:
    @dg.asset(
        key=VERDICTS,
        group_name=GROUP,
        kinds={"greatexpectations"},
        deps=[MATCHES, *(typed_key(table) for table in extracts.TYPED_TABLES)],
    )
    def extract_gate(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """Is each extract fit to enter? Numbers of every landed extract, judged by Great Expectations."""
        verdicts = step(context, workplace, lambda refresh: _judge(workplace, refresh))
        return dg.MaterializeResult(
            metadata={
                "passed": verdicts.count("passed"),
                "failed": verdicts.count("failed"),
                "waived": sum(verdict.waived for verdict in verdicts.verdicts),
                "extracts_held": len(verdicts.holding),
            }
        )

    @dg.multi_asset(
        name="in_force",
        specs=[
            dg.AssetSpec(
                IN_FORCE,
                group_name=GROUP,
                deps=[VERDICTS],
                skippable=True,
                kinds={"parquet"},
                description="The extracts that feed the marts. Left out when nothing has changed since the "
                "current release: then no later step runs.",
            ),
            dg.AssetSpec(
                ROW_DECISIONS,
                group_name=GROUP,
                deps=[VERDICTS],
                skippable=True,
                kinds={"parquet"},
                description="Records that a steward released from a rule, or left out.",
            ),
        ],
    )
    def in_force(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        """Settle every extract's fate; go on only if that would give another release."""
        settled = step(context, workplace, lambda refresh: _settle(workplace, refresh))
        if workplace.begin(context.run_id).found["unchanged"]:
            confirm_unchanged(context, workplace)
        for observation in _held(settled, workplace.settings.desk_url):
            context.log_event(observation)
        if not workplace.begin(context.run_id).found["unchanged"]:
            yield dg.MaterializeResult(
                asset_key=IN_FORCE,
                metadata={
                    "inputs_hash": settled.inputs_hash,
                    "extracts": len(settled.fates),
                    "extracts_held": len(settled.held),
                    "partners_overdue_count": len(settled.partners_overdue),
                    "desk": dg.MetadataValue.url(f"{workplace.settings.desk_url}/"),
                    "partners_in_force": len(settled.partners_in_force),
                    "partners_stale": ", ".join(settled.partners_stale) or "none",
                    "partners_held": ", ".join(settled.partners_held) or "none",
                    "partners_overdue": ", ".join(settled.partners_overdue) or "none",
                },
            )
            yield dg.MaterializeResult(
                asset_key=ROW_DECISIONS, metadata={"dagster/row_count": settled.row_decisions}
            )

    return [extract_gate, in_force]


def _judge(workplace: Workplace, refresh: Refresh) -> gates.ExtractVerdicts:
    verdicts = gates.judge_extracts(workplace.settings, refresh.as_of, refresh.decisions)
    review.write_failed_extract_checks(workplace.drafting, refresh.taken, verdicts.verdicts)
    idle = stewardship.without_effect(workplace.settings, refresh.decisions)  # now the inbox is taken in
    review.write_decisions_without_effect(workplace.drafting, idle)
    return verdicts


def _settle(workplace: Workplace, refresh: Refresh) -> gates.InForce:
    settings = workplace.settings
    settled = gates.put_in_force(
        settings,
        refresh.as_of,
        refresh.decisions,
        refresh.keys.ids,
        boundaries=refresh.county_boundaries.record(),
    )
    review.write_in_force(workplace.drafting, settled)
    rolled_back = is_rolled_back(settings, refresh.decisions, settled.given_hash)
    refresh.found |= {
        "in_force": settled,
        "rolled_back": rolled_back,
        "unchanged": rolled_back or not settled.changed,
    }
    if refresh.found["unchanged"]:  # no later step runs
        tell_partners(workplace, refresh, "unchanged")
    return settled


def _held(settled: gates.InForce, desk_url: str) -> Iterator[dg.AssetObservation]:
    """On the asset of each partner with an extract held: which, why, and where it is decided."""
    for partner in sorted({fate.partner for fate in settled.held}):
        own = [fate for fate in settled.held if fate.partner == partner]
        item = items.held_extract(partner, own[-1].extract_id)
        yield dg.AssetObservation(
            landing_key(partner),
            description="Held: kept out of the release; what the partner sent before serves.",
            metadata={
                "extracts_held": len(own),
                "desk": dg.MetadataValue.url(desk_url + item.path),
                "held": dg.MetadataValue.table(
                    [
                        dg.TableRecord({"extract": fate.extract_id, "held_by": ", ".join(fate.held_by)})
                        for fate in own
                    ]
                ),
            },
        )

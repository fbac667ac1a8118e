"""The extract gate, and what is in force after it."""

from collections.abc import Iterator

import dagster as dg

from expectations import Expectation
from expectations.extract_gate import EXTRACT_GATE
from orchestration import extracts, gates
from orchestration.defs.extracts import landing_key, typed_key
from orchestration.defs.places import MATCHES
from orchestration.defs.workplace import Refresh, Workplace, step
from orchestration.release import is_rolled_back
from orchestration.stewardship import review

GROUP = "gates"
QUARANTINE_CHECK = "quarantine_is_not_flooded"
VERDICTS = dg.AssetKey(["gates", "verdicts"])
IN_FORCE = dg.AssetKey(["gates", "in_force"])


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
            )
        ],
    )
    def in_force(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        """Settle every extract's fate; go on only if that would give another release."""
        settled = step(context, workplace, lambda refresh: _settle(workplace, refresh))
        if not workplace.begin(context.run_id).found["unchanged"]:
            yield dg.MaterializeResult(
                asset_key=IN_FORCE,
                metadata={
                    "inputs_hash": settled.inputs_hash,
                    "extracts": len(settled.fates),
                    "partners_in_force": len(settled.partners_in_force),
                    "partners_stale": ", ".join(settled.partners_stale) or "none",
                    "partners_held": ", ".join(settled.partners_held) or "none",
                    "partners_overdue": ", ".join(settled.partners_overdue) or "none",
                },
            )

    return [extract_gate, in_force]


def checks(workplace: Workplace, contracts: extracts.Contracts) -> list[dg.AssetChecksDefinition]:
    """The gate's verdicts on each partner's own asset. None blocks: an extract is held, the others go on."""

    @dg.multi_asset_check(
        name="extract_checks",
        specs=[
            dg.AssetCheckSpec(
                expectation.name,
                asset=landing_key(partner),
                additional_deps=[VERDICTS],
                description=f"{expectation.why} If it fails: {expectation.steward_action}",
            )
            for partner in contracts.partners
            for expectation in EXTRACT_GATE
        ],
    )
    def extract_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        verdicts = step(context, workplace, lambda refresh: gates.read_verdicts(workplace.settings))
        rules = step(context, workplace, lambda refresh: gates.quarantine_rules(workplace.settings))
        for partner in contracts.partners:
            own = verdicts.of_partner(partner)
            for expectation in EXTRACT_GATE:
                of_check = [verdict for verdict in own if verdict.check_name == expectation.name]
                by_rule = rules.get(partner, {}) if expectation.name == QUARANTINE_CHECK else {}
                yield _result(partner, expectation, of_check, by_rule)

    return [extract_checks]


def _judge(workplace: Workplace, refresh: Refresh) -> gates.ExtractVerdicts:
    verdicts = gates.judge_extracts(workplace.settings, refresh.as_of, refresh.decisions)
    review.write_failed_checks(workplace.settings, verdicts.verdicts)
    return verdicts


def _settle(workplace: Workplace, refresh: Refresh) -> gates.InForce:
    settings = workplace.settings
    settled = gates.put_in_force(settings, refresh.as_of, refresh.decisions, refresh.keys.ids)
    rolled_back = is_rolled_back(settings, refresh.decisions, settled.inputs_hash)
    refresh.found |= {"in_force": settled, "unchanged": rolled_back or not settled.changed}
    return settled


def _result(
    partner: str, expectation: Expectation, verdicts: list[gates.Verdict], by_rule: dict[str, int]
) -> dg.AssetCheckResult:
    failed = [verdict for verdict in verdicts if not verdict.passed]
    holding = [verdict for verdict in failed if verdict.holds]
    table = [
        dg.TableRecord(
            {
                "extract": verdict.extract_id,
                "observed": -1.0 if verdict.observed is None else verdict.observed,
                "expected": verdict.expected,
                "outcome": "waived" if verdict.waived else verdict.outcome,
            }
        )
        for verdict in failed
    ]
    metadata: dict[str, dg.MetadataValue] = {
        "extracts_judged": dg.MetadataValue.int(len(verdicts)),
        "extracts_failed": dg.MetadataValue.int(len(failed)),
    }
    if table:
        metadata["failed"] = dg.MetadataValue.table(table)
    if by_rule:
        metadata["rows_by_rule"] = dg.MetadataValue.table(
            [dg.TableRecord({"rule": rule, "rows": rows}) for rule, rows in by_rule.items()]
        )
    return dg.AssetCheckResult(
        asset_key=landing_key(partner),
        check_name=expectation.name,
        passed=not [verdict for verdict in failed if not verdict.waived],
        severity=dg.AssetCheckSeverity.ERROR if holding else dg.AssetCheckSeverity.WARN,
        description=f"{len(failed)} of {len(verdicts)} extracts fail. {expectation.steward_action}"
        if failed
        else f"{len(verdicts)} extracts judged.",
        metadata=metadata,
    )

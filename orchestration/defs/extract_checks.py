"""The extract gate's verdicts as checks on each partner's own asset."""

from collections.abc import Iterator

import dagster as dg

from expectations import Expectation
from expectations.extract_gate import EXTRACT_GATE
from orchestration import extracts, gates
from orchestration.defs.extracts import landing_key
from orchestration.defs.gates import VERDICTS
from orchestration.defs.workplace import Workplace, step
from orchestration.stewardship import review

FILES_WHY = (
    "A file that cannot be read, or not by its contract, waits in the inbox; what came before it stays. "
    "If it fails: the table says what to mend in the contract, or what to ask the partner."
)
QUARANTINE_CHECK = "quarantine_is_not_flooded"


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
        ]
        + [
            dg.AssetCheckSpec(
                review.FILES_CHECK,
                asset=landing_key(partner),
                additional_deps=[VERDICTS],
                description=FILES_WHY,
            )
            for partner in contracts.partners
        ],
    )
    def extract_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        verdicts = step(context, workplace, lambda refresh: gates.read_verdicts(workplace.settings))
        rules = step(context, workplace, lambda refresh: gates.quarantine_rules(workplace.settings))
        taken = step(context, workplace, lambda refresh: refresh.taken)
        for partner in contracts.partners:
            yield _files_result(partner, [extract for extract in taken if extract.partner == partner])
            own = verdicts.of_partner(partner)
            for expectation in EXTRACT_GATE:
                of_check = [verdict for verdict in own if verdict.check_name == expectation.name]
                by_rule = rules.get(partner, {}) if expectation.name == QUARANTINE_CHECK else {}
                yield _result(partner, expectation, of_check, by_rule)

    return [extract_checks]


def _files_result(partner: str, taken: list[extracts.TakenExtract]) -> dg.AssetCheckResult:
    waiting = [extract for extract in taken if extract.outcome in ("held", "unreadable")]
    metadata: dict[str, dg.MetadataValue] = {"files_waiting": dg.MetadataValue.int(len(waiting))}
    if waiting:
        metadata["waiting"] = dg.MetadataValue.table(
            [
                dg.TableRecord({"file": file.file, "outcome": file.outcome, "reason": file.reason or ""})
                for file in waiting
            ]
        )
    return dg.AssetCheckResult(
        asset_key=landing_key(partner),
        check_name=review.FILES_CHECK,
        passed=not waiting,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{len(waiting)} file(s) wait in the inbox."
        if waiting
        else "No file waits in the inbox.",
        metadata=metadata,
    )


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

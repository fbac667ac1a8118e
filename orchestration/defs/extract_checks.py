"""The extract gate's verdicts as checks on each partner's own asset."""

from collections.abc import Iterator

import dagster as dg

from expectations import Expectation
from expectations.extract_gate import EXTRACT_GATE
from orchestration import extracts, gates
from orchestration.defs.extracts import landing_key
from orchestration.defs.gates import VERDICTS
from orchestration.defs.workplace import Workplace, step
from orchestration.stewardship import items, review

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
            files = [extract for extract in taken if extract.partner == partner]
            yield _files_result(partner, files, workplace.settings.desk_url)
            own = verdicts.of_partner(partner)
            for expectation in EXTRACT_GATE:
                of_check = [verdict for verdict in own if verdict.check_name == expectation.name]
                by_rule = rules.get(partner, {}) if expectation.name == QUARANTINE_CHECK else {}
                yield _result(partner, expectation, of_check, by_rule, workplace.settings.desk_url)

    return [extract_checks]


def _files_result(partner: str, taken: list[extracts.TakenExtract], desk_url: str) -> dg.AssetCheckResult:
    waiting = [extract for extract in taken if extract.outcome in ("held", "unreadable")]
    metadata: dict[str, dg.MetadataValue] = {"files_waiting": dg.MetadataValue.int(len(waiting))}
    if waiting:
        metadata["waiting"] = dg.MetadataValue.table(
            [
                dg.TableRecord({"file": file.file, "outcome": file.outcome, "reason": file.reason or ""})
                for file in waiting
            ]
        )
        metadata["desk"] = dg.MetadataValue.url(
            desk_url + items.file_not_taken(partner, waiting[0].file).path
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
    partner: str,
    expectation: Expectation,
    verdicts: list[gates.Verdict],
    by_rule: dict[str, int],
    desk_url: str,
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
        "extracts_waived": dg.MetadataValue.int(sum(verdict.waived for verdict in failed)),
    }
    if verdicts and verdicts[-1].observed is not None:
        metadata["observed_of_newest"] = dg.MetadataValue.float(verdicts[-1].observed)
    if table:
        metadata["failed"] = dg.MetadataValue.table(table)
        newest = items.extract_check(partner, failed[-1].extract_id, expectation.name)
        metadata["desk"] = dg.MetadataValue.url(desk_url + newest.path)
    if holding:
        held = items.held_extract(partner, holding[-1].extract_id)
        metadata["desk_of_extract"] = dg.MetadataValue.url(desk_url + held.path)
    if expectation.name == QUARANTINE_CHECK:
        metadata["rows_set_aside"] = dg.MetadataValue.int(sum(by_rule.values()))
    if by_rule:
        metadata["rows_by_rule"] = dg.MetadataValue.table(
            [dg.TableRecord({"rule": rule, "rows": rows}) for rule, rows in by_rule.items()]
        )
    return dg.AssetCheckResult(
        asset_key=landing_key(partner),
        check_name=expectation.name,
        passed=not [verdict for verdict in failed if not verdict.waived],
        severity=dg.AssetCheckSeverity.ERROR if holding else dg.AssetCheckSeverity.WARN,
        description=_described(expectation, failed, len(verdicts)),
        metadata=metadata,
    )


def _described(expectation: Expectation, failed: list[gates.Verdict], judged: int) -> str:
    """What was seen, what it does, why it is asked and what to do: read without opening anything else."""
    if not failed:
        return f"{judged} extract(s) judged, all fine."
    newest = failed[-1]
    seen = "" if newest.observed is None else f" The newest of them: {newest.observed:.4g}, "
    seen = f"{seen}expected {newest.expected}." if seen else f" Expected {newest.expected}."
    waived = sum(verdict.waived for verdict in failed)
    so = f" {waived} waived." if waived else ""
    if any(verdict.holds for verdict in failed):
        so += " What fails is held: the partner's last good extract serves, and the release goes on."
    return (
        f"{len(failed)} of {judged} extract(s) fail.{seen}{so} {expectation.why} {expectation.steward_action}"
    )

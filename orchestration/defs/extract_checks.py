"""Two checks a partner: is what it sent fit to enter, and is its next extract late."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import dagster as dg

from orchestration import gates, intake
from orchestration.contracts import Contracts
from orchestration.defs.boundary import step
from orchestration.defs.extracts import landing_key
from orchestration.defs.gates import VERDICTS
from orchestration.defs.lateness import ON_TIME, ON_TIME_WHY, on_time
from orchestration.refresh import Runs, extracts, settle
from orchestration.stewardship import items, review

FIT = "extracts_are_fit"
FIT_WHY = (
    "Is what this partner sent fit to enter? An extract that fails a check which holds stays out, and what "
    "came before it serves; a file that cannot be read waits in the inbox. If it fails: the table says for "
    "each check what was expected, what was found and what to do."
)


def checks(contracts: Contracts) -> list[dg.AssetChecksDefinition]:
    """None blocks: an extract is held, and the others go on."""

    @dg.multi_asset_check(
        name="extract_checks",
        can_subset=True,
        specs=[
            dg.AssetCheckSpec(name, asset=landing_key(partner), additional_deps=[VERDICTS], description=why)
            for partner in contracts.partners
            for name, why in ((FIT, FIT_WHY), (ON_TIME, ON_TIME_WHY))
        ],
    )
    def extract_checks(
        context: dg.AssetCheckExecutionContext, runs: dg.ResourceParam[Runs]
    ) -> Iterator[dg.AssetCheckResult]:
        if not step(context, runs, lambda run: settle.has_verdicts(run.settings)):
            return  # a partner's first file, taken in alone: it is judged by the steps after it
        verdicts = step(context, runs, lambda run: gates.read_verdicts(run.settings))
        rules = step(context, runs, lambda run: gates.quarantine_rules(run.settings))
        taken = step(context, runs, lambda run: extracts.taken_of(run.settings))
        deliveries = step(context, runs, lambda run: gates.deliveries(run.settings))
        today = step(context, runs, lambda run: run.as_of.date())
        for partner in sorted({key.asset_key.path[-1] for key in context.selected_asset_check_keys}):
            files = [one for one in taken if one.partner == partner and one.outcome in review.NOT_TAKEN]
            own = verdicts.of_partner(partner)
            yield _fit(partner, files, own, rules.get(partner, {}), runs.settings.desk_url)
            yield on_time(
                partner, [one for one in deliveries if one.partner == partner], today, runs.settings.desk_url
            )

    return [extract_checks]


def _fit(
    partner: str,
    waiting: list[intake.TakenExtract],
    verdicts: Iterable[gates.Verdict],
    by_rule: Mapping[str, int],
    desk_url: str,
) -> dg.AssetCheckResult:
    verdicts = list(verdicts)
    failed = [one for one in verdicts if not one.passed]
    holding = [one for one in failed if one.holds]
    metadata: dict[str, Any] = {
        "files_waiting": len(waiting),
        "extracts_judged": len({one.extract_id for one in verdicts}),
        "extracts_held": len({one.extract_id for one in holding}),
        "checks_failed": len(failed),
        "checks_waived": sum(one.waived for one in failed),
        "rows_set_aside": sum(by_rule.values()),
    }
    if found := [*map(_of_file, waiting), *map(_of_verdict, failed)]:
        metadata["failed"] = dg.MetadataValue.table(found)
    if by_rule:
        metadata["rows_by_rule"] = dg.MetadataValue.table(
            [dg.TableRecord({"rule": rule, "rows": rows}) for rule, rows in by_rule.items()]
        )
    if holding:
        item = items.held_extract(partner, holding[-1].extract_id)
        metadata["desk"] = dg.MetadataValue.url(desk_url + item.path)
    elif waiting:
        item = items.file_not_taken(partner, waiting[0].file)
        metadata["desk"] = dg.MetadataValue.url(desk_url + item.path)
    elif failed:
        item = items.extract_check(partner, failed[-1].extract_id, failed[-1].check_name)
        metadata["desk"] = dg.MetadataValue.url(desk_url + item.path)
    return dg.AssetCheckResult(
        asset_key=landing_key(partner),
        check_name=FIT,
        passed=not waiting and all(one.waived for one in failed),
        severity=dg.AssetCheckSeverity.ERROR if holding or waiting else dg.AssetCheckSeverity.WARN,
        description=_said(waiting, verdicts, failed, holding),
        metadata=metadata,
    )


def _said(
    waiting: list[intake.TakenExtract],
    verdicts: list[gates.Verdict],
    failed: list[gates.Verdict],
    holding: list[gates.Verdict],
) -> str:
    """What was found and what follows from it: read without opening anything else."""
    judged = len({one.extract_id for one in verdicts})
    if not (waiting or failed):
        return f"{judged} extract(s) judged, all fine."
    parts = [f"{len(waiting)} file(s) wait in the inbox."] if waiting else []
    if holding:
        names = ", ".join(sorted({one.check_name for one in holding}))
        parts.append(
            f"{len({one.extract_id for one in holding})} of {judged} extract(s) held by {names}: the last "
            "good extract serves, and the release goes on."
        )
    if warned := [one for one in failed if not one.holds]:
        names = ", ".join(sorted({one.check_name for one in warned}))
        parts.append(f"Failed without holding: {names}.")
    newest = (holding or failed)[-1:]
    return " ".join([*parts, *(f"{one.why} {one.steward_action}" for one in newest)])


def _of_file(file: intake.TakenExtract) -> dg.TableRecord:
    return _record(file.file, review.FILES_CHECK, file.outcome, "taken in", "waits", file.reason or "")


def _of_verdict(one: gates.Verdict) -> dg.TableRecord:
    found = "nothing to measure" if one.observed is None else f"{one.observed:.4g}"
    does = "waived" if one.waived else "holds" if one.holds else "warns"
    if one.outcome != "failed":
        found = one.outcome
    return _record(one.extract_id, one.check_name, found, one.expected, does, one.steward_action)


def _record(what: str, check: str, found: str, expected: str, does: str, to_do: str) -> dg.TableRecord:
    return dg.TableRecord(
        {
            "extract": what,
            "check": check,
            "found": found,
            "expected": expected,
            "does": does,
            "what_to_do": to_do,
        }
    )

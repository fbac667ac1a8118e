"""The extract gate, the extracts in force after it, and the public rows that a release carries on.

One check a partner: are its extracts fit to enter, and is the next one late? Lateness is no freshness policy:
Dagster's policies look at when a step last ran, and every refresh runs every partner's step. Here the day
counts on which the newest extract was received.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from expectations.checks import unexplained_checks
from orchestration import gates, intake, release
from orchestration.contracts import Contracts
from orchestration.core import of_text, read_artifact
from orchestration.defs.boundary import FOR_PUBLIC, asset, step, version_of
from orchestration.defs.extracts import PLACES, TYPED, landing_key
from orchestration.defs.published import confirm_unchanged
from orchestration.refresh import Run, Runs, extracts
from orchestration.stewardship import items, review

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


CHECK = "extracts_are_fit_and_on_time"
FILES_CHECK = "files_are_taken"
COLUMNS = ("extract", "check", "found", "expected", "effect", "what_to_do")
WHY = (
    "Are this partner's extracts fit to enter, and is the next one on time? A held extract stays out of the "
    "release, which uses the last good one instead; an unreadable file waits in the inbox; a late extract is "
    "missing evidence, not a calm period. If it fails: the table lists what each check expected and found, "
    "and what to do; ask the partner for a late extract, or change the cadence of its contract. Red holds, "
    "yellow warns. Plots: rows and shares of the newest extract, beside their limits (_min, _max), the days "
    "since it was received, and the partner's movements in force."
)


def checks(contracts: Contracts) -> list[dg.AssetChecksDefinition]:
    """Return the checks. None blocks: an extract is held, and the others continue."""

    @dg.multi_asset_check(
        name="extract_checks",
        can_subset=True,
        specs=[
            dg.AssetCheckSpec(CHECK, asset=landing_key(partner), additional_deps=[VERDICTS], description=WHY)
            for partner in contracts.partners
        ],
    )
    def extract_checks(
        context: dg.AssetCheckExecutionContext, runs: dg.ResourceParam[Runs]
    ) -> Iterator[dg.AssetCheckResult]:
        partners = sorted({key.asset_key.path[-1] for key in context.selected_asset_check_keys})
        yield from step(context, runs, lambda run: results(run, partners))

    return [extract_checks]


def results(run: Run, partners: list[str]) -> list[dg.AssetCheckResult]:
    settings = run.settings
    if read_artifact(settings.work, extracts.JUDGE) is None:
        return []  # the first file was taken in alone; later steps judge it
    verdicts, deliveries = gates.read_verdicts(settings), gates.deliveries(settings)
    waiting = [file for file in extracts.taken_of(settings) if file.outcome in review.NOT_TAKEN]
    fates = gates.read_fates(settings)
    numbers, movements = gates.newest_numbers(settings), release.movements_by_partner(settings)
    # Nothing more is asked of what a steward withdrew.
    withdrawn = {(one["partner"], one["extract_id"]) for one in run.decisions["extract_withdraw"]}
    return [
        _result(
            run,
            partner,
            [file for file in waiting if file.partner == partner],
            [one for one in verdicts.of_partner(partner) if (partner, one.extract_id) not in withdrawn],
            [delivery for delivery in deliveries if delivery.partner == partner],
            {**numbers.get(partner, {}), "movements_in_force": movements.get(partner, 0)},
            {fate.extract_id: fate for fate in fates.values() if fate.partner == partner},
        )
        for partner in partners
    ]


def _result(
    run: Run,
    partner: str,
    waiting: Sequence[intake.TakenExtract],
    verdicts: Sequence[gates.Verdict],
    deliveries: Sequence[gates.Delivery],
    plotted: Mapping[str, float],
    fates: Mapping[str, gates.ExtractFate],
) -> dg.AssetCheckResult:
    """Return the check's result; `deliveries` are the newest extract of each of the partner's contracts."""
    today = run.as_of.date()
    failed = [verdict for verdict in verdicts if not verdict.passed]
    holding = [verdict for verdict in failed if verdict.holds]
    late = [delivery for delivery in deliveries if delivery.is_overdue(today)]
    overdue = (
        f"{one.contract}: the newest extract was received on {one.received_on}; with its {one.cadence} "
        f"cadence the next was due by {one.due}."
        for one in late
    )
    metadata: dict[str, Any] = {
        "files_waiting": len(waiting),
        "extracts_judged": len({verdict.extract_id for verdict in verdicts}),
        "extracts_held": len({verdict.extract_id for verdict in holding}),
        "checks_failed": len(failed),
        "checks_waived": sum(verdict.waived for verdict in failed),
        "days_overdue": max(((today - delivery.due).days for delivery in late if delivery.due), default=0),
        **plotted,
    }
    if deliveries:
        newest = max(delivery.received_on for delivery in deliveries)
        metadata |= {"last_received": str(newest), "days_since_last_received": (today - newest).days}
    rows: list[tuple[str, ...]] = [
        (file.file, FILES_CHECK, file.outcome, "taken in", "waits", file.reason or "") for file in waiting
    ]
    if rows := [*rows, *map(_row, failed)]:
        records = [dg.TableRecord(dict(zip(COLUMNS, row, strict=True))) for row in rows]
        metadata["failed"] = dg.MetadataValue.table(records)
    item = None
    if holding:
        item = items.held_extract(partner, holding[-1].extract_id)
    elif waiting:
        item = items.file_not_taken(partner, waiting[0].file)
    elif failed:
        item = items.extract_check(partner, failed[-1].extract_id, failed[-1].check_name)
    elif late:
        item = items.overdue(partner)
    if item:
        metadata["desk"] = dg.MetadataValue.url(run.settings.desk_url + item.path)
    return dg.AssetCheckResult(
        asset_key=landing_key(partner),
        check_name=CHECK,
        passed=not waiting and not late and all(verdict.waived for verdict in failed),
        severity=dg.AssetCheckSeverity.ERROR if holding or waiting else dg.AssetCheckSeverity.WARN,
        description=" ".join([*_summary(waiting, verdicts, failed, holding, fates), *overdue]),
        metadata=metadata,
    )


def _summary(
    waiting: Sequence[intake.TakenExtract],
    verdicts: Sequence[gates.Verdict],
    failed: Sequence[gates.Verdict],
    holding: Sequence[gates.Verdict],
    fates: Mapping[str, gates.ExtractFate],
) -> list[str]:
    """Say what was found and what it means, complete without the metadata."""
    if not (verdicts or waiting):
        return ["No extract is judged: none was taken in, or a steward withdrew it."]
    judged = len({verdict.extract_id for verdict in verdicts})
    if not (waiting or failed):
        return [f"{judged} extract(s) judged, all passed."]
    sentences = [f"{len(waiting)} file(s) wait in the inbox."] if waiting else []
    if holding:
        names = ", ".join(sorted({verdict.check_name for verdict in holding}))
        held = f"{len({verdict.extract_id for verdict in holding})} of {judged} extract(s) held by {names}."
        sentences.append(f"{held} The release uses the last good extract.")
    if warned := [verdict for verdict in failed if not verdict.holds]:
        names = ", ".join(sorted({verdict.check_name for verdict in warned}))
        sentences.append(f"Failed without holding: {names}.")
    newest = (holding or failed)[-1].extract_id if failed else ""
    of_newest = {one.check_name: one for one in holding or failed if one.extract_id == newest}
    fate = fates.get(newest)
    if fate and fate.cause:
        sentences.append(f"{of_text(fate.cause)}. Ask the partner: {fate.question}")
    for name in unexplained_checks(of_newest, fate.cause_key if fate else ""):
        verdict = of_newest[name]
        finding = f"{verdict.finding}. " if verdict.finding else ""
        sentences.append(f"{finding}{verdict.why} {verdict.steward_action}")
    return sentences


def _row(verdict: gates.Verdict) -> tuple[str, ...]:
    observed = "nothing to measure" if verdict.observed is None else f"{verdict.observed:.4g}"
    found = verdict.finding or observed
    return (
        verdict.extract_id,
        verdict.check_name,
        found if verdict.outcome == "failed" else verdict.outcome,
        verdict.expected,
        "waived" if verdict.waived else "holds" if verdict.holds else "warns",
        verdict.steward_action,
    )

"""Stage the candidate, judge it, publish it."""

from collections.abc import Iterator
from typing import Any, Literal

import dagster as dg

from expectations import Expectation
from expectations.checks import PART_CHECKS, RELEASE_CHECKS, part_of
from orchestration import gates
from orchestration.core import ReleaseRefused, refreshes
from orchestration.defs.boundary import FOR_MEMBERS, asset, end, spec, step, version_of
from orchestration.defs.published import FRESH, PUBLISHED, confirm_unchanged, of_published
from orchestration.refresh import Runs, releasing
from orchestration.stewardship import items

GROUP = "release"
Outcome = Literal["published", "refused", "waits"]
CANDIDATE = dg.AssetKey(["release", "candidate"])
VERDICT = dg.AssetKey(["release", "verdict"])
RECEIPTS = dg.AssetKey(["release", "receipts"])
CHECK = "candidate_is_fit"
WHY = (
    "Does the candidate meet every expectation of the release gate? If it fails: the sentences say what was "
    "seen and expected, whether the release is refused, and what a steward does. The table has every "
    "expectation. Plots: the measures of the gate, beside their limits (_min, _max)."
)


def assets(published_models: list[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    @asset(
        "release__candidate",
        CANDIDATE,
        GROUP,
        "The next release, complete beside the current one, byte for byte as it will be published. "
        "Skipped if it would bring back the release that a steward rolled back from.",
        published_models,
        tags=FOR_MEMBERS,
        kinds={"duckdb", "parquet"},
        skippable=True,
    )
    def candidate(
        context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]
    ) -> Iterator[dg.MaterializeResult]:
        staged = step(context, runs, releasing.stage)
        if staged is None:
            confirm_unchanged(context, runs, is_rolled_back=True)
            return
        yield dg.MaterializeResult(
            data_version=version_of(staged),
            metadata={
                "dagster/row_count": staged.facts["movements"] or 0,
                "release_id": staged.facts["release_id"],
                "content_hash": staged.facts["content_hash"],
                **{f"rows_{fate}": rows or 0 for fate, rows in staged.facts["rows"].items()},
            },
        )

    return [candidate, release_gate, publish]


@asset(
    "release__verdict",
    VERDICT,
    GROUP,
    "Is the candidate fit to publish? Every check with its outcome, and the hashes of the files.",
    [CANDIDATE],
    tags=FOR_MEMBERS,
    kinds={"greatexpectations"},
    checks=[dg.AssetCheckSpec(CHECK, asset=VERDICT, description=WHY)],
)
def release_gate(context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]) -> dg.MaterializeResult:
    verdict = step(context, runs, releasing.judge)
    reasons = "\n".join(f"- {reason}" for reason in verdict.reasons) or "none"
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(verdict.checks),
            "verdict": verdict.verdict,
            "reasons": dg.MetadataValue.md(reasons),
        },
        check_results=[candidate_check(verdict, runs.settings.desk_url)],
    )


@dg.multi_asset(
    name="publish",
    can_subset=True,
    specs=[
        spec(
            PUBLISHED,
            GROUP,
            "The release in force. Publishing needs a verdict for exactly the candidate's files. A refresh "
            "without new inputs confirms the release, which counts as fresh.",
            [VERDICT],
            tags=FOR_MEMBERS,
            kinds={"duckdb"},
            skippable=True,
            freshness_policy=FRESH,
        ),
        spec(
            RECEIPTS,
            GROUP,
            "What each partner gets back: what was taken, what was not and why, in its own columns and row "
            "numbers. Also written when the release is refused.",
            [VERDICT],
            tags=FOR_MEMBERS,
            kinds={"html", "csv"},
            skippable=True,
        ),
    ],
)
def publish(
    context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]
) -> Iterator[dg.MaterializeResult]:
    """Publish the candidate if it passed, and write the partners' receipts in any case.

    One that waits for review is neither published nor a failure.
    """
    refused: dg.Failure | None = None
    outcome: Outcome = "published"
    is_asked = PUBLISHED in context.selected_asset_keys
    if is_asked:
        try:
            if step(context, runs, releasing.publish) is None:
                outcome = "waits"
        except dg.Failure as failure:
            if not isinstance(runs.error, ReleaseRefused):
                raise
            refused, outcome = failure, "refused"
    if RECEIPTS in context.selected_asset_keys:
        # A run of single steps has taken in nothing.
        written = step(context, runs, lambda run: releasing.write_receipts(run, outcome) if run.entry else 0)
        yield dg.MaterializeResult(asset_key=RECEIPTS, metadata={"receipts": written})
    if refused is not None:
        raise refused
    if outcome == "waits":
        context.log.info(str(releasing.why_it_waits(runs.settings)))
        end(context.instance, runs, context.run_id, refreshes.WAITS, at_gate=True)
    elif is_asked:
        yield dg.MaterializeResult(asset_key=PUBLISHED, metadata=step(context, runs, of_published))
        end(context.instance, runs, context.run_id, refreshes.PUBLISHED, at_gate=True)


def candidate_check(verdict: gates.ReleaseVerdict, desk_url: str) -> dg.AssetCheckResult:
    """Return the check of the candidate: one row and the plotted numbers of each expectation."""
    metadata: dict[str, Any] = {}
    rows, sentences = [], []
    for expectation in RELEASE_CHECKS.values():
        own = [check for check in verdict.checks if check.name == expectation.name]
        failed = [check for check in own if check.outcome != "passed"]
        measures = verdict.measures
        if expectation.name in PART_CHECKS:  # the worst of all partners, counties, corridors or tables
            [limit] = expectation.limits
            observed = [check.observed for check in own if check.observed is not None]
            measures = {limit.column: (min if limit.maximum is None else max)(observed, default=None)}
        metadata |= expectation.numbers(measures)
        rows.append(_row(expectation, own, failed))
        if failed:
            sentences.append(_finding(expectation, failed))
        elif not own:
            sentences.append(f"{expectation.name}: not measured.")
    all_failed = [check for check in verdict.checks if check.outcome != "passed"]
    if first := max(all_failed, key=lambda check: check.refuses, default=None):
        path = items.release_check(first.name, part_of(first.name, first.subject)).path
        metadata["desk"] = dg.MetadataValue.url(desk_url + path)
        if first.refuses and first.name not in RELEASE_CHECKS:
            sentences.append(f"The release is refused: {' '.join(verdict.reasons)}")
    return dg.AssetCheckResult(
        asset_key=VERDICT,
        check_name=CHECK,
        passed=verdict.passed and {row.data["outcome"] for row in rows} <= {"passed", "waived"},
        severity=dg.AssetCheckSeverity.ERROR if first and first.refuses else dg.AssetCheckSeverity.WARN,
        description=" ".join(sentences) or f"{len(rows)} expectations, all met.",
        metadata={"expectations": dg.MetadataValue.table(rows), **metadata},
    )


def _row(
    expectation: Expectation, own: list[gates.CheckOutcome], failed: list[gates.CheckOutcome]
) -> dg.TableRecord:
    if not own:
        outcome = "not measured"
    elif not failed:
        outcome = "passed"
    else:
        outcome = "waived" if all(check.waived_by for check in failed) else "failed"
    return dg.TableRecord(
        {
            "expectation": expectation.name,
            "outcome": outcome,
            "subjects": ", ".join(check.subject for check in failed),
            "found": "; ".join(check.finding for check in failed if check.finding),
            "expected": expectation.expected,
        }
    )


def _finding(expectation: Expectation, failed: list[gates.CheckOutcome]) -> str:
    """Say what was seen and expected, what follows, and what a steward does."""
    first = failed[0]
    numbers = "" if first.observed is None else f"Found {first.observed:.4g}. "
    found = f"{first.finding}. " if first.finding else numbers
    effect = "The release is refused." if any(check.refuses for check in failed) else "The release goes on."
    return (
        f"{expectation.name}: {found}Expected {expectation.expected}. {effect} {expectation.why} "
        f"{first.steward_action}"
    )

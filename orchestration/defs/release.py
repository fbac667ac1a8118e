"""Stage the candidate, judge it, publish it."""

from collections.abc import Iterator
from typing import Literal

import dagster as dg

from orchestration import gates
from orchestration.core import ReleaseRefused, refreshes
from orchestration.defs.boundary import end, step, version_of
from orchestration.defs.published import FRESH, PUBLISHED, confirm_unchanged, of_published
from orchestration.defs.tags import FOR_MEMBERS, OWNER
from orchestration.refresh import Run, Runs, releasing

GROUP = "release"
Outcome = Literal["published", "refused", "waits"]
CANDIDATE = dg.AssetKey(["release", "candidate"])
VERDICT = dg.AssetKey(["release", "verdict"])
RECEIPTS = dg.AssetKey(["release", "receipts"])


def assets(published_models: list[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    @dg.asset(
        key=CANDIDATE,
        group_name=GROUP,
        owners=[OWNER],
        tags=FOR_MEMBERS,
        kinds={"duckdb", "parquet"},
        deps=published_models,
        output_required=False,
    )
    def candidate(
        context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]
    ) -> Iterator[dg.MaterializeResult]:
        """The next release, complete beside the current one, byte for byte as it will be published.

        Skipped if it would bring back the release that a steward rolled back from.
        """
        staged = step(context, runs, releasing.stage)
        if staged is None:
            confirm_unchanged(context, runs, is_rolled_back=True)
            return
        yield dg.MaterializeResult(
            data_version=version_of(staged),
            metadata={
                "dagster/row_count": staged.facts["movements"] or 0,
                "seconds": runs.step_seconds,
                "release_id": staged.facts["release_id"],
                "content_hash": staged.facts["content_hash"],
                **{f"rows_{fate}": rows or 0 for fate, rows in staged.facts["rows"].items()},
            },
        )

    return [candidate, release_gate, publish]


@dg.asset(
    key=VERDICT,
    group_name=GROUP,
    owners=[OWNER],
    tags=FOR_MEMBERS,
    deps=[CANDIDATE],
    kinds={"greatexpectations"},
)
def release_gate(context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]) -> dg.MaterializeResult:
    """Is the candidate fit to publish? Every check with its outcome, and the hashes of the files."""
    verdict = step(context, runs, releasing.judge)
    reasons = "\n".join(f"- {reason}" for reason in verdict.reasons) or "none"
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(verdict.checks),
            "seconds": runs.step_seconds,
            "verdict": verdict.verdict,
            **_check_counts(verdict),
            "reasons": dg.MetadataValue.md(reasons),
        },
    )


@dg.multi_asset(
    name="publish",
    can_subset=True,
    specs=[
        dg.AssetSpec(
            PUBLISHED,
            group_name=GROUP,
            owners=[OWNER],
            tags=FOR_MEMBERS,
            deps=[VERDICT],
            kinds={"duckdb"},
            skippable=True,
            freshness_policy=FRESH,
            description="The release in force. Publishing needs a verdict for exactly the candidate's files. "
            "A refresh without new inputs confirms the release, which counts as fresh.",
        ),
        dg.AssetSpec(
            RECEIPTS,
            group_name=GROUP,
            owners=[OWNER],
            tags=FOR_MEMBERS,
            deps=[VERDICT],
            kinds={"html", "csv"},
            skippable=True,
            description="What each partner gets back: what was taken, what was not and why, in its own "
            "columns and row numbers. Also written when the release is refused.",
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
        written = step(context, runs, lambda run: _receipts(run, outcome))
        yield dg.MaterializeResult(asset_key=RECEIPTS, metadata={"receipts": written})
    if refused is not None:
        raise refused
    if outcome == "waits":
        context.log.info(str(releasing.why_it_waits(runs.settings)))
        end(context.instance, runs, context.run_id, refreshes.WAITS, at_gate=True)
    elif is_asked:
        yield dg.MaterializeResult(asset_key=PUBLISHED, metadata=step(context, runs, of_published))
        end(context.instance, runs, context.run_id, refreshes.PUBLISHED, at_gate=True)


def _receipts(run: Run, outcome: Outcome) -> int:
    """Write receipts, except in a run of single steps, which has taken in nothing."""
    return releasing.write_receipts(run, outcome) if run.entry else 0


def _check_counts(verdict: gates.ReleaseVerdict) -> dict[str, int]:
    waived = sum(check.waived_by is not None for check in verdict.checks)
    passed = sum(check.outcome == "passed" for check in verdict.checks)
    return {
        "checks_passed": passed,
        "checks_waived": waived,
        "checks_failed": len(verdict.checks) - passed - waived,
        "checks_refusing": sum(check.refuses for check in verdict.checks),
    }

"""Stage the candidate, judge it, publish it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration import gates, release
from orchestration.defs.confirming import FRESH, PUBLISHED, confirm_unchanged, of_published
from orchestration.defs.ending import tell_end
from orchestration.defs.receipts import receipts_of_run
from orchestration.defs.staging import stage_candidate
from orchestration.defs.workplace import Refresh, Workplace, step
from orchestration.errors import NjiaError, ReleaseRefused
from orchestration.stewardship import refreshes, review

GROUP = "release"
CANDIDATE = dg.AssetKey(["release", "candidate"])
VERDICT = dg.AssetKey(["release", "verdict"])
RECEIPTS = dg.AssetKey(["release", "receipts"])


def assets(
    workplace: Workplace, manifest: Path, published_models: list[dg.AssetKey]
) -> list[dg.AssetsDefinition]:
    @dg.asset(
        key=CANDIDATE,
        group_name=GROUP,
        deps=published_models,
        kinds={"duckdb", "parquet"},
        output_required=False,
    )
    def candidate(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        """The next release, complete beside the current one: what will be published, byte for byte.

        Left out when it would bring back what a rollback left behind: then nothing is judged or published.
        """
        staged = step(context, workplace, lambda refresh: stage_candidate(workplace, refresh, manifest))
        if staged is None:
            confirm_unchanged(context, workplace)
            return
        yield dg.MaterializeResult(
            metadata={
                "release_id": staged.release_id,
                "content_hash": staged.manifest["content_hash"],
                "movements": staged.manifest["movements"] or 0,
                **{f"rows_{fate}": rows or 0 for fate, rows in staged.manifest["rows"].items()},
            }
        )

    @dg.asset(key=VERDICT, group_name=GROUP, deps=[CANDIDATE], kinds={"greatexpectations"})
    def release_gate(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """Is this candidate fit to publish? Every check with its outcome, and hashes of the files it read."""
        verdict = step(context, workplace, lambda refresh: _judge(workplace, refresh))
        return dg.MaterializeResult(
            metadata={
                "verdict": verdict.verdict,
                "checks": len(verdict.checks),
                **verdict_in_numbers(verdict),
                "reasons": dg.MetadataValue.md(
                    "\n".join(f"- {reason}" for reason in verdict.reasons) or "none"
                ),
            }
        )

    @dg.multi_asset(
        name="publish",
        can_subset=True,
        specs=[
            dg.AssetSpec(
                PUBLISHED,
                group_name=GROUP,
                deps=[VERDICT],
                kinds={"duckdb"},
                skippable=True,
                freshness_policy=FRESH,
                description="The release in force. It re-reads the verdict for exactly the candidate's "
                "files. A refresh that finds nothing new confirms it, which counts as fresh.",
            ),
            dg.AssetSpec(
                RECEIPTS,
                group_name=GROUP,
                deps=[VERDICT],
                kinds={"html", "csv"},
                skippable=True,
                description="What each partner gets back: what was taken, what was not and why, in its own "
                "columns and row numbers. Written whether the release was published or refused.",
            ),
        ],
    )
    def publish(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        """Publish what passed; then tell the partners, also when the release was refused."""
        refused: dg.Failure | None = None
        if PUBLISHED in context.selected_asset_keys:
            try:
                told = step(context, workplace, lambda refresh: _publish(workplace, refresh))
            except dg.Failure as failure:
                if not isinstance(workplace.error, ReleaseRefused):
                    raise
                refused = failure
        if RECEIPTS in context.selected_asset_keys:
            written = step(context, workplace, lambda refresh: receipts_of_run(workplace, refresh))
            yield dg.MaterializeResult(asset_key=RECEIPTS, metadata={"receipts": written})
        if refused is not None:
            raise refused
        if PUBLISHED in context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=PUBLISHED, metadata=told)
            tell_end(workplace, context.instance, context.run_id, refreshes.PUBLISHED)

    return [candidate, release_gate, publish]


def _judge(workplace: Workplace, refresh: Refresh) -> gates.ReleaseVerdict:
    staged = refresh.found.get("candidate")
    if staged is None:
        raise NjiaError("There is no candidate of this run to judge. Run the whole job.")
    verdict = gates.judge_candidate(workplace.settings, staged.path, refresh.as_of, refresh.decisions)
    refresh.found["verdict"] = verdict
    found = [vars(check) for check in verdict.checks]
    review.write_failed_checks(workplace.drafting, "release_gate", found)
    return verdict


def verdict_in_numbers(verdict: gates.ReleaseVerdict) -> dict[str, int]:
    waived = sum(check.waived_by is not None for check in verdict.checks)
    passed = sum(check.outcome == "passed" for check in verdict.checks)
    return {
        "checks_passed": passed,
        "checks_waived": waived,
        "checks_failed": len(verdict.checks) - passed - waived,
        "checks_refusing": sum(check.refuses for check in verdict.checks),
    }


def _publish(workplace: Workplace, refresh: Refresh) -> dict[str, Any]:
    refresh.found["published"] = release.publish(workplace.settings, refresh.as_of, refresh.decisions)
    return of_published(workplace, refresh)

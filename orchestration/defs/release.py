"""Stage the candidate, judge it, publish it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from expectations import Expectation
from expectations.release_gate import RELEASE_GATE, TABLE_GATE
from orchestration import gates, release
from orchestration.defs.workplace import Refresh, Workplace, step
from orchestration.errors import NjiaError
from orchestration.stewardship import review

GROUP = "release"
CANDIDATE = dg.AssetKey(["release", "candidate"])
VERDICT = dg.AssetKey(["release", "verdict"])
PUBLISHED = dg.AssetKey(["release", "published"])


def assets(
    workplace: Workplace, manifest: Path, published_models: list[dg.AssetKey]
) -> list[dg.AssetsDefinition]:
    @dg.asset(key=CANDIDATE, group_name=GROUP, deps=published_models, kinds={"duckdb", "parquet"})
    def candidate(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """The next release, complete beside the current one: what will be published, byte for byte."""
        staged = step(context, workplace, lambda refresh: _stage(workplace, refresh, manifest))
        return dg.MaterializeResult(
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
                "reasons": dg.MetadataValue.md(
                    "\n".join(f"- {reason}" for reason in verdict.reasons) or "none"
                ),
            }
        )

    @dg.asset(key=PUBLISHED, group_name=GROUP, deps=[VERDICT], kinds={"duckdb"})
    def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """The release in force. It re-reads the verdict for exactly the candidate's files."""
        result = step(context, workplace, lambda refresh: _publish(workplace, refresh))
        return dg.MaterializeResult(
            metadata={
                "release_id": result.release_id,
                "path": dg.MetadataValue.path(str(result.path)),
                "movements": result.manifest["movements"] or 0,
                "dagster/row_count": result.manifest["movements"] or 0,
            }
        )

    return [candidate, release_gate, published]


def checks(workplace: Workplace) -> list[dg.AssetChecksDefinition]:
    """The release gate's verdict on the candidate, one check a promise."""
    gate = (*RELEASE_GATE, *TABLE_GATE)

    @dg.multi_asset_check(
        name="release_checks",
        specs=[
            dg.AssetCheckSpec(
                expectation.name,
                asset=CANDIDATE,
                additional_deps=[VERDICT],
                description=f"{expectation.why} If it fails: {expectation.steward_action}",
            )
            for expectation in gate
        ],
    )
    def release_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        refresh = step(context, workplace, lambda refresh: refresh)
        verdict: gates.ReleaseVerdict | None = refresh.found.get("verdict")
        if verdict is None:
            raise dg.Failure(
                "The release gate has not judged in this run. Run the whole job.", allow_retries=False
            )
        for expectation in gate:
            own = [check for check in verdict.checks if check.name == expectation.name]
            yield _result(expectation, own)

    return [release_checks]


def _stage(workplace: Workplace, refresh: Refresh, manifest: Path) -> release.Candidate:
    settings = workplace.settings
    in_force = refresh.found.get("in_force")
    if in_force is None:
        raise NjiaError("Only the whole job can stage a candidate: its inputs are settled in the same run.")
    inputs: dict[str, Any] = {
        "inputs_hash": in_force.inputs_hash,
        "given_hash": in_force.given_hash,
        "as_of": refresh.as_of,
        "extracts": gates.printed_fates(settings, refresh.keys, in_force),
        "key_ids": refresh.keys.ids,
        "decisions_hash": refresh.decisions.content_hash(),
    }
    staged = release.stage(
        settings, manifest, inputs, gates.check_results(settings), refresh.decisions.waivers
    )
    refresh.found["candidate"] = staged
    return staged


def _judge(workplace: Workplace, refresh: Refresh) -> gates.ReleaseVerdict:
    staged = refresh.found.get("candidate")
    if staged is None:
        raise NjiaError("There is no candidate of this run to judge. Run the whole job.")
    verdict = gates.judge_candidate(workplace.settings, staged.path, refresh.as_of, refresh.decisions)
    refresh.found["verdict"] = verdict
    review.write_failed_checks(workplace.settings, "release_gate", [vars(check) for check in verdict.checks])
    return verdict


def _publish(workplace: Workplace, refresh: Refresh) -> release.Published:
    result = release.publish(workplace.settings, refresh.as_of)
    refresh.found["published"] = result
    return result


def _result(expectation: Expectation, found: list[gates.CheckOutcome]) -> dg.AssetCheckResult:
    failed = [check for check in found if check.outcome != "passed"]
    refusing = [check for check in failed if check.refuses]
    observed = [check.observed for check in found if check.observed is not None]
    metadata: dict[str, Any] = {"failed": len(failed), "expected": expectation.expected}
    if len(observed) == 1:
        metadata["observed"] = observed[0]
    if failed:
        metadata["subjects"] = ", ".join(check.subject for check in failed)
    return dg.AssetCheckResult(
        asset_key=CANDIDATE,
        check_name=expectation.name,
        passed=bool(found) and not [check for check in failed if check.waived_by is None],
        severity=dg.AssetCheckSeverity.ERROR if refusing else dg.AssetCheckSeverity.WARN,
        description=expectation.steward_action if failed else expectation.why,
        metadata=metadata,
    )

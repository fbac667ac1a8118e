"""The release gate's verdict as one check for each expectation."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from expectations import Expectation
from expectations.checks import PART_CHECKS, RELEASE_CHECKS, part_of
from orchestration import gates
from orchestration.defs.boundary import step
from orchestration.defs.release import VERDICT
from orchestration.refresh import Runs, releasing
from orchestration.stewardship import items

GATE = tuple(RELEASE_CHECKS.values())


@dg.multi_asset_check(
    name="release_checks",
    specs=[
        dg.AssetCheckSpec(
            expectation.name,
            asset=VERDICT,
            description=f"{expectation.why} If it fails: {expectation.steward_action}",
        )
        for expectation in GATE
    ],
)
def release_checks(
    context: dg.AssetCheckExecutionContext, runs: dg.ResourceParam[Runs]
) -> Iterator[dg.AssetCheckResult]:
    verdict = step(context, runs, lambda run: releasing.verdict_of(run.settings))
    for expectation in GATE:
        own = [check for check in verdict.checks if check.name == expectation.name]
        yield _result(expectation, own, verdict.measures, runs.settings.desk_url)


def _result(
    expectation: Expectation,
    found: list[gates.CheckOutcome],
    measures: Mapping[str, float | None],
    desk_url: str,
) -> dg.AssetCheckResult:
    failed = [check for check in found if check.outcome != "passed"]
    refusing = [check for check in failed if check.refuses]
    metadata: dict[str, Any] = {
        "failed": len(failed),
        "waived": sum(check.waived_by is not None for check in failed),
        "expected": expectation.expected,
        **expectation.numbers(_worst(expectation, found) if expectation.name in PART_CHECKS else measures),
    }
    if failed:
        metadata["subjects"] = ", ".join(check.subject for check in failed)
        if findings := [check.finding for check in failed if check.finding]:
            metadata["found"] = "; ".join(findings)
        part = part_of(expectation.name, failed[0].subject)
        path = items.release_check(expectation.name, part).path
        metadata["desk"] = dg.MetadataValue.url(desk_url + path)
    return dg.AssetCheckResult(
        asset_key=VERDICT,
        check_name=expectation.name,
        passed=bool(found) and not [check for check in failed if check.waived_by is None],
        severity=dg.AssetCheckSeverity.ERROR if refusing else dg.AssetCheckSeverity.WARN,
        description=_description(expectation, failed),
        metadata=metadata,
    )


def _worst(expectation: Expectation, found: list[gates.CheckOutcome]) -> dict[str, float | None]:
    """Return the worst measure of all partners, counties, corridors or tables."""
    [limit] = expectation.limits
    observed = [check.observed for check in found if check.observed is not None]
    return {limit.column: (min if limit.maximum is None else max)(observed, default=None)}


def _description(expectation: Expectation, failed: list[gates.CheckOutcome]) -> str:
    if not failed:
        return expectation.why
    first = failed[0]
    numbers = "" if first.observed is None else f"Found {first.observed:.4g}. "
    found = f"{first.finding}. " if first.finding else numbers
    effect = "The release is refused." if any(check.refuses for check in failed) else "The release goes on."
    return f"{found}Expected {expectation.expected}. {effect} {expectation.why} {first.steward_action}"

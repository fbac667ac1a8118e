"""The release gate's verdict as checks on the candidate."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from expectations import Expectation
from expectations.release_gate import RELEASE_GATE, TABLE_GATE
from orchestration import gates
from orchestration.defs.release import CANDIDATE, VERDICT
from orchestration.defs.workplace import Workplace, step
from orchestration.stewardship import items


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
            yield _result(expectation, own, workplace.settings.desk_url)

    return [release_checks]


def _result(expectation: Expectation, found: list[gates.CheckOutcome], desk_url: str) -> dg.AssetCheckResult:
    failed = [check for check in found if check.outcome != "passed"]
    refusing = [check for check in failed if check.refuses]
    observed = [check.observed for check in found if check.observed is not None]
    metadata: dict[str, Any] = {
        "failed": len(failed),
        "waived": sum(check.waived_by is not None for check in failed),
        "expected": expectation.expected,
    }
    if len(observed) == 1:
        metadata["observed"] = observed[0]
    if failed:
        metadata["subjects"] = ", ".join(check.subject for check in failed)
        path = items.release_check(expectation.name).path
        metadata["desk"] = dg.MetadataValue.url(desk_url + path)
    return dg.AssetCheckResult(
        asset_key=CANDIDATE,
        check_name=expectation.name,
        passed=bool(found) and not [check for check in failed if check.waived_by is None],
        severity=dg.AssetCheckSeverity.ERROR if refusing else dg.AssetCheckSeverity.WARN,
        description=_described(expectation, failed),
        metadata=metadata,
    )


def _described(expectation: Expectation, failed: list[gates.CheckOutcome]) -> str:
    if not failed:
        return expectation.why
    first = failed[0]
    seen = f"{first.observed:.4g}, e" if first.observed is not None else "E"
    so = "The release is refused." if any(check.refuses for check in failed) else "The release goes on."
    return f"{seen}xpected {expectation.expected}. {so} {expectation.why} {first.steward_action}"

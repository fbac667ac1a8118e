"""The dbt tests of a table as one check: which failed, for how many rows, and what to do."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from orchestration.stewardship import items
from orchestration.warehouse import NodeOutcome

TESTS = "dbt_tests_pass"


def guards(test: Mapping[str, Any]) -> str:
    """Return what a test of dbt's manifest guards, and what a steward does when it fails."""
    guards = test.get("description") or f"{test['name'].replace('_', ' ').capitalize()}."
    action = test["config"]["meta"].get("steward_action", "Tell the maintainers.")
    return f"{guards} If it fails: {action}"


def tested(
    check: dg.AssetCheckSpec, outcomes: list[NodeOutcome], nodes: Mapping[str, Any], desk_url: str
) -> dg.AssetCheckResult:
    """Return the result of a table's check from the outcomes of its tests."""
    failed = [test for test in outcomes if test.status != "pass"]
    refusing = [test for test in failed if test.status != "warn"]
    metadata: dict[str, Any] = {
        "failing_rows": sum(test.failures for test in outcomes),
        "tests": dg.MetadataValue.table(
            [
                dg.TableRecord({"test": test.name, "outcome": test.status, "failing_rows": test.failures})
                for test in outcomes
            ]
        ),
    }
    if failed:
        metadata["desk"] = dg.MetadataValue.url(desk_url + items.release_check(failed[0].name).path)
    failures = " ".join(
        f"{test.name}: {test.failures} row(s). {guards(nodes[test.unique_id])}" for test in failed
    )
    return dg.AssetCheckResult(
        asset_key=check.asset_key,
        check_name=TESTS,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if refusing else dg.AssetCheckSeverity.WARN,
        description=failures or f"{len(outcomes)} test(s), no failing row.",
        metadata=metadata,
    )

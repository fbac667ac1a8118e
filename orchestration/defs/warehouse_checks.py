"""The tests of a table as one check: it says which of them failed, how many rows, and what to do."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from orchestration.stewardship import items
from orchestration.warehouse import NodeOutcome

TESTS = "tests_hold"


def guards(test: Mapping[str, Any]) -> str:
    """What a test of dbt's manifest guards, and what a steward does when it fails."""
    guards = test.get("description") or f"{test['name'].replace('_', ' ').capitalize()}."
    action = test["config"]["meta"].get("steward_action", "Tell the maintainers.")
    return f"{guards} If it fails: {action}"


def tested(
    check: dg.AssetCheckSpec, outcomes: list[NodeOutcome], nodes: Mapping[str, Any], desk_url: str
) -> dg.AssetCheckResult:
    """The result of a table's check; `outcomes` are those of its tests."""
    failed = [one for one in outcomes if one.status != "pass"]
    refusing = [one for one in failed if one.status != "warn"]
    metadata: dict[str, Any] = {
        "failing_rows": sum(one.failures for one in outcomes),
        "tests": dg.MetadataValue.table(
            [
                dg.TableRecord({"test": one.name, "outcome": one.status, "failing_rows": one.failures})
                for one in outcomes
            ]
        ),
    }
    if failed:
        metadata["desk"] = dg.MetadataValue.url(desk_url + items.release_check(failed[0].name).path)
    said = " ".join(f"{one.name}: {one.failures} row(s). {guards(nodes[one.unique_id])}" for one in failed)
    return dg.AssetCheckResult(
        asset_key=check.asset_key,
        check_name=TESTS,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if refusing else dg.AssetCheckSeverity.WARN,
        description=said or f"{len(outcomes)} test(s), no failing row.",
        metadata=metadata,
    )

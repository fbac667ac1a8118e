"""The candidate's check in the Dagster UI: red where the release is refused, whoever refuses it."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from expectations.checks import PART_CHECKS, RELEASE_CHECKS
from orchestration.defs.release import candidate_check
from orchestration.gates import CheckOutcome, ReleaseVerdict

ALL_PASS = [
    CheckOutcome(check.name, "release", "all", check.severity, "passed") for check in RELEASE_CHECKS.values()
]


def checked(outcomes: Sequence[CheckOutcome]) -> dg.AssetCheckResult:
    refusing = [one.name for one in outcomes if one.refuses]
    verdict = ReleaseVerdict("c", "refused" if refusing else "passed", tuple(outcomes), {}, tuple(refusing))
    return candidate_check(verdict, "https://njia.example.org")


def test_what_passes_is_green() -> None:
    check = checked(ALL_PASS)
    assert (check.passed, check.description) == (True, f"{len(ALL_PASS)} expectations, all met.")


def test_a_refusal_by_tests_of_the_warehouse_is_red_here_too() -> None:
    check = checked([*ALL_PASS, CheckOutcome("unique_places", "warehouse", "dim_place", "refuse", "failed")])
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert check.description == "The release is refused: unique_places"


def test_each_partner_that_fails_has_its_finding() -> None:
    name = next(iter(PART_CHECKS))
    failed = [
        CheckOutcome(name, "release", f"p{one}", "warn", "failed", finding=f"{one} rows") for one in "123"
    ]
    check = checked([*(one for one in ALL_PASS if one.name != name), *failed])
    (row,) = (row.data for row in check.metadata["expectations"].records if row.data["expectation"] == name)
    assert (check.passed, row["subjects"], row["found"]) == (False, "p1, p2, p3", "1 rows; 2 rows; 3 rows")


def test_what_was_not_measured_is_said() -> None:
    check = checked(ALL_PASS[1:])
    assert (check.passed, check.description) == (False, f"{ALL_PASS[0].name}: not measured.")

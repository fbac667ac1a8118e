"""The checks of both gates by name, and which of them a waiver may cover."""

from __future__ import annotations

from collections.abc import Iterable

from expectations import Expectation
from expectations.extract_gate import EXTRACT_GATE
from expectations.release_gate import LINKAGE_GATE, PART_GATE, RELEASE_GATE, TABLE_GATE, WHOLE

EXTRACT_CHECKS: dict[str, Expectation] = {check.name: check for check in EXTRACT_GATE}
PART_CHECKS: dict[str, Expectation] = {
    check.name: check for check in (*TABLE_GATE, *PART_GATE, *LINKAGE_GATE)
}
RELEASE_CHECKS: dict[str, Expectation] = {check.name: check for check in RELEASE_GATE} | PART_CHECKS
CHECKS = {**EXTRACT_CHECKS, **RELEASE_CHECKS}


def is_waivable(check_name: str) -> bool:
    """Whether a waiver may cover a check; false for reconciliation and for dbt tests."""
    return check_name in CHECKS and CHECKS[check_name].waivable


def unexplained_checks(names: Iterable[str], cause_key: str) -> list[str]:
    """Return the checks that hold an extract and still have to be named where its cause is known."""
    return [
        name
        for name in names
        if not cause_key or name not in EXTRACT_CHECKS or EXTRACT_CHECKS[name].says_its_cause
    ]


def part_of(check_name: str, subject: str) -> str:
    """Return the partner, county, corridor or table that a check of the release is about; empty for all."""
    return subject if check_name in PART_CHECKS and subject != WHOLE else ""


def release_scope(check_name: str, subject: str) -> str:
    """Return the scope of a waiver of a check of the release."""
    return "/".join(filter(None, (WHOLE, part_of(check_name, subject))))


def is_of_release(scope: str) -> bool:
    """Whether a waiver is for the release or a part of it, not for an extract."""
    return scope.partition("/")[0] == WHOLE

"""The checks of both gates by name, and which of them a waiver may cover."""

from __future__ import annotations

from expectations import Expectation
from expectations.extract_gate import EXTRACT_GATE
from expectations.release_gate import RELEASE_GATE, TABLE_GATE

EXTRACT_CHECKS: dict[str, Expectation] = {check.name: check for check in EXTRACT_GATE}
RELEASE_CHECKS: dict[str, Expectation] = {check.name: check for check in (*RELEASE_GATE, *TABLE_GATE)}
CHECKS = {**EXTRACT_CHECKS, **RELEASE_CHECKS}


def is_waivable(check_name: str) -> bool:
    """Whether a waiver may cover a check; false for reconciliation and for dbt tests."""
    return check_name in CHECKS and CHECKS[check_name].waivable

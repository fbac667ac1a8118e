"""Every check of the two gates by its name: which there are, and which a waiver may cover."""

from __future__ import annotations

from expectations import Expectation
from expectations.extract_gate import EXTRACT_GATE
from expectations.release_gate import RELEASE_GATE, TABLE_GATE

EXTRACT_CHECKS: dict[str, Expectation] = {check.name: check for check in EXTRACT_GATE}
RELEASE_CHECKS: dict[str, Expectation] = {check.name: check for check in (*RELEASE_GATE, *TABLE_GATE)}
CHECKS = {**EXTRACT_CHECKS, **RELEASE_CHECKS}


def is_waivable(check_name: str) -> bool:
    """False for reconciliation, and for what no gate has, such as a dbt test."""
    return check_name in CHECKS and CHECKS[check_name].waivable

"""What failed dbt tests and build errors do to a refresh."""

from __future__ import annotations

import pytest

from orchestration.core import NjiaError, ReleaseRefused
from orchestration.refresh.tables import stop_if_broken
from orchestration.warehouse import NodeOutcome


def node(name: str, status: str, failures: int = 0, kind: str = "test") -> NodeOutcome:
    return NodeOutcome(f"{kind}.njia.{name}", kind, name, status, failures, 0.1)


FINE = [node("fct_movements", "success", kind="model"), node("key", "pass"), node("spelling", "warn", 3)]


def test_passed_tests_and_warnings_let_the_refresh_go_on() -> None:
    stop_if_broken(FINE)


def test_a_failed_test_refuses_with_its_row_count() -> None:
    with pytest.raises(ReleaseRefused, match=r"1 dbt test\(s\) failed: rows_are_unique \(2 rows\)"):
        stop_if_broken([*FINE, node("rows_are_unique", "fail", 2)])


@pytest.mark.parametrize("kind", ["model", "test"])
def test_a_build_error_is_a_fault_and_no_refusal(kind: str) -> None:
    with pytest.raises(NjiaError, match="dbt could not build broken") as stopped:
        stop_if_broken([*FINE, node("broken", "error", kind=kind)])
    assert not isinstance(stopped.value, ReleaseRefused)


def test_an_error_beside_a_failed_test_is_a_refusal() -> None:
    with pytest.raises(ReleaseRefused, match="rows_are_unique"):
        stop_if_broken([node("rows_are_unique", "fail", 2), node("mart_corridors", "error", kind="model")])

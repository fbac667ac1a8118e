"""dbt's data tests run as their compiled queries: failures, faults and skipped tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.core import Settings
from orchestration.warehouse import manifest_nodes, manifest_path
from orchestration.warehouse.builds import run_tests
from orchestration.warehouse.engines import Engine

SETTINGS = Settings(Path("home"), Path("partners"), Path("keys"))
TABLE, LATER = "model.njia.counted", "model.njia.printed"


def data_test(query: str, *tables: str, severity: str = "ERROR") -> dict[str, Any]:
    return {
        "name": "a_test", "compiled_code": query, "depends_on": {"nodes": list(tables)},
        "config": {"severity": severity},
    }  # fmt: skip


def outcomes(**tests: dict[str, Any]) -> dict[str, tuple[str, int]]:
    """Of a work file with a table of two rows, where a later table could not be built."""
    with duckdb.connect() as con:
        con.execute(
            "create table counted as select * from (values (1, 'a'), (2, 'not a number')) as v(n, label)"
        )
        found = run_tests(Engine(SETTINGS, con).count, tests, {LATER})
        return {one.unique_id: (one.status, one.failures) for one in found}


def test_each_row_of_the_query_is_a_failure() -> None:
    none, both = "select n from counted where n > 2", "select n from counted -- all of them"
    assert outcomes(none=data_test(none, TABLE), both=data_test(both, TABLE)) == {
        "none": ("pass", 0),
        "both": ("fail", 2),
    }


@pytest.mark.parametrize("severity", ["warn", "WARN"])
def test_a_test_that_warns_does_not_fail(severity: str) -> None:
    query = "select n from counted where n = 1"
    assert outcomes(one=data_test(query, TABLE, severity=severity)) == {"one": ("warn", 1)}


def test_a_query_that_breaks_is_an_error_without_its_text() -> None:
    quoting = "select n from counted where cast(label as integer) = 1"
    assert outcomes(quoting=data_test(quoting, TABLE)) == {"quoting": ("error", 0)}


def test_a_test_of_a_table_that_was_not_built_is_skipped() -> None:
    found = outcomes(of_both=data_test("select 1", TABLE, LATER), of_another=data_test("select 1", LATER))
    assert found == {"of_both": ("skipped", 0), "of_another": ("skipped", 0)}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Any]]:
    folder: Path = tmp_path_factory.mktemp("parsed")
    settings = Settings(folder / "home", folder / "partners", folder / "keys")
    return manifest_nodes(manifest_path(settings))


def of_type(nodes: Mapping[str, Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    return [node for node in nodes.values() if node["resource_type"] == kind]


def test_every_test_of_the_project_is_kept_with_its_query(nodes: Mapping[str, Mapping[str, Any]]) -> None:
    tests = of_type(nodes, "test")
    assert len(tests) > 200
    for test in tests:
        table = nodes[test["attached_node"]]
        assert f'"{table["schema"]}"."{table["alias"]}"' in test["compiled_code"], test["name"]


def test_no_test_counts_failures_in_a_way_of_its_own(nodes: Mapping[str, Mapping[str, Any]]) -> None:
    """A row is a failure, and one is enough: nothing else of dbt's settings of a test is asked."""
    usual = {"fail_calc": "count(*)", "warn_if": "!= 0", "error_if": "!= 0", "limit": None}
    for test in of_type(nodes, "test"):
        assert {name: test["config"][name] for name in usual} == usual, test["name"]
        assert test["config"]["store_failures"] is None, test["name"]


def test_every_column_of_a_seed_is_searched_for_blanks(nodes: Mapping[str, Mapping[str, Any]]) -> None:
    for seed in of_type(nodes, "seed"):
        header = (
            Path(seed["root_path"], seed["original_file_path"]).read_text(encoding="utf-8").splitlines()[0]
        )
        (query,) = [
            test["compiled_code"]
            for test in of_type(nodes, "test")
            if test["attached_node"] == seed["unique_id"]
            and test["test_metadata"]["name"] == "no_blank_cells"
        ]
        unasked = [column for column in header.split(",") if f"where {column} is null" not in query]
        assert unasked == [], seed["name"]

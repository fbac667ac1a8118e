"""Data tests of dbt, asked as the queries that dbt made of them: what a row that fails, a fault and a lack lead to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from orchestration import warehouse
from orchestration.settings import Settings
from orchestration.table_tests import run_tests

TABLE, EARLIER, LATER = "model.njia.counted", "seed.njia.places", "model.njia.printed"


def data_test(name: str, query: str, *tables: str, severity: str = "ERROR") -> Any:
    return SimpleNamespace(
        unique_id=f"test.njia.{name}", name=name, resource_type="test", compiled_code=query,
        depends_on=SimpleNamespace(nodes=list(tables)), config=SimpleNamespace(severity=severity),
    )  # fmt: skip


def outcomes(*tests: Any, status: str = "success") -> dict[str, tuple[str, int]]:
    """Of a part that built one table of two rows, after one that built the places."""
    tables = {name: SimpleNamespace(resource_type="model") for name in (TABLE, EARLIER, LATER)}
    manifest = SimpleNamespace(nodes=tables | {test.unique_id: test for test in tests})
    with duckdb.connect() as con:
        con.execute(
            "create table counted as select * from (values (1, 'a'), (2, 'not a number')) as v(n, told)"
        )
        found = list(run_tests(con, manifest, {TABLE: status}, {EARLIER}))
    return {one.test.name: (one.status, one.failures) for one in found}


def test_each_row_of_the_query_is_a_failure() -> None:
    none, both = "select n from counted where n > 2", "select n from counted -- all of them"
    assert outcomes(data_test("none", none, TABLE), data_test("both", both, TABLE)) == {
        "none": ("pass", 0),
        "both": ("fail", 2),
    }


@pytest.mark.parametrize("severity", ["warn", "WARN"])
def test_a_test_that_warns_does_not_fail(severity: str) -> None:
    query = "select n from counted where n = 1"
    assert outcomes(data_test("one", query, TABLE, severity=severity)) == {"one": ("warn", 1)}


def test_a_query_that_breaks_is_an_error_without_its_text() -> None:
    quoting = "select n from counted where cast(told as integer) = 1"
    assert outcomes(data_test("quoting", quoting, TABLE)) == {"quoting": ("error", 0)}


@pytest.mark.parametrize("status", ["error", "skipped"])
def test_a_test_of_a_table_that_was_not_built_is_skipped(status: str) -> None:
    assert outcomes(data_test("any", "select 1", TABLE), status=status) == {"any": ("skipped", 0)}


def test_a_test_runs_in_the_part_that_builds_the_last_of_its_tables() -> None:
    found = outcomes(
        data_test("of_both", "select 1 where false", TABLE, EARLIER),
        data_test("of_an_earlier_part", "select 1", EARLIER),
        data_test("of_a_later_part", "select 1", TABLE, LATER),
    )
    assert found == {"of_both": ("pass", 0)}


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder: Path = tmp_path_factory.mktemp("parsed")
    settings = Settings(folder / "home", folder / "partners", folder / "keys")
    yield warehouse._manifest(settings, warehouse.Part.BEFORE_PYTHON)


def test_every_test_of_the_project_is_kept_with_its_query(parsed: Any) -> None:
    tests = [node for node in parsed.nodes.values() if node.resource_type == "test"]
    assert len(tests) > 200
    for test in tests:
        table = parsed.nodes[test.attached_node]
        assert f'"{table.schema}"."{table.alias}"' in test.compiled_code, test.name


def test_no_test_counts_failures_in_a_way_of_its_own(parsed: Any) -> None:
    """A row is a failure, and one is enough: nothing else of dbt's settings of a test is asked."""
    for test in parsed.nodes.values():
        if test.resource_type == "test":
            config = test.config
            told = (config.fail_calc, config.warn_if, config.error_if, config.limit, config.store_failures)
            assert told == ("count(*)", "!= 0", "!= 0", None, None), test.name


def test_every_column_of_a_seed_is_searched_for_blanks(parsed: Any) -> None:
    for seed in (node for node in parsed.nodes.values() if node.resource_type == "seed"):
        header = Path(seed.root_path, seed.original_file_path).read_text(encoding="utf-8").splitlines()[0]
        (query,) = [
            test.compiled_code
            for test in parsed.nodes.values()
            if test.resource_type == "test"
            and test.attached_node == seed.unique_id
            and test.test_metadata.name == "no_blank_cells"
        ]
        assert [column for column in header.split(",") if f"where {column} is null" not in query] == [], (
            seed.name
        )

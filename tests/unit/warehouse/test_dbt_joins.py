"""No model joins row against row: every join of two tables has an equality, so its cost grows as its rows do.

The plans are those of the engine for each model's SQL on a small built world. Whether a join has an equality
does not hang on how many rows there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from tests.compiled import compiled
from tests.fixtures.dbt_world import World
from tests.fixtures.small_dbt_project import parsed_small_project

WITHOUT_EQUALITY = {
    *("BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN", "PIECEWISE_MERGE_JOIN", "IE_JOIN", "CROSS_PRODUCT"),
    *("ASOF_JOIN", "POSITIONAL_JOIN"),
}
SCANS = ("SCAN", "READ_PARQUET", "READ_CSV")
# Joins between few rows, however many movements there are.
ALLOWED = {
    "int_calendar_months": "digits, for numbers up to 99",
    "int_window_periods": "distinct windows of events with periods: months and spans of months",
    "int_extract_activity": "what an extract declares with the calendar's months",
    "int_comparisons": "months that a partner reported with periods",
    "int_declared_changes": "what an extract declares with the calendar's months",
    "int_place_effort": "months of a place that a partner watched with periods",
    "int_matched_windows": "windows of events of a partner with the calendar's months",
    "mart_coverage": "months of a place that a partner watched with periods",
    "mart_reported_periods": "months that a partner reported with periods",
    "published_coverage": "months of a place that a partner watched with periods",
    "published_periods": "months that a partner reported with periods",
    "published_traits": "codes of sex with codes of age",
    "record_rules": "distinct lists of problem codes with the rules",
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    made = World(tmp_path_factory.mktemp("joins"))
    made.extract("2024", period=("2024-01-01", "2024-12-31"), coverage=[("KE040", "origin")])
    made.record("2024", 1, places={"origin": "KE040", "transit": ["bp-ken-malaba"], "exploitation": "ARE"})
    made.record("2024", 2, codes={"exploitation_type": ["forced_labour"], "industry": ["fishing"]})
    built = made.build()
    # Tables that happen to be empty here must not make a join vanish, and each side shall show what it is made of.
    built.execute("set disabled_optimizers = 'statistics_propagation,empty_result_pullup,common_subplan'")
    yield built
    built.close()


def test_every_join_of_two_tables_has_an_equality(warehouse: duckdb.DuckDBPyConnection) -> None:
    queries = compiled(parsed_small_project()).queries
    found = {name.rpartition(".")[2]: list(unequal_joins(warehouse, sql)) for name, sql in queries.items()}
    assert len(found) > 100
    wrong = {model: joins for model, joins in found.items() if joins and model not in ALLOWED}
    assert wrong == {}
    assert sorted(ALLOWED) == sorted(model for model in ALLOWED if found[model]), "no longer needed"


@pytest.mark.parametrize(
    ("joined", "is_found"),
    [
        ("join one as two on one.id = two.id", False),
        ("join one as two on one.id = two.id and one.name < two.name", False),
        ("join one as two on one.id = two.id or one.name = two.name", True),
        ("left join one as two on one.name = 'a' and one.id = two.id", True),
        ("join one as two on one.id < two.id", True),
        ("cross join one as two", True),
        ("cross join (select max(id) as largest from one) as two", False),
        ("cross join (select 'a' as letter union all select 'b') as two", False),
    ],
)
def test_joins_without_an_equality_are_found(joined: str, is_found: bool) -> None:
    with duckdb.connect() as con:
        con.execute("create table one as select range as id, 'a' || range as name from range(9)")
        assert bool(list(unequal_joins(con, f"select * from one {joined}"))) == is_found


def unequal_joins(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[str]:
    """The joins of a query without an equality, but those with a side of one row or of constants."""
    plan = json.loads(con.execute(f"explain (format json) {sql}").fetchall()[-1][1])
    todo: list[dict[str, Any]] = list(plan)
    while todo:
        node = todo.pop()
        todo += node["children"]
        if node["name"].strip() in WITHOUT_EQUALITY and not any(map(_is_few_rows, node["children"])):
            yield f"{node['name'].strip()} {node['extra_info']}"


def _is_few_rows(node: dict[str, Any]) -> bool:
    name, below = node["name"].strip(), node["children"]
    if name == "UNGROUPED_AGGREGATE":
        return True
    if name in ("PROJECTION", "FILTER", "CROSS_PRODUCT"):
        return all(map(_is_few_rows, below))
    return not _reads(node)


def _reads(node: dict[str, Any]) -> bool:
    name = node["name"].strip()
    if name.endswith(SCANS) and name not in ("DUMMY_SCAN", "COLUMN_DATA_SCAN"):
        return True
    return any(_reads(one) for one in node["children"])

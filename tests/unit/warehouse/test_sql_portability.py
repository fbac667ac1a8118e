"""The SQL of the dbt project has one answer on DuckDB and on Spark: what the two read differently stands in no model or test.

The queries are read as dbt compiles them, with sqlglot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from orchestration.core import Settings
from orchestration.warehouse import manifest_path
from tests.compiled import compiled

# Numbers whose casts, divisions and rounding engines do alike only where the SQL says how.
_WHOLE = {exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT}


def _is_cast_to(node: exp.Expression | None, *types: exp.DType) -> bool:
    return isinstance(node, exp.Cast) and node.to.this in types


def _may_be_zero(divisor: exp.Expression) -> bool:
    divisor = divisor.unnest()
    if isinstance(divisor, exp.Literal):
        return float(divisor.this) == 0
    # The number of rows of a group is never 0.
    return not (
        isinstance(divisor, exp.Nullif) or (isinstance(divisor, exp.Count) and divisor.find(exp.Star))
    )


def _is_fraction(node: exp.Expression) -> bool:
    return isinstance(node.unnest(), exp.Div | exp.Avg | exp.Quantile | exp.PercentileCont)


def _rule(*kinds: type[exp.Expression]) -> Callable[[exp.Expression], bool]:
    return lambda node: isinstance(node, kinds)


# What each rule finds, and why the two engines differ there.
RULES: dict[str, Callable[[exp.Expression], bool]] = {
    # A null is left out on one engine and makes the whole null on the other: `||` with coalesce.
    "concat of nulls": _rule(exp.Concat),
    # One replaces the first match, the other each; texts are parsed before dbt.
    "regular expression": _rule(exp.RegexpReplace, exp.RegexpLike, exp.RegexpExtract, exp.RegexpILike),
    # An escape on one engine, a character on the other.
    "backslash": lambda node: isinstance(node, exp.Literal) and node.is_string and "\\" in node.this,
    # A timestamp on one engine, a date on the other: the macros of dates.sql cast it.
    "date and interval": lambda node: (
        isinstance(node, exp.Add | exp.Sub)
        and isinstance(node.expression, exp.Interval)
        and not _is_cast_to(node.parent, exp.DType.DATE)
    ),
    "date_trunc": lambda node: (
        isinstance(node, exp.TimestampTrunc | exp.DateTrunc) and not _is_cast_to(node.parent, exp.DType.DATE)
    ),
    # Infinite on one engine, an error on the other.
    "division by what may be 0": lambda node: isinstance(node, exp.Div) and _may_be_zero(node.expression),
    "integer division": _rule(exp.IntDiv),
    # One rounds what it casts, the other cuts it off: floor, ceil or round it before.
    "fraction cast to a whole number": lambda node: _is_cast_to(node, *_WHOLE) and _is_fraction(node.this),
    # Rounded once, at the edge, by the macro `rounded`: a rounded number goes into no other.
    "rounded within a sum": lambda node: (
        isinstance(node, exp.Round) and isinstance(node.parent, exp.Add | exp.Sub | exp.Mul | exp.AggFunc)
    ),
    # The last bit of a sum of floats depends on the order of rows.
    "sum or average of floats": lambda node: (
        isinstance(node, exp.Sum | exp.Avg) and _is_cast_to(node.this, exp.DType.DOUBLE, exp.DType.FLOAT)
    ),
    # Read by one engine alone, or in another way.
    "qualify": _rule(exp.Qualify),
    "star exclude": lambda node: isinstance(node, exp.Star) and bool(node.args.get("except_")),
    "lambda or list": _rule(exp.Lambda, exp.Array, exp.Unnest, exp.Explode, exp.Struct),
    "any row of several": _rule(exp.AnyValue, exp.First, exp.Last),
    "clock or chance": _rule(exp.CurrentDate, exp.CurrentTimestamp, exp.Rand, exp.Uuid),
}


def _found(sql: str) -> Iterator[str]:
    tree = sqlglot.parse_one(sql, read="duckdb")
    for node in tree.walk():
        yield from (name for name, holds in RULES.items() if holds(node))
    if tree.find(exp.Ordered):
        # One puts nulls last where nothing is said, the other first: read as each, the two differ.
        orders = [[one.args["nulls_first"] for one in sqlglot.parse_one(sql, read=engine).find_all(exp.Ordered)]
                  for engine in ("duckdb", "spark")]  # fmt: skip
        if orders[0] != orders[1]:
            yield "order of nulls"


@pytest.mark.parametrize(
    ("rule", "sql"),
    [
        ("concat of nulls", "select concat('a', b) from t"),
        ("regular expression", "select regexp_replace(a, 'x', '') from t"),
        ("backslash", r"select a = '\d' from t"),
        ("date and interval", "select cast(a as date) + interval '1 day' from t"),
        ("date_trunc", "select date_trunc('month', a) from t"),
        ("division by what may be 0", "select a / b from t"),
        ("division by what may be 0", "select a / count(b) from t group by a"),
        ("integer division", "select a // nullif(b, 0) from t"),
        ("fraction cast to a whole number", "select cast((a / 2) as integer) from t"),
        ("rounded within a sum", "select sum(round(a, 2)) from t"),
        ("sum or average of floats", "select avg(cast(a as double)) from t"),
        ("qualify", "select a from t qualify row_number() over (order by a nulls last) = 1"),
        ("star exclude", "select * exclude (a) from t"),
        ("lambda or list", "select [a, b] from t"),
        ("any row of several", "select any_value(a) from t"),
        ("clock or chance", "select current_date as a"),
        ("order of nulls", "select row_number() over (order by a) from t"),
        ("order of nulls", "select a from t order by a"),
    ],
)
def test_each_rule_finds_what_it_forbids(rule: str, sql: str) -> None:
    assert rule in _found(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select cast(cast(a as date) + interval '1 day' as date), cast(date_trunc('month', a) as date) from t",
        "select a / nullif(b, 0), a / 2, sum(a) / count(*), cast(floor(a / 2) as integer) from t group by 1",
        "select a, row_number() over (partition by b order by a nulls last) from t order by a desc nulls last",
        "select coalesce(a, '') || 'b', round(cast(a as double) / nullif(b, 0), 4) from t",
    ],
)
def test_the_portable_form_passes(sql: str) -> None:
    assert not list(_found(sql))


def test_models_and_tests_are_read_alike_by_both_engines(tmp_path: Path) -> None:
    manifest = manifest_path(Settings(tmp_path, tmp_path, tmp_path))
    project = compiled(manifest)
    queries = {
        **project.queries,
        **{name: test["compiled_code"] for name, test in project.project.tests.items()},
    }
    assert len(queries) > 350
    found = {name: sorted(set(_found(sql))) for name, sql in queries.items()}
    assert {name: rules for name, rules in found.items() if rules} == {}

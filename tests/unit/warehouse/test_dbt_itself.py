"""What dbt alone does: its unit tests, its contracts of columns, and the same tables as its compiled SQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.dbt_world import World
from tests.fixtures.small_dbt_project import run_dbt, small_project
from tests.unit.warehouse.test_dbt_models import cases, rounds


def test_dbt_builds_the_tables_that_its_compiled_sql_gives(tmp_path: Path) -> None:
    """So worlds that are built from compiled SQL stand for what a refresh builds."""
    content = []
    for name in ("compiled", "dbt"):
        world = World(tmp_path / name)
        cases(world)
        rounds(world)
        (world.build if name == "compiled" else world.build_with_dbt)().close()
        content.append(tables_of(world))
    assert content[0] == content[1] and len(content[0]) > 150


def tables_of(world: World) -> dict[str, Any]:
    """The columns with their types and the rows, in any order, of each table and view."""
    with world.opened() as con:
        names = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name <> 'built' "
            "union all select schema_name || '.' || view_name from duckdb_views() where not internal"
        ).fetchall()
        return {
            name: (
                con.execute(f"select column_name, column_type from (describe {name})").fetchall(),
                con.execute(
                    f"select count(*), sum(hash(one::varchar)::hugeint) from {name} as one"
                ).fetchone(),
            )
            for (name,) in names
        }


def test_a_column_of_another_type_stops_the_build(tmp_path: Path) -> None:
    wrong = {"models/meta/policy.sql": ("    value,\n", "    'one' as value,\n")}
    with (
        small_project(wrong, tmp_path / "changed") as manifest,
        pytest.raises(AssertionError, match=r"(?s)policy.+enforced contract"),
    ):
        run_dbt("build", manifest, tmp_path / "warehouse.duckdb", "--select", "+policy")

"""A build begins anew, and takes the place of the last work file when all its tables stand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.warehouse import NodeOutcome, Part, builds
from tests.compiled import Project, instead_of_dbt
from tests.fixtures.dbt_world import World
from tests.fixtures.small_dbt_project import parsed_small_project, small_project

PLACES = {"origin": "KE040", "transit": ["bp-ken-malaba"], "intended_destination": "KE047"}


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world that has been built. Read only."""
    world = World(tmp_path_factory.mktemp("built") / "world")
    world.extract("first", coverage=[("KE040", "origin")])
    for number in (1, 2, 3):
        world.record("first", number, on="2024-02-10", places=PLACES, trafficking_status="presumed")
    world.persons((1, 2), (3,))
    with small_project(), instead_of_dbt(with_data_tests=False):
        refreshed(world)
    return world


@pytest.fixture
def built(built_once: World, tmp_path: Path) -> Iterator[World]:
    shutil.copytree(built_once.root, tmp_path / "world")
    world = replace(built_once, root=tmp_path / "world", tables=deepcopy(built_once.tables))
    with small_project(), instead_of_dbt(with_data_tests=False):
        yield world


def refreshed(world: World) -> list[NodeOutcome]:
    world.write()
    return world.build_parts()


def content(world: World) -> dict[str, Any]:
    """Rows of each table and view, as their number and a hash over them, whatever their order."""
    with world.opened() as con:
        tables = con.execute(
            "select schema_name, table_name from duckdb_tables() union all "
            "select schema_name, view_name from duckdb_views() where schema_name = 'staging'"
        ).fetchall()
        query = 'select count(*), sum(hash(one::varchar)::hugeint) from "{}"."{}" as one'
        return {f"{one}.{name}": con.execute(query.format(one, name)).fetchone() for one, name in tables}


def failing(outcomes: list[NodeOutcome]) -> dict[str, str]:
    return {one.name: one.status for one in outcomes if one.status not in ("success", "pass")}


def test_each_table_and_test_has_an_outcome_with_its_rows(built: World) -> None:
    project = Project(parsed_small_project())
    with instead_of_dbt():
        outcomes = {one.unique_id: one for one in refreshed(built)}
    assert set(outcomes) == {*project.tables, *project.tests}
    rows = {".".join(project.relation(name)): outcomes[name].rows for name in project.tables}
    found = content(built)
    assert {name: rows[name] for name in found} == {name: count for name, (count, _) in found.items()}


def test_nothing_of_an_earlier_build_stays(built: World) -> None:
    before = content(built)
    with duckdb.connect(str(built.settings.warehouse)) as con:
        con.execute(
            "create table marts.of_another_version as select 1 as one; delete from marts.fct_movements"
        )
    refreshed(built)
    assert content(built) == before


@pytest.mark.parametrize("part", Part)
def test_a_killed_build_leaves_the_last_file_and_the_next_one_ends(
    built: World, part: Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, build_nodes = content(built), builds.build_nodes

    def killed(*arguments: Any) -> list[Any]:
        build_nodes(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(builds, "build_nodes", killed)
        patch.setattr(builds.shutil, "rmtree", lambda *_, **__: None)  # a killed process clears nothing
        with pytest.raises(KeyboardInterrupt):
            built.build_part(part)
    assert content(built) == before
    refreshed(built)
    assert content(built) == before
    assert not (built.settings.work / "building").exists()


def test_a_build_with_a_broken_table_leaves_the_last_file(built: World) -> None:
    before = content(built)
    broken = {"models/intermediate/int_movements.sql": ("select", "select 1/'a' as broken, nowhere.")}
    with instead_of_dbt(changed=broken):
        outcomes = builds.build(built.settings, Part.WAREHOUSE)
    statuses = {one.name: one.status for one in outcomes}
    assert statuses["int_movements"] == "error" and statuses["stg_records"] == "success"
    assert {"skipped"} == {one.status for one in outcomes if one.name == "int_stop_places"}
    assert content(built) == before


def test_a_failed_data_test_is_said_by_each_build_until_its_table_is_right(built: World) -> None:
    built.tables["typed/extracts"].append(built.tables["typed/extracts"][0])
    built.write()
    with instead_of_dbt():
        failed = failing(built.build_part(Part.WAREHOUSE))
        assert failed and set(failed.values()) == {"fail"}
        assert failing(built.build_part(Part.WAREHOUSE)) == failed
        built.tables["typed/extracts"].pop()
        built.write()
        assert failing(built.build_part(Part.WAREHOUSE)) == {}


@pytest.mark.parametrize("part", [Part.COUNTS, Part.PUBLISHABLE])
def test_a_later_part_may_be_built_again_alone(built: World, part: Part) -> None:
    before = content(built)
    built.build_part(part)
    assert content(built) == before

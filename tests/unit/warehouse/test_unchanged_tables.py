"""Tables and tests that stand are not made again, and what is built in parts equals what is built from nothing."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.core import NjiaError, read_json
from orchestration.warehouse import NodeOutcome, Part, dbt_commands
from orchestration.warehouse import parts as warehouse
from orchestration.warehouse.node_fingerprints import Project
from orchestration.warehouse.work_file import open_work_file
from tests.compiled import instead_of_dbt
from tests.fixtures.dbt_world import World
from tests.fixtures.small_dbt_project import parsed_project, parsed_with

BEFORE, AFTER = Part
PLACES = {"origin": "KE040", "transit": ["bp-ken-malaba"], "intended_destination": "KE047"}


def three_records(folder: Path) -> World:
    world = World(folder)
    world.extract("first", coverage=[("KE040", "origin")])
    for number in (1, 2, 3):
        world.record("first", number, on="2024-02-10", places=PLACES, trafficking_status="presumed")
    world.persons((1, 2), (3,))
    return world


@pytest.fixture
def project() -> Iterator[None]:
    with parsed_with(), instead_of_dbt():
        yield


@pytest.fixture(scope="module")
def first_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt has built a world, and a copy of it beside that place."""
    folder = tmp_path_factory.mktemp("built") / "world"
    with parsed_with():
        refreshed(three_records(folder))
    shutil.copytree(folder, folder.with_name("copy"))
    return folder


@pytest.fixture
def built_by_dbt(first_build: Path) -> Iterator[World]:
    """A world that has been built, as it was when that had just ended."""
    shutil.rmtree(first_build, ignore_errors=True)
    shutil.copytree(first_build.with_name("copy"), first_build)
    with parsed_with():
        yield three_records(first_build)


@pytest.fixture
def built(built_by_dbt: World) -> Iterator[World]:
    """The same, and compiled SQL stands for dbt from now on."""
    with instead_of_dbt():
        yield built_by_dbt


def refreshed(world: World) -> list[NodeOutcome]:
    """What a refresh does between its typed files and its marts."""
    world.write()
    outcomes = world.build_part(BEFORE)
    world.measure()
    return outcomes + world.build_part(AFTER)


def that_ran(outcomes: list[NodeOutcome]) -> set[str]:
    return {one.name for one in outcomes if one.ran and not one.is_test}


def content(world: World) -> dict[str, Any]:
    """Each table of the work file as a hash over its rows, whatever their order."""
    with duckdb.connect(str(world.settings.warehouse), read_only=True) as con:
        tables = con.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name <> 'built' union all "
            "select schema_name, view_name from duckdb_views() where schema_name = 'staging'"
        ).fetchall()
        query = 'select count(*), sum(hash(one::varchar)::hugeint) from "{}"."{}" as one'
        return {f"{one}.{name}": con.execute(query.format(one, name)).fetchone() for one, name in tables}


@pytest.fixture
def no_dbt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has not imported dbt, and cannot."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "dbt"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "dbt", None)


def test_unchanged_tables_are_not_built_and_dbt_is_not_imported(built_by_dbt: World, no_dbt: None) -> None:
    before = content(built_by_dbt)
    outcomes = refreshed(built_by_dbt)
    assert {one.status for one in outcomes} == {"success", "pass"}
    assert [one.name for one in outcomes if one.ran] == []
    assert content(built_by_dbt) == before


def test_row_count_of_each_table_is_known(built: World) -> None:
    project = Project(warehouse.read_manifest(parsed_project().manifest))
    outcomes = refreshed(built)
    with duckdb.connect(str(built.settings.warehouse), read_only=True) as con:
        for one in outcomes:
            if not one.is_test:
                schema, name = project.relations[one.unique_id]
                assert con.execute(f'select count(*) from "{schema}"."{name}"').fetchone() == (one.rows,), (
                    name
                )


def test_changed_type_of_a_published_column_rebuilds_readers_of_its_carried_rows() -> None:
    def fingerprint(manifest: dict[str, Any]) -> str:
        project = Project(manifest)
        inputs = {f"{schema}.{name}": "same" for schema, name in project.sources}
        tables = project.fingerprints(project.tables, inputs, {})
        return tables["model.njia.int_new_public_periods"]

    manifest = read_json(parsed_project().manifest)
    before = fingerprint(manifest)
    assert fingerprint(manifest) == before
    manifest["nodes"]["model.njia.published_periods"]["columns"]["label"]["data_type"] = "date"
    assert fingerprint(manifest) != before


def test_changed_source_rebuilds_its_descendants_only(built_by_dbt: World) -> None:
    built_by_dbt.tables["gates/verdicts"][0]["passed"] = False
    project = Project(warehouse.read_manifest(parsed_project().manifest))
    expected = project.with_descendants({"source.njia.gates.verdicts"})
    outcomes = refreshed(built_by_dbt)
    assert that_ran(outcomes) == {project.tables[name]["name"] for name in expected if name in project.tables}
    asked = {one.unique_id for one in outcomes if one.ran and one.is_test}
    assert asked == {name for name in expected if name in project.tests}


def test_unknown_source_counts_as_changed(built: World, monkeypatch: pytest.MonkeyPatch) -> None:
    known = built.inputs()
    monkeypatch.setattr(World, "inputs", lambda world: {**known, "typed.coverage": ""})
    for _ in range(2):
        assert {"stg_coverage", "mart_coverage"} <= that_ran(refreshed(built))


def test_another_day_rebuilds_tables_that_depend_on_it_only(built: World) -> None:
    project = Project(warehouse.read_manifest(parsed_project().manifest))
    on_it = project.with_descendants({"source.njia.gates.as_of"}) & ({*project.tables} - project.after_python)
    built.as_of = "2025-07-01"
    built.write()
    ran = that_ran(built.build_part(BEFORE))
    assert ran == {project.tables[name]["name"] for name in on_it}
    assert "int_periods" in ran and "stg_records" not in ran and "places" not in ran


def failing(outcomes: list[NodeOutcome]) -> dict[str, tuple[str, bool]]:
    return {one.name: (one.status, one.ran) for one in outcomes if one.status not in ("success", "pass")}


def test_failed_test_is_remembered_until_its_table_changes(built: World) -> None:
    built.tables["typed/extracts"].append(built.tables["typed/extracts"][0])
    built.write()
    asked = failing(built.build_part(BEFORE))
    assert asked and set(asked.values()) == {("fail", True)}
    assert failing(built.build_part(BEFORE)) == dict.fromkeys(asked, ("fail", False))
    built.tables["typed/extracts"].pop()
    built.write()
    assert failing(built.build_part(BEFORE)) == {}


def test_killed_build_is_finished_by_the_next(
    built: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dbt has dropped and made some tables when the process goes; the file stays as it is at that moment."""
    before = content(built)
    gone = built.tables["typed/records"].pop()
    built.write()
    copied = tmp_path / "killed"

    def killed(*arguments: Any) -> list[Any]:
        build_nodes(*arguments)
        for path in built.settings.work.glob("warehouse.*"):
            copied.mkdir(exist_ok=True)
            (copied / path.name).write_bytes(path.read_bytes())
        raise KeyboardInterrupt

    build_nodes = dbt_commands.build_nodes
    with monkeypatch.context() as patch:
        patch.setattr(dbt_commands, "build_nodes", killed)
        with pytest.raises(KeyboardInterrupt):
            built.build_part(BEFORE)
    assert not (copied / "warehouse.sha256").exists()
    for path in built.settings.work.glob("warehouse.*"):
        path.unlink()
    for path in copied.iterdir():
        path.rename(built.settings.work / path.name)
    built.tables["typed/records"].append(gone)
    ran = that_ran(refreshed(built))
    assert {"stg_records", "int_movements"} <= ran and "places" not in ran
    assert content(built) == before


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def of_another_program(file: Path) -> None:
    file.unlink()
    with duckdb.connect(str(file)) as con:
        con.execute("create schema marts; create table marts.fct_movements as select 1 as movement_id")


def with_a_changed_table(file: Path) -> None:
    with duckdb.connect(str(file)) as con:
        con.execute("delete from marts.fct_movements")


@pytest.mark.parametrize(
    "damage",
    [truncated, of_another_program, with_a_changed_table, lambda file: file.write_bytes(b""),
     lambda file: file.with_name("warehouse.duckdb.wal").write_bytes(b"of another file"), Path.unlink],
)  # fmt: skip
def test_damaged_work_file_is_rebuilt_whole(
    built: World, damage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    damage(built.settings.warehouse)
    assert standing(built) == {}
    said = [record.message for record in caplog.records if "work file" in record.message]
    assert len(said) == (0 if damage is Path.unlink else 1)


def standing(world: World) -> Mapping[str, Any]:
    project = Project(warehouse.read_manifest(parsed_project().manifest))
    with open_work_file(world.settings) as work:
        return work.standing(project.relations)


@pytest.mark.parametrize("change", ["drop table marts.fct_movements", "delete from marts.fct_movements"])
def test_table_with_another_row_count_is_built_again(built: World, change: str) -> None:
    before = content(built)
    with duckdb.connect(str(built.settings.warehouse)) as con:
        con.execute(change)
    (built.settings.work / "warehouse.sha256").unlink()
    ran = that_ran(refreshed(built))
    assert "fct_movements" in ran and "int_movements" not in ran and content(built) == before


def test_tables_of_an_earlier_project_are_dropped(built: World) -> None:
    with duckdb.connect(str(built.settings.warehouse)) as con:
        con.execute("create table marts.of_another_version as select 1 as one")
        con.execute("create view staging.of_another_version as select 1 as one")
    (built.settings.work / "warehouse.sha256").unlink()
    refreshed(built)
    assert [name for name in content(built) if "another_version" in name] == []


def test_second_part_without_the_first_is_an_error(tmp_path: Path, project: None) -> None:
    world = three_records(tmp_path)
    world.write()
    with pytest.raises(NjiaError, match="needs it"):
        world.build_part(AFTER)


def test_moved_work_folder_is_rebuilt_whole(built: World, tmp_path: Path) -> None:
    assert standing(built)
    built.root = built.root.rename(tmp_path / "elsewhere")
    assert standing(built) == {}


def test_artifacts_of_other_steps_stay(built: World) -> None:
    kept: Mapping[Path, bytes] = {
        path: path.read_bytes()
        for folder in (built.settings.linkage, built.settings.statistics)
        for path in folder.iterdir()
    }
    built.tables["typed/records"].pop()
    built.write()
    built.build_part(BEFORE)
    assert {path: path.read_bytes() for path in kept} == kept


def test_build_goes_on_after_ctrl_c_in_a_query(built: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: Any) -> Iterator[Any]:
        raise RuntimeError("Query interrupted")  # as duckdb tells it

    built.tables["typed/records"].pop()
    built.write()
    with monkeypatch.context() as patch:
        patch.setattr(warehouse, "run_tests", interrupted)
        with pytest.raises(RuntimeError):
            built.build_part(BEFORE)
    outcomes = built.build_part(BEFORE)
    assert that_ran(outcomes) == set() and any(one.ran for one in outcomes if one.is_test)

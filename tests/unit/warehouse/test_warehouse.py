"""The dbt project is parsed once for an installation; its parts cover it once."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from orchestration.core import NjiaError, Settings, UsageError, machine_fault
from orchestration.warehouse import dbt_commands, engines, manifest_path
from orchestration.warehouse import manifest as dbt_manifest
from orchestration.warehouse import parts as warehouse
from orchestration.warehouse.dbt_commands import Parsed
from orchestration.warehouse.manifest import MANIFEST, PACKED, read_manifest
from orchestration.warehouse.node_fingerprints import Project


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "keys")


class Parser:
    """Instead of dbt, and counts."""

    times = 0

    def __call__(self, project: Path, scratch: Path, engine: str) -> Parsed:
        self.times += 1
        return Parsed(json.dumps({"nodes": {}}), b"packed")


@pytest.fixture
def parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Parser:
    """An installation where nobody has parsed the project yet."""
    found = Parser()
    monkeypatch.setattr(dbt_commands, "parse", found)
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    return found


def test_parsed_project_is_readable(settings: Settings) -> None:
    path = manifest_path(settings)
    assert "fct_movements" in path.read_text(encoding="utf-8")
    kept = dbt_commands.unpacked(path.with_name(PACKED))
    assert "model.njia.fct_movements" in kept.nodes and kept.macros


def test_the_project_is_parsed_once_for_all_homes(settings: Settings, parser: Parser, tmp_path: Path) -> None:
    first = manifest_path(settings)
    other = Settings(tmp_path / "other", tmp_path / "partners", tmp_path / "keys")
    assert manifest_path(other) == manifest_path(settings) == first
    assert parser.times == 1 and not settings.home.exists()


def test_a_changed_project_is_parsed_again(
    settings: Settings, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = manifest_path(settings)
    monkeypatch.setattr(dbt_manifest, "project_hash", lambda engine: "another project")
    assert manifest_path(settings) != first and first.is_file() and parser.times == 2


def test_three_newest_parsed_projects_are_kept(
    settings: Settings, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for number in range(6):
        monkeypatch.setattr(dbt_manifest, "project_hash", lambda engine, number=number: f"project {number}")
        found.append(manifest_path(settings).parent)
        os.utime(found[-1], (number, number))
    assert [folder.exists() for folder in found] == [False, False, False, True, True, True]
    assert sorted(found[0].parent.iterdir()) == sorted(found[3:])


@pytest.mark.parametrize("name", [MANIFEST, PACKED, dbt_manifest.HASHES])
@pytest.mark.parametrize("is_deleted", [True, False])
def test_missing_or_damaged_parse_is_repeated(
    settings: Settings, parser: Parser, name: str, is_deleted: bool
) -> None:
    file = manifest_path(settings).with_name(name)
    before = file.read_bytes()
    file.unlink() if is_deleted else file.write_bytes(before[:-1])
    manifest_path(settings)
    assert file.read_bytes() == before and parser.times == 2


def test_home_keeps_the_parse_where_the_installation_is_read_only(
    settings: Settings, parser: Parser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "file" / "target"))
    found = manifest_path(settings)
    assert found.is_relative_to(settings.work / "dbt") and found == manifest_path(settings)
    assert parser.times == 1


def test_two_parses_at_once_keep_the_first(
    settings: Settings, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slower(project: Path, scratch: Path, engine: str) -> Parsed:
        monkeypatch.setattr(dbt_commands, "parse", parser)
        first = manifest_path(settings)
        (first.parent / "first").touch()
        return parser(project, scratch, engine)

    monkeypatch.setattr(dbt_commands, "parse", slower)
    path = manifest_path(settings)
    assert parser.times == 2 and path.with_name("first").exists()
    assert [folder.name for folder in path.parent.parent.iterdir()] == [path.parent.name]


def test_parts_cover_the_project_exactly_once(settings: Settings) -> None:
    """What stands on linkage or statistics is built after them, all else before; nothing falls between."""
    from dagster_dbt import dbt_assets

    manifest = manifest_path(settings)
    project = Project(read_manifest(manifest))
    tables, tests = {}, {}
    for part in warehouse.Part:

        @dbt_assets(manifest=manifest, **part.dagster_selection)
        def built(): ...

        tables[part], tests[part] = {*built.keys}, {spec.key for spec in built.check_specs}
        own = {
            (node["schema"], node["name"])
            for name, node in project.tables.items()
            if part.holds(project, name)
        }
        assert {tuple(key.path) for key in built.keys} == own, "as the refresh builds them"

    @dbt_assets(manifest=manifest)
    def everything(): ...

    for found, whole in (
        (tables, {*everything.keys}),
        (tests, {spec.key for spec in everything.check_specs}),
    ):
        assert sum(map(len, found.values())) == len(whole) and set().union(*found.values()) == whole
    names = {part: {key.path[-1] for key in keys} for part, keys in tables.items()}
    assert names[warehouse.Part.BEFORE_PYTHON] >= {"int_place_counts", "int_movements"}
    assert names[warehouse.Part.AFTER_PYTHON] >= {"stg_hotspots", "mart_hotspots", "fct_movements"}


def test_a_project_that_does_not_parse_is_reported_and_memory_is_no_fault_of_it() -> None:
    broken = SimpleNamespace(success=False, result=None, exception=RuntimeError("no such macro"))
    with pytest.raises(NjiaError, match="no such macro"):
        dbt_commands._stop_unless_parsed(broken)
    with pytest.raises(NjiaError) as met:
        dbt_commands._stop_unless_parsed(SimpleNamespace(success=False, exception=MemoryError()))
    assert "NJIA_MEMORY_LIMIT" in str(machine_fault(met.value, Path.cwd()))


def test_tables_are_read_sorted_and_the_file_is_released(settings: Settings) -> None:
    settings.work.mkdir(parents=True)
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute("create schema s")
        con.execute("create table s.t as select * from (values (2, 'b', 1), (1, 'a', 2)) as v(n, t, unread)")
    found = warehouse.read_tables(settings, {"s.t": ("n", "t")})
    assert found["s.t"].to_pylist() == [{"n": 1, "t": "a"}, {"n": 2, "t": "b"}]
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute("drop table s.t")


def test_a_missing_engine_is_named_with_what_sets_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_PACKAGES", {"spark": ("fixture-adapter", "fixture-engine")})
    with pytest.raises(UsageError, match=r"has no fixture-engine\. `make spark` sets one up"):
        engines.versions("spark")

"""The dbt project is parsed once for an installation; its parts cover it once."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from orchestration.core import NjiaError, Settings, UsageError, machine_fault
from orchestration.warehouse import (
    Part,
    engines,
    manifest_nodes,
    manifest_path,
    parsed_project,
    part_of,
    read_tables,
)
from orchestration.warehouse.parsed_project import MANIFEST, STATE


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "keys")


class Parser:
    """Instead of dbt, and counts."""

    times = 0

    def __call__(self, folder: Path, engine: str) -> None:
        self.times += 1
        (folder / MANIFEST).write_text(json.dumps({"nodes": {}}))
        (folder / STATE).touch()


@pytest.fixture
def parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Parser:
    """An installation where nobody has parsed the project yet."""
    found = Parser()
    monkeypatch.setattr(parsed_project, "parse_into", found)
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    return found


def test_parsed_project_is_readable(settings: Settings) -> None:
    path = manifest_path(settings)
    assert "fct_movements" in path.read_text(encoding="utf-8")
    assert sorted(file.name for file in path.parent.iterdir()) == [MANIFEST, STATE]


def test_the_project_is_parsed_once_for_all_homes(settings: Settings, parser: Parser, tmp_path: Path) -> None:
    first = manifest_path(settings)
    other = Settings(tmp_path / "other", tmp_path / "partners", tmp_path / "keys")
    assert manifest_path(other) == manifest_path(settings) == first
    assert parser.times == 1 and not settings.home.exists()


def test_a_changed_project_is_parsed_again(
    settings: Settings, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = manifest_path(settings)
    monkeypatch.setattr(parsed_project, "project_hash", lambda engine: "another project")
    assert manifest_path(settings) != first and first.is_file() and parser.times == 2


def test_three_newest_parsed_projects_are_kept(
    settings: Settings, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for number in range(6):
        monkeypatch.setattr(parsed_project, "project_hash", lambda engine, number=number: f"project {number}")
        found.append(manifest_path(settings).parent)
        os.utime(found[-1], (number, number))
    assert [folder.exists() for folder in found] == [False, False, False, True, True, True]
    assert sorted(found[0].parent.iterdir()) == sorted(found[3:])


def test_a_missing_parse_is_repeated(settings: Settings, parser: Parser) -> None:
    path = manifest_path(settings)
    path.unlink()
    assert manifest_path(settings) == path and parser.times == 2


def test_home_keeps_the_parse_where_the_installation_is_read_only(
    settings: Settings, parser: Parser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "file" / "target"))
    found = manifest_path(settings)
    assert found.is_relative_to(settings.work / "dbt") and found == manifest_path(settings)
    assert parser.times == 1


def test_two_parses_at_once_leave_one_project(
    settings: Settings, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slower(folder: Path, engine: str) -> None:
        monkeypatch.setattr(parsed_project, "parse_into", parser)
        assert manifest_path(settings).is_file()
        parser(folder, engine)

    monkeypatch.setattr(parsed_project, "parse_into", slower)
    path = manifest_path(settings)
    assert parser.times == 2 and path.is_file()
    assert [folder.name for folder in path.parent.parent.iterdir()] == [path.parent.name]


def test_parts_cover_the_project_exactly_once(settings: Settings) -> None:
    """Each table is built after the steps in Python that it needs; nothing falls between."""
    parts = part_of(manifest_path(settings))
    names = {part: {name.rpartition(".")[2] for name in parts if parts[name] is part} for part in Part}
    tables = {
        node["name"]
        for node in manifest_nodes(manifest_path(settings)).values()
        if node["resource_type"] in ("model", "seed")
    }
    assert set().union(*names.values()) == tables and sum(map(len, names.values())) == len(tables)
    assert names[Part.WAREHOUSE] >= {"int_movements", "places"}
    assert names[Part.COUNTS] >= {"int_place_counts", "fct_movements", "int_protected_cells"}
    assert names[Part.PUBLISHABLE] >= {"stg_hotspots", "mart_hotspots", "int_public_cells"}


def test_a_project_that_does_not_parse_is_reported_and_memory_is_no_fault_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, said in (
        (RuntimeError("no such macro"), "no such macro"),
        (MemoryError(), "NJIA_MEMORY_LIMIT"),
    ):
        broken = SimpleNamespace(success=False, result=None, exception=error)
        monkeypatch.setattr("dbt.cli.main.dbtRunner.invoke", lambda *_, broken=broken: broken)
        with pytest.raises(NjiaError) as met:
            parsed_project.parse_into(tmp_path, "duckdb")
        assert said in str(machine_fault(met.value, Path.cwd()) or met.value)


def test_tables_are_read_sorted_and_the_file_is_released(settings: Settings) -> None:
    settings.work.mkdir(parents=True)
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute("create schema s")
        con.execute("create table s.t as select * from (values (2, 'b', 1), (1, 'a', 2)) as v(n, t, unread)")
    found = read_tables(settings, {"s.t": ("n", "t")})
    assert found["s.t"].to_pylist() == [{"n": 1, "t": "a"}, {"n": 2, "t": "b"}]
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute("drop table s.t")


def test_a_missing_engine_is_named_with_what_sets_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_PACKAGES", {"spark": ("fixture-adapter", "fixture-engine")})
    with pytest.raises(UsageError, match=r"has no fixture-engine\. `make spark` sets one up"):
        engines.versions("spark")

"""dbt's own parsing is done once for a project as it stands, and kept in the home."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from orchestration import warehouse
from orchestration.errors import NjiaError
from orchestration.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "keys")


@pytest.fixture
def new_process(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home where a process before this one has parsed, and a process that may not parse."""
    warehouse.manifest_path(settings)

    def parse(stamp: str) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr(warehouse, "_parsed", parse)
    return settings


def test_another_process_reads_what_was_parsed(new_process: Settings) -> None:
    path = warehouse.manifest_path(new_process)
    assert "fct_movements" in path.read_text(encoding="utf-8")
    kept = warehouse._unpacked(path.with_suffix(".msgpack"))
    assert "model.njia.fct_movements" in kept.nodes and kept.macros


def test_a_changed_project_is_parsed_again(new_process: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse, "project_hash", lambda: "another project")
    with pytest.raises(AssertionError, match="parsed again"):
        warehouse.manifest_path(new_process)


@pytest.mark.parametrize("name", ["manifest.json", "manifest.msgpack", "manifest.hash"])
def test_what_was_deleted_from_the_work_folder_is_made_again(settings: Settings, name: str) -> None:
    folder = warehouse.manifest_path(settings).parent
    before = (folder / name).read_bytes()
    (folder / name).unlink()
    warehouse.manifest_path(settings)
    assert (folder / name).read_bytes() == before


def test_each_refresh_has_a_manifest_of_its_own_which_its_parts_share(settings: Settings) -> None:
    """dbt writes compiled SQL, with the paths of one home, into the manifest that it builds from."""
    part = warehouse.Part
    first = warehouse._manifest(settings, part.BEFORE_PYTHON)
    assert warehouse._manifest(settings, part.AFTER_PYTHON) is first
    first.nodes["model.njia.fct_movements"].compiled_code = "select 1"
    second = warehouse._manifest(settings, part.BEFORE_PYTHON)
    assert second.nodes["model.njia.fct_movements"].compiled_code is None
    assert warehouse._manifest(settings, part.AFTER_PYTHON) is second
    assert warehouse._manifest(settings, part.AFTER_PYTHON) is not second, "let go with the last part"


def test_the_parts_of_the_project_are_the_whole_of_it_once(settings: Settings) -> None:
    """What stands on linkage or statistics is built after them, all else before; nothing falls between."""
    from dagster_dbt import dbt_assets

    manifest = warehouse.manifest_path(settings)
    tables, tests = {}, {}
    for part in warehouse.Part:

        @dbt_assets(manifest=manifest, **part.dagster_selection)
        def built(): ...

        tables[part], tests[part] = {*built.keys}, {spec.key for spec in built.check_specs}

    @dbt_assets(manifest=manifest)
    def everything(): ...

    for found, whole in (
        (tables, {*everything.keys}),
        (tests, {spec.key for spec in everything.check_specs}),
    ):
        assert sum(map(len, found.values())) == len(whole) and set().union(*found.values()) == whole
    names = {part: {key.path[-1] for key in keys} for part, keys in tables.items()}
    assert names[warehouse.Part.BEFORE_PYTHON] >= {"int_place_counts", "int_movements"}
    assert names[warehouse.Part.AFTER_PYTHON] >= {
        "stg_hotspots",
        "mart_hotspots",
        "mart_places",
        "fct_movements",
        "published_corridors",
    }


def test_outcomes_of_the_second_part_stand_beside_those_of_the_first(settings: Settings) -> None:
    def outcome(name: str, status: str) -> warehouse.NodeOutcome:
        return warehouse.NodeOutcome(f"test.njia.{name}", "test", name, status, 0, 0.1)

    (settings.work / "dbt").mkdir(parents=True)
    warehouse._keep_outcomes(settings, [outcome("first", "pass"), outcome("again", "fail")])
    warehouse._keep_outcomes(settings, [outcome("again", "pass"), outcome("second", "pass")])
    kept = json.loads((settings.work / "dbt" / "run_results.json").read_text(encoding="utf-8"))
    assert {one["name"]: one["status"] for one in kept} == {
        "first": "pass",
        "again": "pass",
        "second": "pass",
    }


def test_a_new_build_starts_without_what_the_last_one_left(settings: Settings) -> None:
    (settings.work / "dbt").mkdir(parents=True)
    settings.statistics.mkdir()
    left = [
        settings.warehouse,
        settings.statistics / "hotspots.parquet",
        settings.work / "dbt" / "run_results.json",
    ]
    for path in left:
        path.write_bytes(b"of another version")
    warehouse._start_afresh(settings)
    assert [path for path in left if path.exists()] == []


def test_an_error_that_ctrl_c_led_to_is_ctrl_c() -> None:
    """dbt asks connections to stop that a compilation has not opened, and reports that."""
    try:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise RuntimeError("environment requested before creation")  # noqa: B904
    except RuntimeError as error:
        with pytest.raises(KeyboardInterrupt):
            warehouse._stop_unless_parsed(SimpleNamespace(success=False, result=None, exception=error))
    other = SimpleNamespace(success=False, result=None, exception=RuntimeError("no such macro"))
    with pytest.raises(NjiaError, match="no such macro"):
        warehouse._stop_unless_parsed(other)


def test_tables_are_read_sorted_and_the_file_is_let_go(settings: Settings) -> None:
    settings.work.mkdir(parents=True)
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute("create schema s")
        con.execute("create table s.t as select * from (values (2, 'b', 1), (1, 'a', 2)) as v(n, t, unread)")
    found = warehouse.read_tables(settings, {"s.t": ("n", "t")})
    assert found["s.t"].to_pylist() == [{"n": 1, "t": "a"}, {"n": 2, "t": "b"}]
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute("drop table s.t")

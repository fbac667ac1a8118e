"""With NJIA_DELETE_WORK nothing made of records stays in `work/`."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from orchestration.core import Settings, clear_work, clear_work_left_behind, forget_work
from orchestration.core.work import KEPT, PROJECT

MADE_OF_RECORDS = (
    "warehouse.duckdb", "typed/records/e.parquet", "linkage/links.parquet", "gates/profiles.parquet",
    "dbt/target/x/run.sql", "spill/records-1/0.arrow",
)  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(tmp_path, tmp_path, tmp_path / "keys", delete_work=True)
    for name in (*KEPT, *MADE_OF_RECORDS):
        path = made.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return made


def files(settings: Settings) -> set[str]:
    return {path.relative_to(settings.work).as_posix() for path in settings.work.rglob("*") if path.is_file()}


def test_clearing_keeps_only_files_without_records(settings: Settings) -> None:
    clear_work(settings)
    assert files(settings) == KEPT
    assert not (settings.work / "typed").exists()


def test_forgetting_always_clears_all_but_the_parsed_project(settings: Settings) -> None:
    forget_work(replace(settings, delete_work=False))
    assert files(settings) == PROJECT
    shutil.rmtree(settings.work)
    forget_work(settings)
    assert not settings.work.exists()


def test_work_stays_without_the_setting(settings: Settings) -> None:
    before = files(settings)
    clear_work(replace(settings, delete_work=False))
    clear_work_left_behind(replace(settings, delete_work=False))
    assert files(settings) == before


def test_next_command_clears_what_a_kill_left_unless_a_refresh_runs(settings: Settings) -> None:
    before = files(settings)
    with FileLock(settings.lock):
        clear_work_left_behind(settings)
        assert files(settings) == before
    clear_work_left_behind(settings)
    assert not set(MADE_OF_RECORDS) & files(settings)

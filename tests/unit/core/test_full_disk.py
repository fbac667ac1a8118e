"""A full disk is named in one sentence, whichever library meets it, and room is asked for before it is needed."""

import os
import shutil
import sqlite3
import subprocess
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyrage
import pytest

from orchestration import core
from orchestration.core import MachineFault, disk, durable, load_keys, machine_fault
from orchestration.intake import take_in
from orchestration.typing import step, type_extracts
from tests import scenario
from tests.evidence_base import new_evidence_base
from tests.fixtures.njia_in_process import Njia, njia
from tests.fixtures.release_world import build_warehouse, settings_in, stage_candidate

__all__ = ["njia"]
MEGABYTE = 1 << 20
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("this account may not mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)  # a library may still have a file open


def by_duckdb(folder: Path) -> None:
    with duckdb.connect(str(folder / "table.duckdb")) as con:
        con.execute("create table t as select random() as r from range(2000000)")
        con.execute("checkpoint")


def by_duckdb_spilling(folder: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"set temp_directory = '{folder}/spill'; set memory_limit = '60MB'; set threads = 1")
        con.execute(
            "select count(*) from (select distinct random(), i from range(20000000) as t (i))"
        ).fetchall()


def by_parquet(folder: Path) -> None:
    pq.write_table(pa.table({"r": np.random.default_rng(0).random(1_000_000)}), folder / "table.parquet")


def by_age(folder: Path) -> None:
    original = folder.with_name("original")
    original.write_bytes(bytes(8 * MEGABYTE))
    pyrage.encrypt_file(
        str(original), str(folder / "sealed"), [pyrage.x25519.Identity.generate().to_public()]
    )


def by_sqlite(folder: Path) -> None:
    with sqlite3.connect(folder / "runs.db") as con:
        con.execute("create table runs (body text)")
        con.executemany("insert into runs values (?)", [("x" * 1000,)] * 8000)


def by_njia(folder: Path) -> None:
    durable.write_bytes(folder / "file", bytes(8 * MEGABYTE))


@pytest.mark.parametrize(
    "write", [by_duckdb, by_duckdb_spilling, by_parquet, by_age, by_sqlite, by_njia], ids=lambda one: one.__name__
)  # fmt: skip
def test_every_library_that_meets_it_is_understood(small_disk: Path, write: Callable[[Path], None]) -> None:
    with pytest.raises(Exception) as met:
        write(small_disk)
    fault = machine_fault(met.value, small_disk)
    assert fault and fault.exit_code == 6
    assert f"{small_disk} has " in str(fault) and "of 4 MB. Remove files" in str(fault)
    assert not list(small_disk.glob(".tmp-*"))
    if write not in (by_age, by_njia):  # the disk of a folder of the home is named by its own path
        assert f"{small_disk} has " in str(machine_fault(met.value, small_disk.parent))


def test_too_little_memory_names_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NJIA_MEMORY_LIMIT", "30MB")
    with (
        core.open_duckdb(spill=tmp_path, threads=1) as con,
        pytest.raises(duckdb.OutOfMemoryException) as met,
    ):
        con.execute("set max_temp_directory_size = '1KB'; set temp_directory = ''")
        con.execute("select list(random()) from range(20000000)").fetchall()
    for error in (met.value, MemoryError()):
        fault = machine_fault(error, tmp_path)
        assert fault and fault.exit_code == 6
        assert "DuckDB may take 30MB of it (NJIA_MEMORY_LIMIT)" in str(fault)
        assert core.is_of_machine(error), "no extract is blamed"
    assert str(core.fault_said(f"Runtime Error in model m\n  {met.value}", tmp_path)) == str(fault)


def test_a_read_only_home_is_wrong_use_and_not_damaged(tmp_path: Path, njia: Njia) -> None:
    home = new_evidence_base(tmp_path).settings.home
    at = ("--partners", tmp_path / "partners")
    assert njia("notify", *at).code == 0
    with closing(sqlite3.connect(home / "dagster" / "runs.db")) as con:
        con.executescript("pragma journal_mode = wal; create table runs (body text)")
    for options in (["--bind"], ["-o", "remount,ro,bind"]):
        if subprocess.run(["mount", *options, home, home], capture_output=True).returncode:
            pytest.skip("this account may not mount a file system")
    try:
        for command in ("refresh", "notify", "pull"):
            ran = njia(command, *at)
            assert ran.code == 2, ran.err
            assert f"{home} cannot be written: its disk is mounted read-only" in ran.words
        assert njia("check", *at).code == 0
    finally:
        subprocess.run(["umount", "--lazy", home], check=True)


def test_a_command_ends_with_exit_code_6(small_disk: Path, tmp_path: Path, njia: Njia) -> None:
    new_evidence_base(tmp_path)
    shutil.move(tmp_path / "home", small_disk / "home")
    (small_disk / "filler").write_bytes(bytes(shutil.disk_usage(small_disk).free))
    (tmp_path / "kobe_9.csv").write_text(scenario.CASE_HEADER)
    at = ("--home", small_disk / "home", "--partners", tmp_path / "partners")
    ran = njia("inbox", "add", "kobe_post", tmp_path / "kobe_9.csv", *at)
    assert ran.code == 6, ran.err
    assert str(small_disk) in ran.words and "The current release stays" in ran.words


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = Usage(100 * MEGABYTE, 84 * MEGABYTE, 16 * MEGABYTE)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: usage)


@pytest.mark.usefixtures("little_room")
def test_room_is_asked_for_before_a_file_is_taken_in(tmp_path: Path) -> None:
    base = new_evidence_base(tmp_path)
    file = base.deliver("kobe_post", "kobe_1.csv", scenario.CASE_HEADER)
    with pytest.raises(MachineFault, match=r"not enough room for kobe_post: file kobe_post .*…: about 16 MB"):
        take_in(base.settings, load_keys(base.settings), scenario.AS_OF)
    assert file.is_file() and not list(base.settings.sealed.rglob("*.age"))


@pytest.mark.usefixtures("little_room")
def test_room_is_asked_for_before_a_release_is_staged(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    build_warehouse(settings)
    with pytest.raises(MachineFault, match="not enough room for staging a release"):
        stage_candidate(settings)
    assert not list(settings.releases.glob(".candidate-*"))


def test_a_full_disk_is_no_fault_of_an_extract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = new_evidence_base(tmp_path)
    partner, name, content = scenario.EXTRACTS[0]
    base.deliver(partner, name, content)
    keys = load_keys(base.settings)
    take_in(base.settings, keys, scenario.AS_OF)
    monkeypatch.setattr(step, "_typed", Mock(side_effect=OSError(28, os.strerror(28))))
    with pytest.raises(OSError, match="No space left"):
        type_extracts(base.settings, keys)

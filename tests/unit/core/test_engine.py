"""DuckDB is opened in one way: quiet, offline, in UTC, and on the disk only where it may be."""

from pathlib import Path

import duckdb
import pytest

from orchestration.core import open_duckdb

SETTINGS = (
    "enable_progress_bar", "autoinstall_known_extensions", "autoload_known_extensions", "TimeZone", "temp_directory"
)  # fmt: skip


def settings_of(con: duckdb.DuckDBPyConnection, *names: str) -> tuple[object, ...]:
    asked = ", ".join(f"current_setting('{name}')" for name in names)
    (row,) = con.execute(f"select {asked}").fetchall()
    return tuple(row)


def test_nothing_is_shown_fetched_or_spilled() -> None:
    with open_duckdb(threads=1) as con:
        assert settings_of(con, *SETTINGS, "threads") == (False, False, False, "UTC", "", 1)


def test_a_folder_to_spill_to_has_a_memory_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NJIA_MEMORY_LIMIT", "512MiB")
    with open_duckdb(spill=tmp_path) as con:
        assert settings_of(con, "temp_directory", "memory_limit") == (str(tmp_path), "512.0 MiB")


def test_a_file_is_opened_to_read(tmp_path: Path) -> None:
    with open_duckdb(tmp_path / "a.duckdb", writes=True) as con:
        con.execute("create table t as select 1 as a")
    with open_duckdb(tmp_path / "a.duckdb") as con:
        assert con.execute("from t").fetchall() == [(1,)]
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            con.execute("create table u as select 1 as a")

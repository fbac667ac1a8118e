"""Whether a refresh is running is asked of its lock, without standing in its way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from orchestration.defs.workplace import Workplace
from orchestration.settings import Settings
from orchestration.stewardship import refresh_since


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path / "partners", tmp_path / "keys")


def test_a_refresh_is_running_from_its_lock_to_its_end(settings: Settings) -> None:
    assert refresh_since(settings) is None
    before = datetime.now(UTC).replace(microsecond=0)
    refresh = Workplace(settings)
    refresh.take_lock("run")
    since = refresh_since(settings)
    assert since is not None and before <= since <= before + timedelta(minutes=1)
    refresh.end()
    assert refresh_since(settings) is None
    assert settings.lock.exists(), "the file alone says nothing"


def test_asking_makes_no_file_and_turns_no_refresh_away(settings: Settings) -> None:
    refresh_since(settings)
    assert list(settings.home.iterdir()) == []
    settings.lock.touch()
    refresh_since(settings)
    with FileLock(settings.lock, timeout=0):
        assert refresh_since(settings) is not None


def test_a_holder_that_noted_no_time_is_as_old_as_its_note(settings: Settings) -> None:
    with FileLock(settings.lock):
        settings.lock.with_suffix(".holder").write_text('{"process": 1, "run": "r"}')
        since = refresh_since(settings)
    assert since is not None and datetime.now(UTC) - since < timedelta(minutes=1)

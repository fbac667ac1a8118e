"""Whether a refresh is running is asked of its lock, without standing in its way."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock

from orchestration.cli import cli
from orchestration.defs.workplace import Workplace
from orchestration.settings import Settings
from orchestration.stewardship import Decisions, refresh_since


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path / "partners", tmp_path / "keys")


def test_a_refresh_is_running_from_its_lock_to_its_end(settings: Settings) -> None:
    assert refresh_since(settings) is None
    before = datetime.now(UTC).replace(microsecond=0)
    refresh = Workplace(settings)
    refresh.take_lock("run")
    since = refresh_since(settings)
    assert since is not None and before <= since <= datetime.now(UTC)
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
    note = settings.lock.with_suffix(".holder")
    with FileLock(settings.lock):
        note.write_text('{"process": 1, "run": "r"}')
        os.utime(note, (0, 0))
        since = refresh_since(settings)
    assert since == datetime.fromtimestamp(0, UTC)


def test_what_is_decided_while_a_refresh_runs_is_said_to_take_part_in_the_next_one(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.partners.mkdir()
    at = ["--home", str(settings.home), "--partners", str(settings.partners)]
    by = ["--author", "A. Fixture", "--reason", "said so"]
    refresh = Workplace(settings)
    _, before = refresh.take_lock("run")
    cli(["decide", "place-alias", "Qwertyville", "KE047", *by, *at], standalone_mode=False)
    said = " ".join(capsys.readouterr().out.split())
    assert "A refresh is running since" in said and "this takes part in the next one." in said
    assert refresh.take_lock("run") == (refresh.take_lock("run")[0], before), (
        "the run's own set stays as it was"
    )
    assert isinstance(before, Decisions) and before.place_aliases == []
    refresh.end()
    _, after = refresh.take_lock("another run")
    assert isinstance(after, Decisions) and len(after.place_aliases) == 1
    refresh.end()
    cli(["decide", "place-alias", "Sampletown", "KE047", *by, *at], standalone_mode=False)
    assert "takes part in the next refresh: njia refresh" in " ".join(capsys.readouterr().out.split())

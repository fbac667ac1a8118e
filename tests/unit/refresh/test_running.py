"""Whether a refresh is running is asked of its lock, without standing in its way."""

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from filelock import FileLock

from orchestration.cli.root import cli
from orchestration.core import RefreshLock, RefreshRunning, Settings, adopt_home, is_alive, read_json
from orchestration.core import lock as refresh_lock
from orchestration.refresh import Runs
from orchestration.stewardship import Decisions, refresh_since


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(tmp_path, tmp_path / "partners", tmp_path / "keys")
    adopt_home(settings)
    return settings


def test_a_refresh_is_running_from_its_lock_to_its_end(settings: Settings) -> None:
    assert refresh_since(settings) is None
    before = datetime.now(UTC).replace(microsecond=0)
    refresh = Runs(settings)
    refresh.take_lock("run")
    since = refresh_since(settings)
    assert since is not None and before <= since <= datetime.now(UTC)
    refresh.end()
    assert refresh_since(settings) is None
    assert settings.lock.exists(), "the file alone says nothing"


def test_asking_makes_no_file_and_turns_no_refresh_away(settings: Settings) -> None:
    refresh_since(settings)
    assert [path.name for path in settings.home.iterdir()] == ["home.json"]
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


def test_a_process_is_known_by_its_number_and_its_start() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        started = psutil.Process(child.pid).create_time() - psutil.boot_time()
        noted = {"process": child.pid, "process_started": started}
        assert is_alive(noted)
        assert not is_alive({**noted, "process_started": started - 60}), "the number was given again"
        child.kill()
        child.wait()
        assert not is_alive(noted)
    assert not is_alive({"process": "unknown"})


def test_who_waits_learns_if_the_holder_lives(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh_lock, "SECONDS_TO_WAIT", 0)
    held = RefreshLock(settings)
    held.take("r1")
    with pytest.raises(RefreshRunning, match=f"process {os.getpid()}, run r1"):
        RefreshLock(settings).take("r2")
    note = settings.lock.with_suffix(".holder")
    note.write_text(json.dumps({**read_json(note), "process_started": 0.0}))
    with pytest.raises(RefreshRunning, match="although its process is gone"):
        RefreshLock(settings).take("r2")


def test_decision_during_a_refresh_is_announced_for_the_next(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.partners.mkdir()
    at = ["--home", str(settings.home), "--partners", str(settings.partners)]
    by = ["--author", "A. Fixture", "--reason", "said so"]
    refresh = Runs(settings)
    _, before = refresh.take_lock("run")

    def said_of(place: str) -> str:
        cli(["decide", "place-alias", place, "KE047", *by, *at], standalone_mode=False)
        return " ".join(capsys.readouterr().out.split())

    said = said_of("Qwertyville")
    assert "A refresh is running since" in said and "this takes part in the next one." in said
    assert refresh.take_lock("run")[1] == before, "the run's own set stays as it was"
    assert isinstance(before, Decisions) and before["place_alias"] == []
    refresh.end()
    _, after = refresh.take_lock("another run")
    assert isinstance(after, Decisions) and len(after["place_alias"]) == 1
    refresh.end()
    assert "takes part in the next refresh: njia refresh" in said_of("Sampletown")

"""A clock that is put back between two refreshes changes no order: of releases and processes."""

from pathlib import Path

import psutil
import pytest

from orchestration.core import is_alive
from orchestration.core.lock import this_process
from orchestration.release import current_release, list_releases
from tests.fixtures.release_world import publish_one, settings_in

DAYS = 40 * 86_400


def test_release_made_later_is_the_newest(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    made = [publish_one(settings, day).release_id for day in (0, -40, -80)]
    assert [release.release_id for release in list_releases(settings)] == made[::-1]
    current = current_release(settings)
    assert current and current.release_id == made[-1]


def test_process_is_known_although_the_clock_was_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    noted, started, booted = this_process(), psutil.Process.create_time, psutil.boot_time
    # The kernel counts both from the clock as it stands now.
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: started(process) - DAYS)
    monkeypatch.setattr(psutil, "boot_time", lambda: booted() - DAYS)
    assert is_alive(noted)

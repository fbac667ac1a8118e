"""Backups that are killed, that another restic stands in the way of, that are old, or that lack marks."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from orchestration import core, operations
from orchestration.core import (
    Settings,
    load_keys,
)
from tests.command import Started
from tests.fixtures.backup_world import (
    backed_up,
    backed_up_once,
    built,
    files_of,
    home,
    quick,
    restic,
    snapshots,
)
from tests.fixtures.njia_in_process import Njia, njia

__all__ = ["backed_up", "backed_up_once", "built", "home", "njia", "quick", "restic"]


def test_a_killed_backup_is_made_good_by_the_next(home: Settings, tmp_path: Path) -> None:
    """restic ends with the command that started it."""
    large = home.sealed / "kobe_post" / f"{1:016x}.age"
    large.parent.mkdir(exist_ok=True)
    large.write_bytes(os.urandom(160 << 20))
    before, repository = files_of(home.home), tmp_path / "backup"
    own = {"NJIA_BACKUP_PASSWORD_FILE": str(home.backup_password)}
    killed = Started(tmp_path / "said", "backup", repository, settings=home, **own)
    killed.wait_until(lambda: any((repository / "data").glob("*/*")), "the first data", 0.001)
    (restic,) = psutil.Process(killed.pid).children()
    killed.signal(signal.SIGKILL)
    killed.process.join()
    restic.wait(10)
    assert (snapshots(home), files_of(home.home)) == ([], before)
    made = operations.make_backup(home, str(repository))
    assert snapshots(home) == [made.snapshot]
    assert not any((repository / "locks").iterdir()) and not home.backup_links.exists()


def test_another_restic_is_waited_for_and_a_dead_one_is_not(backed_up: Settings, njia: Njia) -> None:
    restic = ["restic", "check", "--repo", "backup", "--password-file", str(backed_up.backup_password)]
    with subprocess.Popen(restic, stdout=subprocess.DEVNULL) as working:
        while all("tmp" in path.name for path in Path("backup/locks").iterdir()):
            time.sleep(0.001)
        working.send_signal(signal.SIGSTOP)
        ran = njia("backup", "backup")
        working.kill()
    assert (ran.code, "Another restic works in" in ran.words) == (4, True), ran.err
    assert njia("backup", "backup").code == 0


def test_backups_of_this_home_alone_are_dropped_after_35_days(
    backed_up: Settings, njia: Njia, tmp_path: Path
) -> None:
    long_ago = f"{datetime.now(UTC) - timedelta(days=40):%Y-%m-%d %H:%M:%S}"
    (first,) = snapshots(backed_up)
    as_first = ["restic", "--repo", "backup", "--password-file", str(backed_up.backup_password)]
    tag = f"njia-{load_keys(backed_up).ids['record']}"
    for given in (["--tag", tag], ["--tag", "njia-0badcafe"]):
        subprocess.run(
            [*as_first, "backup", "partners", "--host", "njia", "--time", long_ago, *given], check=True
        )
    subprocess.run([*as_first, "backup", "partners", "--host", "another", "--time", long_ago], check=True)
    assert njia("backup", "backup").code == 0
    *others, of_home, newest = snapshots(backed_up)
    assert of_home == first and len(others) == 1, "that of another home stays"
    ran = njia("restore", "backup", "new")
    assert ran.code == 2 and "Name one with --snapshot" in ran.words
    assert njia("restore", "backup", "new", "--snapshot", newest[:10]).code == 0
    assert (
        "1 snapshots"
        in subprocess.run(
            [*as_first, "snapshots", "--host", "another"], check=True, capture_output=True, text=True
        ).stdout
    )


@pytest.mark.usefixtures("quick")
def test_a_lost_mark_stops_the_restore(backed_up: Settings, njia: Njia, tmp_path: Path) -> None:
    """In the home as in the newest backup, whichever is restored."""
    (older,) = snapshots(backed_up)
    core.set_tombstones(backed_up, load_keys(backed_up), "swala_post", [7])
    mark = backed_up.forgotten / "swala_post.json"
    whole = mark.read_bytes()
    mark.unlink()
    refused = njia("restore", "backup", "new")
    mark.write_bytes(whole[:-9])
    damaged = njia("restore", "backup", "new")
    mark.unlink()
    njia("backup", "backup")
    mark.write_bytes(whole)
    in_backup = njia("restore", "backup", "new", "--snapshot", older)
    for ran, place in (
        (refused, backed_up.home),
        (damaged, backed_up.home),
        (in_backup, "The newest backup"),
    ):
        assert ran.code == 1
        assert f"{place} has lost marks of forgotten records (swala_post.json)" in ran.words
    assert not (tmp_path / "new").exists()
    njia("backup", "backup")
    assert njia("restore", "backup", "new", "--snapshot", older).code == 0
    new = replace(backed_up, home=tmp_path / "new")
    assert core.tombstones_of(new, load_keys(backed_up), "swala_post").marks

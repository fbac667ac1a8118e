"""Backups by restic: one moment of a home, sentences for restic's errors, and a restore into a new folder."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration import operations
from orchestration.core import (
    RefreshLock,
    RefreshRunning,
    Settings,
    durable,
    write_json,
    write_secret,
)
from orchestration.operations import backup, check_files
from orchestration.release import list_releases
from orchestration.stewardship import audit, store
from tests.fixtures.backup_world import (
    NAME,
    Patch,
    backed_up,
    backed_up_once,
    built,
    files_of,
    home,
    quick,
    restic,
)
from tests.fixtures.njia_in_process import Njia, njia

__all__ = ["backed_up", "backed_up_once", "built", "home", "njia", "quick", "restic"]


def test_a_restored_home_is_what_was_backed_up(home: Settings, njia: Njia, tmp_path: Path) -> None:
    write_secret(home.keys / "link.key.next", "00" * 32)  # of a killed rotation
    ran = njia("backup", "backup", "--json")
    assert ran.code == 0, ran.err
    assert ran.last_object["files"] > 20
    assert not home.backup_links.exists()
    raw = b"".join(path.read_bytes() for path in Path("backup").rglob("*") if path.is_file())
    assert NAME.encode() not in raw and b"contract of a fixture" not in raw
    ran = njia("restore", "backup", "new")
    assert ran.code == 0, ran.err
    new = Settings(tmp_path / "new", tmp_path / "new" / "partners", tmp_path / "new" / "keys")
    assert files_of(new.home) == files_of(home.home)
    assert new.current.resolve().name == home.current.resolve().name
    assert not list(new.home.rglob("*.next"))
    assert new.keys.stat().st_mode & 0o777 == 0o700
    assert (new.partners / "kobe_post" / "contract.yml").read_text() == "a contract of a fixture"
    assert (new.inbox / "swala_post").is_dir(), "where its partner puts files"
    assert not (new.home / "dagster" / "history").exists()
    assert check_files(new).faults == []
    assert [line["action"] for line in audit.read(new).lines] == ["viewed", "restored"]
    assert [line["action"] for line in audit.read(home).lines] == ["viewed", "backed_up"]


def test_a_backup_holds_the_decisions_of_one_moment_while_others_are_written(home: Settings) -> None:
    """One lies in the write-ahead log alone, another is not committed yet."""
    with closing(sqlite3.connect(home.database)) as open_elsewhere:
        open_elsewhere.execute("select count(*) from audit").fetchone()
        audit.record(home, "A. Steward", "viewed", "swala_post")
        assert (home.home / "njia.db-wal").stat().st_size
        with store.transaction(home) as con:
            audit.append(con, "A. Steward", "viewed", "not yet")
            with backup._links(home, lambda step: None) as links:
                log = audit.read(replace(home, home=links))
                assert (links / "home.json").stat().st_ino == (home.home / "home.json").stat().st_ino
    assert [line["what"] for line in log.lines] == ["kobe_post", "swala_post"] and log.faults == []
    assert [line["what"] for line in audit.read(home).lines] == ["kobe_post", "swala_post", "not yet"]


@pytest.mark.usefixtures("quick")
def test_a_file_that_its_disk_damaged_enters_no_backup(home: Settings, njia: Njia, tmp_path: Path) -> None:
    njia("backup", "backup")
    cells = next(home.releases.glob("*/members/evidence_base.duckdb"))
    written, whole = cells.stat().st_mtime_ns, cells.read_bytes()
    with cells.open("r+b") as file:
        file.write(bytes([whole[0] ^ 1]))
    os.utime(cells, ns=(written, written))
    assert njia("backup", "backup").code == 0
    assert njia("restore", "backup", "new").code == 0
    assert (tmp_path / "new" / cells.relative_to(home.home)).read_bytes() == whole


def wrong_password(home: Settings) -> None:
    assert home.backup_password
    home.backup_password.write_text("another password")


ERRORS: dict[str, tuple[Callable[[Settings], object], int, str]] = {
    "a wrong password": (wrong_password, 2, "The password in {password} does not open {repository}"),
    "an open password": (lambda home: home.backup_password.chmod(0o644), 2, "chmod 600"),
    "a password in the home": (
        lambda home: os.environ.update(NJIA_BACKUP_PASSWORD_FILE=str(home.keys / "kobe.token")), 2, "Move"
    ),
    "no password": (lambda home: os.environ.pop("NJIA_BACKUP_PASSWORD_FILE"), 2, "is not set"),
    "no restic": (lambda home: os.environ.update(PATH="/nowhere"), 2, "apt-get install restic"),
    "a lost repository": (lambda home: shutil.rmtree("backup"), 2, "Is the disk mounted?"),
    "damage": (
        lambda home: [path.write_bytes(b"damaged") for path in Path("backup/data").rglob("*") if path.is_file()],
        6, "restic finds damage in {repository}"
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ERRORS)
def test_an_error_of_restic_is_a_sentence(
    backed_up: Settings, njia: Njia, monkeypatch: Patch, what: str
) -> None:
    for name in ("PATH", "NJIA_BACKUP_PASSWORD_FILE"):
        monkeypatch.setenv(name, os.environ[name])  # put back afterwards
    damage, code, words = ERRORS[what]
    damage(backed_up)
    ran = njia("backup", "backup")
    assert ran.code == code, ran.err
    assert words.format(password=backed_up.backup_password, repository=Path("backup").absolute()) in ran.words
    assert NAME not in ran.err and "Traceback" not in ran.err


def test_a_full_disk_and_an_unknown_fault_name_no_file_of_a_partner(home: Settings) -> None:
    restic = backup._Restic(home, "backup", home.home)
    said = f"read {home.inbox}/kobe_post/{NAME}.csv: "
    full = restic._fault("backup", 1, f"{said}no space left on device")
    unknown = restic._fault("backup", 1, f"{said}input/output error")
    remote = restic._fault("snapshots", 1, "Fatal: the access key does not exist")
    assert (full.exit_code, "The disk is full" in str(full)) == (6, True)
    assert (unknown.exit_code, remote.exit_code) == (1, 1)
    assert NAME not in f"{full} {unknown}" and "the access key does not exist" in str(remote)
    incomplete = restic._fault("backup", backup.INCOMPLETE, said)
    assert (incomplete.exit_code, NAME in str(incomplete)) == (6, False)


@pytest.mark.usefixtures("quick")
def test_restore_refuses_what_it_cannot_do(backed_up: Settings, njia: Njia, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a file").touch()
    for arguments, words in {
        ("backup", "full"): "is not empty",
        ("backup", "home/new"): "lies in the home",
        ("backup", "no/new"): "There is no folder",
        ("nowhere", "new"): "There is no repository",
        ("backup", "new", "--snapshot", "ffffffff"): "holds no snapshot ffffffff",
        ("backup", "/proc"): "is a disk",
    }.items():
        ran = njia("restore", *arguments)
        assert (ran.code, words in ran.words) == (2, True), ran.err
    assert (
        sorted(path.name for path in tmp_path.iterdir() if path.name.startswith((".restoring", "new"))) == []
    )


def test_a_repository_in_the_home_is_refused(home: Settings, njia: Njia) -> None:
    for place in ("home/backup", "local:home", "."):
        ran = njia("backup", place)
        assert (ran.code, "choose a folder on another disk" in ran.words) == (2, True), ran.err


@pytest.mark.usefixtures("quick")
def test_damage_that_a_backup_took_is_named(backed_up: Settings, njia: Njia) -> None:
    newest = list_releases(backed_up)[0].release_id
    (backed_up.lineage / newest / "fixture.txt").write_text("another text")
    assert njia("backup", "backup").code == 0
    ran = njia("restore", "backup", "new", "--json")
    assert ran.code == 6
    assert ran.last_object["damaged"] == [f"lineage/{newest}/fixture.txt"]


def test_a_backup_waits_for_a_refresh(home: Settings, monkeypatch: Patch) -> None:
    monkeypatch.setattr("orchestration.core.lock.SECONDS_TO_WAIT", 0)
    lock = RefreshLock(home)
    lock.take("a refresh")
    with pytest.raises(RefreshRunning):
        operations.make_backup(home, "backup")
    lock.release()


@pytest.mark.usefixtures("quick")
def test_the_day_of_the_last_backup_is_shown(backed_up: Settings, njia: Njia) -> None:
    assert njia("status", "--json").last_object["backup"]["age"] == "0 hours"
    write_json(backed_up.last_backup, {"made_at": "2026-01-01T00:00:00+00:00", "snapshot": "abc"})
    assert "The last backup is" in njia("status").out
    durable.remove(backed_up.last_backup)
    assert "no backup" in njia("status").out

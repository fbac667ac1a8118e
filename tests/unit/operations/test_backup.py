"""Backups by restic: one moment of a home, sentences for restic's errors, and a restore into a new folder."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pyrage
import pytest

from orchestration import core, operations
from orchestration.core import (
    RefreshLock,
    RefreshRunning,
    Settings,
    durable,
    load_keys,
    sha256_of,
    write_json,
)
from orchestration.operations import backup, check_files
from orchestration.release import list_releases
from orchestration.stewardship import audit
from tests import needs
from tests.command import Started
from tests.fixtures.njia_in_process import Njia, njia
from tests.fixtures.release_world import publish_one, settings_in

__all__ = ["njia"]
NAME = "Amina Testperson"
Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def restic() -> str:
    return needs.program("restic", "apt-get install restic")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with two releases, one extract, a waiting file and a token of a source. Read only."""
    home = tmp_path_factory.mktemp("built") / "home"
    (home / "keys").mkdir(mode=0o700, parents=True)
    (home / "keys" / "stewards.age.pub").write_text(f"{pyrage.x25519.Identity.generate().to_public()}\n")
    settings = settings_in(home)
    core.prepare_home(settings)
    (settings.keys / "kobe.token").write_text("t0ken-of-a-synthetic-server")
    for path in settings.keys.iterdir():
        path.chmod(0o600)
    publish_one(settings, 0)
    publish_one(settings, 1, (4, 1, 2))
    for release in list_releases(settings):
        core.write_summed(settings.lineage / release.release_id / "fixture.txt", "rows of a fixture")
    waiting = settings.inbox / "kobe_post" / ".complete" / f"{NAME}.csv"
    waiting.parent.mkdir(parents=True)
    waiting.write_text(f"{NAME};0712345678\n")
    (settings.inbox / "swala_post").mkdir()
    audit.record(settings, "A. Steward", "viewed", "kobe_post")
    return settings


def home_in(folder: Path, like: Settings) -> Settings:
    """A home of its own with contracts and the password of its backups."""
    password = folder / "password"
    password.write_text("a long password of a fixture")
    password.chmod(0o600)
    settings = Settings(
        folder / "home", folder / "partners", folder / "home" / "keys", backup_password=password
    )
    shutil.copytree(like.home, settings.home, symlinks=True)
    (settings.partners / "kobe_post").mkdir(parents=True)
    (settings.partners / "kobe_post" / "contract.yml").write_text("a contract of a fixture")
    return settings


@pytest.fixture(scope="module")
def backed_up_once(built: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with its first backup in `backup` beside it. Read only."""
    folder = tmp_path_factory.mktemp("backed_up")
    settings = home_in(folder, built)
    operations.make_backup(settings, str(folder / "backup"))
    return settings


@pytest.fixture
def home(built: Settings, tmp_path: Path, monkeypatch: Patch) -> Settings:
    settings = home_in(tmp_path, built)
    monkeypatch.setenv("NJIA_PARTNERS", str(settings.partners))
    monkeypatch.setenv("NJIA_BACKUP_PASSWORD_FILE", str(settings.backup_password))
    monkeypatch.setenv("RESTIC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return settings


@pytest.fixture
def backed_up(backed_up_once: Settings, home: Settings) -> Settings:
    """A home with its first backup in `backup`."""
    shutil.rmtree(home.home)
    shutil.copytree(backed_up_once.home, home.home, symlinks=True)
    shutil.copytree(backed_up_once.home.with_name("backup"), home.home.with_name("backup"))
    return home


@pytest.fixture
def quick(monkeypatch: Patch) -> None:
    """Nothing is dropped or verified, which takes restic a second."""
    run = backup._Restic.run

    def some(restic: backup._Restic, command: str, *arguments: str | Path, cwd: Path | None = None) -> str:
        return "" if command in ("forget", "check") else run(restic, command, *arguments, cwd=cwd)

    monkeypatch.setattr(backup._Restic, "run", some)


def files_of(home: Path) -> dict[str, tuple[int, str]]:
    """Modes and hashes of what a backup takes, keys included."""
    return {
        path.relative_to(home).as_posix(): (path.stat().st_mode, sha256_of(path))
        for path in home.rglob("*")
        if path.is_file()
        and path.relative_to(home).parts[0]
        not in ("work", "current", "dagster", "partners", "audit", "last_backup.json")
        and not path.name.endswith((".lock", ".holder"))
    }


def snapshots(settings: Settings) -> list[str]:
    restic = backup._Restic(settings, "backup", settings.home)
    return [one.id for one in restic.snapshots()]


def test_a_restored_home_is_what_was_backed_up(home: Settings, njia: Njia, tmp_path: Path) -> None:
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
    assert new.keys.stat().st_mode & 0o777 == 0o700
    assert (new.partners / "kobe_post" / "contract.yml").read_text() == "a contract of a fixture"
    assert (new.inbox / "swala_post").is_dir(), "where its partner puts files"
    assert not (new.home / "dagster" / "history").exists()
    assert check_files(new).faults == []
    assert [line["action"] for line in audit.read(new).lines] == ["viewed", "restored"]
    assert [line["action"] for line in audit.read(home).lines] == ["viewed", "backed_up"]


def test_files_that_grow_or_are_of_sqlite_are_copied_whole(home: Settings) -> None:
    """The database has a change that lies in its write-ahead log alone, and another that is not committed."""
    with closing(sqlite3.connect(home.desk / "fixture.db", isolation_level=None)) as con:
        con.execute("pragma journal_mode = wal")
        con.execute("create table t (a text)")
        con.execute("insert into t values ('committed')")
        con.execute("begin")
        con.execute("insert into t values ('not yet')")
        with backup._links(home, lambda step: None) as links:
            copied = sqlite3.connect(links / "desk" / "fixture.db").execute("select a from t").fetchall()
            log = next(home.audit.glob("*.jsonl"))
            assert (links / "audit" / log.name).stat().st_ino != log.stat().st_ino
            assert (links / "home.json").stat().st_ino == (home.home / "home.json").stat().st_ino
    assert copied == [("committed",)]


def test_no_decision_is_caught_between_its_file_and_its_log(home: Settings, monkeypatch: Patch) -> None:
    monkeypatch.setattr(backup, "SECONDS_TO_WAIT", 0.01)
    with core.held_if_free(home.decisions / ".lock"), pytest.raises(RefreshRunning, match="is being written"):
        operations.make_backup(home, "backup")


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


@pytest.mark.usefixtures("quick")
def test_damage_that_a_backup_took_is_named(home: Settings, njia: Njia) -> None:
    (home.lineage / list_releases(home)[0].release_id / "fixture.txt").write_text("another text")
    assert njia("backup", "backup").code == 0
    ran = njia("restore", "backup", "new", "--json")
    assert ran.code == 6
    assert ran.last_object["damaged"] == [f"lineage/{list_releases(home)[0].release_id}/fixture.txt"]


def test_a_backup_waits_for_a_refresh(home: Settings, monkeypatch: Patch) -> None:
    monkeypatch.setattr("orchestration.core.lock.SECONDS_TO_WAIT", 0)
    lock = RefreshLock(home)
    lock.take("a refresh")
    with pytest.raises(RefreshRunning):
        operations.make_backup(home, "backup")
    lock.release()


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


def test_a_killed_backup_is_made_good_by_the_next(home: Settings, tmp_path: Path) -> None:
    """restic ends with the command that started it."""
    large = home.sealed / "kobe_post" / f"{1:016x}.age"
    large.parent.mkdir(exist_ok=True)
    large.write_bytes(os.urandom(32 << 20))
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


@pytest.mark.usefixtures("quick")
def test_the_day_of_the_last_backup_is_shown(home: Settings, njia: Njia) -> None:
    assert "no backup" in njia("status").out
    njia("backup", "backup")
    assert njia("status", "--json").last_object["backup"]["age"] == "0 hours"
    write_json(home.last_backup, {"made_at": "2026-01-01T00:00:00+00:00", "snapshot": "abc"})
    assert "The last backup is" in njia("status").out
    durable.remove(home.last_backup)

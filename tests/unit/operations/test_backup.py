"""Backups: a store by content that describes one moment, keeps no secret in clear, and names its damage."""

from __future__ import annotations

import base64
import errno
import itertools
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pyrage
import pytest

from orchestration.core import (
    Damaged,
    MachineFault,
    NjiaError,
    Settings,
    UsageError,
    create_missing_keys,
    durable,
    installed_public_key,
    key_faults,
    load_keys,
    load_release_key,
    prepare_home,
    read_json,
    replacing,
    set_tombstones,
    sha256_of,
    tombstones_of,
    write_json,
    write_summed,
)
from orchestration.core.key_checks import USES, noted_checks
from orchestration.core.settings import SAMPLE_PARTNERS
from orchestration.operations import (
    Store,
    check_files,
    make_backup,
    open_backup,
    plan_restore,
    put_back,
    unfinished_restore,
    verify_backup,
    warnings,
)
from orchestration.operations.backup import making
from orchestration.operations.backup import store as stores
from orchestration.operations.rotation_link import rotate_link
from orchestration.operations.rotation_release import rotate_release
from orchestration.release import list_releases
from orchestration.stewardship import audit
from tests.command import last_object, njia
from tests.fixtures.release_world import publish_one, settings_in

KEEP = timedelta(days=35)
TOKEN, NAME = "t0ken-of-a-synthetic-server", "Amina Testperson"


@pytest.fixture(scope="module")
def stewards() -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.generate()


@pytest.fixture
def home(tmp_path: Path, stewards: pyrage.x25519.Identity) -> Settings:
    """A home with two releases, one extract, a waiting file and a token of a source."""
    home, partners = tmp_path / "home", tmp_path / "partners"
    (home / "keys").mkdir(mode=0o700, parents=True)
    partners.mkdir()
    (home / "keys" / "stewards.age.pub").write_text(f"{stewards.to_public()}\n")
    settings = Settings(home, partners, home / "keys")
    prepare_home(settings)
    create_missing_keys(settings)
    (home / "keys" / "kobe.token").write_text(TOKEN)
    for key in settings.keys.iterdir():
        key.chmod(0o600)
    settings.work.mkdir(exist_ok=True)
    publish_one(settings, 0)
    publish_one(settings, 1, (4, 1, 2))
    for release in list_releases(settings):
        write_summed(settings.lineage / release.release_id / "fixture.txt", "rows of a fixture")
    land(settings, 1)
    waiting = settings.inbox / "kobe_post" / ".complete" / f"{NAME}.csv"
    waiting.parent.mkdir(parents=True)
    waiting.write_text(f"{NAME};0712345678\n")
    audit.record(settings, "A. Steward", "viewed", "kobe_post")
    return settings


def land(settings: Settings, number: int) -> None:
    """Land an extract as a refresh does: cells, then texts, then the note that commits them."""
    cells = settings.landing / "kobe_post" / f"{number:016x}.parquet"
    for path in (cells, cells.with_suffix(".texts")):
        with replacing(path) as partial:
            partial.write_bytes(f"{path.suffix} of {number}\n".encode() * 50)
    noted = {"parquet_sha256": sha256_of(cells), "texts_sha256": sha256_of(cells.with_suffix(".texts"))}
    write_json(
        cells.with_suffix(".json"), {**noted, "original": "none in this test", "original_sha256": None}
    )


def restored(
    settings: Settings, store: Store, home: Path, private_key: str, at: str | None = None
) -> Settings:
    new = replace(settings, home=home, keys=home / "keys")
    source = open_backup(new, store, at, private_key, None)
    home.mkdir(exist_ok=True)
    put_back(new, source, plan_restore(new, source, lambda kind: None))
    return new


def files_of(settings: Settings) -> dict[str, tuple[int, str]]:
    """Modes and hashes of what a backup takes, keys included."""
    return {
        path.relative_to(settings.home).as_posix(): (path.stat().st_mode, sha256_of(path))
        for path in settings.home.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and path != settings.last_backup
        and path.relative_to(settings.home).parts[0] not in ("work", "current", "dagster")
        and not path.name.endswith((".lock", ".holder", "sums.json"))
    }


def test_a_restored_home_has_the_same_files_modes_keys_and_release(
    home: Settings, tmp_path: Path, stewards: pyrage.x25519.Identity
) -> None:
    store = Store(tmp_path / "backup")
    make_backup(home, store.folder, KEEP)
    new = restored(home, store, tmp_path / "restored", str(stewards))
    assert files_of(new) == files_of(home)
    assert new.current.resolve().name == home.current.resolve().name
    assert new.keys.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "command",
    [("restore", "--list"), ("restore", "--yes"), ("backup",), ("backup", "--verify")],
    ids=" ".join,
)
def test_a_backup_of_an_earlier_layout_is_refused(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    folder = tmp_path / "backup"
    with monkeypatch.context() as earlier:
        for module in ("orchestration.core.home", stores.__name__):
            earlier.setattr(f"{module}.LAYOUT_VERSION", 4)
        make_backup(home, folder, KEEP)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    ended = njia(command[0], folder, *command[1:], settings=home)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ".json has layout 4, and Njia" in " ".join(ended.stderr.split())
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_second_backup_copies_only_what_is_new(home: Settings, tmp_path: Path) -> None:
    first = make_backup(home, tmp_path / "backup", KEEP)
    land(home, 2)
    second = make_backup(home, tmp_path / "backup", KEEP)
    assert first.new_objects > 20
    assert second.new_objects == 3


def test_no_secret_and_no_unminimised_value_lies_in_the_backup(home: Settings, tmp_path: Path) -> None:
    make_backup(home, tmp_path / "backup", KEEP)
    secrets = [
        TOKEN,
        NAME,
        "0712345678",
        *((home.keys / name).read_text().strip() for name in ("record.key", "noise.key")),
    ]
    for path in (tmp_path / "backup").rglob("*"):
        if path.is_file():
            assert not [one for one in secrets if one.encode() in path.read_bytes()], path
            assert "record.key" not in path.read_text(errors="replace"), "names lead to what is worth opening"


@pytest.mark.parametrize("elsewhere", ["keys of the home", "home/secrets", "link"])
def test_keys_are_encrypted_wherever_they_lie(
    home: Settings, tmp_path: Path, stewards: pyrage.x25519.Identity, elsewhere: str
) -> None:
    """NJIA_KEYS may name a folder outside the home or another one in it; `keys` may be a link."""
    moved = tmp_path / ("keys" if elsewhere == "link" else elsewhere)
    home.keys.rename(moved)
    if elsewhere == "link":
        home.keys.symlink_to(moved)
    settings = replace(home, keys=moved)
    store = Store(tmp_path / "backup")
    listed = make_backup(settings, store.folder, KEEP).listed
    assert [name for name in listed.files if name.endswith((".key", ".token", ".pub"))] == []
    new = restored(settings, store, tmp_path / "restored", str(stewards))
    assert (new.keys / "kobe.token").read_text() == TOKEN
    assert (new.keys / "record.key").read_bytes() == (moved / "record.key").read_bytes()


def test_contracts_come_back_where_the_installation_has_them(
    home: Settings, tmp_path: Path, stewards: pyrage.x25519.Identity
) -> None:
    first, second = (home.partners / "kobe_post" / f"{name}.yml" for name in ("cases", "routes"))
    first.parent.mkdir()
    (first.parent / "sample.csv").write_text(NAME)
    first.write_text("of the backup")
    second.write_text("of the backup")
    store = Store(tmp_path / "backup")
    make_backup(home, store.folder, KEEP)
    first.unlink()
    second.write_text("newer, and whole")
    restored(home, store, tmp_path / "restored", str(stewards))
    assert (first.read_text(), second.read_text()) == ("of the backup", "newer, and whole")
    samples = replace(home, partners=SAMPLE_PARTNERS)
    told = plan_restore(samples, open_backup(samples, store, None, None, None), lambda kind: None)
    assert told.left["contracts: set NJIA_PARTNERS to a folder that this account may write"] == 2


def test_a_home_that_cannot_be_written_is_backed_up(
    home: Settings, tmp_path: Path, stewards: pyrage.x25519.Identity
) -> None:
    before = files_of(home)
    for options in (["--bind"], ["-o", "remount,bind,ro"]):
        mounted = subprocess.run(["mount", *options, home.home, home.home], capture_output=True)
        if mounted.returncode:
            pytest.skip("this account may not mount a file system")
    try:
        ran = njia("backup", tmp_path / "backup", "--json", settings=home)
    finally:
        subprocess.run(["umount", "--lazy", home.home], check=True)
    assert ran.returncode == 0, ran.stderr
    assert "`njia status` and the audit log lack this backup" in ran.stderr
    assert last_object(ran)["noted"] is False
    assert files_of(home) == before
    new = restored(home, Store(tmp_path / "backup"), tmp_path / "restored", str(stewards))
    assert files_of(new) == before


def test_without_the_stewards_key_a_home_gets_everything_but_keys_and_waiting_files(
    home: Settings, tmp_path: Path
) -> None:
    make_backup(home, tmp_path / "backup", KEEP)
    elsewhere = tmp_path / "release.pub"
    shutil.copy(home.keys / "release.pub", elsewhere)
    to = ("--home", tmp_path / "restored", "--yes", "--json")
    refused = njia("restore", tmp_path / "backup", *to)
    assert refused.returncode == 2
    assert "--key" in refused.stderr
    ran = njia("restore", tmp_path / "backup", "--release-pub", elsewhere, *to)
    assert ran.returncode == 0, ran.stderr
    told = last_object(ran)
    assert told["keys"] == []
    assert told["left"] == {"keys and files of the inbox, encrypted: give --key": 8}
    assert told["missing"]["landing"] == 3


@pytest.fixture
def backed_up(home: Settings, tmp_path: Path) -> tuple[Settings, Store]:
    make_backup(home, tmp_path / "backup", KEEP)
    return home, Store(tmp_path / "backup")


def test_a_damaged_object_is_named_and_the_next_backup_writes_it_again(
    backed_up: tuple[Settings, Store],
) -> None:
    home, store = backed_up
    cells = home.landing / "kobe_post" / f"{1:016x}.parquet"
    flip(store.object(sha256_of(cells)))
    ran = njia("backup", store.folder, "--verify", "--json", settings=home)
    assert ran.returncode == 6
    (fault,) = last_object(ran)["faults"]
    assert "landing/kobe_post/0000000000000001.parquet" in fault
    assert "is damaged" in fault
    assert njia("backup", store.folder, settings=home).returncode == 0
    assert njia("backup", store.folder, "--verify", settings=home).returncode == 0


def test_a_damaged_object_is_named_and_everything_else_comes_back(
    backed_up: tuple[Settings, Store], tmp_path: Path, stewards: pyrage.x25519.Identity
) -> None:
    home, store = backed_up
    flip(store.object(sha256_of(home.landing / "kobe_post" / f"{1:016x}.texts")))
    key = tmp_path / "stewards.txt"
    key.write_text(str(stewards))
    ran = njia("restore", store.folder, "--home", tmp_path / "new", "--key", key, "--yes")
    assert ran.returncode == 6
    assert "damaged in the backup and stay lost" in ran.stdout
    assert "landing/kobe_post/0000000000000001.texts" in ran.stdout
    came = tmp_path / "new" / "landing" / "kobe_post"
    assert not (came / f"{1:016x}.texts").exists() and (came / f"{1:016x}.parquet").exists()


def forge(home: Settings, store: Store, is_signed: bool = True, **changed: object) -> str:
    """Write the newest list once more with other content, by whoever can write to the folder."""
    content = json.loads((store.lists_folder / f"{store.names()[0]}.json").read_text())
    made_at = datetime.fromisoformat(content["made_at"]) + timedelta(minutes=1)
    raw = json.dumps(content | {"made_at": made_at.isoformat()} | changed).encode()
    name = f"{made_at:%Y%m%dT%H%M%SZ}-{sha256(raw).hexdigest()[:8]}"
    (store.lists_folder / f"{name}.json").write_bytes(raw)
    (store.lists_folder / f"{name}.sig").write_bytes(load_release_key(home).sign(raw if is_signed else b""))
    return name


def entries(store: Store) -> dict[str, list[object]]:
    files: dict[str, list[object]] = json.loads(
        (store.lists_folder / f"{store.names()[0]}.json").read_text()
    )["files"]
    return files


FORGED = [
    "../planted.csv",
    "/planted.csv",
    ".",
    "audit/a\0b",
    "dagster/dagster.yaml",
    "partners/planted.py",
    "planted",
]


@pytest.mark.parametrize("planted", FORGED)
def test_a_forged_list_writes_nothing_that_no_backup_holds(
    backed_up: tuple[Settings, Store], stewards: pyrage.x25519.Identity, planted: str
) -> None:
    """Who can write to the backup can encrypt to the stewards, too."""
    home, store = backed_up
    files = entries(store)
    entry = next(iter(files.values()))
    name = forge(home, store, files=files | {planted: entry})
    with pytest.raises(NjiaError, match=f"The list {name} is damaged"):
        open_backup(home, store, name, None, None)
    secret = pyrage.encrypt(
        json.dumps({f"keys/../{planted}": entry, planted: entry}).encode(), [stewards.to_public()]
    )
    name = forge(home, store, files=files, names=base64.b64encode(secret).decode())
    with pytest.raises(NjiaError, match="names that lead elsewhere"):
        open_backup(home, store, name, str(stewards), None)


def test_a_list_that_was_changed_is_refused(backed_up: tuple[Settings, Store]) -> None:
    home, store = backed_up
    first, *_ = store.names()
    name = forge(home, store, is_signed=False)
    (fault,) = verify_backup(store, [installed_public_key(home)]).faults
    assert "is not signed by the key" in fault
    with pytest.raises(NjiaError, match="is not signed by the key"):
        open_backup(home, store, name, None, None)
    (store.lists_folder / f"{first}.json").rename(store.lists_folder / "20991231T000000Z-ffffffff.json")
    with pytest.raises(NjiaError, match="The list 20991231T000000Z-ffffffff is damaged"):
        open_backup(home, store, None, None, None)


def test_what_is_missing_or_damaged_comes_back_and_what_is_newer_stays(
    backed_up: tuple[Settings, Store],
) -> None:
    home, store = backed_up
    before = files_of(home)
    (home.landing / "kobe_post" / f"{1:016x}.texts").unlink()
    table = home.releases / home.current.resolve().name / "members" / "evidence_base.duckdb"
    written = table.stat().st_mtime_ns
    flip(table, written)
    shutil.rmtree(home.releases / list_releases(home)[1].release_id)
    home.current.unlink()
    land(home, 2)
    audit.record(home, "A. Steward", "viewed", "swala_post")
    newer = {path: one for path, one in files_of(home).items() if path.startswith("audit/")}
    ran = njia("restore", store.folder, "--yes", "--json", settings=home)
    assert ran.returncode == 0, ran.stderr
    after = files_of(home)
    assert {
        path: one for path, one in before.items() if after.get(path) != one and "audit/" not in path
    } == {}
    assert f"landing/kobe_post/{2:016x}.parquet" in after
    assert home.current.is_dir()
    assert after["audit/2026.jsonl"] != newer["audit/2026.jsonl"]  # the restore has its line
    assert [line["action"] for line in audit.read(home).lines] == ["viewed", "viewed", "restored"]
    assert audit.read(home).faults == []
    assert len(last_object(ran)["releases"]) == 1
    again = njia("restore", store.folder, "--json", settings=home)
    assert last_object(again)["outcome"] == "nothing_missing"


def test_a_cut_log_a_damaged_key_and_damaged_marks_come_back(
    home: Settings, tmp_path: Path, stewards: pyrage.x25519.Identity
) -> None:
    keys = load_keys(home)
    set_tombstones(home, keys, "swala_post", [4711])
    store = Store(tmp_path / "backup")
    make_backup(home, store.folder, KEEP)
    before = files_of(home)
    log = home.audit / f"{datetime.now(UTC).year}.jsonl"
    log.write_bytes(log.read_bytes()[:-30])
    flip(home.forgotten / "swala_post.json")
    (home.keys / "record.key").write_text("0" * 64)
    sealed_to = tmp_path / "stewards.txt"
    sealed_to.write_text(str(stewards))
    ran = njia("restore", store.folder, "--key", sealed_to, "--yes", "--json", settings=home)
    assert ran.returncode == 0, ran.stderr
    told = last_object(ran)
    assert (told["keys"], told["unmended"]) == (["record.key"], [])
    after = files_of(home)
    assert {path for path in before if after.get(path) != before[path]} <= {
        "audit/head", f"audit/{log.name}", "forgotten/swala_post.json",
    }  # fmt: skip
    assert audit.read(home).faults == []
    assert [line["action"] for line in audit.read(home).lines] == ["viewed", "restored"]
    assert tombstones_of(home, load_keys(home), "swala_post").has(4711)
    assert njia("check", settings=home).returncode == 0


@pytest.mark.parametrize("lost", ["home.json", "link.key"])
def test_a_restore_after_a_rotation_leaves_no_home_without_a_way_on(
    home: Settings, tmp_path: Path, stewards: pyrage.x25519.Identity, lost: str
) -> None:
    """The backup has the check values, or the key, of before the rotation."""
    store = Store(tmp_path / "backup")
    make_backup(home, store.folder, KEEP)
    rotate_link(home, load_keys(home), None)
    rotated = load_keys(home)
    (home.home / lost if lost == "home.json" else home.keys / lost).unlink()
    restored(home, store, home.home, str(stewards))
    if lost == "link.key":
        with pytest.raises(Damaged, match=r"not the link key of this home.*`njia keys rotate link`"):
            create_missing_keys(home)
        rotate_link(home, load_keys(home, replaced="link"), None)
    assert list(key_faults(home)) == []
    assert create_missing_keys(home) is None
    assert (load_keys(home) == rotated) == (lost == "home.json")
    assert noted_checks(home).keys() == USES.keys()


@pytest.mark.parametrize("kind", ["link", "release"])
def test_a_killed_restore_done_again_keeps_a_rotated_key(
    home: Settings,
    tmp_path: Path,
    stewards: pyrage.x25519.Identity,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The key that the home has is the only one that made its codes, or signed its releases."""
    store, given = Store(tmp_path / "backup"), installed_public_key(home)
    make_backup(home, store.folder, KEEP)
    if kind == "link":
        rotate_link(home, load_keys(home), None)
    else:
        rotate_release(home)
    rotated, rename = (home.keys / f"{kind}.key").read_bytes(), durable.rename

    class Killed(BaseException):
        pass

    def restore() -> None:
        source = open_backup(home, store, None, str(stewards), given)
        put_back(home, source, plan_restore(home, source, lambda kind: None))

    def killed(from_: Path, to: Path) -> None:
        if next(renames) > last:
            raise Killed
        rename(from_, to)

    for last in itertools.count(1):
        (home.home / "home.json").unlink()
        renames = itertools.count(1)
        monkeypatch.setattr(durable, "rename", killed)
        with suppress(Killed):
            restore()
        is_whole = next(renames) <= last + 1
        monkeypatch.setattr(durable, "rename", rename)
        restore()
        assert list(key_faults(home)) == []
        assert (home.keys / f"{kind}.key").read_bytes() == rotated
        if is_whole:
            break
    assert last > 2


def test_a_disk_without_room_is_named_before_anything_is_written(
    backed_up: tuple[Settings, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, store = backed_up
    (home.landing / "kobe_post" / f"{1:016x}.texts").unlink()
    before = files_of(home)
    source = open_backup(home, store, None, None, None)
    made = plan_restore(home, source, lambda kind: None)
    usage = shutil.disk_usage(home.home)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=16 << 20))
    with pytest.raises(MachineFault, match="not enough room for the restore"):
        put_back(home, source, made)
    assert files_of(home) == before


def test_a_restore_that_is_killed_anywhere_is_named_and_ended_by_the_next(
    backed_up: tuple[Settings, Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, store = backed_up
    before = files_of(home)
    source = open_backup(home, store, None, None, None)
    rename = durable.rename

    class Killed(BaseException):
        pass

    for last in itertools.count(1):
        for path in (*home.landing.rglob("*.*"), *home.audit.glob("*.jsonl"), home.home / "home.json"):
            path.unlink()
        flip(home.releases / home.current.resolve().name / "members" / "evidence_base.duckdb")
        renames = itertools.count(1)

        def killed(from_: Path, to: Path, last: int = last, renames: Iterator[int] = renames) -> None:
            if next(renames) > last:
                raise Killed
            rename(from_, to)

        monkeypatch.setattr(durable, "rename", killed)
        try:
            put_back(home, source, plan_restore(home, source, lambda kind: None))
            break
        except Killed:
            monkeypatch.setattr(durable, "rename", rename)
            assert f"njia restore {store.folder} --at" in str(unfinished_restore(home))
            with pytest.raises(NjiaError, match="was interrupted"):
                make_backup(home, tmp_path / "another", KEEP)
        put_back(home, source, plan_restore(home, source, lambda kind: None))
        assert files_of(home) == before
        assert unfinished_restore(home) is None
        assert check_files(home).faults == []
    assert last > 4


def test_an_interrupted_restore_makes_no_keys_and_is_ended_with_the_same_key(
    backed_up: tuple[Settings, Store], stewards: pyrage.x25519.Identity
) -> None:
    home, store = backed_up
    (name,) = store.names()
    noted = {"list": name, "backup": str(store.folder), "with_key": True, "is_whole": False}
    write_json(home.home / "restored.json", noted)
    (home.keys / "link.key").unlink()
    again = f"njia restore {store.folder} --at {name} --key FILE"
    assert again in " ".join(warnings(home))
    for command in (["refresh"], ["serve"], ["restore", str(store.folder), "--yes"]):
        ran = njia(*command, settings=home)
        assert ran.returncode in (1, 2) and again in " ".join(ran.stderr.split())
        assert not (home.keys / "link.key").exists()
    source = open_backup(home, store, None, str(stewards), None)
    put_back(home, source, plan_restore(home, source, lambda kind: None))
    assert (home.keys / "link.key").exists() and unfinished_restore(home) is None


def test_a_link_in_the_place_of_a_file_is_named(home: Settings, tmp_path: Path) -> None:
    (home.audit / "2025.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")
    with pytest.raises(UsageError, match="is a symbolic link"):
        make_backup(home, tmp_path / "backup", KEEP)


def test_a_key_that_is_a_link_is_taken(
    home: Settings, tmp_path: Path, stewards: pyrage.x25519.Identity
) -> None:
    """A service manager may hand keys over as links."""
    (home.keys / "kobe.token").rename(tmp_path / "kobe.token")
    (home.keys / "kobe.token").symlink_to(tmp_path / "kobe.token")
    store = Store(tmp_path / "backup")
    make_backup(home, store.folder, KEEP)
    assert (restored(home, store, tmp_path / "new", str(stewards)).keys / "kobe.token").read_text() == TOKEN


def test_a_waiting_file_may_have_any_name(
    home: Settings, tmp_path: Path, stewards: pyrage.x25519.Identity
) -> None:
    waiting = home.inbox / "kobe_post" / ".complete" / os.fsdecode(b"na\xffme.csv")
    waiting.write_text("a;b\n")
    store = Store(tmp_path / "backup")
    make_backup(home, store.folder, KEEP)
    new = restored(home, store, tmp_path / "new", str(stewards))
    assert (new.inbox / waiting.relative_to(home.inbox)).read_text() == "a;b\n"


def test_a_folder_holds_backups_of_one_home(backed_up: tuple[Settings, Store], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="another home"):
        make_backup(settings_in(tmp_path / "another"), backed_up[1].folder, KEEP)


def test_a_clock_that_was_ahead_drops_no_list(backed_up: tuple[Settings, Store]) -> None:
    home, store = backed_up
    (first,) = store.names()
    forge(home, store)  # of a minute from now
    made = make_backup(home, store.folder, KEEP)
    assert made.lists_dropped == 0 and first in store.names()
    assert store.names()[0] == made.listed.name


def test_a_damaged_mark_stops_no_restore_of_a_home_that_has_its_own(
    home: Settings, tmp_path: Path, stewards: pyrage.x25519.Identity
) -> None:
    set_tombstones(home, load_keys(home), "swala_post", [7])
    store = Store(tmp_path / "backup")
    listed = make_backup(home, store.folder, KEEP).listed
    flip(store.object(listed.files["forgotten/swala_post.json"].sha256))
    (home.home / "home.json").unlink()
    source = open_backup(home, store, None, str(stewards), None)
    put_back(home, source, plan_restore(home, source, lambda kind: None))
    assert (home.home / "home.json").is_file()
    assert tombstones_of(home, load_keys(home), "swala_post")
    with pytest.raises(NjiaError, match="records that were forgotten could come back"):
        restored(home, store, tmp_path / "new", str(stewards))


def test_a_dry_run_changes_nothing(backed_up: tuple[Settings, Store]) -> None:
    home, store = backed_up
    (home.landing / "kobe_post" / f"{1:016x}.texts").unlink()
    before = files_of(home)
    ran = njia("restore", store.folder, "--dry-run", "--json", settings=home)
    assert (last_object(ran)["outcome"], last_object(ran)["missing"]) == ("planned", {"landing": 1})
    assert files_of(home) == before


def test_a_file_that_its_disk_damaged_does_not_enter_the_backup(backed_up: tuple[Settings, Store]) -> None:
    home, store = backed_up
    cells = home.landing / "kobe_post" / f"{1:016x}.parquet"
    whole = sha256_of(cells)
    flip(cells, cells.stat().st_mtime_ns)
    ran = njia("backup", store.folder, "--json", settings=home)
    assert ran.returncode == 6
    assert last_object(ran)["damaged"] == ["landing/kobe_post/0000000000000001.parquet"]
    assert njia("restore", store.folder, "--yes", settings=home).returncode == 0
    assert sha256_of(cells) == whole


def test_older_lists_and_what_only_they_name_are_dropped(home: Settings, tmp_path: Path) -> None:
    store = Store(tmp_path / "backup")
    make_backup(home, store.folder, KEEP)
    only_there = home.landing / "kobe_post" / f"{1:016x}.parquet"
    digest = sha256_of(only_there)
    for path in sorted(store.lists_folder.iterdir()):  # as if it were made forty days ago
        day = datetime.now(UTC) - timedelta(days=40)
        path.rename(path.with_name(f"{day:%Y%m%dT%H%M%SZ}-{path.name[17:]}"))
    for path in only_there.parent.iterdir():
        path.unlink()
    made = make_backup(home, store.folder, KEEP)
    assert made.lists_dropped == 1
    assert not store.has(digest)
    assert verify_backup(store, [installed_public_key(home)]).faults == []


@pytest.mark.parametrize("at", ["the sixth file", "an encrypted file"])
def test_a_full_disk_is_named_and_nothing_is_half_written(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    copied = []

    def fill(source: Path, to: Path) -> None:
        copied.append(to)
        is_encrypted = source.is_relative_to(tmp_path / "backup")
        if (len(copied) > 5) if at == "the sixth file" else is_encrypted:
            to.write_bytes(source.read_bytes()[:10])
            raise OSError(errno.ENOSPC, "No space left on device", str(to))
        to.write_bytes(source.read_bytes())

    monkeypatch.setattr(stores.shutil, "copyfile", fill)
    store = Store(tmp_path / "backup")
    with pytest.raises(NjiaError, match="The disk is full") as told:
        make_backup(home, store.folder, KEEP)
    assert told.value.exit_code == 6
    assert store.names() == []
    objects = [path for path in store.objects_folder.rglob("*") if path.is_file()]
    assert len(objects) == len(copied) - 1
    assert all(path.name == sha256_of(path) for path in objects)


def test_folders_that_cannot_hold_backups_are_refused(home: Settings, tmp_path: Path) -> None:
    for folder in (home.home / "backup", home.home, tmp_path):
        with pytest.raises(UsageError, match="one lies in the other"):
            make_backup(home, folder, KEEP)
    with pytest.raises(UsageError, match="NJIA_REQUIRE_ENCRYPTED_VOLUME"):
        make_backup(replace(home, require_encrypted_volume=True), tmp_path / "backup", KEEP)


# --- while everything runs -----------------------------------------------------------------------


@contextmanager
def going_on(*works: object) -> Iterator[list[BaseException]]:
    """Run functions of a number again and again beside the block."""
    stopped, failures = threading.Event(), []

    def repeat(work: object) -> None:
        number = 10
        while not stopped.is_set():
            number += 1
            try:
                work(number)  # type: ignore[operator]
            except BaseException as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=repeat, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield failures
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


def test_each_list_is_one_moment_of_a_home_that_is_written_all_the_time(
    home: Settings, tmp_path: Path, stewards: pyrage.x25519.Identity
) -> None:
    store = Store(tmp_path / "backup")

    def landing(number: int) -> None:
        land(home, number % 7)  # the same extracts again: their files are replaced
        time.sleep(0.15)

    def publishing(number: int) -> None:
        publish_one(home, number, (number, 1, 2))
        time.sleep(0.25)

    def logging(number: int) -> None:
        audit.record(home, "A. Steward", "viewed", f"page {number}")
        time.sleep(0.1)

    with going_on(landing, publishing, logging) as failures:
        made = [make_backup(home, store.folder, KEEP) for _ in range(5)]
    assert failures == []
    assert max(one.looks for one in made) > 1  # the home did change meanwhile
    for number, one in enumerate(made):
        new = restored(home, store, tmp_path / f"restored {number}", str(stewards), at=one.listed.name)
        notes = sorted(new.landing.glob("*/*.json"))
        assert notes
        for note in notes:
            said = read_json(note)
            found = [sha256_of(note.with_suffix(suffix)) for suffix in (".parquet", ".texts")]
            assert found == [said["parquet_sha256"], said["texts_sha256"]]
        assert audit.read(new).faults == []
        for release in list_releases(new):
            told = njia("verify", release.release_id, "--json", settings=new)
            assert told.returncode == 0, told.stdout
        assert new.current.is_dir()
    assert verify_backup(store, [installed_public_key(home)]).faults == []


def test_a_home_that_never_rests_is_told_in_a_sentence(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, looks = making.look, itertools.count(10)

    def after_a_landing(settings: Settings) -> making.Seen:
        land(settings, next(looks))
        return look(settings)

    monkeypatch.setattr(making, "look", after_a_landing)
    monkeypatch.setattr(making, "PAUSE", 0)
    with pytest.raises(NjiaError, match="The home changed in each of 60 looks") as told:
        make_backup(home, tmp_path / "backup", KEEP)
    assert told.value.exit_code == 4
    assert Store(tmp_path / "backup").names() == []


def flip(path: Path, written: int | None = None) -> None:
    """Change one byte, as a disk does that forgets: in place, and at no time that the system notes."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    with path.open("r+b") as file:
        file.write(content)
    if written is not None:
        os.utime(path, ns=(written, written))

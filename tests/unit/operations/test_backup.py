"""Backups: a store by content that describes one moment, keeps no secret in clear, and names its damage."""

import base64
import errno
import itertools
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pyrage
import pytest

from orchestration import core, operations
from orchestration.core import NjiaError, Settings, UsageError, durable, load_keys, sha256_of, write_json
from orchestration.core.key_checks import USES, noted_checks
from orchestration.core.release_key import PublicKey
from orchestration.operations import Store, make_backup, open_backup, unfinished_restore, verify_backup
from orchestration.operations.backup import making
from orchestration.operations.backup import store as stores
from orchestration.operations.rotation_link import rotate_link
from orchestration.operations.rotation_release import rotate_release
from orchestration.release import list_releases
from orchestration.release.signature import verify
from orchestration.stewardship import audit
from tests.fixtures.njia_in_process import Njia, njia
from tests.fixtures.release_world import publish_one, settings_in

__all__ = ["njia"]
KEEP = timedelta(days=35)
TOKEN, NAME = "t0ken-of-a-synthetic-server", "Amina Testperson"
Patch = pytest.MonkeyPatch


@pytest.fixture(scope="module")
def key() -> str:
    """The stewards' private key."""
    return str(pyrage.x25519.Identity.generate())


@pytest.fixture(scope="module")
def built(key: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with two releases, one extract, a waiting file and a token of a source. Read only."""
    home = tmp_path_factory.mktemp("built") / "home"
    (home / "keys").mkdir(mode=0o700, parents=True)
    public = pyrage.x25519.Identity.from_str(key).to_public()
    (home / "keys" / "stewards.age.pub").write_text(f"{public}\n")
    settings = settings_in(home)
    core.prepare_home(settings)
    (settings.keys / "kobe.token").write_text(TOKEN)
    for path in settings.keys.iterdir():
        path.chmod(0o600)
    publish_one(settings, 0)
    publish_one(settings, 1, (4, 1, 2))
    for release in list_releases(settings):
        core.write_summed(settings.lineage / release.release_id / "fixture.txt", "rows of a fixture")
    land(settings, 1)
    waiting = settings.inbox / "kobe_post" / ".complete" / f"{NAME}.csv"
    waiting.parent.mkdir(parents=True)
    waiting.write_text(f"{NAME};0712345678\n")
    audit.record(settings, "A. Steward", "viewed", "kobe_post")
    return settings


@pytest.fixture
def home(built: Settings, tmp_path: Path, monkeypatch: Patch) -> Settings:
    settings = Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "home" / "keys")
    shutil.copytree(built.home, settings.home, symlinks=True)
    settings.partners.mkdir()
    monkeypatch.setenv("NJIA_PARTNERS", str(settings.partners))
    return settings


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "backup")


def land(settings: Settings, number: int) -> None:
    """Land an extract as a refresh does: cells, then texts, then the note that commits them."""
    cells = settings.landing / "kobe_post" / f"{number:016x}.parquet"
    for path in (cells, cells.with_suffix(".texts")):
        with core.replacing(path) as partial:
            partial.write_bytes(f"{path.suffix} of {number}\n".encode() * 50)
    noted = {"parquet_sha256": sha256_of(cells), "texts_sha256": sha256_of(cells.with_suffix(".texts"))}
    write_json(
        cells.with_suffix(".json"), {**noted, "original": "none in this test", "original_sha256": None}
    )


def landed(settings: Settings, suffix: str) -> Path:
    return settings.landing / "kobe_post" / f"{1:016x}{suffix}"


def tables(settings: Settings) -> Path:
    return settings.current.resolve() / "members" / "evidence_base.duckdb"


def back_up(settings: Settings, store: Store) -> making.Made:
    return make_backup(settings, store.folder, KEEP)


def restored(
    settings: Settings, store: Store, key: str | None = None, to: Path | None = None, at: str | None = None,
    public: PublicKey | None = None,
) -> Settings:  # fmt: skip
    """The home after a restore, or a new one of that name."""
    new = replace(settings, home=to, keys=to / "keys") if to else settings
    source = open_backup(new, store, at, key, public)
    new.home.mkdir(exist_ok=True)
    operations.put_back(new, source, operations.plan_restore(new, source, lambda kind: None))
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


def flip(path: Path, written: int | None = None) -> None:
    """Change one byte, as a disk does that forgets: in place, and at no time that the system notes."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    with path.open("r+b") as file:
        file.write(content)
    if written is not None:
        os.utime(path, ns=(written, written))


class Killed(BaseException):
    pass


def comes_to_its_end(do: Callable[[], object], renames: int) -> bool:
    """Do it until a kill before it gives one file more its name."""
    rename, done = durable.rename, itertools.count(1)

    def killing(from_: Path, to: Path) -> None:
        if next(done) > renames:
            raise Killed
        rename(from_, to)

    with Patch.context() as patch, suppress(Killed):
        patch.setattr(durable, "rename", killing)
        do()
        return True
    return False


def test_a_restored_home_has_the_same_files_modes_keys_and_release(
    home: Settings, store: Store, key: str, tmp_path: Path
) -> None:
    (home.inbox / "kobe_post" / ".complete" / os.fsdecode(b"any \xff name.csv")).write_text("a;b\n")
    back_up(home, store)
    new = restored(home, store, key, tmp_path / "restored")
    assert files_of(new) == files_of(home)
    assert new.current.resolve().name == home.current.resolve().name
    assert new.keys.stat().st_mode & 0o777 == 0o700


def test_a_backup_of_an_earlier_layout_is_refused(home: Settings, store: Store, njia: Njia) -> None:
    with Patch.context() as earlier:
        for module in ("orchestration.core.home", stores.__name__):
            earlier.setattr(f"{module}.LAYOUT_VERSION", 4)
        back_up(home, store)
    before = {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file()}
    for command, *options in (
        ["restore", "--list"],
        ["restore", "--yes"],
        ["backup"],
        ["backup", "--verify"],
    ):
        ended = njia(command, store.folder, *options)
        assert (ended.code, ended.out) == (2, "")
        assert ".json has layout 4, and Njia" in ended.words
        assert {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file()} == before


def test_a_second_backup_copies_only_what_is_new(home: Settings, store: Store) -> None:
    first = back_up(home, store)
    land(home, 2)
    assert first.new_objects > 20
    assert back_up(home, store).new_objects == 3


def test_no_secret_and_no_unminimised_value_lies_in_the_backup(home: Settings, store: Store) -> None:
    back_up(home, store)
    own = [(home.keys / name).read_text().strip() for name in ("record.key", "noise.key")]
    for path in store.folder.rglob("*"):
        if path.is_file():
            secrets = [TOKEN, NAME, "0712345678", *own, "record.key"]  # names lead to what is worth opening
            assert not [one for one in secrets if one.encode() in path.read_bytes()], path


@pytest.mark.parametrize("elsewhere", ["keys of the home", "home/secrets", "link", "links of files"])
def test_keys_are_encrypted_where_they_lie(
    home: Settings, store: Store, key: str, tmp_path: Path, elsewhere: str
) -> None:
    """NJIA_KEYS may name a folder outside the home or another one in it; `keys`, or a key, may be a link."""
    moved = tmp_path / ("keys" if "link" in elsewhere else elsewhere)
    home.keys.rename(moved)
    if elsewhere == "link":
        home.keys.symlink_to(moved)
    if elsewhere == "links of files":
        home.keys.mkdir(mode=0o700)
        for path in moved.iterdir():
            (home.keys / path.name).symlink_to(path)
    settings = home if elsewhere == "links of files" else replace(home, keys=moved)
    listed = back_up(settings, store).listed
    assert [name for name in listed.files if name.endswith((".key", ".token", ".pub"))] == []
    new = restored(settings, store, key, tmp_path / "restored")
    assert (new.keys / "kobe.token").read_text() == TOKEN
    assert (new.keys / "record.key").read_bytes() == (moved / "record.key").read_bytes()


def test_contracts_come_back_where_the_installation_has_them(home: Settings, store: Store, key: str) -> None:
    first, second = (home.partners / "kobe_post" / f"{name}.yml" for name in ("cases", "routes"))
    first.parent.mkdir()
    (first.parent / "sample.csv").write_text(NAME)
    first.write_text("of the backup")
    second.write_text("of the backup")
    back_up(home, store)
    first.unlink()
    second.write_text("newer, and whole")
    restored(home, store, key, home.home.with_name("restored"))
    assert (first.read_text(), second.read_text()) == ("of the backup", "newer, and whole")
    samples = replace(home, partners=core.SAMPLE_PARTNERS)
    told = operations.plan_restore(samples, open_backup(samples, store, None, None, None), lambda kind: None)
    assert [number for what, number in told.left.items() if "NJIA_PARTNERS" in what] == [2]


def test_a_home_that_cannot_be_written_is_backed_up(
    home: Settings, store: Store, key: str, tmp_path: Path, njia: Njia
) -> None:
    before = files_of(home)
    for options in (["--bind"], ["-o", "remount,bind,ro"]):
        mounted = subprocess.run(["mount", *options, home.home, home.home], capture_output=True)
        if mounted.returncode:
            pytest.skip("this account may not mount a file system")
    try:
        ran = njia("backup", store.folder, "--json")
    finally:
        subprocess.run(["umount", "--lazy", home.home], check=True)
    assert ran.code == 0, ran.err
    assert "`njia status` and the audit log lack this backup" in ran.words
    assert ran.last_object["noted"] is False
    assert files_of(home) == before
    assert files_of(restored(home, store, key, tmp_path / "restored")) == before


def test_without_the_stewards_key_a_home_gets_everything_but_keys_and_waiting_files(
    home: Settings, store: Store, tmp_path: Path, njia: Njia
) -> None:
    back_up(home, store)
    elsewhere = tmp_path / "release.pub"
    shutil.copy(home.keys / "release.pub", elsewhere)
    to = ("--home", tmp_path / "restored", "--yes", "--json")
    refused = njia("restore", store.folder, *to)
    assert refused.code == 2
    assert "--key" in refused.err
    ran = njia("restore", store.folder, "--release-pub", elsewhere, *to)
    assert ran.code == 0, ran.err
    told = ran.last_object
    assert (told["keys"], list(told["left"].values()), told["missing"]["landing"]) == ([], [8], 3)


def test_a_damaged_object_is_named_and_everything_else_comes_back(
    home: Settings, store: Store, key: str, tmp_path: Path, njia: Njia
) -> None:
    back_up(home, store)
    flip(store.object(sha256_of(landed(home, ".texts"))))
    ran = njia("backup", store.folder, "--verify", "--json")
    assert ran.code == 6
    (fault,) = ran.last_object["faults"]
    assert "landing/kobe_post/0000000000000001.texts" in fault and "is damaged" in fault
    (tmp_path / "stewards.txt").write_text(key)
    to = ("--home", tmp_path / "new", "--key", tmp_path / "stewards.txt")
    ran = njia("restore", store.folder, *to, "--yes")
    assert ran.code == 6
    assert "damaged in the backup" in ran.said
    assert "landing/kobe_post/0000000000000001.texts" in ran.said
    new = replace(home, home=tmp_path / "new")
    assert not landed(new, ".texts").exists() and landed(new, ".parquet").exists()
    assert njia("backup", store.folder).code == 0, "it is written again"
    assert njia("backup", store.folder, "--verify").code == 0


def forge(home: Settings, store: Store, is_signed: bool = True, **changed: object) -> str:
    """Write the newest list once more with other content, by whoever can write to the folder."""
    content = json.loads((store.lists_folder / f"{store.names()[0]}.json").read_text())
    made_at = datetime.fromisoformat(content["made_at"]) + timedelta(minutes=1)
    raw = json.dumps(content | {"made_at": made_at.isoformat()} | changed).encode()
    name = f"{made_at:%Y%m%dT%H%M%SZ}-{sha256(raw).hexdigest()[:8]}"
    signature = core.load_release_key(home).sign(raw if is_signed else b"")
    (store.lists_folder / f"{name}.json").write_bytes(raw)
    (store.lists_folder / f"{name}.sig").write_bytes(signature)
    return name


FORGED = [
    "../planted.csv", "/planted.csv", ".", "audit/a\0b", "dagster/dagster.yaml", "partners/planted.py", "planted",
]  # fmt: skip


def test_a_forged_list_writes_nothing_that_no_backup_holds(home: Settings, store: Store, key: str) -> None:
    """Who can write to the backup can encrypt to the stewards, too."""
    back_up(home, store)
    files = json.loads((store.lists_folder / f"{store.names()[0]}.json").read_text())["files"]
    entry = next(iter(files.values()))
    public = pyrage.x25519.Identity.from_str(key).to_public()
    for planted in FORGED:
        name = forge(home, store, files=files | {planted: entry})
        with pytest.raises(NjiaError, match=f"The list {name} is damaged"):
            open_backup(home, store, name, None, None)
        secret = pyrage.encrypt(json.dumps({f"keys/../{planted}": entry, planted: entry}).encode(), [public])
        name = forge(home, store, files=files, names=base64.b64encode(secret).decode())
        with pytest.raises(NjiaError, match="names that lead elsewhere"):
            open_backup(home, store, name, key, None)


def test_a_list_that_was_changed_is_refused(home: Settings, store: Store) -> None:
    back_up(home, store)
    first, *_ = store.names()
    name = forge(home, store, is_signed=False)
    (fault,) = verify_backup(store, [core.installed_public_key(home)]).faults
    assert "is not signed by the key" in fault
    with pytest.raises(NjiaError, match="is not signed by the key"):
        open_backup(home, store, name, None, None)
    (store.lists_folder / f"{first}.json").rename(store.lists_folder / "20991231T000000Z-ffffffff.json")
    with pytest.raises(NjiaError, match="The list 20991231T000000Z-ffffffff is damaged"):
        open_backup(home, store, None, None, None)


def test_what_is_missing_or_damaged_comes_back_newer_stays(home: Settings, store: Store, njia: Njia) -> None:
    back_up(home, store)
    before = files_of(home)
    landed(home, ".texts").unlink()
    flip(tables(home), tables(home).stat().st_mtime_ns)
    shutil.rmtree(home.releases / list_releases(home)[1].release_id)
    home.current.unlink()
    land(home, 2)
    audit.record(home, "A. Steward", "viewed", "swala_post")
    newer = files_of(home)
    planned = njia("restore", store.folder, "--dry-run", "--json").last_object
    assert (planned["outcome"], planned["missing"]["landing"]) == ("planned", 1)
    assert files_of(home) == newer
    ran = njia("restore", store.folder, "--yes", "--json")
    assert ran.code == 0, ran.err
    after = files_of(home)
    assert {path for path in before if after.get(path) != before[path] and "audit/" not in path} == set()
    assert f"landing/kobe_post/{2:016x}.parquet" in after
    assert home.current.is_dir()
    assert [line["action"] for line in audit.read(home).lines] == ["viewed", "viewed", "restored"]
    assert audit.read(home).faults == []
    assert len(ran.last_object["releases"]) == 1
    assert njia("restore", store.folder, "--json").last_object["outcome"] == "nothing_missing"


def test_a_cut_log_a_damaged_key_and_damaged_marks_come_back(
    home: Settings, store: Store, key: str, tmp_path: Path, njia: Njia
) -> None:
    core.set_tombstones(home, load_keys(home), "swala_post", [4711])
    back_up(home, store)
    before = files_of(home)
    log = home.audit / f"{datetime.now(UTC).year}.jsonl"
    log.write_bytes(log.read_bytes()[:-30])
    flip(home.forgotten / "swala_post.json")
    (home.keys / "record.key").write_text("0" * 64)
    (tmp_path / "stewards.txt").write_text(key)
    ran = njia("restore", store.folder, "--key", tmp_path / "stewards.txt", "--yes", "--json")
    assert ran.code == 0, ran.err
    assert (ran.last_object["keys"], ran.last_object["unmended"]) == (["record.key"], [])
    after = files_of(home)
    assert {path for path in before if after.get(path) != before[path]} <= {
        "audit/head", f"audit/{log.name}", "forgotten/swala_post.json",
    }  # fmt: skip
    assert audit.read(home).faults == []
    assert [line["action"] for line in audit.read(home).lines] == ["viewed", "restored"]
    assert core.tombstones_of(home, load_keys(home), "swala_post").has(4711)
    assert operations.check_files(home).faults == []


@pytest.mark.parametrize("lost", ["home.json", "keys/link.key"])
def test_a_restore_after_rotation_leaves_a_way_on(home: Settings, store: Store, key: str, lost: str) -> None:
    """The backup has the check values, or the key, of before the rotation."""
    back_up(home, store)
    rotate_link(home, load_keys(home), None)
    rotated = load_keys(home)
    (home.home / lost).unlink()
    restored(home, store, key)
    if lost == "keys/link.key":
        with pytest.raises(core.Damaged, match=r"not the link key of this home.*`njia keys rotate link`"):
            core.create_missing_keys(home)
        rotate_link(home, load_keys(home, replaced="link"), None)
    assert list(core.key_faults(home)) == []
    assert core.create_missing_keys(home) is None
    assert (load_keys(home) == rotated) == (lost == "home.json")
    assert noted_checks(home).keys() == USES.keys()


@pytest.mark.parametrize("kind", ["link", "release"])
def test_a_killed_restore_keeps_a_rotated_key(home: Settings, store: Store, key: str, kind: str) -> None:
    """The key that the home has is the only one that made its codes, or signed its releases."""
    given = core.installed_public_key(home)
    back_up(home, store)
    if kind == "link":
        rotate_link(home, load_keys(home), None)
    else:
        rotate_release(home)
    rotated, is_whole = (home.keys / f"{kind}.key").read_bytes(), False
    for renames in itertools.count(1):
        (home.home / "home.json").unlink()
        is_whole = comes_to_its_end(lambda: restored(home, store, key, public=given), renames)
        restored(home, store, key, public=given)
        assert list(core.key_faults(home)) == []
        assert (home.keys / f"{kind}.key").read_bytes() == rotated
        if is_whole:
            break
    assert renames > 2


def test_a_disk_without_room_stops_a_restore_first(home: Settings, store: Store, monkeypatch: Patch) -> None:
    back_up(home, store)
    landed(home, ".texts").unlink()
    before, usage = files_of(home), shutil.disk_usage(home.home)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=16 << 20))
    with pytest.raises(core.MachineFault, match="not enough room for the restore"):
        restored(home, store)
    assert files_of(home) == before


def test_a_restore_killed_anywhere_is_ended_by_the_next(home: Settings, store: Store, tmp_path: Path) -> None:
    back_up(home, store)
    before = files_of(home)
    for renames in itertools.count(1):
        for path in (*home.landing.rglob("*.*"), *home.audit.glob("*.jsonl"), home.home / "home.json"):
            path.unlink()
        flip(tables(home))
        if comes_to_its_end(lambda: restored(home, store), renames):
            break
        assert f"njia restore {store.folder} --at" in str(unfinished_restore(home))
        with pytest.raises(NjiaError, match="was interrupted"):
            make_backup(home, tmp_path / "another", KEEP)
        restored(home, store)
        assert files_of(home) == before
        assert unfinished_restore(home) is None
        assert operations.check_files(home).faults == []
    assert renames > 4


def test_an_interrupted_restore_makes_no_keys_and_is_ended_with_the_same_key(
    home: Settings, store: Store, key: str, njia: Njia
) -> None:
    back_up(home, store)
    (name,) = store.names()
    noted = {"list": name, "backup": str(store.folder), "with_key": True, "is_whole": False}
    write_json(home.home / "restored.json", noted)
    (home.keys / "link.key").unlink()
    again = f"njia restore {store.folder} --at {name} --key FILE"
    assert again in " ".join(operations.warnings(home))
    for command in (["refresh"], ["serve"], ["restore", store.folder, "--yes"]):
        ran = njia(*command)
        assert ran.code in (1, 2) and again in ran.words
        assert not (home.keys / "link.key").exists()
    restored(home, store, key)
    assert (home.keys / "link.key").exists() and unfinished_restore(home) is None


def test_a_clock_that_was_ahead_drops_no_list(home: Settings, store: Store) -> None:
    back_up(home, store)
    (first,) = store.names()
    forge(home, store)  # of a minute from now
    made = back_up(home, store)
    assert made.lists_dropped == 0 and first in store.names()
    assert store.names()[0] == made.listed.name


def test_a_damaged_mark_stops_only_a_new_home(home: Settings, store: Store, key: str, tmp_path: Path) -> None:
    core.set_tombstones(home, load_keys(home), "swala_post", [7])
    listed = back_up(home, store).listed
    flip(store.object(listed.files["forgotten/swala_post.json"].sha256))
    (home.home / "home.json").unlink()
    restored(home, store, key)
    assert (home.home / "home.json").is_file()
    assert core.tombstones_of(home, load_keys(home), "swala_post")
    with pytest.raises(NjiaError, match="records that were forgotten could come back"):
        restored(home, store, key, tmp_path / "new")


def test_a_file_that_its_disk_damaged_enters_no_backup(home: Settings, store: Store, njia: Njia) -> None:
    back_up(home, store)
    cells = landed(home, ".parquet")
    whole = sha256_of(cells)
    flip(cells, cells.stat().st_mtime_ns)
    ran = njia("backup", store.folder, "--json")
    assert ran.code == 6
    assert ran.last_object["damaged"] == ["landing/kobe_post/0000000000000001.parquet"]
    assert njia("restore", store.folder, "--yes").code == 0
    assert sha256_of(cells) == whole


def test_older_lists_and_what_only_they_name_are_dropped(home: Settings, store: Store) -> None:
    back_up(home, store)
    digest = sha256_of(landed(home, ".parquet"))
    for path in sorted(store.lists_folder.iterdir()):  # as if it were made forty days ago
        day = datetime.now(UTC) - timedelta(days=40)
        path.rename(path.with_name(f"{day:%Y%m%dT%H%M%SZ}-{path.name[17:]}"))
    shutil.rmtree(home.landing / "kobe_post")
    (home.landing / "kobe_post").mkdir()
    assert back_up(home, store).lists_dropped == 1
    assert not store.has(digest)
    assert verify_backup(store, [core.installed_public_key(home)]).faults == []


@pytest.mark.parametrize("at", ["the sixth file", "an encrypted file"])
def test_a_full_disk_leaves_no_half_of_it(home: Settings, store: Store, monkeypatch: Patch, at: str) -> None:
    copied = []

    def fill(source: Path, to: Path) -> None:
        copied.append(to)
        is_encrypted = source.is_relative_to(store.folder)
        if (len(copied) > 5) if at == "the sixth file" else is_encrypted:
            to.write_bytes(source.read_bytes()[:10])
            raise OSError(errno.ENOSPC, "No space left on device", str(to))
        to.write_bytes(source.read_bytes())

    monkeypatch.setattr(stores.shutil, "copyfile", fill)
    with pytest.raises(NjiaError, match="The disk is full") as told:
        back_up(home, store)
    assert told.value.exit_code == 6
    assert store.names() == []
    objects = [path for path in store.objects_folder.rglob("*") if path.is_file()]
    assert len(objects) == len(copied) - 1
    assert all(path.name == sha256_of(path) for path in objects)


def test_what_cannot_be_backed_up_and_where_none_can_lie_is_refused(
    home: Settings, store: Store, tmp_path: Path
) -> None:
    def refused(settings: Settings, folder: Path, words: str) -> None:
        with pytest.raises(UsageError, match=words):
            make_backup(settings, folder, KEEP)

    for folder in (home.home / "backup", home.home, tmp_path):
        refused(home, folder, "one lies in the other")
    refused(replace(home, require_encrypted_volume=True), store.folder, "NJIA_REQUIRE_ENCRYPTED_VOLUME")
    back_up(home, store)
    refused(settings_in(tmp_path / "another"), store.folder, "another home")
    (home.audit / "2025.jsonl").symlink_to(home.partners / "elsewhere.jsonl")
    refused(home, store.folder, "is a symbolic link")


# --- while everything runs -----------------------------------------------------------------------


@contextmanager
def going_on(works: dict[Callable[[int], object], int]) -> Iterator[list[BaseException]]:
    """Run functions of a number so many times beside the block."""
    failures: list[BaseException] = []

    def repeat(work: Callable[[int], object], most: int) -> None:
        for number in range(11, 11 + most):
            try:
                work(number)
            except BaseException as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=repeat, args=given) for given in works.items()]
    for thread in threads:
        thread.start()
    yield failures
    for thread in threads:
        thread.join()


def test_each_list_is_one_moment_of_a_home_that_is_written_all_the_time(
    home: Settings, store: Store, key: str, tmp_path: Path
) -> None:
    def landing(number: int) -> None:
        land(home, number % 7)  # the same extracts again: their files are replaced
        time.sleep(0.15)

    def publishing(number: int) -> None:
        publish_one(home, number, (number, 1, 2))
        time.sleep(0.25)

    def logging(number: int) -> None:
        audit.record(home, "A. Steward", "viewed", f"page {number}")
        time.sleep(0.1)

    with going_on({landing: 20, publishing: 4, logging: 30}) as failures:
        made = [back_up(home, store) for _ in range(3)]
    assert failures == []
    assert max(one.looks for one in made) > 1  # the home did change meanwhile
    public = core.installed_public_key(home)
    for number, one in enumerate(made):
        new = restored(home, store, key, tmp_path / f"restored {number}", one.listed.name)
        notes = sorted(new.landing.glob("*/*.json"))
        assert notes
        for note in notes:
            said = core.read_json(note)
            found = [sha256_of(note.with_suffix(suffix)) for suffix in (".parquet", ".texts")]
            assert found == [said["parquet_sha256"], said["texts_sha256"]]
        assert audit.read(new).faults == []
        assert all(verify(release.path, public).ok for release in list_releases(new))
        assert new.current.is_dir()
    assert verify_backup(store, [public]).faults == []


def test_a_home_that_never_rests_ends_the_backup(home: Settings, store: Store, monkeypatch: Patch) -> None:
    look, looks = making.look, itertools.count(10)

    def after_a_landing(settings: Settings) -> making.Seen:
        land(settings, next(looks))
        return look(settings)

    monkeypatch.setattr(making, "look", after_a_landing)
    monkeypatch.setattr(making, "PAUSE", 0)
    with pytest.raises(NjiaError, match="The home changed in each of 60 looks") as told:
        back_up(home, store)
    assert told.value.exit_code == 4
    assert store.names() == []

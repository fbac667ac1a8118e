"""`njia keys`: listing and rotating keys, whole or not at all."""

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pyarrow.parquet as pq
import pyrage
import pytest
from click.testing import CliRunner, Result

from orchestration import core, operations
from orchestration.cli import console
from orchestration.cli.root import cli
from orchestration.core import NjiaError, RefreshLock, Settings, UsageError, durable, load_keys
from orchestration.core.key_checks import USES, load_public_key, note_checks, noted_checks
from orchestration.intake.landing.sealing import opened, sealed_path
from orchestration.intake.minimising.keyed_codes import codes_path
from orchestration.intake.taking_in import take_in
from orchestration.linkage import NAME_CODES, Coder
from orchestration.operations import finish_rotations
from orchestration.release import current_release
from orchestration.release.signature import verify
from orchestration.stewardship import audit
from tests import scenario
from tests.evidence_base import EvidenceBase, copy_of
from tests.fixtures.link_code_case import AS_OF, CONTRACT, HEADER, ROWS
from tests.fixtures.release_world import publish_one

Patch = pytest.MonkeyPatch

PARTNER, KEY = "fixture_desk", "stewards-key.txt"
Identity = pyrage.x25519.Identity


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> EvidenceBase:
    """A home with two landed files with link codes, sealed to the key of a file beside it, and a release."""
    folder = tmp_path_factory.mktemp("built")
    home = folder / "home"
    settings = Settings(home, folder / "partners", home / "keys")
    core.prepare_home(settings)
    settings.keys.mkdir()
    stewards = Identity.generate()
    (folder / KEY).write_text(str(stewards))
    (settings.keys / "stewards.age.pub").write_text(f"{stewards.to_public()}\n")
    core.create_missing_keys(settings)
    made = EvidenceBase(settings)
    made.write_contract(PARTNER, json.dumps(CONTRACT))
    made.deliver(PARTNER, "cases.csv", HEADER + ROWS)
    assert "2025" in ROWS
    made.deliver(PARTNER, "more.csv", HEADER + ROWS.replace("2025", "2026"))
    assert [one.outcome for one in take_in(settings, load_keys(settings), AS_OF)] == ["landed"] * 2
    publish_one(settings)
    return made


@pytest.fixture
def base(built: EvidenceBase, tmp_path: Path, monkeypatch: Patch) -> EvidenceBase:
    copied = copy_of(built, tmp_path)
    core.prepare_home(copied.settings)
    shutil.copy(built.settings.home.with_name(KEY), tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(console, "has_terminal", lambda: True)  # a new private key is shown in one alone
    return copied


def private_key() -> str:
    return Path(KEY).read_text()


def njia(base: EvidenceBase, *arguments: str | Path) -> Result:
    at = ["--home", str(base.settings.home), "--partners", str(base.settings.partners)]
    return CliRunner(env={"NJIA_AS_OF": scenario.AS_OF.isoformat()}).invoke(cli, [*map(str, arguments), *at])


def done(ran: Result) -> dict[str, Any]:
    assert ran.exit_code == 0, ran.exception
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def rotate(base: EvidenceBase, kind: str, *arguments: str | Path) -> Result:
    return njia(base, "keys", "rotate", kind, *arguments, "--yes", "--json")


def extracts_of(settings: Settings) -> list[str]:
    return [path.stem for path in sorted(settings.landing.glob("*/*.json"))]


def originals_of(settings: Settings) -> list[Path]:
    return [sealed_path(settings.sealed, PARTNER, one) for one in extracts_of(settings)]


def name_codes(settings: Settings) -> dict[str, set[str]]:
    paths = {one: codes_path(settings.link_codes, PARTNER, one) for one in extracts_of(settings)}
    tables = {one: pq.read_table(path).to_pylist() for one, path in paths.items() if path.is_file()}
    return {
        one: {row[name] for row in rows for name in NAME_CODES if row.get(name)}
        for one, rows in tables.items()
    }


def codes_by(settings: Settings) -> set[str]:
    """The codes that the link key in force gives to the names of the extracts."""
    return set(Coder(load_keys(settings).link_key or b"").names("Achieng", "Sampleton", "Testperson"))


def state(settings: Settings, folder: Path | None = None) -> dict[str, bytes]:
    """Every file but locks, who holds them, and sums, which may name a content that never came."""
    return {
        path.relative_to(settings.home).as_posix(): path.read_bytes()
        for path in (folder or settings.home).rglob("*")
        if path.is_file() and not path.name.startswith((".lock", "refresh.", ".sums."))
    }


def opens(settings: Settings, private_key: str) -> list[bool]:
    found = []
    for path in originals_of(settings):
        with contextlib.suppress(UsageError), opened(path, private_key) as original:
            assert original.read_text().startswith(HEADER)
            found.append(path)
    return [path in found for path in originals_of(settings)]


def test_keys_are_listed_by_id_without_secrets(base: EvidenceBase) -> None:
    settings = base.settings
    ran = njia(base, "keys", "--json")
    shown = {one["name"]: one["id"] for one in done(ran)["keys"]}
    assert shown == load_keys(settings).ids | {
        "release": core.key_id("release", core.installed_public_key(settings).public_bytes_raw())
    }
    plain = njia(base, "keys").stdout
    for name in ("record.key", "link.key", "release.key"):
        for line in (settings.keys / name).read_text().split():
            assert len(line) < 10 or line not in ran.stdout + plain
    (settings.keys / "link.key").write_text("00" * 32)
    assert "does not fit" in njia(base, "keys").stdout
    (settings.keys / "link.key").unlink()
    assert "missing" in njia(base, "keys").stdout


@pytest.mark.parametrize(("kind", "options", "words"), [
    ("record", [], "every id would change"),
    ("stewards", [], "--recipient"),
    ("stewards", ["--recipient", "age1nonsense"], "no age recipient"),
    ("stewards", ["--key", "wrong.txt"], "Nothing was changed"),
    ("link", ["--key", "wrong.txt"], "Nothing was changed"),
])  # fmt: skip
def test_a_refused_rotation_changes_nothing(
    base: EvidenceBase, monkeypatch: Patch, kind: str, options: list[str], words: str
) -> None:
    monkeypatch.setattr(console, "has_terminal", lambda: bool(options))
    Path("wrong.txt").write_text(str(Identity.generate()))  # a key that opens nothing
    before = state(base.settings)
    ran = rotate(base, kind, *options)
    assert isinstance(ran.exception, UsageError) and words in str(ran.exception)
    assert "AGE-SECRET" not in ran.output
    assert state(base.settings) == before


def test_rotation_without_a_terminal_needs_yes(base: EvidenceBase) -> None:
    ran = njia(base, "keys", "rotate", "link")
    assert "--yes" in str(ran.exception)
    assert "counts twice" in " ".join(ran.stderr.split())
    assert len(name_codes(base.settings)) == 2


def test_originals_are_resealed_to_a_new_pair(base: EvidenceBase) -> None:
    settings = base.settings
    ran = rotate(base, "stewards", "--key", KEY)
    assert len(done(ran)["resealed"]) == 2
    (fresh,) = [word for word in ran.stderr.split() if word.startswith("AGE-SECRET-KEY-1")]
    assert opens(settings, fresh) == [True, True]
    assert opens(settings, private_key()) == [False, False]
    public = Identity.from_str(fresh).to_public()
    assert load_keys(settings).stewards_recipient == str(public)
    line = audit.read(settings).lines[-1]
    assert (line["action"], line["what"], line["details"]["resealed"]) == ("rotated", "stewards", 2)
    assert fresh not in str(state(settings).values())


def test_without_the_old_private_key_originals_stay(base: EvidenceBase) -> None:
    other = str(Identity.generate().to_public())
    ran = rotate(base, "stewards", "--recipient", other)
    assert len(done(ran)["left"]) == 2
    assert opens(base.settings, private_key()) == [True, True]
    assert load_keys(base.settings).stewards_recipient == other
    assert "AGE-SECRET" not in ran.stderr


def test_an_original_that_the_key_does_not_open_is_left(base: EvidenceBase) -> None:
    settings = base.settings
    first, second = originals_of(settings)
    first.write_bytes(pyrage.encrypt(b"x", [Identity.generate().to_public()]))
    damaged = first.read_bytes()
    found = done(rotate(base, "stewards", "--key", KEY))
    assert found["left"] == [f"{PARTNER}/{first.stem}"]
    assert found["resealed"] == [f"{PARTNER}/{second.stem}"]
    assert first.read_bytes() == damaged


def test_link_codes_are_remade_from_the_originals(base: EvidenceBase) -> None:
    settings = base.settings
    before, old = name_codes(settings), load_keys(settings)
    assert len(done(rotate(base, "link", "--key", KEY))["remade"]) == 2
    keys = load_keys(settings)
    assert keys.link_key != old.link_key and keys.record_key == old.record_key
    assert name_codes(settings) == dict.fromkeys(before, codes_by(settings))
    assert not any(codes & codes_by(settings) for codes in before.values())


def test_codes_without_an_original_go_until_the_file_returns(base: EvidenceBase) -> None:
    settings = base.settings
    gone, kept = extracts_of(settings)
    sealed_path(settings.sealed, PARTNER, gone).unlink()
    found = done(rotate(base, "link", "--key", KEY))
    assert (found["destroyed"], list(name_codes(settings))) == ([f"{PARTNER}/{gone}"], [kept])
    settings.linkage.mkdir(parents=True, exist_ok=True)
    (settings.linkage / "links.parquet").write_text("found by the old codes")
    found = done(rotate(base, "link"))
    assert found["destroyed"] == [f"{PARTNER}/{kept}"]
    assert not settings.linkage.exists()
    base.deliver(PARTNER, "again.csv", HEADER + ROWS)
    take_in(settings, load_keys(settings), AS_OF)
    assert list(name_codes(settings).values()) == [codes_by(settings)]


def test_an_original_of_other_records_makes_no_codes(base: EvidenceBase) -> None:
    """As a backup restored half may have it: what it says would be put to records that are not there."""
    settings = base.settings
    other, kept = extracts_of(settings)
    to = Identity.from_str(private_key()).to_public()
    assert "1,03" in ROWS
    content = (HEADER + ROWS.replace("1,03", "9,03")).encode()
    sealed_path(settings.sealed, PARTNER, other).write_bytes(pyrage.encrypt(content, [to]))
    found = done(rotate(base, "link", "--key", KEY))
    assert found["destroyed"] == [f"{PARTNER}/{other}"]
    assert list(name_codes(settings)) == [kept]


def test_codes_that_were_destroyed_do_not_come_back(base: EvidenceBase) -> None:
    settings = base.settings
    gone, kept = extracts_of(settings)
    codes_path(settings.link_codes, PARTNER, gone).unlink()
    rotate(base, "link", "--key", KEY)
    assert list(name_codes(settings)) == [kept]


def test_kept_releases_are_signed_again_except_changed_ones(base: EvidenceBase) -> None:
    settings = base.settings
    (first,) = [path.name for path in settings.releases.glob("2*")]
    publish_one(settings, day=1)
    manifest = settings.releases / first / "manifest.json"
    manifest.write_text(manifest.read_text() + " ")
    old = load_public_key(settings.keys / "release.pub")
    found = done(rotate(base, "release"))
    current = current_release(settings)
    assert current
    assert (found["signed"], found["left"]) == ([current.release_id], [first])
    new = load_public_key(settings.keys / "release.pub")
    assert [verify(current.path, key).ok for key in (old, new)] == [False, True]
    assert not verify(settings.releases / first, new).ok


@pytest.mark.parametrize("kind", ["stewards", "link", "release"])
@pytest.mark.parametrize("content", [None, "another program wrote this"])
@pytest.mark.parametrize("is_noted", [True, False])
def test_a_lost_or_damaged_key_can_be_replaced_also_after_a_kill(
    base: EvidenceBase, kind: str, content: str | None, is_noted: bool
) -> None:
    settings, key = base.settings, base.settings.keys / USES[kind][0]
    checks = noted_checks(settings)
    if not is_noted:
        checks.pop(kind)
        note_checks(settings, {kind: []})
    key.unlink() if content is None else key.write_text(content)
    kill_at_the_commit(settings, kind, False)
    finish_rotations(settings)
    assert noted_checks(settings) == checks
    given = () if kind == "release" else ("--key", KEY)
    found = done(rotate(base, kind, *given))
    replaced = {"stewards": "resealed", "link": "remade", "release": "signed"}[kind]
    assert len(found[replaced]) == (1 if kind == "release" else 2)
    assert list(core.key_faults(settings)) == []
    assert has_one_check_each(settings)


def has_one_check_each(settings: Settings) -> bool:
    return {name: len(values) for name, values in noted_checks(settings).items()} == dict.fromkeys(USES, 1)


class Killed(BaseException):
    """What a kill does: nothing after it runs."""


def kill_at_the_commit(settings: Settings, kind: str, is_committed: bool) -> None:
    """Rotate until just before, or just after, the new key is in force."""
    replaces = os.replace

    def killed(path: Path, target: Path) -> None:
        if path.parent == settings.keys and path.name.endswith(".next") and path.name[0] != ".":
            if is_committed:
                replaces(path, target)
            raise Killed
        replaces(path, target)

    with Patch.context() as patched, pytest.raises(Killed):
        patched.setattr(os, "replace", killed)
        patched.setattr("orchestration.operations.rotation.finish_rotations", lambda settings: None)
        given = None if kind == "release" else private_key()
        operations.rotate(settings, kind, given, str(Identity.generate().to_public()))


@pytest.mark.parametrize("kind", ["stewards", "link", "release"])
@pytest.mark.parametrize("is_committed", [False, True])
def test_a_killed_rotation_is_undone_or_finished_by_the_next_command(
    base: EvidenceBase, kind: str, is_committed: bool
) -> None:
    settings = base.settings
    before, old_key = state(settings), private_key()
    ids = {place.name: place.id for place in core.key_places(settings)}
    kill_at_the_commit(settings, kind, is_committed)
    between = current_release(settings)
    assert between
    assert verify(between.path, core.installed_public_key(settings)).signature == "holds"
    finish_rotations(settings)
    assert not list(settings.home.rglob("*.next"))
    if not is_committed:
        assert state(settings) == before
        return
    release = current_release(settings)
    assert release
    assert verify(release.path, load_public_key(settings.keys / "release.pub")).ok
    assert has_one_check_each(settings)
    assert {place.name for place in core.key_places(settings) if place.id != ids[place.name]} == {kind}
    if kind != "release":
        assert opens(settings, old_key) == [kind == "link"] * 2
        assert all(name_codes(settings).values())


def test_a_home_copied_during_a_rotation_is_usable(base: EvidenceBase) -> None:
    """As a backup may have it: the waiting key is dropped by the next command that takes the lock."""
    settings = base.settings
    (settings.keys / "link.key.next").write_text("00" * 32)
    (settings.keys / "link.key.next").chmod(0o600)
    shutil.copytree(settings.link_codes, settings.home / "link_codes.next")
    before = name_codes(settings)
    with pytest.raises(NjiaError, match="no terminal to ask"):
        raise njia(base, "keys", "rotate", "link").exception or AssertionError
    assert name_codes(settings) == before
    assert not list(settings.home.rglob("*.next"))


def test_a_killed_rotation_leaves_valid_keys(base: EvidenceBase, monkeypatch: Patch) -> None:
    kill = Mock(side_effect=Killed)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(Path, "chmod", kill)
        patched.setattr("orchestration.operations.rotation.intake.seal", kill)
        patched.setattr("orchestration.operations.rotation.finish_rotations", lambda settings: None)
        operations.rotate(
            base.settings, "stewards", private_key(), load_keys(base.settings).stewards_recipient
        )
    assert (base.settings.keys / "stewards.age.pub.next").is_file()
    core.check_modes(base.settings)


def test_an_undeletable_file_costs_no_original(base: EvidenceBase, monkeypatch: Patch) -> None:
    settings, before = base.settings, state(base.settings)
    kill_at_the_commit(settings, "stewards", False)
    stuck, unlinks = f"{extracts_of(settings)[0]}.age", os.unlink

    def refusing(path: str, *, dir_fd: int | None = None) -> None:
        if path == stuck:
            raise PermissionError(1, "Operation not permitted", path)
        unlinks(path, dir_fd=dir_fd)

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", refusing)
        with contextlib.suppress(PermissionError):
            finish_rotations(settings)
    finish_rotations(settings)
    assert state(settings) == before


@pytest.mark.parametrize("kind", ["stewards", "link"])
def test_keys_rotate_in_folders_on_another_disk(base: EvidenceBase, tmp_path: Path, kind: str) -> None:
    settings = base.settings
    for folder in (settings.sealed, settings.link_codes, settings.releases):
        elsewhere = tmp_path / "disk" / folder.name
        elsewhere.parent.mkdir(exist_ok=True)
        folder.rename(elsewhere)
        folder.symlink_to(elsewhere)
    kept = settings.sealed if kind == "stewards" else settings.link_codes
    before = {path.name: path.read_bytes() for path in kept.glob("*/[!s]*")}
    done(rotate(base, kind, "--key", KEY))
    after = {path.name: path.read_bytes() for path in kept.glob("*/[!s]*")}
    assert before.keys() == after.keys() and not before.items() & after.items()
    assert settings.sealed.is_symlink() and settings.link_codes.is_symlink()
    current = current_release(settings)
    assert current and current.path.parent == settings.releases


def test_a_copied_original_is_synced_before_the_old_one_goes(base: EvidenceBase, monkeypatch: Patch) -> None:
    """On a file system without hard links, an original that the key does not open is copied."""
    settings, synced = base.settings, []
    monkeypatch.setattr(os, "link", Mock(side_effect=OSError))
    monkeypatch.setattr(durable, "sync", synced.append)
    first, _ = originals_of(settings)
    first.write_bytes(pyrage.encrypt(b"x", [Identity.generate().to_public()]))
    content = first.read_bytes()
    rotate(base, "stewards", "--key", KEY)
    assert first.read_bytes() == content
    assert settings.home / "sealed.next" / PARTNER / first.name in synced


def test_forget_accepts_earlier_keys_and_reads_installed_keys_under_the_lock(
    base: EvidenceBase, monkeypatch: Patch
) -> None:
    """A rotation may have been at work until the lock was free."""
    new, takes, given = Identity.generate(), RefreshLock.take, []
    Path("new-key.txt").write_text(str(new))

    def take_after_a_rotation(lock: RefreshLock, holder: str) -> None:
        operations.rotate(base.settings, "stewards", recipient=str(new.to_public()))
        takes(lock, holder)

    def erase(settings: Settings, keys: core.Keys, *rest: object) -> None:
        given.extend([keys.stewards_recipient, rest[1]])
        raise UsageError("far enough")

    monkeypatch.setattr(RefreshLock, "take", take_after_a_rotation)
    ran = njia(base, "forget", "--yes", PARTNER, "1", "--key", "new-key.txt")
    assert "Nothing was erased" in str(ran.exception)
    monkeypatch.setattr("orchestration.operations.forget.erase", erase)
    ran = njia(base, "forget", "--yes", PARTNER, "1", "--key", "new-key.txt", "--key", KEY)
    assert str(ran.exception) == "far enough"
    assert given == [str(new.to_public()), f"{new}\n{private_key()}"]

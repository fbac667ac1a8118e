"""`njia verify` finds every change to a published release, also in a copy; openssl agrees."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestration import core
from orchestration.cli.root import cli
from orchestration.core import (
    NjiaError,
    Settings,
    create_missing_keys,
    installed_public_key,
    sha256_of,
)
from orchestration.core.key_checks import load_public_key
from orchestration.operations import warnings
from orchestration.release import Release, find_release, rollback, signature, why_not_signed
from orchestration.release.earlier import erase_editions
from orchestration.release.publishing import publish
from orchestration.release.releases import changed_files, switching
from orchestration.release.signature import resign, verify
from tests.fixtures import release_world
from tests.fixtures.release_world import EXTRACT, START, publish_one, settings_in, write_verdict
from tests.needs import program

CELLS = "c0ffee" * 10 + "abcd"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two releases, of which the first was made of cells that are to be forgotten."""
    settings = settings_in(tmp_path_factory.mktemp("signed"))
    settings.partners.mkdir()
    publish_one(settings, extracts=[{**EXTRACT, "parquet_sha256": CELLS}])
    publish_one(settings, day=1, counts=(1, 1, 2))
    return settings


@pytest.fixture
def copied(published: Settings, tmp_path: Path) -> Path:
    """The current release's folder alone, as a reader has it."""
    return Path(shutil.copytree(published.current.resolve(), tmp_path / "copy"))


@pytest.fixture
def home(published: Settings, tmp_path: Path) -> Settings:
    shutil.copytree(published.home, tmp_path / "home", symlinks=True)
    return Settings(tmp_path / "home", published.partners, tmp_path / "home" / "keys")


def older(settings: Settings) -> Release:
    return find_release(settings, str(find_release(settings, "current").manifest["previous_release"]))


def njia(settings: Settings, *arguments: str | Path) -> Result:
    at = ["--home", str(settings.home), "--partners", str(settings.partners)]
    return CliRunner().invoke(cli, [*map(str, arguments), *at])


def test_a_release_and_its_copy_verify_by_its_own_key_alone(published: Settings, copied: Path) -> None:
    key = load_public_key(published.keys / "release.pub")
    for folder in (published.current.resolve(), copied, copied / "public"):
        found = verify(folder, key)
        assert (found.ok, found.signature, found.files > 0) == (True, "holds", True)
        assert verify(folder, Ed25519PrivateKey.generate().public_key()).signature == "does not hold"


def change_a_table(folder: Path) -> Path:
    table = next(folder.glob("members/parquet/*.parquet"))
    table.chmod(0o644)
    with table.open("r+b") as file:
        file.write(b"x")
    return table


def change_a_table_and_mend_its_hash(folder: Path) -> None:
    table, manifest = change_a_table(folder), core.read_json(folder / "manifest.json")
    manifest["files"][table.relative_to(folder).as_posix()]["sha256"] = sha256_of(table)
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(("tamper", "signature", "what"), [
    (change_a_table, "holds", "changed"),
    (change_a_table_and_mend_its_hash, "does not hold", None),
    (lambda folder: next(folder.glob("members/parquet/*")).unlink(), "holds", "missing"),
    (lambda folder: (folder / "members" / "more.csv").write_text("a,b"), "holds", "added"),
    (lambda folder: (folder / "members" / "more").symlink_to("/etc"), "holds", "added"),
    (lambda folder: (folder / "verdict.json").write_text("{}"), "holds", "added"),
    (lambda folder: (folder / "erasure.json").write_text('{"edition": ""}'), "holds", "added"),
    (lambda folder: (folder / "manifest.sig").unlink(), "missing", None),
    (lambda folder: (folder / "public" / "manifest.sig").unlink(), "does not hold", None),
    (lambda folder: (folder / "manifest.json").write_text("[]"), "does not hold", "changed"),
])  # fmt: skip
def test_every_kind_of_tampering_is_found(
    published: Settings, copied: Path, tamper: Callable[[Path], None], signature: str, what: str | None
) -> None:
    tamper(copied)
    found = verify(copied, installed_public_key(published))
    assert (found.ok, found.signature) == (False, signature)
    named = [kind for kind in ("changed", "missing", "added") if getattr(found, kind)]
    assert named == ([what] if what else [])


def test_openssl_checks_the_signature_too(published: Settings, copied: Path) -> None:
    openssl = program("openssl", "apt-get install openssl")
    command = [
        openssl, "pkeyutl", "-verify", "-pubin", "-inkey", published.keys / "release.pub", "-rawin",
        "-in", copied / "manifest.json", "-sigfile", copied / "manifest.sig",
    ]  # fmt: skip
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    (copied / "manifest.json").write_text("{}")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_status_warns_that_the_release_differs_from_its_signature(home: Settings) -> None:
    assert not warnings(home)
    manifest = home.current.resolve() / "manifest.json"
    manifest.write_text(manifest.read_text() + " ")
    (warning,) = warnings(home)
    assert "does not hold" in warning and "njia verify" in warning


def test_rollback_to_a_tampered_release_is_refused(home: Settings) -> None:
    target, before = older(home), home.current.readlink()
    manifest = target.path / "manifest.json"
    manifest.write_text(manifest.read_text() + " ")
    with pytest.raises(NjiaError, match=r"signature .+ does not hold.+Nothing was changed"):
        rollback(home, target.release_id, "A. Fixture", "a test", START)
    assert home.current.readlink() == before
    assert not home.database.exists()


def erase_the_older(home: Settings) -> Release:
    target, due = older(home), core.Due(START.date(), 1, (CELLS,))
    core.set_tombstones(home, core.Keys(bytes(32), "age1"), "kobe_shelter", [1], due)
    with switching(home):
        assert erase_editions(home, date(2026, 11, 30)) == [target.release_id]
    return target


def test_signed_erasure_is_no_tampering_and_a_copied_note_is(home: Settings) -> None:
    target, key = erase_the_older(home), installed_public_key(home)
    found = verify(target.path, key)
    assert (found.ok, found.erased_on) == (True, "2026-11-30")
    resign(home, key, Ed25519PrivateKey.generate())
    assert verify(target.path, key).ok, "also while a rotation waits"
    current = find_release(home, "current").path
    for name in ("erasure.json", "erasure.sig"):
        shutil.copy(target.path / name, current / name)  # signed, but about another release
    shutil.rmtree(current / "members")
    found = verify(current, key)
    assert not found.ok
    assert found.missing


def test_older_signed_release_in_the_place_of_the_newest_is_found(home: Settings) -> None:
    current, other, key = find_release(home, "current").path, older(home), installed_public_key(home)
    shutil.rmtree(current)
    shutil.copytree(other.path, current)
    assert f"is that of {other.release_id}" in str(why_not_signed(home, find_release(home, "current")))
    assert len(warnings(home)) == 1
    assert verify(current, key).ok, "a copy may be called anything"
    for named in ("current", current, home.current):
        ran = njia(home, "verify", named)
        assert ran.exit_code == 3
        assert f"the name of another release, {current.name}" in " ".join(ran.stdout.split())
    assert njia(home, "verify", other.release_id).exit_code == 0


def test_a_signature_covers_the_bytes_that_were_read(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody puts the signed one back between the two: whoever hashed the files hashed them by a forgery."""
    target, key = older(home), installed_public_key(home)
    manifest = target.path / "manifest.json"
    true = manifest.read_bytes()
    change_a_table_and_mend_its_hash(target.path)
    forged = manifest.read_bytes()

    def put_back_after(asked: Callable[..., object]) -> Callable[..., object]:
        return lambda *arguments: (asked(*arguments), manifest.write_bytes(true))[0]

    monkeypatch.setattr(signature, "file_hashes", put_back_after(signature.file_hashes))
    assert verify(target.path, key).signature == "does not hold"
    manifest.write_bytes(forged)
    monkeypatch.setattr(sys.modules[rollback.__module__], "changed_files", put_back_after(changed_files))
    with pytest.raises(NjiaError, match="does not hold"):
        rollback(home, target.release_id, "A. Fixture", "a test", START)


def test_the_note_of_an_erasure_is_read_as_signed(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    target, key, asked = erase_the_older(home), installed_public_key(home), signature.is_signed

    def then_another_note(folder: Path, name: str, *rest: Any) -> bool:
        holds = asked(folder, name, *rest)
        if name == "erasure.json":
            note = core.read_json(folder / name) | {"erased_on": "1999-01-01"}
            (folder / name).write_text(json.dumps(note))
        return holds

    monkeypatch.setattr(signature, "is_signed", then_another_note)
    assert verify(target.path, key).erased_on == "2026-11-30"


def test_interrupted_erasure_is_finished(home: Settings) -> None:
    target = older(home)
    (target.path / "erasure.json").write_text('{"erased_on": "2026-11-29"}')
    (target.path / "members").rename(target.path / ".tmp-members")
    erase_the_older(home)
    assert sorted(path.name for path in target.path.iterdir()) == [
        "erasure.json", "erasure.sig", "manifest.json", "manifest.sig", "public",
    ]  # fmt: skip


def test_without_its_key_nothing_is_published_and_the_candidate_waits(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    publish_one(settings)
    (settings.keys / "release.key").unlink()
    write_verdict(release_world.stage_candidate(settings, START.replace(day=25), "b" * 64))
    with pytest.raises(core.Damaged, match=r"it is missing\. Restore it from the backup") as error:
        publish(settings, START)
    assert not isinstance(error.value, core.ReleaseRefused)
    assert list(settings.releases.glob(".candidate-*"))
    with pytest.raises(core.Damaged, match=r"release\.key .+ it is missing\..+rotate release"):
        create_missing_keys(settings)


def test_account_without_access_to_keys_learns_that_it_cannot_check(home: Settings) -> None:
    public = (home.keys / "release.pub").rename(home.home / "release.pub")
    (home.keys / "release.key").unlink()
    asked = njia(home, "query", "select 1 as one")
    output = " ".join(asked.stderr.split())
    assert asked.exit_code == 0
    assert "cannot be checked here" in output
    command = re.search(r"`njia (verify \S+ --key) release\.pub`", output)
    assert command
    assert njia(home, *command[1].split(), public).exit_code == 0

"""A restore brings back whole extracts and releases, and nothing that was forgotten since."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pyrage
import pytest

from orchestration.core import (
    Settings,
    decoded,
    load_keys,
    read_texts,
    shown_record,
    write_json,
)
from orchestration.operations import warnings
from orchestration.operations.rotation_stewards import rotate_stewards
from orchestration.release import list_releases
from tests import scenario
from tests.command import last_object, njia
from tests.evidence_base import EvidenceBase, copy_of, new_evidence_base

REFERENCE = "S3"  # the only man of swala_post, and the only journey from Kampala


@dataclass(frozen=True)
class World:
    """A home whose record was forgotten after the first of two backups."""

    base: EvidenceBase
    key: Path
    backup: Path
    older: str

    def restore(self, settings: Settings, *more: str | Path) -> dict[str, object]:
        ran = njia(
            "restore", self.backup, "--at", self.older, "--key", self.key, "--yes", "--json", *more,
            settings=settings,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        return last_object(ran)


@pytest.fixture(scope="module")
def forgotten(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("backups")
    stewards = pyrage.x25519.Identity.generate()
    base = new_evidence_base(folder)
    rotate_stewards(base.settings, str(stewards.to_public()), None)
    key = folder / "stewards.txt"
    key.write_text(f"{stewards}\n")
    for partner, name, content in scenario.EXTRACTS:
        base.deliver(partner, name, content)
    ended = base.run_job()
    assert ended.error is None, ended.error
    by = ("--author", "A. Steward", "--reason", "asked twice")
    njia("decide", "exclude-row", shown(base.settings), *by, settings=base.settings)
    backup = folder / "backup"
    first = last_object(njia("backup", backup, "--json", settings=base.settings))
    ran = njia("forget", "swala_post", REFERENCE, "--key", key, settings=base.settings)
    assert ran.returncode == 0, ran.stderr
    assert njia("backup", backup, settings=base.settings).returncode == 0
    return World(base, key, backup, str(first["list"]))


def shown(settings: Settings) -> str:
    return shown_record(load_keys(settings).record_id("swala_post", f"swala_post_cases|{REFERENCE}"))


def assert_forgotten(settings: Settings, identity: Path) -> None:
    """No file of the home holds the record, decoded; sealed originals are opened with the stewards' key."""
    keys = load_keys(settings)
    record_id = keys.record_id("swala_post", f"swala_post_cases|{REFERENCE}")
    identities = [pyrage.x25519.Identity.from_str(identity.read_text().strip())]
    marks = [str(record_id).encode(), shown(settings)[2:].encode(), b"Otieno Sampleton", b"Kampala"]
    found = []
    for path in sorted(settings.home.rglob("*")):
        if not path.is_file() or path.is_symlink() or path.is_relative_to(settings.keys):
            continue
        if path.suffix == ".texts":
            texts = [str(read_texts(path, keys)).encode()]
        elif path.suffix == ".age":
            texts = list(decoded(path, pyrage.decrypt(path.read_bytes(), identities)))
        else:
            texts = list(decoded(path))
        # The name of the place alone stands in the reference places of each release.
        sought = marks if path.suffix in (".age", ".texts") else marks[:3]
        found += [(path, mark) for text in texts for mark in sought if mark in text]
    assert found == []


def test_the_older_list_holds_what_was_forgotten_since(forgotten: World, tmp_path: Path) -> None:
    """Otherwise the tests below prove nothing."""
    settings = elsewhere(forgotten, tmp_path)
    kept = shutil.copytree(forgotten.backup, tmp_path / "backup")
    for path in (kept / "lists").iterdir():
        if not path.name.startswith(forgotten.older):
            path.unlink()
    told = replace(forgotten, backup=kept).restore(settings)
    assert told["erased_again"] == 0
    with pytest.raises(AssertionError):
        assert_forgotten(settings, forgotten.key)


def test_an_older_list_in_an_empty_folder_comes_back_without_it(forgotten: World, tmp_path: Path) -> None:
    settings = elsewhere(forgotten, tmp_path)
    told = forgotten.restore(settings)
    assert told["erased_again"] == 1
    assert any("holds records that were forgotten since" in one for one in warnings(settings))
    ran = njia("refresh", "--json", settings=settings)
    assert last_object(ran)["outcome"] == "published", ran.stderr
    assert not any("forgotten" in one for one in warnings(settings))
    assert_forgotten(settings, forgotten.key)
    newest, older = list_releases(settings)
    assert newest.is_current
    assert not (older.path / "members").exists()
    (cases,) = EvidenceBase(settings).ask(
        "select count(*) from marts.fct_movements where record_grain = 'case'"
    )
    assert cases == (scenario.MOVEMENTS["case"] - 1,)
    assert njia("audit", settings=settings).returncode == 0


def test_files_that_come_back_beside_a_newer_home_hold_nothing_of_it(
    forgotten: World, tmp_path: Path
) -> None:
    """The original, receipts, and a release with its tables and lineage: the landing itself is whole and newer."""
    base = copy_of(forgotten.base, tmp_path)
    settings = base.settings
    _, older = list_releases(settings)
    shutil.rmtree(older.path)
    shutil.rmtree(settings.lineage / older.release_id, ignore_errors=True)
    shutil.rmtree(settings.receipts)
    for path in (settings.link_codes, settings.sealed):
        shutil.rmtree(path / "swala_post", ignore_errors=True)
    told = forgotten.restore(settings)
    assert told["releases"] == [older.release_id]
    assert told["erased_again"] == 1
    ran = njia("refresh", "--json", settings=settings)
    assert ran.returncode == 0, ran.stderr
    assert base.release_id() is not None
    assert_forgotten(settings, forgotten.key)
    assert not (older.path / "members").exists()


def test_a_restore_without_keys_leaves_the_erasing_to_the_next_refresh(
    forgotten: World, tmp_path: Path
) -> None:
    settings = elsewhere(forgotten, tmp_path)
    keys = tmp_path / "their keys"
    shutil.copytree(forgotten.base.settings.keys, keys)
    by = ("--release-pub", keys / "release.pub", "--yes", "--json")
    ran = njia("restore", forgotten.backup, "--at", forgotten.older, *by, settings=settings)
    assert last_object(ran)["erased_again"] == 0
    settings = replace(settings, keys=keys)
    assert any("may stand in what was restored" in one for one in warnings(settings))
    assert njia("refresh", settings=settings).returncode == 0
    assert_forgotten(settings, forgotten.key)


def test_a_refresh_waits_for_a_restore_that_was_killed(forgotten: World, tmp_path: Path) -> None:
    settings = elsewhere(forgotten, tmp_path)
    forgotten.restore(settings)
    mark = {"list": forgotten.older, "backup": str(forgotten.backup), "is_whole": False}
    write_json(settings.home / "restored.json", mark)
    ran = njia("refresh", settings=settings)
    assert ran.returncode == 1
    assert "was interrupted" in ran.stderr
    forgotten.restore(settings)
    assert not (settings.home / "restored.json").exists()


def elsewhere(forgotten: World, folder: Path) -> Settings:
    home = folder / "restored"
    return replace(forgotten.base.settings, home=home, keys=home / "keys")

"""A restore of an older backup brings back whole extracts and releases, and nothing that was forgotten since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pyrage
import pytest

from orchestration.core import Settings, load_keys, record_of, shown_record
from orchestration.operations import rotate, warnings
from orchestration.release import list_releases
from tests import needs, scenario
from tests.command import Ran, last_object, njia
from tests.decoded import files_with
from tests.evidence_base import EvidenceBase, new_evidence_base

REFERENCE = "S3"  # the only man of swala_post, and the only journey from Kampala


@dataclass(frozen=True)
class World:
    """A home whose record was forgotten after the first backup, and a second backup or none."""

    base: EvidenceBase
    key: Path
    folder: Path
    older: str

    def run(self, *arguments: str | Path, settings: Settings | None = None) -> Ran:
        password = str(self.folder / "password")
        return njia(*arguments, settings=settings or self.base.settings, NJIA_BACKUP_PASSWORD_FILE=password)

    def restored(self, to: Path, *more: str | Path, home: Path | None = None) -> tuple[Settings, int]:
        """Restore the older backup beside a home; return the restored one, and how many records it erased."""
        beside = replace(self.base.settings, home=home) if home else None
        ran = self.run(
            "restore", self.folder / "backup", to, "--snapshot", self.older, "--json", *more, settings=beside
        )
        assert ran.returncode == 0, ran.stderr
        return replace(self.base.settings, home=to, keys=to / "keys"), last_object(ran)["erased"]


@pytest.fixture(scope="module")
def forgotten(tmp_path_factory: pytest.TempPathFactory) -> World:
    needs.program("restic", "apt-get install restic")
    folder = tmp_path_factory.mktemp("backups")
    (folder / "password").write_text("a long password of a fixture")
    (folder / "password").chmod(0o600)
    stewards = pyrage.x25519.Identity.generate()
    base = new_evidence_base(folder)
    rotate(base.settings, "stewards", recipient=str(stewards.to_public()))
    key = folder / "stewards.txt"
    key.write_text(f"{stewards}\n")
    for partner, name, content in scenario.EXTRACTS:
        base.deliver(partner, name, content)
    ended = base.run_job()
    assert ended.error is None, ended.error
    by = ("--author", "A. Steward", "--reason", "asked twice")
    njia("decide", "exclude-row", shown(base.settings), *by, settings=base.settings)
    first = World(base, key, folder, "").run("backup", folder / "backup", "--json")
    assert first.returncode == 0, first.stderr
    ran = njia("forget", "--yes", "swala_post", REFERENCE, "--key", key, settings=base.settings)
    assert ran.returncode == 0, ran.stderr
    return World(base, key, folder, str(last_object(first)["snapshot"]))


def shown(settings: Settings) -> str:
    return shown_record(load_keys(settings).record_id("swala_post", f"swala_post_cases|{REFERENCE}"))


def assert_forgotten(settings: Settings, identity: Path) -> None:
    """No file of the home holds the record, decoded; sealed originals are opened with the stewards' key."""
    identities = [pyrage.x25519.Identity.from_str(identity.read_text().strip())]
    name = shown(settings)
    marks = {name, name[2:], str(record_of(name)), "Otieno Sampleton"}
    assert files_with(settings, load_keys(settings), marks, *identities) == []


def test_the_older_backup_holds_what_was_forgotten_since(forgotten: World, tmp_path: Path) -> None:
    """Otherwise the tests below prove nothing."""
    settings, erased = forgotten.restored(tmp_path / "new", home=tmp_path / "no home")
    assert erased == 0
    with pytest.raises(AssertionError):
        assert_forgotten(settings, forgotten.key)


def test_the_present_home_says_what_was_forgotten(forgotten: World, tmp_path: Path) -> None:
    """No backup was made since. Without the stewards' key, the original that held the record is destroyed."""
    settings, erased = forgotten.restored(tmp_path / "new")
    assert erased == 1
    assert list(settings.sealed.glob("kobe_post/*.age")) and not list(
        settings.sealed.glob("swala_post/*.age")
    )
    ran = njia("refresh", settings=settings)
    assert ran.returncode == 0, ran.stderr
    assert_forgotten(settings, forgotten.key)


def test_the_newest_backup_says_what_was_forgotten(forgotten: World, tmp_path: Path) -> None:
    """On a new machine."""
    ran = forgotten.run("backup", forgotten.folder / "backup")
    assert ran.returncode == 0, ran.stderr
    settings, erased = forgotten.restored(tmp_path / "new", "--key", forgotten.key, home=tmp_path / "no home")
    assert erased == 1
    assert list(settings.sealed.glob("swala_post/*.age"))
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

"""Keys are proven by check values in home.json before they are used, and without these by the releases."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pyarrow as pa
import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from orchestration import core
from orchestration.core import Damaged, Settings, adopt_home, create_missing_keys, keys, load_keys
from orchestration.core.key_checks import CHECKS, RELEASE_PUB, USES, load_public_key, noted_checks
from orchestration.intake import take_in
from orchestration.operations import check_files
from tests import scenario
from tests.evidence_base import EvidenceBase
from tests.fixtures.njia_in_process import Njia, njia
from tests.fixtures.release_world import publish_one, settings_in

__all__ = ["njia"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path / "home")


def without_checks(settings: Settings) -> None:
    path = settings.home / "home.json"
    core.write_json(path, {name: value for name, value in core.read_json(path).items() if name != CHECKS})


def content_of(settings: Settings) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in settings.home.rglob("*") if path.is_file()}


def another_digit(path: Path) -> None:
    """Change one hex digit, or one character of base64 or bech32."""
    lines = path.read_text().splitlines()
    line = lines[len(lines) // 2]
    lines[len(lines) // 2] = line[:20] + ("2" if line[20] != "2" else "3") + line[21:]
    path.write_text("\n".join(lines))


WAYS: dict[str, Callable[[Path], object]] = {
    "another digit": another_digit,
    "no text": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "other text": lambda path: path.write_text("another program wrote this"),
    "half": lambda path: path.write_text(path.read_text()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "missing": Path.unlink,
}


def load(settings: Settings, name: str) -> object:
    return core.load_release_key(settings) if name == "release" else load_keys(settings)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", USES)
def test_a_damaged_key_is_refused_before_anything_is_written(name: str, way: str, settings: Settings) -> None:
    path = settings.keys / USES[name][0]
    load(settings, name)
    WAYS[way](path)
    before = content_of(settings)
    for use in (lambda: load(settings, name), lambda: create_missing_keys(settings)):
        with pytest.raises(Damaged, match=rf"{path.name} .*NJIA_KEYS") as error:
            use()
        assert error.value.exit_code == 6
    assert content_of(settings) == before
    assert [place.name for place in core.key_places(settings) if place.id is None] == [name]
    faults = [fault for fault in check_files(settings).faults if fault.kind == "keys"]
    assert [fault.path for fault in faults] == [f"keys/{path.name}"]


def test_the_keys_of_another_home_are_refused(settings: Settings, tmp_path: Path) -> None:
    other = settings_in(tmp_path / "other")
    with pytest.raises(Damaged, match="is not the record key of this home"):
        load_keys(replace(settings, keys=other.keys))


def test_keys_that_were_brought_are_noted(tmp_path: Path) -> None:
    settings = Settings(tmp_path, tmp_path, tmp_path / "elsewhere")
    adopt_home(settings)
    settings.keys.mkdir()
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    for wrong, words in (
        ("age1 of nobody", r"stewards\.age\.pub .*expected: age recipient"),
        (f"# public key: {recipient}\nAGE-SECRET-KEY-1FIXTURE", r"it holds the private key\. Delete it"),
    ):
        (settings.keys / "stewards.age.pub").write_text(wrong)
        with pytest.raises(Damaged, match=words):
            create_missing_keys(settings)
    (settings.keys / "stewards.age.pub").write_text(recipient)
    (settings.keys / "record.key").write_text("AB" * 32 + "\r\n")
    assert create_missing_keys(settings) is None
    assert noted_checks(settings).keys() == USES.keys()
    assert load_keys(settings).stewards_recipient == recipient
    assert load_keys(settings).record_key == b"\xab" * 32


def test_a_kill_before_check_values_is_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(tmp_path, tmp_path, tmp_path / "keys")
    adopt_home(settings)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(keys, "note_new_checks", Mock(side_effect=KeyboardInterrupt))
        create_missing_keys(settings)
    assert noted_checks(settings) == {}
    made = load_keys(settings)
    assert create_missing_keys(settings) is None
    assert noted_checks(settings).keys() == USES.keys()
    assert load_keys(settings) == made


def test_without_check_values_the_release_in_force_proves_the_release_key(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    publish_one(settings, key_ids=load_keys(settings).ids)
    without_checks(settings)
    create_missing_keys(settings)
    without_checks(settings)
    (settings.keys / "release.key").unlink()
    core.write_new_release_key(settings.keys / "release.key")
    public = (settings.keys / RELEASE_PUB).read_bytes()
    with pytest.raises(Damaged, match=r"release\.key .*is not the release key of this home"):
        create_missing_keys(settings)
    assert (settings.keys / RELEASE_PUB).read_bytes() == public
    assert core.installed_public_key(settings) == load_public_key(settings.keys / RELEASE_PUB)


OTHER = Ed25519PrivateKey.generate().public_key()


@pytest.mark.parametrize(
    "content", [b"no key", OTHER.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)]
)
def test_a_damaged_public_part_is_deleted_where_its_key_is_whole(settings: Settings, content: bytes) -> None:
    path = settings.keys / RELEASE_PUB
    whole = path.read_bytes()
    assert list(core.key_faults(settings)) == []
    path.write_bytes(content)
    (fault,) = core.key_faults(settings)
    assert fault.path == path and "Delete it" in str(fault)
    if content == b"no key":
        with pytest.raises(core.UsageError, match="no public key of releases"):
            load_public_key(path)
    else:
        create_missing_keys(settings)
        assert path.read_bytes() == content, "it is not written over"
    path.unlink()
    create_missing_keys(settings)
    assert path.read_bytes() == whole
    path.write_bytes(content)
    (settings.keys / "release.key").unlink()
    assert all("`njia keys rotate release`" in str(fault) for fault in core.key_faults(settings))


def test_a_home_without_keys_has_no_damage(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home", tmp_path, tmp_path / "home" / "keys")
    core.prepare_home(settings)
    assert check_files(settings).faults == []
    with pytest.raises(core.UsageError, match="are missing or incomplete"):
        load_keys(settings)


def test_protection_keys_depend_on_the_noise_key(settings: Settings) -> None:
    found = load_keys(settings)
    first, again, other = (
        one.protection_keys(pa.array([7])).to_pylist()
        for one in (found, load_keys(settings), replace(found, noise_key=bytes(32)))
    )
    assert first == again != other


@pytest.fixture
def world(evidence_base: EvidenceBase, monkeypatch: pytest.MonkeyPatch) -> EvidenceBase:
    monkeypatch.setenv("NJIA_PARTNERS", str(evidence_base.settings.partners))
    return evidence_base


@pytest.mark.parametrize("name", ["record", "release"])
def test_a_refresh_with_a_damaged_key_takes_nothing_in(name: str, world: EvidenceBase, njia: Njia) -> None:
    settings, path = world.settings, world.settings.keys / f"{name}.key"
    file, release = world.deliver("swala_post", "again.csv", scenario.SWALA + "\n"), world.release_id()
    landed, public = sorted(settings.landing.rglob("*")), (settings.keys / RELEASE_PUB).read_bytes()
    another_digit(path)
    ended = njia("refresh")
    assert ended.code == 6
    assert f"{path} is damaged" in ended.words and "NJIA_KEYS" in ended.words
    assert (sorted(settings.landing.rglob("*")), world.release_id()) == (landed, release)
    assert file.exists() and (settings.keys / RELEASE_PUB).read_bytes() == public
    assert f"{path} is damaged" in njia("status").said
    assert njia("verify").code == 0, "release.pub proves the releases"
    ended = njia("check")
    assert ended.code == 6 and f"damaged keys/{path.name}" in ended.out


def test_an_extract_that_landed_with_another_record_key_is_named(world: EvidenceBase, njia: Njia) -> None:
    settings = world.settings
    assert njia("check").code == 0
    file = world.deliver("swala_post", "again.csv", scenario.SWALA + "\n")
    content = file.read_bytes()
    (taken,) = take_in(settings, replace(load_keys(settings), record_key=bytes(32)), scenario.AS_OF)
    assert "swala_post: an extract landed with another record key" in njia("status").said
    named = f"landing/swala_post/{taken.extract_id}.json"
    (fault,) = check_files(settings).faults
    assert (fault.path, fault.kind) == (named, "forgotten records")
    for path in (settings.landing / "swala_post").glob(f"{taken.extract_id}.*"):
        path.unlink()
    world.deliver("swala_post", "again.csv", content)
    (taken,) = take_in(settings, load_keys(settings), scenario.AS_OF)
    assert taken.outcome == "landed"
    assert check_files(settings).faults == []

"""The first keys of a home: where the stewards' private key goes, and where it never does."""

import os
import pty
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pyrage
import pytest

from orchestration.cli import console
from orchestration.core import NjiaError, Settings, check_home, load_keys, write_secret
from orchestration.operations import backup, check_files, warnings
from tests import scenario
from tests.command import PRIVATE_KEY
from tests.fixtures.njia_in_process import Ended, Njia, njia

__all__ = ["njia"]
Patch = pytest.MonkeyPatch
STOPPED = "The refresh stops here in these tests."


@pytest.fixture
def home(tmp_path: Path, monkeypatch: Patch) -> Settings:
    """A home that no command has written yet; a refresh ends once the keys are made."""
    stop = Mock(side_effect=NjiaError(STOPPED))
    monkeypatch.setattr("orchestration.defs.refresh.run_refresh", stop)
    return Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "home" / "keys")


@pytest.fixture
def samples(home: Settings, njia: Njia) -> Settings:
    """A home with the samples in the inbox."""
    assert njia("inbox", "add", "--samples").code == 0
    return home


@pytest.fixture
def real(home: Settings, njia: Njia, tmp_path: Path, monkeypatch: Patch) -> Settings:
    """A home with one file of a partner in the inbox."""
    monkeypatch.setenv("NJIA_PARTNERS", str(home.partners))
    contract = home.partners / "kobe_post" / "contract.yml"
    contract.parent.mkdir(parents=True)
    contract.write_text(scenario.PARTNERS["kobe_post"])
    (tmp_path / "kobe_1.csv").write_text(scenario.KOBE_FIRST)
    assert njia("inbox", "add", "kobe_post", tmp_path / "kobe_1.csv").code == 0
    return home


def shown_keys(ended: Ended) -> list[str]:
    return PRIVATE_KEY.findall(ended.out + ended.err)


def files_with(text: str, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


@pytest.mark.parametrize("command", ["refresh", "serve"])
def test_without_a_terminal_no_pair_is_made(command: str, real: Settings, njia: Njia) -> None:
    ended = njia(command)
    assert (ended.code, ended.out, shown_keys(ended)) == (2, "", [])
    assert f"put its public part into {real.keys}/stewards.age.pub" in ended.words
    assert list(real.keys.iterdir()) == []


def test_without_a_terminal_a_public_key_that_was_brought_is_used(real: Settings, njia: Njia) -> None:
    public = str(pyrage.x25519.Identity.generate().to_public())
    real.keys.mkdir(mode=0o700)
    (real.keys / "stewards.age.pub").write_text(public)
    ended = njia("refresh")
    assert STOPPED in ended.words and shown_keys(ended) == []
    assert load_keys(real).stewards_recipient == public


def test_a_terminal_alone_shows_the_private_key_once(real: Settings, njia: Njia, monkeypatch: Patch) -> None:
    monkeypatch.setattr(console, "has_terminal", lambda: True)
    ended = njia("refresh")
    assert STOPPED in ended.words and not PRIVATE_KEY.search(ended.out)
    (key,) = shown_keys(ended)
    assert files_with(key, real.home) == []
    assert {path.stat().st_mode & 0o777 for path in real.keys.iterdir()} == {0o600}
    assert shown_keys(njia("refresh")) == []


@pytest.mark.parametrize("has_terminal", [False, True])
def test_the_samples_private_key_goes_into_a_file_once(
    has_terminal: bool, samples: Settings, njia: Njia, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(console, "has_terminal", lambda: has_terminal)
    ended = njia("refresh")
    file = samples.keys / "stewards.age.key"
    assert STOPPED in ended.words and shown_keys(ended) == []
    assert "A real home brings the stewards' public key instead" in ended.said
    assert file.stat().st_mode & 0o777 == 0o600
    identity = pyrage.x25519.Identity.from_str(file.read_text().strip())
    assert load_keys(samples).stewards_recipient == str(identity.to_public())
    assert str(file) in njia("keys").said.replace(" ", "")
    assert "keys/stewards.age.key" not in check_files(samples).unknown
    public = samples.keys / "stewards.age.pub"
    public.unlink()  # one that was lost is not replaced
    ended = njia("refresh")
    assert ended.code == 6 and public.name in ended.words and shown_keys(ended) == []
    assert not public.exists()


def test_a_killed_first_refresh_of_the_samples_keeps_its_private_key(samples: Settings, njia: Njia) -> None:
    identity = pyrage.x25519.Identity.generate()
    samples.keys.mkdir(mode=0o700)
    write_secret(samples.keys / "stewards.age.key", str(identity))
    assert STOPPED in njia("refresh").words
    assert load_keys(samples).stewards_recipient == str(identity.to_public())
    assert (samples.keys / "stewards.age.key").read_text().strip() == str(identity)


def test_samples_make_no_real_home_one_of_the_samples(real: Settings, njia: Njia, monkeypatch: Patch) -> None:
    monkeypatch.delenv("NJIA_PARTNERS")
    assert njia("inbox", "add", "--samples").code == 0
    assert "samples" not in check_home(real)
    assert njia("refresh").code == 2 and list(real.keys.iterdir()) == []


def test_wrong_use_of_inbox_add_makes_no_home(home: Settings, njia: Njia) -> None:
    assert njia("inbox", "add", "kobe_post", "--samples").code == 2
    assert not home.home.exists()


def test_real_contracts_beside_the_samples_private_key_are_warned_of(samples: Settings, njia: Njia) -> None:
    njia("refresh")
    assert "stewards.age.key" not in str(njia("status", "--json").last_object["warnings"])
    samples.partners.mkdir()
    assert f"{samples.keys}/stewards.age.key opens originals of this home" in " ".join(warnings(samples))


def test_a_backup_leaves_the_samples_private_key_out(samples: Settings, njia: Njia) -> None:
    njia("refresh")
    names = {name for name, _ in backup._belonging(samples)}
    assert "keys/stewards.age.pub" in names and "keys/stewards.age.key" not in names


def test_a_pipe_is_no_terminal() -> None:
    asked = "import sys; from orchestration.cli.console import has_terminal; sys.exit(has_terminal())"
    master, terminal = pty.openpty()
    both: dict[str, int] = {"stdout": terminal, "stderr": terminal}
    for replaced, code in (({}, 1), ({"stdout": subprocess.PIPE}, 0), ({"stderr": subprocess.PIPE}, 0)):
        ran = subprocess.run([sys.executable, "-c", asked], **(both | replaced))  # type: ignore[call-overload]
        assert ran.returncode == code
    os.close(master)
    os.close(terminal)

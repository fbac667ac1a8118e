"""Only one account may open the home except its releases; a readable key stops every command."""

import shlex
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.cli.root import cli
from orchestration.core import Settings, UsageError, check_modes, create_missing_keys, prepare_home
from orchestration.core.disk import RESTRICTED, restricted_folders


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    settings = Settings(tmp_path / "home", tmp_path, tmp_path / "home" / "keys")
    prepare_home(settings)
    create_missing_keys(settings)
    return settings


def test_every_restricted_folder_is_made_closed(home: Settings) -> None:
    assert {mode(folder) for folder in (*restricted_folders(home), home.keys)} == {0o700}
    assert {mode(path) for path in home.keys.iterdir()} == {0o600}
    folders = {path.name for path in home.home.iterdir() if path.is_dir()}
    assert folders - set(RESTRICTED) == {"keys", "releases"}, "a new folder is closed, or readers' own"


def test_folder_on_another_disk_is_closed_and_a_missing_one_is_named(home: Settings, tmp_path: Path) -> None:
    elsewhere = tmp_path / "disk" / "landing"
    elsewhere.mkdir(parents=True, mode=0o755)
    home.landing.rmdir()
    home.landing.symlink_to(elsewhere)
    prepare_home(home)
    assert mode(elsewhere) == 0o700
    elsewhere.rename(tmp_path / "unmounted")
    with pytest.raises(
        UsageError, match=f"landing is a link to {elsewhere}, which is missing. Mount that disk"
    ):
        prepare_home(home)


def test_opened_folder_is_closed_again(home: Settings) -> None:
    for folder in (home.landing, home.audit, home.keys):
        folder.chmod(0o755)
    check_modes(home)
    assert {mode(folder) for folder in (home.landing, home.audit, home.keys)} == {0o700}


@pytest.mark.parametrize("name", ["record.key", "link.key", "release.key", "record.key.bak"])
def test_a_key_that_others_may_read_is_refused_with_what_closes_it(home: Settings, name: str) -> None:
    key = home.keys / name
    key.touch()
    key.chmod(0o640)
    with pytest.raises(UsageError, match=f"Other accounts may read or change {name}") as told:
        check_modes(home)
    (command,) = [line for line in str(told.value).splitlines() if "chmod" in line]
    subprocess.run(shlex.split(command), check=True)
    check_modes(home)


def test_public_parts_may_be_read_by_everybody(home: Settings) -> None:
    for path in home.keys.glob("*.pub"):
        path.chmod(0o644)
    check_modes(home)


def test_keys_folder_elsewhere_is_reported_and_left_alone(home: Settings, tmp_path: Path) -> None:
    elsewhere = Settings(home.home, home.partners, tmp_path / "njia-keys")
    home.keys.rename(elsewhere.keys)
    elsewhere.keys.chmod(0o750)
    with pytest.raises(UsageError, match=f"chmod 700 '{elsewhere.keys}'"):
        check_modes(elsewhere)
    assert mode(elsewhere.keys) == 0o750


@pytest.mark.parametrize("command", ["status", "refresh", "releases", "keys", "audit", "notify"])
def test_commands_check_keys_before_anything_else(home: Settings, command: str) -> None:
    (home.keys / "record.key").chmod(0o604)
    at = ["--home", str(home.home), "--partners", str(home.partners)]
    ended = CliRunner(env={"NJIA_KEYS": str(home.keys)}).invoke(cli, [command, *at])
    assert isinstance(ended.exception, UsageError)
    assert "chmod 600" in str(ended.exception)

"""`current` names a release that is missing: every command reports it."""

import json
from pathlib import Path

import pytest

from orchestration.core import Settings, adopt_home
from orchestration.release import find_release
from tests.fixtures.njia_in_process import Njia, njia

__all__ = ["njia"]
GONE, KEPT = "20261126T020000Z-5eed5eed", "20261125T020000Z-0dd0dd00"
COMMANDS = [
    ("status",), ("releases",), ("query", "select 1"), ("open",), ("verify", "current"), ("diff", "current", "current"),
    ("trace", "current", "corridors|case|2024|KE040|KE047"),
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    adopt_home(Settings(folder, tmp_path / "partners", folder / "keys"))
    (folder / "releases").mkdir()
    (folder / "current").symlink_to(Path("releases") / GONE)
    return folder


def keep_another(home: Path) -> None:
    (home / "releases" / KEPT).mkdir()
    manifest = {"sequence": 1, "content_hash": "0" * 64, "movements": 1, "extracts": []}
    (home / "releases" / KEPT / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("is_another_kept", [False, True])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
def test_each_command_names_the_missing_release(
    njia: Njia, home: Path, command: tuple[str, ...], is_another_kept: bool
) -> None:
    if is_another_kept:
        keep_another(home)
    ended = njia(*command)
    assert ended.code == 6
    assert f"names the release {GONE}, which is missing." in " ".join((ended.out + ended.err).split())
    assert "o release yet" not in ended.out + ended.err


def test_another_kept_release_is_found_by_its_id(njia: Njia, home: Path) -> None:
    keep_another(home)
    settings = Settings(home, home / "partners", home / "keys")
    assert find_release(settings, KEPT[:8]).release_id == KEPT
    assert KEPT in njia("releases").out

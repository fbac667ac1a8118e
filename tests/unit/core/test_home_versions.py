"""home.json: which programs may read and write a home, and what is said of one that is damaged or lost."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration import open_release
from orchestration.core import Settings, UsageError, prepare_home, read_json
from orchestration.core.home import LAYOUT_VERSION
from orchestration.defs.resources import njia as definitions
from tests.fixtures.njia_in_process import Ended, Njia, njia
from tests.fixtures.release_world import publish_one, settings_in

__all__ = ["njia"]
READING = [
    ("status",), ("releases",), ("verify",), ("audit",), ("open", "--print-path"), ("query", "select 1"),
    ("trace", "current", "periods|year-2025"), ("diff", "current", "current"), ("keys",), ("decide", "list"),
    ("decide", "waiting"), ("account", "list"),
]  # fmt: skip
WHY = ("--author", "Asha Steward", "--reason", "made up for the tests")
WRITING = [
    ("refresh",), ("pull",), ("notify",), ("serve",), ("inbox", "add", "--samples"),
    ("decide", "place-alias", "Qwertyville", "KE042", *WHY), ("rollback", "20261124T020000Z-5eed5eed", *WHY),
    ("forget", "kobe_post", "K1", "--yes", *WHY), ("keys", "rotate", "release", "--yes"),
    ("account", "remove", "asha"), ("query", "select 1", "--format", "csv"),
]  # fmt: skip
MENDING = [("check",), ("backup", "copies"), ("restore", "copies", "new")]
NEWER = LAYOUT_VERSION + 1


def files(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def mark(home: Path, **content: Any) -> None:
    (home / "home.json").write_text(json.dumps(content))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = settings_in(tmp_path_factory.mktemp("published") / "home")
    publish_one(settings)
    return settings.home


@pytest.fixture
def home(tmp_path: Path, published: Path) -> Path:
    """A home with one release."""
    folder = tmp_path / "home"
    shutil.copytree(published, folder, symlinks=True)
    prepare_home(Settings(folder, folder / "partners", folder / "keys"))
    return folder


@pytest.mark.parametrize("command", [*READING, *WRITING, *MENDING], ids=" ".join)
def test_a_command_writes_nothing_to_a_home_that_it_is_too_old_or_too_new_for(
    command: tuple[str, ...], njia: Njia, home: Path
) -> None:
    def ended_over(layout: int, reader: int, writer: int) -> Ended:
        mark(home, layout_version=layout, oldest_reader=reader, oldest_writer=writer, written_by="9.9")
        before = files(home)
        ended = njia(*command)
        assert files(home) == before
        return ended

    earlier = ended_over(LAYOUT_VERSION - 1, 1, 1)
    assert (earlier.code, earlier.out) == (2, "")
    assert f"has layout {LAYOUT_VERSION - 1}, and Njia" in earlier.words
    assert "begin a new home and take the partners' original files in again" in earlier.words
    if command in MENDING:
        return
    newer = ended_over(NEWER, NEWER, NEWER)
    assert (newer.code, newer.out) == (2, "")
    assert f"has layout {NEWER}; to" in newer.words and "last written by Njia 9.9" in newer.words
    to_be_read = ended_over(NEWER, LAYOUT_VERSION, NEWER)
    is_refused = f"to write to it, Njia must know layout {NEWER}" in to_be_read.words
    assert is_refused == (command in WRITING), to_be_read.words


def test_a_newer_home_that_lets_this_program_write_keeps_its_layout(home: Path) -> None:
    kept = {"layout_version": NEWER, "oldest_reader": 2, "oldest_writer": LAYOUT_VERSION}
    mark(home, **kept)
    prepare_home(Settings(home, home / "partners", home / "keys"))
    assert kept.items() <= read_json(home / "home.json").items()


def test_dagster_and_open_release_ask_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NJIA_HOME", str(home))
    mark(home, layout_version=NEWER, oldest_reader=LAYOUT_VERSION, oldest_writer=NEWER)
    with pytest.raises(UsageError, match="to write to it"):
        definitions()
    open_release(home).close()
    mark(home, layout_version=NEWER)
    with pytest.raises(UsageError, match="to read it"):
        open_release(home)
    mark(home, layout_version=1)
    for opened in (definitions, lambda: open_release(home)):
        with pytest.raises(UsageError, match="has layout 1, and Njia"):
            opened()


def _changed(marker: Path) -> None:
    content, layout = marker.read_text(), f'"layout_version": {LAYOUT_VERSION}'
    assert layout in content
    marker.write_text(content.replace(layout, '"layout_version": 1'))


DAMAGES: dict[str, tuple[str | Callable[[Path], object], str]] = {
    "lost": (Path.unlink, "it is missing beside"),
    "folder": (lambda marker: (marker.unlink(), marker.mkdir()), "it is a folder"),
    "link": (lambda marker: marker.symlink_to(marker.rename(marker.with_name("other.json"))), "it is a link"),
    "empty": ("", "it is not JSON"),
    "cut": ('{"layout_ver', "it is not JSON"),
    "list": ("[5]", "it names no layout"),
    "no number": ('{"layout_version": "5"}', "it names no layout"),
    "true": ('{"layout_version": 5, "oldest_reader": true}', "it names no layout"),
    "zero": ('{"layout_version": 0}', "it names no layout"),
    "changed": (_changed, "its content does not match its sum"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("command", ["status", "refresh"])
def test_a_damaged_home_json_is_a_sentence(command: str, damage: str, njia: Njia, home: Path) -> None:
    do, words = DAMAGES[damage]
    (home / "home.json").write_text(do) if isinstance(do, str) else do(home / "home.json")
    before = files(home)
    ended = njia(command)
    assert (ended.code, ended.out) == (6, "")
    assert f"home.json is damaged: {words}" in ended.words
    assert files(home) == before
    ended = njia("check")
    assert ended.code == 6 and "damaged home.json" in ended.out and words in ended.said


def test_a_lost_home_json_beside_an_extract_makes_no_new_home(njia: Njia, tmp_path: Path) -> None:
    """Before the first release; new keys would give the records of the extract other ids."""
    note = tmp_path / "home" / "landing" / "kobe_post" / "0000000000000001.json"
    note.parent.mkdir(parents=True)
    (note.parent / ".sums.json").write_text("{}")
    assert njia("status").code == 0
    (tmp_path / "home" / "home.json").unlink(missing_ok=True)
    note.write_text("{}")
    before = files(tmp_path / "home")
    ended = njia("refresh")
    assert ended.code == 6
    assert f"home.json is damaged: it is missing beside {note}" in ended.words
    assert files(tmp_path / "home") == before


def test_files_put_into_the_inbox_first_make_no_lost_home(njia: Njia, tmp_path: Path) -> None:
    (tmp_path / "home" / "inbox" / "kobe_post").mkdir(parents=True)
    assert njia("status").code == 0
    assert njia("inbox", "add", "--samples").code == 0
    assert read_json(tmp_path / "home" / "home.json")["layout_version"] == LAYOUT_VERSION

"""`njia open`: report and map of the current release, in the browser where there is one."""

from __future__ import annotations

import json
import shutil
import webbrowser
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import Settings, adopt_home
from tests.fixtures.njia_in_process import Njia, njia

__all__ = ["njia"]
RELEASE = "20261126T020000Z-5eed5eed"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the browser was asked to show; there is a display."""
    seen: list[str] = []
    monkeypatch.setattr(webbrowser, "open", seen.append)
    monkeypatch.setenv("DISPLAY", ":0")
    return seen


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A current release with a report and a map in its public edition, and a map alone in the other."""
    adopt_home(Settings(tmp_path / "home", tmp_path, tmp_path / "keys"))
    folder = tmp_path / "home" / "releases" / RELEASE
    for page in ("public/report/index.html", "public/report/map.html", "members/report/map.html"):
        (folder / page).parent.mkdir(parents=True, exist_ok=True)
        (folder / page).write_text("<!doctype html>", encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps({"release_id": RELEASE, "sequence": 1}))
    (tmp_path / "home" / "current").symlink_to(folder.relative_to(tmp_path / "home"))
    return folder


@pytest.mark.parametrize(
    ("edition", "pages"),
    [("public", ["report/index.html", "report/map.html"]), ("members", ["report/map.html"])],
)
def test_report_and_map_of_a_release_are_opened_and_named(
    njia: Njia, release: Path, opened: list[str], edition: str, pages: list[str]
) -> None:
    ended = njia("open", "--edition", edition)
    paths = [release / edition / page for page in pages]
    assert (ended.code, ended.out.splitlines()) == (0, [str(path) for path in paths])
    assert opened == [path.as_uri() for path in paths]


def test_without_a_display_only_paths_are_shown(
    njia: Njia, release: Path, opened: list[str], monkeypatch: Any
) -> None:
    assert njia("open", "--print-path").out.splitlines() == [str(release / "members/report/map.html")]
    assert opened == []
    monkeypatch.setattr("sys.platform", "linux")
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(variable, raising=False)
    assert njia("open").out.splitlines() == [str(release / "members/report/map.html")]
    assert opened == []


def test_who_asks_for_the_folder_reads_one_release_while_the_next_is_published(
    njia: Njia, release: Path
) -> None:
    (release / "members/evidence_base.duckdb").touch()
    folder = Path(njia("open", "--folder").out.rstrip("\n"))
    home, following = release.parent.parent, release.parent / "20261127T020000Z-5eed5eed"
    shutil.copytree(release, following)
    (home / "current").unlink()
    (home / "current").symlink_to(following.relative_to(home))
    assert folder == release / "members" and (folder / "report/map.html").is_file()
    assert njia("open", "--folder").out == f"{following / 'members'}\n"
    ended = njia("open", "--folder", "--edition", "public")
    assert (ended.code, ended.out) == (2, "") and "public" in ended.words


def test_a_release_without_pages_and_no_release_at_all_are_reported(njia: Njia, release: Path) -> None:
    (release / "members/report/map.html").unlink()
    ended = njia("open")
    assert (ended.code, ended.out) == (2, "") and "members" in ended.words
    (release.parent.parent / "current").unlink()
    ended = njia("open")
    assert ended.code == 2 and "There is no release yet" in ended.words

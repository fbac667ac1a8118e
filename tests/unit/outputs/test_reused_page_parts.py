"""Parts of pages are reused while their data stands, and the pages stay the same."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from orchestration.outputs.kept import Kept
from orchestration.outputs.map_page.page import write_map_pages
from orchestration.outputs.report import write
from orchestration.outputs.report.write import write_reports
from orchestration.places.boundaries import generalised
from tests.fixtures.published_world import MANIFEST, write_release

PAGES = ("report/index.html", "report/map.html", "report/figures/corridors.svg")


def pages(folder: Path, kept: Kept, **manifest: Any) -> dict[str, str]:
    """The pages of the public edition of a release that is written there."""
    folder.mkdir()
    write_release(folder, ["public"])
    write_reports(folder, {**MANIFEST, **manifest}, generalised(), None, kept)
    write_map_pages(folder, {**MANIFEST, **manifest}, generalised(), kept)
    return {name: (folder / "public" / name).read_text(encoding="utf-8") for name in PAGES}


def test_a_page_of_reused_parts_equals_a_new_page(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "work")
    anew = pages(tmp_path / "anew", Kept())
    assert pages(tmp_path / "first", kept) == anew
    assert pages(tmp_path / "second", kept) == anew


def test_a_figure_is_redrawn_only_if_its_rows_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, draw = Kept(tmp_path / "work"), Mock(side_effect=write.draw_figures)
    monkeypatch.setattr(write, "draw_figures", draw)
    pages(tmp_path / "first", kept)
    second = pages(tmp_path / "second", kept, release_id="20270101T000000Z-ffffffff")
    assert draw.call_count == 1
    assert all("20270101T000000Z-ffffffff" in second[name] for name in PAGES[:2])
    policy: Any = MANIFEST["policy"]
    pages(tmp_path / "third", kept, policy={**policy, "rows": policy["rows"][::-1]})
    assert draw.call_count == 2

"""Report, map and exports of the sample partners say that their data is made up."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.core import SAMPLE_PARTNERS, Settings
from orchestration.outputs.exports.about import About
from orchestration.outputs.map_page.page import page
from orchestration.outputs.published import Edition
from orchestration.outputs.report.write import write_report
from orchestration.places.boundaries import generalised
from tests.fixtures.published_world import MANIFEST, write_release


@pytest.fixture
def made_up(tmp_path: Path) -> Edition:
    return Edition("public", write_release(tmp_path), MANIFEST)


def everything(edition: Edition) -> list[str]:
    """Report, map page and the words beside exports, in small letters."""
    report = (write_report(edition, None, generalised()) / "index.html").read_text(encoding="utf-8")
    head = page(edition, generalised()).split('<script type="application/json"')[0]
    return [text.lower() for text in (report, head, " ".join(About.of(edition).sentences))]


def test_report_map_and_exports_of_made_up_partners_say_that_they_are(made_up: Edition) -> None:
    assert [bool("made-up" in text or "made up" in text) for text in everything(made_up)] == [True] * 3


def test_those_of_other_partners_do_not(made_up: Edition) -> None:
    report, head, words = everything(replace(made_up, manifest={**made_up.manifest, "is_synthetic": False}))
    assert "made-up sample data" not in report and "made up" not in report
    assert 'class="made-up"' not in head
    assert "made up" not in words


def test_only_the_partners_that_ship_with_njia_are_made_up_for_sure(tmp_path: Path) -> None:
    assert Settings(tmp_path, SAMPLE_PARTNERS, tmp_path / "keys").has_sample_partners
    assert not Settings(tmp_path, tmp_path, tmp_path / "keys").has_sample_partners

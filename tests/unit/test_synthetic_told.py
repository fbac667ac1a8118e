"""What is made up says so wherever it is read: the samples that ship with Njia must not be taken for findings."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.outputs.edition import Edition
from orchestration.outputs.exports.about import About
from orchestration.outputs.map_page.page import page
from orchestration.outputs.report.compose import compose
from orchestration.outputs.report.html import as_html
from orchestration.places.boundaries import generalised
from orchestration.settings import SAMPLE_PARTNERS, Settings
from tests.unit.printed_world import write_release

SAYS = "made up"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    folder = tmp_path_factory.mktemp("release")
    return Edition("public", folder, write_release(folder))


def everything(edition: Edition) -> list[str]:
    report = as_html(compose(edition, None, {}, ""), {"pdf": "report.pdf", "map": "map.html"})
    head = page(edition, generalised()).split('<script type="application/json"')[0]
    return [report.lower(), head.lower().replace("made-up", SAYS), " ".join(About.of(edition).sentences)]


def test_report_map_and_exports_of_made_up_partners_say_that_they_are(real: Edition) -> None:
    made_up = replace(real, manifest={**real.manifest, "is_synthetic": True})
    assert [SAYS in text for text in everything(made_up)] == [True, True, True]


def test_those_of_other_partners_do_not(real: Edition) -> None:
    assert "partners, people and records behind" not in " ".join(everything(real))
    assert 'class="made up"' not in everything(real)[1]


def test_only_the_partners_that_ship_with_njia_are_made_up_for_sure(tmp_path: Path) -> None:
    assert Settings(tmp_path, SAMPLE_PARTNERS, tmp_path / "keys").has_sample_partners
    assert not Settings(tmp_path, tmp_path, tmp_path / "keys").has_sample_partners

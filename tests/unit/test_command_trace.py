"""`njia trace --number`: from a number on paper to what is traced."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestration.outputs.edition import Edition
from orchestration.outputs.report.compose import compose
from orchestration.outputs.report.html import as_html
from tests.unit import printed_world
from tests.unit.test_command_line import Njia, njia

__all__ = ["njia"]
RELEASE = "20261126T020000Z-5eed5eed"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A current release with the reports of both editions of the printed world."""
    home = tmp_path / "home"
    folder = home / "releases" / RELEASE
    for name in ("public", "partner"):
        printed_world.write_edition(folder, name)
        report = compose(Edition(name, folder, printed_world.manifest()), None, {}, "")
        (folder / name / "report").mkdir()
        page = as_html(report, {"pdf": "report.pdf", "map": "map.html"})
        (folder / name / "report/index.html").write_text(page, encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps({**printed_world.manifest(), "sequence": 1}))
    (home / "current").symlink_to(folder.relative_to(home))
    return folder


def test_a_number_leads_to_every_row_that_reports_show_it_of(njia: Njia, release: Path) -> None:
    told = njia("trace", "current", "--number", "5", "--json").last_object["numbers"]
    of_members = njia("trace", "current", "--number", "5", "--edition", "partner", "--json")
    in_one = of_members.last_object["numbers"]
    assert {one["text"] for one in told} == {"5"} and all(one["chapter"] for one in told)
    assert {json.dumps(one) for one in in_one} < {json.dumps(one) for one in told}
    counted = [one for one in in_one if "|rows:" in one["key"]]
    assert counted and all(one["column"] == "" for one in counted)
    shown = njia("trace", "current", "--number", "5", "--edition", "partner").out.splitlines()
    assert {f"  njia trace {RELEASE[:16]} '{one['key']}'" for one in in_one} <= set(shown)
    assert not any("'public_" in line for line in shown)


def test_a_number_is_found_with_its_comma_and_without(njia: Njia, release: Path) -> None:
    page = release / "public/report/index.html"
    page.write_text(page.read_text(encoding="utf-8").replace(">5<", ">4,005<", 1), encoding="utf-8")
    with_comma = njia("trace", "current", "--number", "4,005", "--json").last_object["numbers"]
    assert with_comma
    assert njia("trace", "current", "--number", "4005", "--json").last_object["numbers"] == with_comma


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--number", "no such number"), "No report of the release"),
        ((), "Name a table and the key"),
        (("ends", "--number", "5"), "Name a table and the key"),
    ],
)
def test_what_is_asked_wrongly_is_told(njia: Njia, release: Path, words: tuple[str, ...], said: str) -> None:
    ended = njia("trace", "current", *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.words

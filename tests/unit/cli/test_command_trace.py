"""`njia trace --number`: from a number in a report to its rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fixtures.njia_in_process import Njia, njia
from tests.fixtures.published_world import MANIFEST

__all__ = ["njia"]
RELEASE = str(MANIFEST["release_id"])
BUSIA = "published.corridors|od|KE040>KE047|year-2025|case|all"
OF_YEAR = "level=od&period_id=year-2025"


def page(*marked: tuple[str, str, str]) -> str:
    """A chapter of a report that shows these: text, source and column."""
    numbers = "".join(
        f'<span data-source="{source}" data-column="{column}">{text}</span> '
        for text, source, column in marked
    )
    return f"<h2>Corridors</h2><p>{numbers}</p>"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A current release with small reports of both editions."""
    home = tmp_path / "home"
    folder = home / "releases" / RELEASE
    counted = ("50", "published.corridors", f"rows:{OF_YEAR}")
    for name, text in (("public", "4,005"), ("members", "50")):
        content = page((text, BUSIA, "movement_count"), counted)
        (folder / name / "report").mkdir(parents=True)
        (folder / name / "report/index.html").write_text(content, encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps({**MANIFEST, "sequence": 1}))
    (home / "home.json").write_text('{"layout_version": 5}')
    (home / "current").symlink_to(folder.relative_to(home))
    return folder


def test_a_number_leads_to_every_row_that_shows_it(njia: Njia, release: Path) -> None:
    found = njia("trace", "current", "--number", "50", "--json").last_object["numbers"]
    counted = f"published.corridors|rows:{OF_YEAR}"
    rows = [("members", BUSIA, "movement_count"), ("members", counted, ""), ("public", counted, "")]
    assert [(one["edition"], one["key"], one["column"]) for one in found] == rows
    assert {one["chapter"] for one in found} == {"Corridors"}
    shown = njia("trace", "current", "--number", "50", "--edition", "public").out.splitlines()
    assert shown == ["Corridors (public)", f"  njia trace {RELEASE[:16]} --edition public '{counted}'"]


def test_a_number_is_found_with_its_comma_and_without(njia: Njia, release: Path) -> None:
    with_comma = njia("trace", "current", "--number", "4,005", "--json").last_object["numbers"]
    assert with_comma
    assert njia("trace", "current", "--number", "4005", "--json").last_object["numbers"] == with_comma


def test_an_incomplete_trace_command_is_refused(njia: Njia, release: Path) -> None:
    for said, *words in (
        ("No report", "--number", "no such number"),
        ("a table",),
        ("a table", "corridors", "--number", "5"),
    ):
        ended = njia("trace", "current", *words)
        assert (ended.code, ended.out) == (2, "") and said in ended.words

"""Hotspot labels and shift statuses that a candidate would change, from both evidence bases."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import Settings, read_json, write_json
from orchestration.release.changes import write_changes
from orchestration.release.releases import Release
from orchestration.stewardship import review
from orchestration.stewardship.desk.app import make_app
from tests.fixtures.desk_world import ELSEWHERE, Visitor, make_accounts, shown
from tests.fixtures.published_world import MANIFEST, world, write_release
from tests.fixtures.steward_world import make_home

OLD, NEW = "20261101T020000Z-00000000", "20261124T020000Z-00000001"


def manifest(name: str) -> dict[str, Any]:
    grains = {"case": 281, "route_report": 12} if name == NEW else {"case": 280}
    return {
        **MANIFEST, "release_id": name, "content_hash": name, "as_of": "2026-11-24T02:00:00+00:00",
        "extracts": [], "movements_by_grain": grains, "decisions": [], "input_parts": {}, "movements": 293,
        "rows": {"quarantined": 0},
    }  # fmt: skip


@pytest.fixture(scope="module")
def changes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Busia's label fell in 2025, and in a month that the older release lacks; one shift's status is another."""
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home, home / "partners", home / "keys")
    older, newer = world("members"), world("members")
    new_month = older["periods"].pop(1)["period_id"]
    older["hotspots"] = [one for one in older["hotspots"] if one["period_id"] != new_month]
    for row in newer["hotspots"]:
        if row["period_id"] != newer["hotspots"][0]["period_id"]:
            row["label"] = "elevated"
    newer["shifts"][1]["status"] = "stable"
    fell, rose = older["alerts"]
    newer["alerts"] = [
        {**fell, "first_month": "2026-02-01"},
        {**rose, "corridor_id": "KE040>KE047", "start_place": "Busia"},
    ]
    for name, tables in ((OLD, older), (NEW, newer)):
        folder = settings.releases / name
        folder.mkdir(parents=True)
        write_release(folder, ["members"], members=tables)
        (folder / "manifest.json").write_text(json.dumps(manifest(name)))
    before = Release(OLD, settings.releases / OLD, manifest(OLD), is_current=True)
    for month in range(1, 13):
        write_json(review.changes_file(settings, f"2027{month:02d}01T020000Z-00000000"), {})
    candidate = Release(NEW, settings.releases / NEW, manifest(NEW))
    write_changes(settings, candidate, before)
    changes: dict[str, Any] = read_json(review.changes_file(settings, NEW))
    return changes


def test_label_that_changed_is_listed_for_periods_of_both(changes: dict[str, Any]) -> None:
    listed = changes["hotspots"]["rows"]
    assert changes["hotspots"]["number"] == len(listed) == 2
    assert {(one["place"], one["people"], one["before"], one["now"]) for one in listed} == {
        ("Busia", "all", "hotspot", "elevated")
    }


def test_status_that_changed_is_listed(changes: dict[str, Any]) -> None:
    (shift,) = changes["shifts"]["rows"]
    assert (shift["end_place"], shift["before"], shift["now"]) == ("Nairobi", "fading", "stable")
    assert (shift["compared"], shift["movements"]) == ("years", 158)


def test_alerts_are_listed_as_new_gone_and_kept(changes: dict[str, Any]) -> None:
    listed = changes["alerts"]["rows"]
    assert [(one["start_place"], one["direction"], one["before"], one["now"]) for one in listed] == [
        ("Busia", "rise", None, "2026-04"),
        ("Mandera", "rise", "2026-04", None),
        ("Marsabit", "fall", "2026-03", "2026-02"),
    ]


def test_release_page_shows_the_alerts(changes: dict[str, Any], tmp_path: Path) -> None:
    settings = make_home(tmp_path / "desk")
    make_accounts(settings)
    write_json(review.changes_file(settings, NEW), changes)
    release = Release(NEW, settings.releases / NEW, manifest(NEW), is_current=True)
    elsewhere = replace(ELSEWHERE, releases=lambda _: [release], current=lambda _: release)
    steward = Visitor(make_app(settings, 3030, elsewhere))
    steward.login()
    page = shown(steward.get("/releases").text)
    assert "Alerts: new, gone and kept" in page
    assert "Busia → Nairobi ▲ more records until Jun 2026 – Apr 2026 31" in page
    assert "Marsabit → Nairobi ▼ fewer records until Jun 2026 Mar 2026 Feb 2026 <5" in page


def test_release_without_a_lineage_has_its_labels_compared(changes: dict[str, Any]) -> None:
    assert not changes["records_compared"] and changes["partners"] == []
    assert changes["grains"] == [
        {"record_grain": "case", "before": 280, "now": 281},
        {"record_grain": "route_report", "before": 0, "now": 12},
    ]

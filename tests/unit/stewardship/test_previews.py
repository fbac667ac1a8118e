"""What decisions would change is told beforehand, by the same checks, and nothing is written.

What is counted is compared with a refresh in `tests/refreshes/test_previews.py`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import Settings, clear_work, shown_record
from orchestration.stewardship import review
from orchestration.stewardship.decisions import previews
from orchestration.stewardship.decisions.recording import record_decisions
from orchestration.stewardship.kinds import links, rows
from tests.fixtures import steward_world as world
from tests.fixtures.steward_world import HELD, NOW, PARTNER, SERVING

WAIVER = {"check": "movements_are_plausible", "scope": "release", "expires": date(2026, 3, 20)}
OF_HELD = {"partner": PARTNER, "extract_id": HELD}
ALIAS = {"text": "Kwa Fixture", "place_id": "KE040", "country": None}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return world.make_home(tmp_path)


def tried(settings: Settings, *wanted: tuple[str, dict[str, Any]]) -> previews.Preview:
    return previews.try_decisions(settings, wanted, "A. Fixture", "agreed by telephone", NOW)


def notes(preview: previews.Preview) -> str:
    return " ".join(preview.notes)


def test_preview_writes_nothing(settings: Settings) -> None:
    wanted = [("extract_accept", OF_HELD), ("check_waiver", WAIVER)]
    said = tried(settings, *wanted).recorded
    assert not settings.database.exists()
    made = record_decisions(settings, "A. Fixture", "agreed by telephone", NOW, wanted)
    assert len(said) == len(made) == 2


def test_faults_are_numbered_and_the_rest_is_previewed(settings: Settings) -> None:
    world.set_aside(settings, (1, "date_invalid"))
    unknown = ("extract_accept", OF_HELD | {"extract_id": "0" * 16})
    found = tried(settings, unknown, ("row_release", {"record": shown_record(1)}))
    assert len(found.recorded) == 1 and len(found.faults) == 1
    assert found.faults[0].startswith("Number 1: Partner swala_post has no landed extract")
    alone = tried(settings, unknown)
    assert alone.faults[0].startswith("Partner") and list(alone.says) == alone.notes == []


def test_preview_names_places_and_rows(settings: Settings) -> None:
    world.set_aside(settings, (1, "date_invalid"))
    wanted = ("row_release", {"record": shown_record(1)}), ("place_alias", ALIAS)
    released, alias = tried(settings, *wanted).recorded
    assert f"({SERVING}, sheet Jan, row 2)" in released and "KE040 (Busia (county, Kenya))" in alias


def test_waiver_says_whether_the_last_candidate_would_pass(settings: Settings) -> None:
    other = world.REFUSING | {"check_name": "counties_stay_reported"}
    world.failed(settings, world.REFUSING, other)
    found = tried(settings, ("check_waiver", WAIVER))
    assert "No record changes." in notes(found) and "refused, by counties_stay_reported" in notes(found)
    world.failed(settings, world.REFUSING)
    assert "would be published" in notes(tried(settings, ("check_waiver", WAIVER)))
    world.failed(settings, world.REFUSING | {"outcome": "not_run"})
    assert "not be judged" in notes(tried(settings, ("check_waiver", WAIVER)))


def test_waiver_of_one_partners_check_leaves_those_of_others(settings: Settings) -> None:
    check = "partners_records_are_as_last_time"
    of_check = world.REFUSING | {"check_name": check}
    world.failed(settings, of_check | {"subject": "kobe_post"}, of_check | {"subject": "tai_routes"})
    waiver = WAIVER | {"check": check, "scope": "release/kobe_post"}
    assert f"refused, by {check}" in notes(tried(settings, ("check_waiver", waiver)))


def test_confirmation_needs_another_person_and_taking_back_what_waits_changes_nothing(
    settings: Settings,
) -> None:
    world.failed(settings, world.REFUSING)
    settings = replace(settings, waivers_need_second=True)
    assert "somebody else" in tried(settings, ("check_waiver", WAIVER)).notes[0]
    (made,) = record_decisions(settings, "A. Fixture", "agreed", NOW, [("check_waiver", WAIVER)])
    own = previews.try_confirmations(settings, [made["id"]], "a.  fixture", "agreed", NOW)
    assert "of the same person" in own.faults[0] and own.recorded == []
    found = previews.try_confirmations(settings, [made["id"]], "B. Fixture", "agreed", NOW)
    assert found.recorded and "somebody else" not in notes(found)
    waits = previews.try_revocations(settings, [made["id"]], "B. Fixture", "not agreed", NOW)
    assert "has no effect now" in notes(waits)
    unknown = previews.try_revocations(settings, ["0" * 12], "A. Fixture", "not agreed", NOW)
    assert unknown.recorded == [] and "No active decision has the id" in unknown.faults[0]


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("extract_withdraw", OF_HELD | {"extract_id": SERVING}),
        ("extract_accept", OF_HELD),
        ("place_alias", ALIAS),
        ("link_accept", {"record_a": shown_record(1), "record_b": shown_record(2)}),
        ("row_exclude", {"record": shown_record(5)}),
        ("check_waiver", WAIVER | {"check": world.HOLDING["check_name"], "scope": HELD}),
        ("agreement_change", {"partner": PARTNER, "contract": "swala_post_cases", "terms": {"retention_years": 1}}),
    ],
)  # fmt: skip
def test_deleted_work_folder_is_noted_and_nothing_counted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, kind: str, payload: dict[str, Any]
) -> None:
    """As `work_left.KEPT` leaves it: a count of what is gone would be a false nought."""
    world.failed(settings, world.HOLDING)
    clear_work(replace(settings, delete_work=True))
    monkeypatch.setattr(links, "is_typed", lambda *_: True)
    monkeypatch.setattr(rows, "is_typed", lambda *_: True)
    found = tried(settings, (kind, payload))
    assert found.faults == list(found.says) == []
    assert "cannot be counted before a refresh" in notes(found)


def test_preview_leaves_the_lists_unchanged(settings: Settings) -> None:
    world.set_aside(settings, (1, "date_invalid"))
    before = {path: path.read_bytes() for path in settings.home.rglob("*") if path.is_file()}
    wanted = ("row_release", {"record": shown_record(1)}), ("row_exclude", {"record": shown_record(2)})
    tried(settings, *wanted)
    assert {path: path.read_bytes() for path in settings.home.rglob("*") if path.is_file()} == before
    assert review.count(settings, review.QUARANTINED_ROWS) == 1

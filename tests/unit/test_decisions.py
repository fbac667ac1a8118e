"""Stewards' decisions: recorded once, never lost, never silently skipped."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from orchestration.errors import NjiaError, UsageError
from orchestration.settings import Settings
from orchestration.stewardship import active_decisions, list_decisions, record_decision, revoke

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
EXTRACT = "0123456789abcdef"
WAIVER: dict[str, Any] = {
    "check": "extract_volume",
    "check_definition": "d1",
    "scope": EXTRACT,
    "expires": date(2026, 12, 31),
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    landed = tmp_path / "landing" / "kobe_shelter"
    landed.mkdir(parents=True)
    (landed / f"{EXTRACT}.json").write_text("{}")
    return Settings(tmp_path, tmp_path / "partners", tmp_path / "keys")


def decide(settings: Settings, kind: str, now: datetime = NOW, **payload: Any) -> dict[str, Any]:
    return record_decision(settings, kind, "A. Fixture", "agreed by telephone", now, **payload)


def test_a_decision_is_written_as_one_line_and_holds(settings: Settings) -> None:
    made = decide(settings, "extract_accept", partner="kobe_shelter", extract_id=EXTRACT)
    assert len(made["id"]) == 12 and made["revokes"] is None
    lines = (settings.decisions / "extract_accept.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [made]
    assert active_decisions(settings, NOW).extract_accepts == [made]


def test_no_decisions_folder_is_no_decisions(settings: Settings) -> None:
    assert active_decisions(settings, NOW).rollback is None


def test_a_revoked_decision_holds_no_more_and_stays_listed(settings: Settings) -> None:
    before = active_decisions(settings, NOW).content_hash()
    made = decide(settings, "extract_accept", partner="kobe_shelter", extract_id=EXTRACT)
    assert active_decisions(settings, NOW).content_hash() != before
    taken_back = revoke(settings, made["id"], "A. Fixture", "wrong extract", NOW)
    assert active_decisions(settings, NOW).extract_accepts == []
    assert active_decisions(settings, NOW).content_hash() == before
    assert [(entry["id"], entry["revoked_by"]) for entry in list_decisions(settings)] == [
        (made["id"], taken_back["id"]),
        (taken_back["id"], None),
    ]
    with pytest.raises(UsageError, match="No active decision"):
        revoke(settings, made["id"], "A. Fixture", "again", NOW)


def test_the_later_of_accept_and_withdraw_holds(settings: Settings) -> None:
    decide(settings, "extract_accept", partner="kobe_shelter", extract_id=EXTRACT)
    later = NOW + timedelta(hours=1)
    decide(settings, "extract_withdraw", later, partner="kobe_shelter", extract_id=EXTRACT)
    active = active_decisions(settings, later)
    assert active.extract_accepts == [] and len(active.extract_withdrawals) == 1


def test_a_waiver_holds_until_its_last_day(settings: Settings) -> None:
    decide(settings, "check_waiver", **WAIVER)
    assert len(active_decisions(settings, datetime(2026, 12, 31, 23, tzinfo=UTC)).waivers) == 1
    assert active_decisions(settings, datetime(2027, 1, 1, tzinfo=UTC)).waivers == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"check": "release_reconciliation"}, "cannot be waived"),
        ({"check": "disclosure_small_cells"}, "cannot be waived"),
        ({"check": "attack_differencing"}, "cannot be waived"),
        ({"expires": NOW.date()}, "after the day"),
        ({"expires": NOW.date() + timedelta(days=367)}, "366 days"),
        ({"scope": "everything"}, "scope"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_waiver_outside_its_limits_is_not_recorded(
    settings: Settings, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        decide(settings, "check_waiver", **{**WAIVER, **change})
    assert not (settings.decisions / "check_waiver.jsonl").exists()


def test_a_waiver_for_a_check_that_does_not_exist_is_not_recorded(settings: Settings) -> None:
    with pytest.raises(UsageError, match="cannot be waived"):
        decide(settings, "check_waiver", waivable=lambda check: check == "another", **WAIVER)


def test_mistyped_references_and_empty_reasons_are_told(settings: Settings) -> None:
    with pytest.raises(UsageError, match="no landed extract"):
        decide(settings, "extract_accept", partner="kobe_shelter", extract_id="f" * 16)
    with pytest.raises(UsageError, match="kinds are"):
        decide(settings, "check_waver", **WAIVER)
    with pytest.raises(UsageError, match="reason"):
        record_decision(settings, "check_waiver", "A. Fixture", "  ", NOW, **WAIVER)


def test_a_message_never_quotes_what_was_given(settings: Settings) -> None:
    with pytest.raises(UsageError) as told:
        decide(settings, "place_alias", text="x" * 201, place_id="Amina Testperson")
    assert "Testperson" not in str(told.value) and "xxx" not in str(told.value)


@pytest.mark.parametrize(
    "line",
    [
        "{not json",
        "[]",
        "",
        '{"kind": "rollback"}',
        '{"kind": "check_waiver", "id": "aaaaaaaaaaaa", "time": "2026-11-24T00:00:00Z"}',
        '{"kind": "check_waiver", "id": "aaaaaaaaaaaa", "time": "2026-11-24T00:00:00Z", "author": "a",'
        ' "reason": "r", "revokes": "bbbbbbbbbbbb"}',
    ],
)
def test_a_line_spoilt_by_hand_stops_with_its_number(settings: Settings, line: str) -> None:
    decide(settings, "check_waiver", **WAIVER)
    path = settings.decisions / "check_waiver.jsonl"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(NjiaError, match=r"check_waiver\.jsonl, line 2 cannot be read: .+ Mend the line"):
        active_decisions(settings, NOW)
    with pytest.raises(NjiaError, match="line 2"):
        decide(settings, "check_waiver", **WAIVER)


def test_the_limits_of_a_waiver_hold_for_hand_edited_lines_too(settings: Settings) -> None:
    decide(settings, "check_waiver", **WAIVER)
    path = settings.decisions / "check_waiver.jsonl"
    path.write_text(path.read_text().replace("extract_volume", "reconciliation"))
    with pytest.raises(NjiaError, match="line 1"):
        active_decisions(settings, NOW)


def test_a_file_of_no_kind_is_told(settings: Settings) -> None:
    settings.decisions.mkdir()
    (settings.decisions / "check_waver.jsonl").write_text("")
    with pytest.raises(NjiaError, match="no kind of decision"):
        active_decisions(settings, NOW)


def test_a_last_line_without_line_end_is_kept_apart_from_the_next(settings: Settings) -> None:
    decide(settings, "check_waiver", **WAIVER)
    path = settings.decisions / "check_waiver.jsonl"
    path.write_text(path.read_text().rstrip("\n"))
    decide(settings, "check_waiver", **{**WAIVER, "check": "extract_dates"})
    assert len(active_decisions(settings, NOW).waivers) == 2


def test_decisions_made_at_once_are_all_kept(settings: Settings) -> None:
    settings.decisions.mkdir()
    checks = [f"extract_check_{number}" for number in range(8)]
    writers = [
        Thread(target=decide, args=(settings, "check_waiver"), kwargs={**WAIVER, "check": check})
        for check in checks
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert {waiver["check"] for waiver in active_decisions(settings, NOW).waivers} == set(checks)


def test_rollbacks_choose_between_releases_and_are_not_part_of_the_inputs(settings: Settings) -> None:
    before = active_decisions(settings, NOW).content_hash()
    decide(
        settings,
        "rollback",
        from_release="20261124T020000Z-aaaaaaaa",
        to_release="20261123T020000Z-bbbbbbbb",
    )
    active = active_decisions(settings, NOW)
    assert active.rollback is not None and active.rollback["to_release"].endswith("bbbbbbbb")
    assert active.content_hash() == before

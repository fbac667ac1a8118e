"""Who decided and why: a name may stand there, what reaches or identifies a person may not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import NjiaError, Settings, UsageError
from orchestration.stewardship import active_decisions, export_lines, record_decision
from orchestration.stewardship.decisions.recording import confirm, revoke
from tests.fixtures import other_program

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
HELD = [
    ("she called from 0712 000 111", "a phone number", "0712"),
    ("ask +254 712 000 111.", "a phone number", "254"),
    ("wrote to amina.testperson@example.org", "an e-mail address", "testperson"),
    ("her ID is 12345678.", "an identity number", "12345678"),
    ("passport A1234567, seen by us", "an identity number", "A1234567"),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path / "partners", tmp_path / "keys")


def decide(settings: Settings, author: str = "A. Steward", reason: str = "told so") -> dict[str, Any]:
    alias = {"text": "Kwa Fixture stage", "place_id": "KE040", "country": None}
    return record_decision(settings, "place_alias", author, reason, NOW, **alias)


@pytest.mark.parametrize(("text", "found", "value"), HELD)
def test_contacts_and_identity_numbers_are_refused_without_quoting(
    settings: Settings, text: str, found: str, value: str
) -> None:
    for field in ("author", "reason"):
        with pytest.raises(UsageError, match=f"{field}: .*{found}") as refused:
            decide(settings, **{field: text})
        assert value not in str(refused.value)
    assert export_lines(settings) == []


ALLOWED = (
    "Amina Testperson of the partner agreed on 2026-11-03, until 31/12/2026.",
    "went back from 20261124T162106Z-12345678 to 20261101T020000Z-bd694219",
    "same girl as r-1234567890123456 and extract 4df3271234567890, decision 3317f0123456",
    "307 double entries of 1,204,311 rows; 0.82 became 0.79",
)


@pytest.mark.parametrize("reason", ALLOWED)
def test_names_days_counts_and_ids_are_allowed_in_a_reason(settings: Settings, reason: str) -> None:
    assert decide(settings, "Amina Testperson", reason)["reason"] == reason


def test_other_acts_and_edited_entries_are_screened_too(settings: Settings) -> None:
    made = decide(settings)
    for act in (revoke, confirm):
        with pytest.raises(UsageError, match="phone number"):
            act(settings, made["id"], "A. Steward", "call 0712000111", NOW)
    other_program.rewrite(settings, "told so", "0712000111 says so")
    with pytest.raises(NjiaError, match=rf"{made['id']} .*reason: .*phone number") as told:
        active_decisions(settings, NOW)
    assert "0712" not in str(told.value)


@pytest.mark.parametrize(
    ("scope", "check", "words"),
    [
        ("release", "movements_are_plausible", "31 days later: 2026-12-25"),
        ("kobe_shelter/" + "0" * 16, "row_volume_is_plausible", "366 days later: 2027-11-25"),
    ],
)
def test_too_long_waiver_names_its_limit(settings: Settings, scope: str, check: str, words: str) -> None:
    waiver = {"check": check, "scope": scope, "expires": date(2028, 1, 1)}
    with pytest.raises(UsageError, match=words):
        record_decision(settings, "check_waiver", "A. Steward", "so", NOW, **waiver)

"""What waits for a steward: the lists in `review/`, and what lies in the inbox and is not taken."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.cli import console
from orchestration.cli.decide import show_decisions
from orchestration.cli.refresh import show_summary
from orchestration.cli.status import show_status
from orchestration.core import Settings, refreshes
from orchestration.intake import TakenExtract, left_alone
from orchestration.intake.inbox import listed_name
from orchestration.operations import read_status
from orchestration.stewardship import active_decisions, list_decisions, record_decision, review
from orchestration.stewardship.decisions.active import without_effect


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "partners" / "kobe_shelter").mkdir(parents=True)
    return Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "keys")


def put(settings: Settings, *names: str) -> None:
    for name in names:
        path = settings.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def test_inbox_file_that_is_never_taken_is_listed_with_its_reason(settings: Settings) -> None:
    put(settings, "kobe_shelter/2024/a.csv", "kobe_shelter/2024/b.csv", "kobe_shelter/.hidden.csv")
    put(settings, "kobe_shelter/~$open.xlsx", ".DS_Store")
    put(settings, "kobe_shelter/a.csv", "kobe_shelter/b.csv.part", "c.csv")  # taken, or not yet whole
    told = {(one.partner, one.file): one.reason for one in left_alone(settings)}
    of_partner = {("kobe_shelter", name) for name in ("2024/", ".hidden.csv", "~$open.xlsx")}
    assert told.keys() == {("", ".DS_Store")} | of_partner
    in_folder = told["kobe_shelter", "2024/"]
    assert "2 file(s)" in in_folder and "inbox/kobe_shelter/" in in_folder
    assert "hidden" in told["kobe_shelter", ".hidden.csv"]
    put(settings, "kobe_shelter/Mary Testperson/a.csv")
    assert len(left_alone(settings)) == 5 and "Testperson" not in str(left_alone(settings))


def test_file_that_may_still_be_written_is_in_the_status_with_its_reason(
    settings: Settings, capsys: Any
) -> None:
    put(settings, "kobe_shelter/a.csv")
    status = read_status(settings)
    (waits,) = status["waiting"]
    assert (waits["partner"], waits["file"], waits["outcome"]) == ("kobe_shelter", "a.csv", "waits")
    show_status(status, with_all=False)
    shown = " ".join(capsys.readouterr().out.split())
    assert "waits kobe_shelter · a.csv" in shown and "30 seconds" in shown


def test_status_says_when_a_file_was_not_taken_and_counts_it_apart(settings: Settings, capsys: Any) -> None:
    put(settings, "kobe_shelter/a.csv")
    os.utime(settings.inbox / "kobe_shelter" / "a.csv", (0, 0))
    listed = listed_name("kobe_shelter", settings.inbox / "kobe_shelter" / "a.csv")
    taken = [
        TakenExtract("kobe_shelter", name, "held", reason=f"kobe_shelter: file {name} waits.")
        for name in (listed, "kobe_shelter 2026-11-01 3fa9c1d2…")
    ]
    review.write_files_not_taken(settings, taken)
    ended = datetime(2026, 11, 27, 4, 30, tzinfo=UTC)
    end = refreshes.End("run", ended.isoformat(), outcome=refreshes.UNCHANGED, ended=ended.isoformat())
    refreshes.record(settings, end)
    status = read_status(settings)
    assert [one["file"] for one in status["waiting"]] == ["a.csv"]
    assert (status["review"]["files_not_taken"], status["review"]["failed_checks"]) == (1, 0), "one is gone"
    show_status(status, with_all=False)
    shown = " ".join(capsys.readouterr().out.split())
    assert "2026-11-27 04:30 UTC: held kobe_shelter · a.csv" in shown
    assert "2026-11-27 04:30 UTC 1 files not taken" in shown


def test_decision_without_effect_is_listed_with_its_id_and_how_to_revoke_it(settings: Settings) -> None:
    settings.home.mkdir()
    now = settings.as_of()
    (settings.landing / "kobe_shelter").mkdir(parents=True)
    note = settings.landing / "kobe_shelter" / "0123456789abcdef.json"
    note.write_text("{}")
    extract = {"partner": "kobe_shelter", "extract_id": note.stem}
    made = record_decision(settings, "extract_accept", "A. Fixture", "as agreed", now, **extract)
    note.unlink()
    review.write(
        settings, review.DECISIONS_WITHOUT_EFFECT, without_effect(settings, active_decisions(settings, now))
    )
    found = read_status(settings)
    assert found["review"]["decisions_without_effect"] == 1
    with console.out.capture() as shown:
        show_status(found, with_all=False)
        show_decisions(list_decisions(settings))
    told = " ".join(shown.get().split())
    assert f"decision {made['id']}: kobe_shelter/{note.stem}" in told
    assert f"njia decide revoke {made['id']}" in told


def check(stage: str, name: str, **more: object) -> dict[str, object]:
    return {"stage": stage, "name": name, "severity": "warn", "outcome": "failed", "subject": "s", **more}


def failed(settings: Settings) -> list[tuple[str, str]]:
    return [(row["stage"], row["check_name"]) for row in review.read(settings, review.FAILED_CHECKS)]


def test_failed_checks_of_every_stage_stand_in_one_list(settings: Settings) -> None:
    of_extract = {"partner": "kobe_shelter", "extract_id": "0" * 16}
    verdict = SimpleNamespace(**of_extract, check_name="codes_are_mapped", passed=False)
    review.write_failed_checks(settings, "release_gate", [check("release_gate", "no_partner_is_overdue")])
    of_dbt = [check("warehouse", "rows_are_unique"), check("warehouse", "fine", outcome="passed")]
    review.write_failed_checks(settings, "warehouse", of_dbt)
    for _ in range(2):
        review.write_failed_extract_checks(settings, [verdict])
    gates = ("extract_gate", "codes_are_mapped"), ("release_gate", "no_partner_is_overdue")
    assert failed(settings) == [gates[0], ("warehouse", "rows_are_unique"), gates[1]]
    review.write_failed_checks(settings, "release_gate", [])
    review.write_failed_extract_checks(settings, [])
    assert failed(settings) == [("warehouse", "rows_are_unique")]


@pytest.mark.parametrize("number", [2, 5])
def test_status_names_the_checks_that_failed(
    settings: Settings, capsys: Any, monkeypatch: Any, number: int
) -> None:
    """Of many the first three and where the others are; a waived one is not named, one of two partners once."""
    of_check = {"stage": "warehouse", "outcome": "failed"}
    checks = [
        of_check | {"check_name": f"fixture_check_{one}_is_kept", "partner": who}
        for one in range(number)
        for who in ("kobe_shelter", "swala_desk")
    ]
    waived = of_check | {"check_name": "waived_check", "waived_by": "w1"}
    review.write_failed_checks(settings, "warehouse", [*checks, waived])
    monkeypatch.setattr(console.out, "width", 44)
    show_status(read_status(settings), with_all=False)
    shown = capsys.readouterr().out
    assert "waived_check" not in shown
    named = [line.strip() for line in shown.splitlines() if "fixture_check" in line]
    assert named == [f"fixture_check_{one}_is_kept" for one in range(min(number, 3))]
    command = "and 2 more: njia decide waiting --kind check"
    assert (command in " ".join(shown.split())) == (number > 3)


def test_summary_of_a_refresh_separates_warnings_from_failed_checks(settings: Settings, capsys: Any) -> None:
    checks = [
        check("release_gate", "fixture_warning", steward_action="Nothing has to be done."),
        check("release_gate", "fixture_check", severity="refuse"),
    ]
    review.write_failed_checks(settings, "release_gate", checks)
    summary = {
        "outcome": "refused", "release_id": None, "seconds": 1.0, "rows": {"landed": 3}, "extracts": [], "alerts": 0,
        "movements": 3, "checks": {"passed": 1234, "warned": 1, "failed": 1, "waived": 0},
    }  # fmt: skip
    show_summary(summary, is_rolled_back=False, failed=review.failed_checks(settings))
    shown = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if line]
    facts = {first: rest[0].strip() for first, *rest in shown if rest}
    assert facts["Checks"] == "1,234 passed, 1 warned, 1 failed"
    assert facts["Failed"] == "fixture_check"
    assert facts["Warnings"] == "fixture_warning: Nothing has to be done."

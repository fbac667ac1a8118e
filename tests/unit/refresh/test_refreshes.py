"""Every end of a refresh is written down, also the ends that nobody could write down."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from orchestration.core import Settings, is_alive, refreshes

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)
ENDS = [refreshes.PUBLISHED, refreshes.UNCHANGED, refreshes.REFUSED]
HELD = [{"partner": "kobe_shelter", "extract_id": "e1", "held_by": ["columns_are_readable"]}]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "keys")


def outcomes(settings: Settings) -> list[str]:
    return [one["outcome"] for one in refreshes.history(settings)]


def ended(settings: Settings, run: str, outcome: str, **found: Any) -> refreshes.End:
    return refreshes.end(settings, refreshes.begin(settings, run, NOW), outcome, **found)


def last_of(settings: Settings) -> refreshes.End:
    last = refreshes.last(settings)
    assert last is not None
    return last


def test_last_outcome_and_history_are_kept(settings: Settings) -> None:
    for run, outcome in (("r1", refreshes.PUBLISHED), ("r2", refreshes.REFUSED)):
        ended(settings, run, outcome, held=HELD)
    last = last_of(settings)
    assert (last.run_id, last.outcome, last.held) == ("r2", "refused", HELD)
    assert [(one["run_id"], one["held"]) for one in refreshes.history(settings)] == [("r1", 1), ("r2", 1)]


def test_refresh_that_failed_early_keeps_the_list_of_held_extracts(settings: Settings) -> None:
    ended(settings, "r1", refreshes.PUBLISHED, held=HELD)
    assert ended(settings, "r2", refreshes.CRASHED).held == HELD


def test_a_killed_refresh_is_found_by_the_next_one(settings: Settings) -> None:
    refreshes.begin(settings, "r1", NOW)
    begun = refreshes.begin(settings, "r2", NOW)
    assert [crash["run_id"] for crash in begun.crashes] == ["r1"]
    assert outcomes(settings) == ["crashed"]


def test_a_killed_refresh_is_found_by_who_looks_but_not_while_it_runs(settings: Settings) -> None:
    refreshes.begin(settings, "r1", NOW)
    with FileLock(settings.lock):
        assert refreshes.end_if_killed(settings) is None
    running, found = refreshes.under_way(settings), refreshes.end_if_killed(settings)
    assert running is not None and running.outcome == refreshes.UNDER_WAY
    assert found is not None and found.outcome == refreshes.CRASHED
    assert outcomes(settings) == ["crashed"]


def test_findings_of_the_last_refresh_stay_until_the_next_one_ends(settings: Settings) -> None:
    found = {"held": HELD, "movements": 12}
    ended(settings, "r1", refreshes.REFUSED, **found)
    begun = refreshes.begin(settings, "r2", NOW)
    last = last_of(settings)
    assert (last.run_id, last.outcome, last.movements) == ("r1", "refused", 12)
    refreshes.end(settings, begun, refreshes.PUBLISHED, held=[])
    assert (last_of(settings).run_id, last_of(settings).held) == ("r2", [])
    assert refreshes.under_way(settings) is None


def test_a_refresh_killed_in_its_last_word_ends_once(settings: Settings) -> None:
    begun = refreshes.begin(settings, "r1", NOW)
    noted = (settings.review / refreshes.BEGUN).read_bytes()
    refreshes.end(settings, begun, refreshes.PUBLISHED)
    (settings.review / refreshes.BEGUN).write_bytes(noted)
    refreshes.begin(settings, "r2", NOW)
    assert outcomes(settings) == ["published"]


def test_lists_are_as_of_the_last_refresh_that_found_all_there_was(settings: Settings) -> None:
    assert refreshes.lists_as_of(settings) is None
    whole = ended(settings, "r1", refreshes.REFUSED)
    ended(settings, "r2", refreshes.CRASHED)
    assert refreshes.lists_as_of(settings) == datetime.fromisoformat(str(whole.ended))


def test_only_the_last_ten_crashes_are_carried_on(settings: Settings) -> None:
    for number in range(12):
        ended(settings, f"r{number}", refreshes.CRASHED)
    carried = [crash["run_id"] for crash in last_of(settings).crashes]
    assert carried == [f"r{number}" for number in range(2, 12)]


def test_half_a_line_of_a_crash_loses_no_other_end(settings: Settings) -> None:
    ended(settings, "r1", refreshes.PUBLISHED)
    with (settings.review / "history" / refreshes.HISTORY).open("a") as file:
        file.write('{"run_id": "r2", "outc')
    ended(settings, "r3", refreshes.UNCHANGED)
    assert outcomes(settings) == ["published", "unchanged"]


def land(settings: Settings, extract_id: str) -> str:
    path = settings.landing / "kobe_shelter" / f"{extract_id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    return f"kobe_shelter/{extract_id}"


@pytest.mark.parametrize("outcome", ENDS)
def test_what_has_landed_is_considered_by_a_whole_refresh(settings: Settings, outcome: str) -> None:
    assert refreshes.considered(settings) == {}
    begun = refreshes.begin(settings, "r1", NOW, {"decisions": {"d1"}})
    landed = land(settings, "e1")
    refreshes.end(settings, begun, outcome)
    assert refreshes.considered(settings) == {"landings": {landed}, "decisions": {"d1"}}


@pytest.mark.parametrize("outcome", [refreshes.CRASHED, refreshes.STOPPED])
def test_what_landed_in_a_refresh_that_broke_off_is_not_considered(settings: Settings, outcome: str) -> None:
    ended(settings, "r1", refreshes.PUBLISHED)
    begun = refreshes.begin(settings, "r2", NOW)
    landed = land(settings, "e1")
    refreshes.end(settings, begun, outcome)
    assert refreshes.landings(settings) == {landed}
    assert refreshes.considered(settings) == {"landings": set()}


def test_crashes_in_a_row_end_with_a_refresh_that_did_all_there_was(settings: Settings) -> None:
    for number, outcome in enumerate([refreshes.CRASHED, refreshes.REFUSED, refreshes.CRASHED]):
        ended(settings, f"r{number}", outcome)
    refreshes.record_killed_before_start(settings, "r3")
    assert [one["run_id"] for one in refreshes.crashes_in_a_row(settings)] == ["r2", "r3"]
    assert [crash["run_id"] for crash in last_of(settings).crashes] == ["r0", "r2", "r3"]


def test_a_refresh_under_way_says_which_process_runs_it(settings: Settings) -> None:
    refreshes.begin(settings, "r1", NOW)
    begun = refreshes.under_way(settings)
    assert begun is not None and begun.process == os.getpid()
    assert is_alive(vars(begun))


def test_a_request_stands_until_a_refresh_begins(settings: Settings) -> None:
    refreshes.ask(settings, "A. Steward")
    request = refreshes.asked(settings)
    assert request and request["author"] == "A. Steward"
    refreshes.begin(settings, "r1", NOW)
    assert refreshes.asked(settings) is None

"""While a refresh runs: what is decided reaches none of its steps, and the lists stay those of the last one.

A crash leaves the lists as they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import load_keys, refreshes
from orchestration.operations import next_run, read_status
from orchestration.places import name_token
from orchestration.release import Release, diff, find_release
from orchestration.stewardship import record_decision, refresh_since, review
from orchestration.stewardship.decisions.recording import revoke
from orchestration.stewardship.worklists.listing import open_items
from tests import scenario
from tests.evidence_base import EvidenceBase, copy_of

CASES = "select count(*) from marts.fct_movements where record_grain = 'case'"
BY = ("A. Fixture", "the partner said so", scenario.AS_OF)


LISTS = (
    review.UNRESOLVED_PLACES, review.FAILED_CHECKS, review.QUARANTINED_ROWS, review.LINKS, review.FILES_NOT_TAKEN,
)  # fmt: skip


@dataclass
class Story:
    """`before`, `steps`, `after`: what the lists showed around the second refresh, and in each step of it.

    `waiting`: what waited for a refresh before the second and after it.
    """

    base: EvidenceBase
    left_out: dict[str, Any]
    alias: dict[str, Any]
    was_running: bool
    first: Release
    cases: list[int]
    before: dict[str, Any]
    steps: dict[str, dict[str, Any]]
    after: dict[str, Any]
    waiting: list[next_run.Waiting]


def seen(base: EvidenceBase) -> dict[str, Any]:
    status, last = read_status(base.settings), refreshes.last(base.settings)
    return {
        "items": [one.title for one in open_items(base.settings)],
        "lists": {name: review.read(base.settings, name) for name in LISTS},
        "held": status["held"],
        "partners": [(one["partner"], one["state"]) for one in status["partners"]],
        "running": status["refresh_running_since"],
        "last": last and (last.run_id, last.outcome, last.movements),
    }


def name_of(base: EvidenceBase) -> str:
    """The token of S6's place."""
    return name_token(load_keys(base.settings), "Qwertyville")


@pytest.fixture(scope="module")
def story(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Two refreshes. S1 is left out before the first; while it runs that is taken back, and S6 gets a place."""
    base = copy_of(published_world, tmp_path_factory.mktemp("meanwhile"))
    settings = base.settings
    swala = next((settings.landing / "swala_post").glob("*.json")).stem
    left_out = record_decision(settings, "row_exclude", *BY, record=f"{swala}:2")
    made: list[Any] = []

    def decide(step: str) -> None:
        if step == "warehouse" and not made:
            made.append(refresh_since(settings))
            made.append(record_decision(settings, "place_alias", *BY, text="Qwertyville", place_id="KE047"))
            revoke(settings, left_out["id"], *BY)

    ended = base.at(scenario.AS_OF.replace(hour=7)).refresh(decide)
    assert ended.error is None, ended.error
    first, cases = find_release(settings, "current"), [base.ask(CASES)[0][0]]

    waiting = [next_run.waiting(settings)]
    later = base.at(scenario.AS_OF.replace(hour=8))
    before, steps = seen(later), dict[str, dict[str, Any]]()

    def look(step: str) -> None:
        steps[step] = seen(later)

    ended = later.refresh(look)
    assert ended.error is None, ended.error
    cases.append(base.ask(CASES)[0][0])
    waiting.append(next_run.waiting(settings))
    was_running = made[0] is not None
    return Story(base, left_out, made[1], was_running, first, cases, before, steps, seen(later), waiting)


def test_decision_during_a_refresh_takes_part_in_the_next_one(story: Story) -> None:
    assert story.was_running
    assert story.cases == [11, 13]  # without S1; then with S1 and S6, which has a place now
    second = find_release(story.base.settings, "current")
    assert [release.manifest["decisions"] for release in (story.first, second)] == [
        [{"id": story.left_out["id"], "kind": "row_exclude"}],
        [{"id": story.alias["id"], "kind": "place_alias"}],
    ]


def test_decisions_during_a_refresh_start_another_one_and_no_third(story: Story) -> None:
    after_first, after_second = story.waiting
    assert after_first.decisions == sorted([story.left_out["id"], story.alias["id"]])
    assert after_first.key is not None
    assert (after_second.decisions, after_second.key) == ([], None)


def test_diff_names_added_and_revoked_decisions(story: Story) -> None:
    found = diff(story.base.settings, story.first.release_id, "current")
    came, left = found["decisions"]
    assert (came["came"], came["says"]) == (True, "“Qwertyville” means KE047")
    assert (left["came"], left["id"]) == (False, story.left_out["id"])
    assert found["inputs_changed"] == ["decisions"]
    named = [*found["places"]["rows"], *found["corridors"]["rows"]]
    assert named and all(one["now"] > one["before"] for one in named)


def test_no_manifest_holds_the_text_of_a_decision(story: Story) -> None:
    for path in story.base.settings.releases.glob("*/manifest.json"):
        assert "Qwertyville" not in path.read_text()


def test_lists_stay_until_the_refresh_ends(story: Story) -> None:
    assert {"locate", "warehouse", "publish"} <= story.steps.keys()
    for step, found in story.steps.items():
        told = {**found, "running": None}
        assert found["running"], step
        assert told == story.before, step


def test_decided_item_stays_off_the_list_during_a_refresh(story: Story) -> None:
    title = name_of(story.base)
    assert not [one for found in story.steps.values() for one in found["items"] if title in one]


def test_lists_are_new_after_the_refresh(story: Story) -> None:
    before, after = (found["lists"][review.UNRESOLVED_PLACES] for found in (story.before, story.after))
    assert [row for row in before if row["name"] == name_of(story.base)]
    assert not [row for row in after if row["name"] == name_of(story.base)]
    assert story.after["running"] is None and story.after["last"] != story.before["last"]


def test_crashed_refresh_leaves_the_lists_as_they_were(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = copy_of(story.base, tmp_path).at(scenario.AS_OF.replace(hour=8))
    assert seen(base) == story.after
    record_decision(base.settings, "place_alias", *BY, text="Nowhere at all", place_id="KE047")
    monkeypatch.setattr("orchestration.gates.put_in_force", lambda *given, **named: 1 / 0)
    assert base.at(scenario.AS_OF.replace(hour=9)).run_job().error is not None
    crashed = seen(base)
    assert crashed["last"][1] == "crashed"
    assert {**crashed, "last": None} == {**story.after, "last": None}

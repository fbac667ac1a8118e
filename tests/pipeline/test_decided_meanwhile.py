"""A decision made while a refresh runs reaches none of its steps; and what one decision did is told exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from orchestration.defs.refresh import run_refresh
from orchestration.errors import UsageError
from orchestration.release import Release, diff, find_release
from orchestration.stewardship import record_decision, refresh_since, revoke
from orchestration.stewardship.previews import try_revocations
from orchestration.without_decision import without_decision
from tests import scenario
from tests.conftest import EvidenceBase, copy_of

CASES = "select count(*) from marts.fct_movements where record_grain = 'case'"
BY = ("A. Fixture", "the partner said so", scenario.AS_OF)


@dataclass
class Story:
    base: EvidenceBase
    left_out: dict[str, Any]
    alias: dict[str, Any]
    was_running: bool
    first: Release
    cases: list[int]


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

    ended = run_refresh(base.at(scenario.AS_OF.replace(hour=7)).settings, decide)
    assert ended.error is None, ended.error
    first, cases = find_release(settings, "current"), [base.ask(CASES)[0][0]]
    ended = run_refresh(base.at(scenario.AS_OF.replace(hour=8)).settings)
    assert ended.error is None, ended.error
    return Story(base, left_out, made[1], made[0] is not None, first, [*cases, base.ask(CASES)[0][0]])


def test_a_decision_between_two_steps_takes_part_in_the_next_refresh_whole(story: Story) -> None:
    assert story.was_running
    assert story.cases == [11, 13]  # without S1; then with S1 and S6, which has a place now
    second = find_release(story.base.settings, "current")
    assert [release.manifest["decisions"] for release in (story.first, second)] == [
        [{"id": story.left_out["id"], "kind": "row_exclude"}],
        [{"id": story.alias["id"], "kind": "place_alias"}],
    ]


def test_a_diff_names_the_decisions_that_came_and_left_in_the_stewards_own_words(story: Story) -> None:
    found = diff(story.base.settings, story.first.release_id, "current")
    assert found.decisions_came and found.decisions_left
    assert found.decisions_came[0]["says"] == "“Qwertyville” means KE047"
    assert found.decisions_left[0]["id"] == story.left_out["id"] and found.decisions_left[0]["revoked_by"]
    assert found.inputs_changed == ["decisions"]


def test_the_words_of_a_decision_are_in_no_manifest(story: Story) -> None:
    for path in story.base.settings.releases.glob("*/manifest.json"):
        assert "Qwertyville" not in path.read_text()


def test_a_release_without_one_decision_is_built_beside_and_compared(story: Story) -> None:
    settings = story.base.settings
    before = sorted(path.name for path in settings.releases.iterdir())
    foreseen = try_revocations(settings, [story.alias["id"]], "A. Fixture", "no", scenario.AS_OF)
    assert foreseen.changes[0].what == "Movements in force: 1; mentions: 1"  # the same, within a second
    assert (foreseen.changes[0].before, foreseen.changes[0].after) == (
        "Nairobi (county, Kenya), to the county",
        "no place",
    )
    found = without_decision(settings, story.alias["id"])
    movements = next(table for table in found.diff.tables if table.table == "marts.fct_movements")
    assert (movements.added, movements.removed, movements.changed) == (1, 0, 0)  # S6
    assert found.also_differs == []
    assert [one["id"] for one in found.diff.decisions_came or []] == [story.alias["id"]]
    named = [one for one in found.diff.moved if one.table == "marts.mart_hotspots"]
    assert named and all((one.after or 0) - (one.before or 0) == 1 for one in named)
    assert sorted(path.name for path in settings.releases.iterdir()) == before
    assert not (settings.work / "without").exists()
    with pytest.raises(UsageError, match=f"not made with a decision.+{story.alias['id']}"):
        without_decision(settings, story.left_out["id"])

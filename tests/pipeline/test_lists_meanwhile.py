"""While a refresh runs, stewards work with the lists that the last one left; a crash leaves them as well."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from orchestration.defs.refresh import run_refresh
from orchestration.status import read_status
from orchestration.stewardship import record_decision, refreshes, review
from orchestration.stewardship.open_items import open_items
from tests import scenario
from tests.conftest import EvidenceBase, copy_of

BY = ("A. Fixture", "the partner said so", scenario.AS_OF)
LISTS = (
    review.UNRESOLVED_PLACES, review.FAILED_CHECKS, review.QUARANTINED_ROWS, review.LINKS, review.FILES_NOT_TAKEN,
)  # fmt: skip


@dataclass
class Story:
    """What the lists showed before, in each step, and after; the place was named before the refresh began."""

    before: dict[str, Any]
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    crashed: dict[str, Any] = field(default_factory=dict)


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


@pytest.fixture(scope="module")
def story(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> Story:
    base = copy_of(published_world, tmp_path_factory.mktemp("meanwhile")).at(scenario.AS_OF.replace(hour=7))
    record_decision(base.settings, "place_alias", *BY, text="Qwertyville", place_id="KE047")
    found = Story(seen(base))

    def look(step: str) -> None:
        if "publish" not in found.steps:  # its end is told there; what comes after it shows checks in the UI
            found.steps[step] = seen(base)

    ended = run_refresh(base.settings, look)
    assert ended.error is None, ended.error
    found.after = seen(base)
    record_decision(base.settings, "place_alias", *BY, text="Nowhere at all", place_id="KE047")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("orchestration.linkage.link_records", lambda *given: 1 / 0)
        ended = run_refresh(base.at(scenario.AS_OF.replace(hour=8)).settings)
    assert ended.error is not None
    found.crashed = seen(base)
    return found


def test_every_list_stands_as_the_last_refresh_left_it_until_the_new_one_ends(story: Story) -> None:
    assert {"places__matches", "warehouse", "publish"} <= story.steps.keys()
    for step, found in story.steps.items():
        told = {**found, "running": None}
        assert found["running"], step
        assert told == story.before, step


def test_what_was_decided_before_the_refresh_does_not_come_back_while_it_runs(story: Story) -> None:
    assert not [title for found in story.steps.values() for title in found["items"] if "Qwertyville" in title]


def test_when_it_has_ended_all_that_it_found_stands(story: Story) -> None:
    assert not [
        row for row in story.after["lists"][review.UNRESOLVED_PLACES] if row["place_text"] == "Qwertyville"
    ]
    assert story.before["lists"][review.UNRESOLVED_PLACES] != story.after["lists"][review.UNRESOLVED_PLACES]
    assert story.after["running"] is None and story.after["last"] != story.before["last"]


def test_a_refresh_that_crashed_leaves_the_lists_as_they_were(story: Story) -> None:
    assert story.crashed["last"][1] == "crashed"
    assert {**story.crashed, "last": None} == {**story.after, "last": None}

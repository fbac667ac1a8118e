"""Who takes care of what waits: a decision like any other, which lapses with its item and shapes no release."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.cli import console
from orchestration.cli.status import show_status
from orchestration.core import Settings, UsageError, shown_record
from orchestration.operations import read_status
from orchestration.stewardship import active_decisions, audit, erase_decisions, items, list_decisions, review
from orchestration.stewardship.decisions.active import without_effect
from orchestration.stewardship.decisions.recording import record_decision, revoke
from orchestration.stewardship.worklists.listing import OpenItem, as_dict, open_items
from tests.fixtures import steward_world as world
from tests.fixtures.steward_world import HELD, NOW, PARTNER

ITEM = items.held_extract(PARTNER, HELD)
DUE = date(2026, 3, 15)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = world.make_home(tmp_path)
    world.refreshed(settings, held=world.held())
    return settings


def take(settings: Settings, **more: Any) -> dict[str, Any]:
    given = {"item": str(ITEM), "owner": "B. Fixture", "due": DUE} | more
    return record_decision(settings, "assignment", "A. Fixture", "knows the partner", NOW, **given)


def taken(settings: Settings) -> OpenItem:
    (found,) = (one for one in open_items(settings) if one.item == ITEM)
    return found


def test_item_shows_owner_and_due_day_which_shape_no_release(settings: Settings) -> None:
    assert (taken(settings).owner, taken(settings).due) == (None, None)
    before = active_decisions(settings, NOW).content_hash()
    made = take(settings)
    assert (taken(settings).owner, taken(settings).due) == ("B. Fixture", DUE)
    said = list_decisions(settings)[0]["says"]
    assert [word for word in ("B. Fixture", str(ITEM), "2026-03-15") if word not in said] == []
    assert [line["what"] for line in audit.read(settings).lines] == [made["id"]]
    after = active_decisions(settings, NOW)
    assert len(after.assignments) == 1 and after.shaping == [] and after.content_hash() == before


def test_latest_assignment_holds(settings: Settings) -> None:
    take(settings)
    later = take(settings, owner="C. Fixture", due=None)
    assert (taken(settings).owner, taken(settings).due) == ("C. Fixture", None)
    revoke(settings, later["id"], "A. Fixture", "is on leave", NOW)
    assert taken(settings).owner == "B. Fixture"


def test_assignment_lapses_with_its_item(settings: Settings) -> None:
    take(settings)
    world.refreshed(settings)
    decisions = active_decisions(settings, NOW)
    assert ITEM not in {one.item for one in open_items(settings)}
    assert without_effect(settings, decisions) == []
    assert [one["without_effect"] for one in list_decisions(settings)] == [None]
    again = (NOW + timedelta(days=5)).isoformat()
    world.refreshed(settings, held=world.held(), as_of=again)
    assert taken(settings).owner is None, "what comes back later is nobody's"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"item": "extract:swala_post:0000000000000000"}, "No open item .*extract:swala_post:0{16}"),
        ({"item": "nonsense"}, "item: "), ({"due": date(2026, 2, 27)}, "due must be"),
        ({"owner": "b.fixture@example.org"}, "owner: .*e-mail"), ({"owner": " "}, "owner: "),
    ],
)  # fmt: skip
def test_invalid_assignment_is_refused(settings: Settings, given: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        take(settings, **given)
    made = take(settings)
    with pytest.raises(UsageError, match=made["id"]):
        take(settings)


def test_assignment_of_a_pair_is_erased_with_its_record(settings: Settings) -> None:
    a, b = shown_record(1), shown_record(2)
    world.put(settings, review.LINKS, {"record_a": a, "record_b": b, "partner_a": PARTNER, "partner_b": PARTNER,
              "reason": "unsure", "probability": "0.8"})  # fmt: skip
    world.refreshed(settings, held=world.held())
    made = take(settings, item=str(items.doubtful_link(a, b)))
    kept = take(settings)
    assert erase_decisions(settings, {b}) == [made["id"]]
    assert [one["id"] for one in list_decisions(settings)] == [kept["id"]]


def test_status_names_how_many_wait_and_the_most_valuable_first(settings: Settings) -> None:
    world.set_aside(settings, *((number, f"rule_{number}") for number in range(1, 7)))
    world.refreshed(settings, held=world.held())
    take(settings)
    status = read_status(settings)
    found = status["open_items"]
    assert (found["number"], len(found["most_valuable"])) == (7, 5)
    first = {"item": str(ITEM), "owner": "B. Fixture", "due": "2026-03-15", "movements": 3}
    assert found["most_valuable"][0] | first == found["most_valuable"][0]
    with console.out.capture() as shown:
        show_status(status, with_all=False)
        console.show_items([as_dict(one) for one in open_items(settings)], with_names=True)
    told = " ".join(shown.get().split())
    assert "7 open item(s)" in told and "3 movements, 2 published cells; B. Fixture" in told
    assert told.count(str(ITEM)) == 1, "the whole list gives the names that `take` wants"
    assert "Places at the desk" not in told


def test_status_says_where_the_token_of_a_place_is_shown_as_its_name(settings: Settings) -> None:
    world.put(settings, review.UNRESOLVED_PLACES, world.open_name(world.OPEN_NAME, "Maraba stage"))
    world.refreshed(settings)
    with console.out.capture() as shown:
        show_status(read_status(settings), with_all=False)
    told = " ".join(shown.get().split())
    assert world.name_of("Maraba stage") in told and told.count("Places at the desk") == 1

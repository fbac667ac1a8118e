"""Taking an item with one click, giving it back, and comments on it, as the desk's pages do them."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import Settings, UsageError, shown_record
from orchestration.stewardship import active_decisions, erase_decisions, items, list_decisions, review
from orchestration.stewardship.decisions.recording import record_decision, revoke
from orchestration.stewardship.worklists.listing import open_items
from tests.fixtures import steward_world as world
from tests.fixtures.desk_world import (
    OBSERVER,
    SECOND,
    STEWARD,
    Visitor,
    hidden_fields,
    make_accounts,
    shown,
    visitor,
)
from tests.fixtures.steward_world import NOW, PARTNER

ITEM = items.quarantined_rows(PARTNER, "date_invalid")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = world.make_home(tmp_path)
    world.set_aside(settings, (1, "date_invalid"), (2, "date_invalid"))
    world.refreshed(settings)
    make_accounts(settings)
    return settings


def send(guest: Visitor, button: str, **fields: str) -> Any:
    """Send the form of the item's page that has this button; return the page that it leads to."""
    forms = re.findall(r"<form[^>]*>.*?</form>", guest.get(ITEM.path).text, re.DOTALL)
    [form] = [form for form in forms if f">{button}</button>" in form]
    assert 'action="/decide"' in form
    data: dict[str, list[str]] = {name: [value] for name, value in fields.items()}
    for name, value in hidden_fields(form):
        data.setdefault(name, []).append(value)
    answer = guest.browser.post("/decide", data=data)
    if answer.status_code != 303:
        return answer
    assert answer.headers["location"] == ITEM.path
    return guest.get(ITEM.path)


def owner(settings: Settings) -> str | None:
    return next(one.owner for one in open_items(settings) if one.item == ITEM)


def test_one_click_takes_an_item_or_takes_it_over_and_gives_it_back(settings: Settings) -> None:
    steward = visitor(settings)
    assert f"Who takes care of it {STEWARD}" in shown(send(steward, "I take this").text)
    assert owner(settings) == STEWARD
    assert STEWARD in shown(steward.get("/waiting").text)
    assert "I take this" not in steward.get(ITEM.path).text
    assert "I take this" in shown(send(steward, "Give it back").text)
    assert owner(settings) is None
    send(steward, "I take this")
    second = visitor(settings, SECOND)
    assert "Give it back" not in second.get(ITEM.path).text
    send(second, "I take this")
    assert owner(settings) == SECOND
    send(second, "Give it back")
    assert owner(settings) is None


def test_comments_stand_below_the_item_in_order_and_shape_no_release(settings: Settings) -> None:
    before = active_decisions(settings, NOW).content_hash()
    send(visitor(settings), "Add it", reason="The partner looks for the register.")
    page = shown(send(visitor(settings, SECOND), "Add it", reason="It calls back on Monday.").text)
    first, second = (page.index(text) for text in ("looks for the register", "calls back on Monday"))
    assert 0 < first < second
    assert page.index(STEWARD, first) < second < page.index(SECOND, second)
    assert active_decisions(settings, NOW).content_hash() == before
    assert len(active_decisions(settings, NOW).by_kind["comment"]) == 2


def test_comment_with_contact_data_or_without_text_is_refused_and_not_repeated(settings: Settings) -> None:
    steward = visitor(settings)
    for text in ("call fixture@example.org", "0712345678", ""):
        answer = send(steward, "Add it", reason=text)
        assert answer.status_code == 400
        assert not text or text not in answer.text
    assert list_decisions(settings) == []


def test_form_sent_twice_comments_once(settings: Settings) -> None:
    steward = visitor(settings)
    sent = {"csrf": steward.csrf(), "back": ITEM.path, "at_once": "1", "reason": "seen"} | {
        "kind": "comment", "item": str(ITEM), "form": "a-form-of-this-page"}  # fmt: skip
    answers = [steward.browser.post("/decide", data=sent) for _ in range(2)]
    assert [answer.headers["location"] for answer in answers] == [ITEM.path] * 2
    assert len(list_decisions(settings)) == 1


def test_what_shapes_a_release_is_refused_without_a_preview(settings: Settings) -> None:
    steward = visitor(settings)
    sent = {"csrf": steward.csrf(), "back": ITEM.path, "at_once": "1", "reason": "seen"}
    asked = {"kind": "place_alias", "text": "Fixtureville", "place_id": "KE040"}
    answer = steward.browser.post("/decide", data={**sent, **asked, "form": "a-form-of-this-page"})
    assert answer.status_code == 400 and list_decisions(settings) == []
    alias = {"text": "Fixtureville", "place_id": "KE040"}
    made = record_decision(settings, "place_alias", STEWARD, "seen", NOW, **alias)
    asked = {"kind": "revoke", "id": made["id"]}
    answer = steward.browser.post("/decide", data={**sent, **asked, "form": "another-form-of-this-page"})
    assert answer.status_code == 400
    assert [one["revoked_by"] for one in list_decisions(settings)] == [None]


def test_only_its_author_takes_a_comment_back(settings: Settings) -> None:
    steward, second = visitor(settings), visitor(settings, SECOND)
    send(steward, "Add it", reason="wrong item")
    assert ">Take it back</button>" not in second.get(ITEM.path).text
    [made] = list_decisions(settings)
    with pytest.raises(UsageError, match=rf"Only {STEWARD} .*{made['id']}"):
        revoke(settings, made["id"], SECOND, "not true", NOW)
    assert "wrong item" not in send(steward, "Take it back").text
    assert "wrong item" in steward.get("/decisions").text, "history keeps it"


def test_who_may_not_decide_reads_comments_and_sends_none(settings: Settings) -> None:
    send(visitor(settings), "Add it", reason="The partner looks for the register.")
    guest = visitor(settings, OBSERVER)
    page = guest.get(ITEM.path).text
    assert "looks for the register" in page
    assert 'action="/decide"' not in page
    sent = {"csrf": guest.csrf(), "kind": "comment", "item": str(ITEM), "form": "x" * 20, "reason": "seen"}
    assert guest.browser.post("/decide", data=sent).status_code == 403


def test_comments_end_with_their_item(settings: Settings) -> None:
    steward = visitor(settings)
    send(steward, "Add it", reason="The partner looks for the register.")
    world.set_aside(settings)
    world.refreshed(settings)
    with pytest.raises(UsageError, match="No open item"):
        record_decision(settings, "comment", STEWARD, "too late", NOW, item=str(ITEM))
    world.set_aside(settings, (1, "date_invalid"))
    world.refreshed(settings, as_of=(NOW + timedelta(days=5)).isoformat())
    assert "looks for the register" not in steward.get(ITEM.path).text, "what comes back was opened anew"
    assert "looks for the register" in steward.get("/decisions").text


def test_comment_on_a_pair_is_erased_with_its_record(settings: Settings) -> None:
    a, b = shown_record(1), shown_record(2)
    world.put(settings, review.LINKS, {"record_a": a, "record_b": b, "partner_a": PARTNER, "partner_b": PARTNER,
              "reason": "unsure", "probability": "0.8"})  # fmt: skip
    world.refreshed(settings)
    of_pair = str(items.doubtful_link(a, b))
    made = record_decision(settings, "comment", STEWARD, "two sisters", NOW, item=of_pair)
    kept = record_decision(settings, "comment", STEWARD, "seen", NOW, item=str(ITEM))
    assert erase_decisions(settings, {b}) == [made["id"]]
    assert [one["id"] for one in list_decisions(settings)] == [kept["id"]]

"""Headings of the desk have names instead of ids; written places are for stewards, and logged."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from orchestration.core import Settings, read_json, refreshes
from orchestration.core.durable import write_text
from orchestration.stewardship import audit, items, messages, review
from orchestration.stewardship.worklists.listing import open_items
from tests.fixtures import steward_world as world
from tests.fixtures.desk_world import OBSERVER, OPERATOR, STEWARD, make_accounts, shown, visitor
from tests.fixtures.steward_world import HELD, PARTNER

TOKEN = world.name_of("Kwa Fixture stage")
ITEM = items.place_name(TOKEN, "KEN")
FILE, DAY, NAME = f"{PARTNER} 2026-05-03 3fa9c1d2…", "2026-05-03", "Swala Post"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A held extract, an open name, and a pair of records."""
    settings = world.make_home(tmp_path)
    make_accounts(settings)
    for path in settings.landing.glob("*/*.json"):
        note = read_json(path)
        note |= {"file": FILE, "received_on": DAY, "rows_landed": 3, "rows_read": 3}
        note["contract_content"] |= {"contract": world.CONTRACT, "partner": {"code": PARTNER, "name": NAME}}
        path.write_text(json.dumps(note))
    row = world.open_name(world.OPEN_NAME, "Kwa Fixture stage", "KEN")
    world.put_names(settings, {world.OPEN_NAME: ["Kwa Fixture stage"]}, row)
    world.failed(settings, world.HOLDING)
    world.set_aside(settings, (1, "date_invalid"))
    world.refreshed(settings, held=world.held())
    return settings


def viewed(settings: Settings) -> list[tuple[str, object]]:
    lines = audit.read(settings).lines
    return [(line["who"], line["details"]["names"]) for line in lines if line["what"] == "place names"]


@pytest.mark.parametrize("path", ["/", "/work", ITEM.path])
def test_steward_reads_the_written_name_and_the_view_is_logged_once(settings: Settings, path: str) -> None:
    page = shown(visitor(settings).get(path).text)
    assert "“Kwa Fixture stage”" in page and TOKEN not in page
    assert viewed(settings) == [(STEWARD, [TOKEN])]
    assert "Kwa Fixture" not in json.dumps(audit.read(settings).lines)


def test_others_read_the_token(settings: Settings) -> None:
    observer = visitor(settings, OBSERVER)
    for path in ("/", "/work", "/work?kind=place", ITEM.path):
        page = observer.get(path).text
        assert "Kwa Fixture" not in page and TOKEN in page, path
    assert viewed(settings) == []


def test_stewards_alone_find_an_item_by_the_written_name(settings: Settings) -> None:
    steward = visitor(settings)
    for path in ("/partners", "/releases", "/work?kind=check"):
        steward.get(path)
    assert viewed(settings) == [], "no name is written there"
    for name, found in ((STEWARD, 1), (OBSERVER, 0)):
        guest = visitor(settings, name)
        sent = {"csrf": guest.csrf(), "to": "/work", "list": "search", "search": "kwa fixture"}
        answer = guest.browser.post("/search", data=sent)
        assert f"{found} of 3 match" in shown(guest.get(answer.headers["location"]).text)


def test_lists_and_commands_keep_the_token(settings: Settings) -> None:
    for name in (review.OPEN_ITEMS, review.OPEN_ITEMS_SAID, review.UNRESOLVED_PLACES):
        text = (settings.review / name).read_text()
        assert "Kwa Fixture" not in text and (TOKEN in text or str(ITEM) in text)
    (title,) = (one.title for one in open_items(settings) if one.item == ITEM)
    assert TOKEN in title
    (settings.review / review.TEXTS_OF_PLACES).unlink()
    assert title in shown(visitor(settings).get("/").text), "a name that was not kept"
    assert viewed(settings) == []


def test_headings_name_partners_files_and_checks(settings: Settings) -> None:
    steward = visitor(settings)
    front = shown(steward.get("/").text)
    assert f"Extract {FILE} of {NAME} is held" in front
    assert f"Far fewer or far more rows than last time: {FILE}, {NAME}" in shown(steward.get("/work").text)
    assert f"Records of {NAME} are set aside: No such day" in front and PARTNER not in front.replace(FILE, "")
    page = shown(steward.get(items.held_extract(PARTNER, HELD).path).text)
    assert page.startswith(f"{FILE}, {NAME} · Njia")
    rows = steward.get(items.quarantined_rows(PARTNER, "date_invalid").path).text
    assert f"{NAME}: No such day" in shown(rows)
    assert NAME in shown(steward.get(f"/partners/{PARTNER}").text)


def test_id_without_a_name_is_the_heading(settings: Settings) -> None:
    for path in settings.landing.glob("*/*.json"):
        content = read_json(path)
        del content["contract_content"]["partner"]
        path.write_text(json.dumps(content))
    assert f"Records of {PARTNER} are set aside: No such day" in shown(visitor(settings).get("/").text)


def test_receipts_of_a_partner_are_for_stewards(settings: Settings) -> None:
    run = "20260301T060000Z-0123abcd"
    write_text(settings.receipts / PARTNER / run / "receipt.html", "<p>Row 12 was set aside")
    address = f"/receipts/{PARTNER}/{run}/receipt.html"
    steward, observer = visitor(settings), visitor(settings, OBSERVER)
    page = steward.get(f"/partners/{PARTNER}").text
    assert address in page and "1 Mar 2026, 09:00 EAT" in shown(page)
    assert "Row 12" in steward.get(address).text
    assert [one["what"] for one in audit.read(settings).lines if one["what"].startswith("receipts/")] == [
        f"receipts/{PARTNER}/{run}/receipt.html"
    ]
    page = observer.get(f"/partners/{PARTNER}")
    assert page.status_code == 200 and "/receipts/" not in page.text and "Receipts" not in shown(page.text)
    assert observer.get(address).status_code == visitor(settings, OPERATOR).get(address).status_code == 403
    assert steward.get(f"/receipts/{PARTNER}/%2e%2e%2f%2e%2e%2fnjia.db").status_code == 404


def test_page_of_a_partner_names_decisions_and_messages_about_it(settings: Settings) -> None:
    begun = refreshes.begin(settings, "run", world.NOW)
    refreshes.end(settings, begun, refreshes.PUBLISHED, held=world.held())
    messages.send_due(settings)
    steward = visitor(settings)
    assert re.search(r"Partners \d", shown(steward.get("/").text)), "a partner waits"
    assert steward.decide("extract_withdraw", extract=f"{PARTNER}/{HELD}").status_code == 200
    page = shown(steward.get(f"/partners/{PARTNER}").text)
    decisions, told = page.partition("Agreement")[2].split("Messages")
    assert "is withdrawn" in decisions and "This extract is held" in told
    assert re.search(r"Partners \d", shown(steward.get("/").text)) is None, "nothing of a partner waits now"

"""A form that is refused comes back with what was typed, and the fault beside its field."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.core import Settings
from orchestration.stewardship.decisions.recording import record_decisions
from orchestration.stewardship.desk.app import make_app
from tests.fixtures import steward_world as world
from tests.fixtures.desk_world import ELSEWHERE, STEWARD, Visitor, make_accounts, shown
from tests.fixtures.steward_world import HELD, NOW, PARTNER

CHECK = str(world.HOLDING["check_name"])
OF_CHECK, OF_EXTRACT = f"/items/check/{PARTNER}/{HELD}/{CHECK}", f"/items/extract/{PARTNER}/{HELD}"
WAIVER = {"back": OF_CHECK, "check": CHECK, "scope": f"{PARTNER}/{HELD}"}
ACCEPT = {"back": OF_EXTRACT, "extract": f"{PARTNER}/{HELD}"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = world.make_home(tmp_path)
    make_accounts(settings)
    world.failed(settings, world.HOLDING)
    world.hold(settings)
    world.refreshed(settings, held=[{"partner": PARTNER, "extract_id": HELD, "held_by": [CHECK]}])
    return settings


@pytest.fixture
def steward(settings: Settings) -> Visitor:
    visitor = Visitor(make_app(settings, 3030, ELSEWHERE))
    visitor.login()
    return visitor


def test_what_was_typed_stays_and_the_fault_stands_before_its_field(steward: Visitor) -> None:
    again = steward.preview("check_waiver", reason='they "agreed" <b>', expires="soon", **WAIVER)
    assert again.status_code == 400
    assert "they &#34;agreed&#34; &lt;b&gt;</textarea>" in again.text
    [field] = re.findall(
        r'role="alert">([^<]*)</p>\s*<input type="date"[^>]* name="expires"([^>]*)>', again.text
    )
    assert field[0] == "&#39;soon&#39; is not a date such as 2027-01-31."
    assert 'value="soon"' in field[1] and 'aria-invalid="true"' in field[1]


def test_a_choice_stays_and_a_reason_with_a_phone_number_is_marked(steward: Visitor) -> None:
    again = steward.preview("extract_accept", reason="call 0712 345 678", **ACCEPT)
    assert again.status_code == 400
    assert re.findall(r'name="kind" value="(\w+)" required checked', again.text) == ["extract_accept"]
    assert 'name="reason"' in again.text.partition('role="alert"')[2].partition("</textarea>")[0]
    assert "call 0712 345 678</textarea>" in again.text
    assert ">It holds a phone number and may be published, so write it without.</p>" in again.text


def test_who_is_second_finds_the_first_decision(settings: Settings, steward: Visitor) -> None:
    previewed = steward.preview("extract_accept", **ACCEPT)
    fields = {"partner": PARTNER, "extract_id": HELD}
    [first] = record_decisions(settings, "B. Steward", "agreed", NOW, [("extract_accept", fields)])
    again = steward.confirm(previewed)
    assert again.status_code == 400
    assert "B. Steward decided that on 2026-03-01 at 09:00 EAT" in shown(again.text)
    assert f'<a href="/items/decision/{first["id"]}">take it back here</a>' in again.text
    assert "njia decide" not in again.text
    page = steward.get(OF_EXTRACT).text
    assert (
        f'href="/items/decision/{first["id"]}"' in page
        and STEWARD not in shown(page).partition("Decided by")[2][:20]
    )


def test_a_fault_without_a_form_to_return_to_is_a_page_of_its_own(steward: Visitor) -> None:
    answer = steward.preview("extract_accept", reason="", **ACCEPT | {"back": "/nowhere"})
    assert answer.status_code == 400 and "The reason is empty" in shown(answer.text)

"""What pages say of an item that was decided since, of numbers, of times and of places; and in Swahili."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from expectations.checks import CHECKS
from orchestration.core import Settings
from orchestration.linkage.tables import QUESTION_COLUMNS
from orchestration.stewardship import active_decisions, items, review
from orchestration.stewardship.decisions.recording import record_decisions
from orchestration.stewardship.desk.app import make_app
from orchestration.stewardship.desk.views import links
from orchestration.stewardship.worklists.record_fields import Field
from tests.fixtures import steward_world as world
from tests.fixtures.desk_world import ELSEWHERE, Visitor, make_accounts, shown, visitor
from tests.fixtures.steward_world import HELD, NOW, PARTNER

CHECK = world.HOLDING["check_name"]
WHY, ACTION = CHECKS[CHECK].why, CHECKS[CHECK].steward_action
NEXT = "It takes part in the next refresh."


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = world.make_home(tmp_path)
    make_accounts(settings)
    said = {"observed": "0.2699530516431925", "why": WHY, "steward_action": ACTION}
    world.failed(settings, world.HOLDING | said)
    world.set_aside(settings, (1, "date_invalid"))
    world.hold(settings)
    world.refreshed(settings, held=[{"partner": PARTNER, "extract_id": HELD, "held_by": [CHECK]}])
    return settings


@pytest.fixture
def steward(settings: Settings) -> Visitor:
    visitor = Visitor(make_app(settings, 3030, ELSEWHERE))
    visitor.login()
    return visitor


def test_answered_check_is_not_shown_as_holding(settings: Settings, steward: Visitor) -> None:
    paths = (f"/items/check/{PARTNER}/{HELD}/{CHECK}", f"/items/extract/{PARTNER}/{HELD}")
    before = [shown(steward.get(path).text) for path in paths]
    assert "Holds the extract" in before[0] and "This extract is held" in before[1]
    accept = {"partner": PARTNER, "extract_id": HELD}
    record_decisions(settings, "A. Steward", "agreed", NOW, [("extract_accept", accept)])
    after = [shown(steward.get(path).text) for path in paths]
    assert "Holds the extract" not in after[0] and "decided since" in after[0]
    assert "This extract is held" not in after[1] and "decided since" in after[1]


def test_share_is_shown_with_four_digits_and_a_time_with_its_zone(
    settings: Settings, steward: Visitor
) -> None:
    of_check = f"/items/check/{PARTNER}/{HELD}/{CHECK}"
    for path in (of_check, "/work", "/"):
        assert "0.2699530516431925" not in steward.get(path).text
    assert "0.27" in steward.get(of_check).text
    record_decisions(settings, "A. Steward", "no", NOW, [("row_exclude", {"record": world.shown_record(1)})])
    assert "1\u00a0Mar\u00a02026, 09:00\u00a0EAT" in steward.get("/decisions").text


def test_refused_preview_promises_no_refresh(steward: Visitor) -> None:
    expires = str(date(2026, 3, 20))
    assert NEXT in shown(steward.preview("check_waiver", check=CHECK, scope=HELD, expires=expires).text)
    bound = {"check": "reconciliation_is_exact", "scope": "release"}
    refused = steward.preview("check_waiver", **bound, expires=expires)
    assert refused.status_code == 400 and NEXT not in shown(refused.text)


def test_places_of_a_pair_are_compared_by_role() -> None:
    def side(*places: tuple[str, str]) -> dict[str, Any]:
        return {"fields": [Field(name, said) for name, said in places]}

    three = ("place(transit) 1", "Nakuru"), ("place(origin) 4", "Busia"), ("place(transit) 5", "Nairobi")
    sides = [side(("place(origin) 3", "Busia")), side(*three)]
    compared = {"place: origin": ["Busia", "Busia"], "place: transit": [None, "Nakuru → Nairobi"]}
    assert dict(links._side_by_side(sides)) == compared


def test_list_of_pairs_reads_no_record(settings: Settings, steward: Visitor, monkeypatch: Any) -> None:
    pair = dict.fromkeys(QUESTION_COLUMNS, "same") | {
        "record_a": world.shown_record(1), "record_b": world.shown_record(2), "row_a": "2", "row_b": "3",
        "birth_years": "0 apart", "days": "3 apart", "reason": "unsure",
        "probability": "0.8", "probability_low": "0.7", "probability_high": "0.9",
    }  # fmt: skip
    review.write(settings, review.LINKS, [pair], QUESTION_COLUMNS)
    monkeypatch.setattr(links, "fields_of", lambda *asked: pytest.fail("a record was read"))
    assert world.shown_record(1) in steward.get("/work?kind=link").text


@pytest.fixture
def swahili_steward(steward: Visitor) -> Visitor:
    steward.browser.post("/language", data={"language": "sw", "to": "/"})
    return steward


def test_a_page_says_its_item_in_swahili(swahili_steward: Visitor) -> None:
    of_rule, of_check = f"/items/rows/{PARTNER}/date_invalid", f"/items/check/{PARTNER}/{HELD}/{CHECK}"
    for path, swahili, english in (
        ("/", "zimetengwa: Hakuna siku", "are set aside"), ("/", "Unaweza kuyamaliza", "You can settle"),
        ("/work", f"Dondoo {HELD} la {PARTNER}", "is held"), ("/work?kind=rows", "Hakuna siku", "No such day"),
        (of_rule, "Tarehe inataja", "The date names"), (of_rule, "haiko katika kipindi", "in no period"),
        (of_check, "karatasi iliyopotea", WHY),
    ):  # fmt: skip
        page = unescape(swahili_steward.get(path).text)
        assert swahili in page and english not in page, path


def test_a_preview_says_what_would_change_in_swahili(swahili_steward: Visitor) -> None:
    page = unescape(swahili_steward.preview("row_release", record=world.shown_record(1)).text)
    for swahili, english in (
        ("Kisichojulikana kwa", "Unknown for the records"), ("ingawa inavunja", "enters although"),
    ):  # fmt: skip
        assert swahili in page and english not in page


def test_refused_decision_is_explained_in_swahili(swahili_steward: Visitor) -> None:
    refused = swahili_steward.preview("row_release", record=world.shown_record(2))
    page = unescape(refused.text)
    assert refused.status_code == 400
    assert "Hakuna rekodi" in page and "iliyotengwa." in page and "is set aside" not in page


@pytest.fixture
def names(settings: Settings) -> Settings:
    """One open name, which two partners write in two roles."""
    named_by = f"{PARTNER}/origin/3;kobe_post/destination/2;kobe_post//1"
    row = world.open_name(world.OPEN_NAME, "Qwertyville", named_by=named_by)
    world.put_names(settings, {world.OPEN_NAME: ["Qwertyville"]}, row)
    (settings.landing / "kobe_post").mkdir()
    (settings.landing / "kobe_post" / "00112233aabbccdd.json").write_text("{}")
    world.refreshed(settings, held=[{"partner": PARTNER, "extract_id": HELD, "held_by": [CHECK]}])
    return settings


def test_name_may_get_a_place_at_one_partner_in_one_role(names: Settings) -> None:
    steward, item = visitor(names), items.place_name(world.name_of("Qwertyville"), None)
    page = steward.get(item.path).text
    assert f"Who names it {PARTNER} 3 kobe_post 3" in shown(page)
    for name in ("partner", "role"):
        assert f'name="{name}" value="" checked' in page
    assert re.findall(r'name="partner" value="(\w+)"', page) == [PARTNER, "kobe_post"]
    assert re.findall(r'name="role" value="(\w+)"', page) == ["origin", "destination"]
    given = {"text": world.name_of("Qwertyville"), "place_id": "KE040"}
    previewed = steward.preview("place_alias", **given, partner="kobe_post", role="destination")
    said = shown(previewed.text)
    assert [one for one in ("KE040", "as destination", "at kobe_post", "Busia") if one not in said] == []
    assert steward.confirm(previewed).status_code == 200
    (alias,) = active_decisions(names, NOW)["place_alias"]
    assert (alias["text"], alias["partner"], alias["role"]) == ("Qwertyville", "kobe_post", "destination")
    assert "Qwertyville" in steward.get("/work?kind=place").text, "it stays with the rest"
    steward.decide("place_alias", **given, partner="", role="")
    assert "Qwertyville" not in steward.get("/work?kind=place").text


def test_caption_of_the_map_names_candidates_without_a_point(names: Settings) -> None:
    row = world.open_name(world.OPEN_NAME, "Qwertyville", candidates="KE040;BRA")
    world.put_names(names, {world.OPEN_NAME: ["Qwertyville"]}, row)
    page = visitor(names).get(items.place_name(world.name_of("Qwertyville"), None).path).text
    caption = shown(page.partition("<figcaption>")[2].partition("</figcaption>")[0])
    assert "position unknown): 2 Brazil." in caption and "Busia" not in caption

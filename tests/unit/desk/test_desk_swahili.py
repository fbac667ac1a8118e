"""A desk in Swahili says all of an item in Swahili: what it is, why it is asked, what to do, what would change."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import pytest

from expectations.checks import CHECKS
from orchestration.stewardship.desk.app import make_app
from tests.fixtures import steward_world as world
from tests.fixtures.desk_world import ELSEWHERE, Visitor, make_accounts
from tests.fixtures.steward_world import HELD, PARTNER

CHECK = CHECKS["row_volume_is_plausible"]


@pytest.fixture
def steward(tmp_path: Path) -> Visitor:
    settings = world.make_home(tmp_path)
    make_accounts(settings)
    world.failed(settings, world.HOLDING | {"why": CHECK.why, "steward_action": CHECK.steward_action})
    world.set_aside(settings, (1, "date_invalid"))
    held = {"partner": PARTNER, "extract_id": HELD, "held_by": [CHECK.name]}
    world.refreshed(settings, held=[held])
    visitor = Visitor(make_app(settings, 3030, ELSEWHERE))
    visitor.login()
    visitor.browser.post("/language", data={"language": "sw", "to": "/"})
    return visitor


@pytest.mark.parametrize(
    ("path", "swahili", "english"),
    [
        ("/", f"Rekodi za {PARTNER} zimetengwa: Hakuna siku kama hiyo", "are set aside"),
        ("/", "Mwombe mshirika arekebishe kisanduku na kutuma dondoo tena.", "Ask the partner"),
        ("/waiting", f"Dondoo {HELD} la {PARTNER} limezuiwa", "is held"),
        ("/rows", "Hakuna siku kama hiyo", "No such day"),
        (
            f"/items/rows/{PARTNER}/date_invalid",
            "Tarehe inataja mwezi au siku isiyokuwepo.",
            "The date names",
        ),
        (f"/items/rows/{PARTNER}/date_invalid", "Tarehe: rekodi haiko katika kipindi", "in no period"),
        (f"/items/check/{PARTNER}/{HELD}/{CHECK.name}", "karatasi iliyopotea ingeondoa rekodi", CHECK.why),
    ],
)
def test_a_page_says_its_item_in_swahili(steward: Visitor, path: str, swahili: str, english: str) -> None:
    page = unescape(steward.get(path).text)
    assert swahili in page
    assert english not in page


def test_a_preview_says_what_would_change_in_swahili(steward: Visitor) -> None:
    asked = steward.preview("row_release", record=world.shown_record(1))
    page = unescape(asked.text)
    for said in (
        "Rekodi zilizotengwa",
        "inaingia ingawa inavunja date_invalid",
        "Namba ni za usasishaji wa mwisho.",
    ):
        assert said in page
    for said in ("Records set aside", "enters although", "Numbers are as of"):
        assert said not in page


def test_refused_decision_is_explained_in_swahili(steward: Visitor) -> None:
    refused = steward.preview("row_release", record=world.shown_record(2))
    page = unescape(refused.text)
    assert refused.status_code == 400
    assert "Hakuna rekodi" in page and "iliyotengwa." in page and "is set aside" not in page

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


def test_a_page_says_its_item_in_swahili(steward: Visitor) -> None:
    of_rule, of_check = f"/items/rows/{PARTNER}/date_invalid", f"/items/check/{PARTNER}/{HELD}/{CHECK.name}"
    for path, swahili, english in (
        ("/", "zimetengwa: Hakuna siku", "are set aside"), ("/", "Mwombe mshirika", "Ask the partner"),
        ("/waiting", f"Dondoo {HELD} la {PARTNER}", "is held"), ("/rows", "Hakuna siku", "No such day"),
        (of_rule, "Tarehe inataja", "The date names"), (of_rule, "haiko katika kipindi", "in no period"),
        (of_check, "karatasi iliyopotea", CHECK.why),
    ):  # fmt: skip
        page = unescape(steward.get(path).text)
        assert swahili in page and english not in page, path


def test_a_preview_says_what_would_change_in_swahili(steward: Visitor) -> None:
    page = unescape(steward.preview("row_release", record=world.shown_record(1)).text)
    for swahili, english in (
        ("Rekodi zilizotengwa", "Records set aside"), ("ingawa inavunja", "enters although"),
        ("usasishaji wa mwisho", "Numbers are as of"),
    ):  # fmt: skip
        assert swahili in page and english not in page


def test_refused_decision_is_explained_in_swahili(steward: Visitor) -> None:
    refused = steward.preview("row_release", record=world.shown_record(2))
    page = unescape(refused.text)
    assert refused.status_code == 400
    assert "Hakuna rekodi" in page and "iliyotengwa." in page and "is set aside" not in page

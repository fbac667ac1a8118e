"""The desk's page of a held extract: what came, what differs, whom to ask, and a message to the partner."""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from orchestration import gates
from orchestration.core import Settings
from orchestration.gates import judge_extracts, put_in_force
from orchestration.stewardship import review
from tests import scenario
from tests.fixtures import steward_world as world
from tests.fixtures.desk_world import Visitor, make_accounts, shown, visitor
from tests.fixtures.gate_world import AS_OF, KEY_IDS, decisions_of, land, make_settings

FILE = "Register of Testperson.csv"
MONTHS = tuple(date(2026, month, 1) for month in range(1, 9))
# By partner, what arrives after 120 records of eight months, and is held.
ARRIVALS: dict[str, dict[str, Any]] = {
    "fewer_post": {"records": 70, "first": 50, "months": MONTHS, "file": FILE, "received_on": "2026-11-20"},
    "changed_post": {"records": 120, "months": MONTHS, "sexes": ("male", "male", "female")},
    "coarser_post": {"records": 120, "months": MONTHS, "only_country": 60},
    "new_post": {
        "records": 60, "first": 900, "months": (date(2026, 9, 1), date(2026, 10, 1)), "sexes": ("male",),
        "delivery_mode": "incremental",
    },
    "unexplained_post": {"records": 120, "months": MONTHS, "rows_unexplained": 3},
}  # fmt: skip
FIRST = "first_post"


def extract_of(partner: str, which: str = "second") -> str:
    return hashlib.sha256(f"{partner} {which}".encode()).hexdigest()[:16]


def arrive(settings: Settings, partner: str, which: str, **changes: Any) -> None:
    content = {"contract": f"{partner}_cases", "fields": {}, "delivery": {"cadence": "monthly"}}
    note = {"contract": f"{partner}_cases", "contract_content": content, "refusals": []}
    land(settings, extract_of(partner, which), partner, **note, **changes)
    contract = scenario.PARTNERS["swala_post"]
    (settings.partners / partner / "contract.yml").write_text(contract.replace("swala_post", partner))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """All that arrived is judged, and the lists are written. Read only."""
    settings = make_settings(tmp_path_factory.mktemp("held"))
    world.write_keys(settings)
    make_accounts(settings)
    for partner, changes in ARRIVALS.items():
        arrive(settings, partner, "first", records=120, months=MONTHS, file="first.csv")
        arrive(settings, partner, "second", sequence=2, **changes)
    arrive(settings, FIRST, "first", records=40, bad_dates=40)
    verdicts = judge_extracts(settings, AS_OF, decisions_of())
    settled = put_in_force(settings, AS_OF, decisions_of(), KEY_IDS, verdicts)
    review.write_in_force(settings, settled)
    review.write_failed_extract_checks(settings, verdicts.verdicts)
    names = ("partner", "extract_id", "held_by")
    held = [{name: getattr(fate, name) for name in names} for fate in settled.held]
    assert {one["partner"] for one in held} == {*ARRIVALS, FIRST}
    world.refreshed(settings, held=held)
    return settings


@pytest.fixture
def steward(settings: Settings) -> Visitor:
    return visitor(settings)


def page_of(steward: Visitor, partner: str, language: str = "en") -> str:
    steward.browser.post("/language", data={"language": language, "to": "/"})
    page = steward.get(f"/items/extract/{partner}/{extract_of(partner)}")
    return unescape(page.text).replace("\xa0", " ")


def message_in(page: str, language: str) -> str:
    found = re.search(rf'<textarea class="message" lang="{language}"[^>]*>([^<]*)</textarea>', page)
    assert found, f"there is no message in {language}"
    return found[1]


def test_what_came_is_shown_beside_what_came_before(steward: Visitor) -> None:
    page = shown(page_of(steward, "fewer_post"))
    assert f"{FILE}, fewer_post" in page
    assert "Received 20 Nov 2026 Rows landed 70 last time 120" in page
    assert "steward@fewer_post.example" in page, "whom to ask"
    assert "50 of the 120" in page
    assert re.search(r"Month Before Now Aug 2026 15 9 Jul 2026 15 9 ", page)


@pytest.mark.parametrize(
    ("partner", "differs", "counts"),
    [
        ("changed_post", "Sex 120", "Value Before Now Female 80 67 % 40 33 % Male 40 33 % 80 67 %"),
        ("coarser_post", "Place of origin", "Nairobi 120 100 % 60 50 % not stated 0 0 % 60 50 %"),
        ("new_post", "Sex 60 new records, beside the 120", "Female 80 67 % 0 0 % Male 40 33 % 60 100 %"),
        ("new_post", "Sex 60", "Oct 2026 0 30 Sep 2026 0 30 Aug 2026 15 0"),
    ],
)
def test_values_that_changed_are_counted_before_and_now(
    steward: Visitor, partner: str, differs: str, counts: str
) -> None:
    page = shown(page_of(steward, partner))
    assert f"What differs: {differs}" in page and counts in page


def test_page_says_what_was_found_in_swahili(steward: Visitor) -> None:
    whole = page_of(steward, "changed_post", "sw")
    page = shown(whole)
    assert "katika rekodi 120 kati ya 120" in page and "Kilichobadilika: Jinsia" in page
    assert "Mwanamke au msichana 80 67 %" in page and "Female" not in page
    assert "were sent before." not in whole.replace(message_in(whole, "en"), "")


def test_message_to_the_partner_asks_in_both_languages(steward: Visitor) -> None:
    page = page_of(steward, "fewer_post")
    for language, said in (
        ("en", ("20 Nov 2026", "70 rows", "- 50 of the 120", "Check whether", "8 Dec 2026")),
        ("sw", ("Rekodi 50 kati ya 120", "Angalieni", "8 Des 2026")),
    ):
        message = message_in(page, language)
        assert [one for one in said if one not in message] == []
        assert FILE not in message, "the name of a file may name a person"


def test_message_does_not_name_another_partner(settings: Settings, tmp_path: Path) -> None:
    partner = "fewer_post"
    own = replace(settings, home=tmp_path / "home", keys=tmp_path / "home" / "keys")
    shutil.copytree(settings.home, own.home)
    finding = f"67 % of the submissions of {partner} are those that mto_post sent first"
    foreign = {"extract_id": extract_of(partner), "check_name": "submissions_are_its_own", "finding": finding}
    world.failed(own, world.HOLDING | {"partner": partner} | foreign)
    page = page_of(visitor(own), partner)
    assert "mto_post" in shown(page)
    message = message_in(page, "en")
    assert "mto_post" not in message and "another partner of the network" in message


def test_partner_is_not_asked_about_a_fault_of_the_program(steward: Visitor) -> None:
    page = page_of(steward, "unexplained_post")
    assert "3 line(s)" in shown(page) and '<textarea class="message"' not in page


def test_first_extract_has_nothing_to_differ_from(settings: Settings) -> None:
    found = gates.differences(settings, FIRST, extract_of(FIRST, "first"))
    assert found and (found.rows_before, found.months, found.fields) == (None, (), ())
    assert gates.differences(settings, FIRST, extract_of(FIRST)) is None

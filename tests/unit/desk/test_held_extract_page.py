"""The desk's page of a held extract: what came, what differs, whom to ask, and a message to the partner."""

from __future__ import annotations

import re
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
from tests.fixtures.gate_world import AS_OF, KEY_IDS, Decided, land, make_settings
from tests.fixtures.steward_world import PARTNER

CONTRACT = "swala_post_cases"
BEFORE, HELD = "0123456789abcdef", "fedcba9876543210"
FILE = "Register of Testperson.csv"
MONTHS = tuple(date(2026, month, 1) for month in range(1, 9))


def arrive(settings: Settings, extract_id: str, **changes: Any) -> None:
    content = {"contract": CONTRACT, "fields": {}, "delivery": {"cadence": "monthly"}}
    note = {"contract": CONTRACT, "contract_content": content, "refusals": [], **changes}
    land(settings, extract_id, PARTNER, **note)
    (settings.partners / PARTNER / "contract.yml").write_text(scenario.PARTNERS[PARTNER])


def judged(settings: Settings) -> Visitor:
    """Judge what arrived, write the lists, and log in."""
    verdicts = judge_extracts(settings, AS_OF, Decided())
    settled = put_in_force(settings, AS_OF, Decided(), KEY_IDS, verdicts)
    review.write_in_force(settings, settled)
    review.write_failed_extract_checks(settings, verdicts.verdicts)
    held = [
        {"partner": fate.partner, "extract_id": fate.extract_id, "held_by": fate.held_by}
        for fate in settled.held
    ]
    assert held, "nothing is held"
    world.refreshed(settings, held=held)
    return visitor(settings)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = make_settings(tmp_path)
    world.write_keys(settings)
    make_accounts(settings)
    arrive(settings, BEFORE, records=120, months=MONTHS, file="first.csv")
    return settings


def page_of(steward: Visitor, language: str = "en") -> str:
    steward.browser.post("/language", data={"language": language, "to": "/"})
    return unescape(steward.get(f"/items/extract/{PARTNER}/{HELD}").text).replace("\xa0", " ")


def message_in(page: str, language: str) -> str:
    found = re.search(rf'<textarea class="message" lang="{language}"[^>]*>([^<]*)</textarea>', page)
    assert found, f"there is no message in {language}"
    return found[1]


def test_what_came_is_shown_beside_what_came_before(settings: Settings) -> None:
    arrive(
        settings, HELD, records=70, first=50, months=MONTHS, sequence=2, file=FILE, received_on="2026-11-20"
    )
    page = shown(page_of(judged(settings)))
    assert f"{FILE}, swala_post" in page
    assert "Received 20 Nov 2026 Rows landed 70 last time 120" in page
    assert "Whom to ask steward@swala_post.example" in page
    assert "50 of the 120 records that it replaces are missing." in page
    assert re.search(r"Month Before Now Aug 2026 15 9 Jul 2026 15 9 ", page)


def test_values_that_changed_are_counted_before_and_now(settings: Settings) -> None:
    arrive(settings, HELD, records=120, months=MONTHS, sexes=("male", "male", "female"), sequence=2)
    page = shown(page_of(judged(settings)))
    assert "Sex changed or is missing in 120 of 120 records that were sent before." in page
    assert "What differs: Sex 120 records that were sent before" in page
    assert "Value Before Now Female 80 67 % 40 33 % Male 40 33 % 80 67 %" in page


def test_places_and_codes_that_changed_have_their_names(settings: Settings) -> None:
    arrive(settings, HELD, records=120, months=MONTHS, only_country=60, sequence=2)
    page = shown(page_of(judged(settings)))
    assert "What differs: Place of origin" in page
    assert "Nairobi 120 100 % 60 50 % not stated 0 0 % 60 50 %" in page


def test_values_of_new_records_stand_beside_all_earlier_ones(settings: Settings) -> None:
    months = (date(2026, 9, 1), date(2026, 10, 1))
    arrive(
        settings, HELD, records=60, first=900, months=months, sexes=("male",), sequence=2,
        delivery_mode="incremental",
    )  # fmt: skip
    page = shown(page_of(judged(settings)))
    assert "What differs: Sex 60 new records, beside the 120 sent before." in page
    assert "Female 80 67 % 0 0 % Male 40 33 % 60 100 %" in page
    assert "Beside all that was sent before" in page and "Oct 2026 0 30 Sep 2026 0 30 Aug 2026 15 0" in page


def test_page_says_what_was_found_in_swahili(settings: Settings) -> None:
    arrive(settings, HELD, records=120, months=MONTHS, sexes=("male", "male", "female"), sequence=2)
    whole = page_of(judged(settings), "sw")
    page = shown(whole)
    assert "Jinsia: jibu lilibadilika au kuondolewa katika rekodi 120 kati ya 120 zilizotumwa awali." in page
    assert "Kilichobadilika: Jinsia" in page
    assert "were sent before." not in whole.replace(message_in(whole, "en"), "")


def test_message_to_the_partner_asks_in_both_languages(settings: Settings) -> None:
    arrive(
        settings, HELD, records=70, first=50, months=MONTHS, sequence=2, file=FILE, received_on="2026-11-20"
    )
    page = page_of(judged(settings))
    english, swahili = message_in(page, "en"), message_in(page, "sw")
    assert "on 20 Nov 2026 we received a file of yours with 70 rows" in english
    assert "- 50 of the 120 records that it replaces are missing. Check whether a filter was on" in english
    assert "Please answer by 8 Dec 2026" in english
    assert "Rekodi 50 kati ya 120 za dondoo linalobadilishwa hazipo. Angalieni kama kichujio" in swahili
    assert "kabla ya 8 Des 2026" in swahili
    assert FILE not in english + swahili, "the name of a file may name a person"


def test_message_does_not_name_another_partner(settings: Settings) -> None:
    arrive(settings, HELD, records=40, first=900, sequence=2)
    row = dict.fromkeys(review.FAILED_COLUMNS, "") | world.HOLDING | {
        "partner": PARTNER, "extract_id": HELD, "check_name": "submissions_are_its_own",
        "finding": f"67 % of the submissions of {PARTNER} are those that mto_post sent first",
    }  # fmt: skip
    steward = visitor(settings)
    world.put(settings, review.FAILED_CHECKS, row)
    page = page_of(steward)
    assert "those that mto_post sent first" in shown(page)
    message = message_in(page, "en")
    assert "mto_post" not in message
    assert "Most submissions of the file were sent before by another partner of the network." in message


def test_partner_is_not_asked_about_a_fault_of_the_program(settings: Settings) -> None:
    arrive(settings, HELD, records=120, months=MONTHS, rows_unexplained=3, sequence=2)
    page = page_of(judged(settings))
    assert "3 line(s) of the file are not accounted for." in shown(page)
    assert '<textarea class="message"' not in page


def test_first_extract_has_nothing_to_differ_from(settings: Settings) -> None:
    arrive(settings, BEFORE, records=40, bad_dates=40)
    judged(settings)
    found = gates.differences(settings, PARTNER, BEFORE)
    assert found and (found.rows_now, found.rows_before, found.months, found.fields) == (40, None, (), ())
    assert gates.differences(settings, PARTNER, HELD) is None

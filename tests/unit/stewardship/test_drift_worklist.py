"""Drift for the steward: changes, the proposed contract change, and its effect on landed rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestration.contracts import load_contracts
from orchestration.core import End, Settings
from orchestration.core.refreshes import PUBLISHED
from orchestration.intake.drift.report import drift_items
from orchestration.stewardship import audit, items, review, worklists
from orchestration.stewardship.kinds.decision import Refreshed, Worths
from orchestration.stewardship.worklists.drift import drift_questions, drifted_contracts
from orchestration.typing import open_views
from orchestration.typing.step import type_extracts
from tests.fixtures import steward_world as world
from tests.fixtures.desk_world import OBSERVER, STEWARD, make_accounts, shown, visitor
from tests.fixtures.drift_home import AS_OF, KEYS, renamed, rows, send
from tests.fixtures.drift_home import home as book_home
from tests.fixtures.partner_files import HEADER, ROW

__all__ = ["book_home"]
ITEM = items.drift("testpartner", "book")
SECRETS = ("Sampleton", "0712345678")


@pytest.fixture
def home(book_home: Settings) -> Settings:
    """A file that landed with new answers and a new column, and one that waits because its column was renamed."""
    settings = book_home
    answers = ["F", "M", "helicopter", "helicopter", "Sampleton"]
    landed = [[number, *ROW[1:2], answers[number % 5], *ROW[3:], "x"] for number in range(1, 31)]
    send(settings, "landed.xlsx", [*HEADER, "Mzigo"], landed)
    waits = renamed(From="Town of origin")
    held = send(settings, "waits.xlsx", waits, rows(31))
    type_extracts(settings, KEYS)
    worklists.write_drift(settings, drift_items(settings, KEYS, load_contracts(settings.partners), [held]))
    return settings


def asked(home: Settings) -> tuple[dict[str, Any], dict[str, Any]]:
    waits, landed = drift_questions(home)
    assert (waits["landed"], landed["landed"]) == (False, True)
    return waits, landed


def test_each_file_shows_changes_patch_and_effects(home: Settings) -> None:
    waits, landed = asked(home)
    renamed = next(one for one in waits["changes"] if one["kind"] == "column_renamed")
    assert (renamed["column"], renamed["now"]) == ("From", "Town of origin")
    assert "Town of origin" in waits["patch"] and waits["effects"]
    kinds = {one["kind"]: one for one in landed["changes"]}
    assert kinds.keys() == {"column_added", "new_codes"}
    assert (kinds["new_codes"]["answers"], kinds["new_codes"]["records"]) == ({"helicopter": 12}, 18)
    assert {waits["item"], landed["item"]} == {ITEM} and len(drift_questions(home, ITEM)) == 2
    assert drift_questions(home, items.drift("testpartner", "other")) == []


def test_effects_count_the_records_of_shown_answers(home: Settings) -> None:
    _, landed = asked(home)
    assert (
        "sex: 12 of 30 records (40.0%) are no longer `unknown`, once every TODO is a code."
        in landed["effects"]
    )
    assert not [secret for secret in SECRETS if secret in str(drift_questions(home))]


def test_desk_shows_identifying_answers_to_signed_in_stewards_and_logs_the_view(home: Settings) -> None:
    world.write_keys(home)
    make_accounts(home)
    steward = visitor(home)
    page = shown(steward.get(ITEM.path).text)
    assert "“helicopter” 12" in page and "“Sampleton” 6" in page
    (viewed,) = [line for line in audit.read(home).lines if line["what"] == "new answers"]
    assert (viewed["who"], viewed["action"], viewed["details"]["fields"]) == (STEWARD, "viewed", ["sex"])
    listed = "".join((home.review / name).read_text() for name in (review.DRIFT, review.DRIFT_DETAILS))
    assert "helicopter" in listed and "Sampleton" not in listed + str(audit.read(home).lines)
    assert "Sampleton" not in steward.get("/work?kind=drift").text + steward.get("/work").text
    assert visitor(home, None).get(ITEM.path).status_code == 303
    assert "Sampleton" not in visitor(home, OBSERVER).get(ITEM.path).text


def test_drift_is_one_item_a_contract(home: Settings) -> None:
    end = End("run", AS_OF.isoformat(), outcome=PUBLISHED)
    with open_views(home, *Worths.views) as con:
        (found,) = drifted_contracts(Refreshed(home, Worths(con), end, load_contracts(home.partners)))
    assert (found.item, found.movements) == (ITEM, 18)
    assert "renamed: 1" in found.detail and "Town" not in found.detail


def test_before_a_file_landed_nothing_has_drifted(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "keys")
    assert drift_questions(settings) == []
    settings.partners.mkdir()
    type_extracts(settings, KEYS)
    assert drift_items(settings, KEYS, load_contracts(settings.partners), []) == []

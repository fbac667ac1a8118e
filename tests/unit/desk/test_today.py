"""Today: the verdict, what waits in lines, going through a line, a failed run, the operator's part."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.core import Settings, refreshes, write_json
from orchestration.stewardship.desk.app import make_app
from tests.fixtures import steward_world as world
from tests.fixtures.desk_world import ELSEWHERE, OPERATOR, Visitor, make_accounts, shown, visitor
from tests.fixtures.steward_world import PARTNER, SERVING

NAMES = tuple(f"Sampleton {letter}" for letter in "ABCDEF")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Six open names: the first is named by three records, the others by one; two rules set records aside."""
    settings = world.make_home(tmp_path)
    make_accounts(settings)
    named = [
        {
            "partner": PARTNER,
            "extract_id": SERVING,
            "record_id": record,
            "place_role": "origin",
            "mention_id": 900 + at,
        }
        for at in range(6)
        for record in range(1, 4 if at == 0 else 2)
    ]
    world.write_table(settings.typed / "place_mentions" / "named.parquet", named)
    rows = [world.open_name(900 + at, name) for at, name in enumerate(NAMES)]
    world.put_names(settings, {900 + at: [name] for at, name in enumerate(NAMES)}, *rows)
    world.set_aside(settings, (4, "date_invalid"), (5, "code_not_listed"))
    world.refreshed(settings)
    return settings


def with_release(settings: Settings, as_of: datetime) -> Visitor:
    """A steward at a desk whose release was made with the data of this time."""
    manifest = {"as_of": as_of.isoformat(), "movements": 7}
    release: Any = SimpleNamespace(release_id="r-fixture", manifest=manifest)
    steward = Visitor(make_app(settings, 3030, replace(ELSEWHERE, current=lambda _: release)))
    steward.login()
    return steward


def test_verdict_names_what_holds_back_a_third_and_lines_are_grouped_by_turn(settings: Settings) -> None:
    page = shown(with_release(settings, world.NOW).get("/").text)
    assert "8 things wait, with 10 cases." in page and "hold back a third of what waits" in page
    yours, partners = page.partition("You can settle these now")[2].split("These need a partner’s word")
    assert "“Sampleton A”: which place is it?" in yours and "3 cases Say which" in yours
    assert "Another 2 place names" in yours and "Go through 2" in yours
    assert "Code outside the lists" in yours, "the partner has nothing to do"
    assert "No such day" in partners and "Code outside" not in partners


def test_line_is_gone_through_and_a_decision_leads_to_the_next(settings: Settings) -> None:
    steward = visitor(settings)
    first = re.search(r'href="([^"]+\?of=place)"', steward.get("/").text)
    assert first
    page = steward.get(unescape(first[1])).text
    assert "5 of 6" in shown(page)
    following = re.search(r'<input type="hidden" name="next" value="([^"]+)"', page)
    assert following and "6 of 6" in shown(steward.get(following[1]).text)
    fields = {"text": world.name_of(NAMES[4]), "place_id": "unknown", "next": following[1]}
    done = steward.decide("place_alias", **fields).text
    assert f'href="{following[1]}"' in done and "next: “Sampleton" in shown(done)


@pytest.mark.parametrize(("hours", "is_shown"), [(-1, True), (0, False)])
def test_failure_is_not_shown_over_the_release_that_the_run_published(
    settings: Settings, hours: int, is_shown: bool
) -> None:
    begun = refreshes.begin(settings, "run", world.NOW)
    refreshes.end(settings, begun, refreshes.CRASHED, reason="The disk is full.")
    page = shown(with_release(settings, world.NOW + timedelta(hours=hours)).get("/").text)
    assert ("The last refresh failed" in page and "The disk is full." in page) is is_shown
    assert ("published" in page) is not is_shown


def test_operator_sees_counts_and_no_name(settings: Settings) -> None:
    now = datetime.now(UTC).isoformat()
    source = {"partner": PARTNER, "contract": "x", "kind": "kobo", "host": "kobo.example", "outcome": "failed",
              "reason": f"{PARTNER} refused the token.", "tried": now}  # fmt: skip
    path = settings.pulls / PARTNER / "x.json"
    path.parent.mkdir(parents=True)
    write_json(path, source)
    page = shown(visitor(settings, OPERATOR).get("/").text)
    assert "Sources 1 · 1 failed at the last pull" in page and "Last backup none yet" in page
    assert "steward 2 · operator 1" in page and "Place names 6" in page
    assert "Sampleton" not in page and PARTNER not in page and "No such day" not in page


def test_earlier_address_leads_to_the_list_with_its_query(settings: Settings) -> None:
    steward = visitor(settings)
    for old, new in (
        ("/places?country=KEN", "/work?kind=place&country=KEN"),
        ("/waiting?kind=rows", "/work?kind=rows"),
        ("/release?release=x", "/releases?release=x"),
    ):
        assert steward.get(old).headers["location"] == new

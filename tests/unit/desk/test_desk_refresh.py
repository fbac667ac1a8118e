"""A refresh from the desk: who may ask, what the page says while one waits, runs and has ended."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import dagster as dg
import pytest

from orchestration.contracts import load_contracts
from orchestration.core import Settings, create_missing_keys, prepare_home, refreshes, shown_record
from orchestration.defs.automation import automation
from orchestration.refresh import Runs
from orchestration.stewardship import audit, items, record_decision, revoke
from orchestration.stewardship.desk.sessions import IDLE_SECONDS, Sessions
from orchestration.stewardship.desk.words import words_of
from tests.fixtures import steward_world
from tests.fixtures.desk_world import (
    OBSERVER,
    OPERATOR,
    READER,
    STEWARD,
    Visitor,
    make_accounts,
    shown,
    visitor,
)
from tests.fixtures.steward_world import HELD, PARTNER, make_home
from tests.unit.operations.test_next_run import daemon_lives, refresh


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home after a refresh that read no decision, with Dagster's stores. Read only."""
    settings = make_home(tmp_path_factory.mktemp("ready"))
    prepare_home(settings)
    create_missing_keys(settings)
    make_accounts(settings)
    refreshed(settings)
    with dg.DagsterInstance.from_config(str(settings.dagster_home)):
        return settings


@pytest.fixture
def settings(ready: Settings, tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    shutil.copytree(ready.home, home)
    settings = replace(ready, home=home, keys=home / "keys")
    prepare_home(settings)
    return settings


def refreshed(settings: Settings, outcome: str = refreshes.PUBLISHED) -> None:
    """Begin a refresh and end it, without its steps."""
    runs = Runs(settings)
    runs.begin(f"run at {datetime.now(UTC).isoformat()}", is_refresh=True)
    assert runs.entry
    refreshes.end(settings, runs.entry, outcome)
    runs.end()


@pytest.fixture
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        yield instance


@pytest.fixture
def daemon(settings: Settings, instance: dg.DagsterInstance) -> None:
    daemon_lives(instance, settings, datetime.now(UTC))


def actions(settings: Settings) -> list[tuple[str, str]]:
    return [(line["who"], line["action"]) for line in audit.read(settings).lines]


def in_swahili(guest: Visitor) -> Visitor:
    guest.browser.post("/language", data={"language": "sw", "to": "/"})
    return guest


def ask(guest: Visitor, csrf: str | None = None) -> int:
    answer = guest.browser.post("/refresh", data={"csrf": csrf or guest.csrf()})
    return int(answer.status_code)


def section(guest: Visitor, path: str = "/") -> str:
    page = guest.get(path).text
    return shown(page[page.index('<section id="refresh"') :].partition("</section>")[0])


def decide(settings: Settings, number: int = 1, minutes_ago: float = 0) -> None:
    moment = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    record_decision(settings, "row_exclude", STEWARD, "a test", moment, record=shown_record(number))


@pytest.mark.parametrize(
    ("name", "status"), [(STEWARD, 303), (OPERATOR, 303), (OBSERVER, 403), (READER, 403)]
)
def test_stewards_and_operators_ask_for_a_refresh(settings: Settings, name: str, status: int) -> None:
    guest = visitor(settings, name)
    page = guest.get("/" if name in (STEWARD, OBSERVER) else "/files").text
    assert ("Refresh now" in page) is (status == 303)
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf and ask(guest, csrf[1]) == status
    request, logged = refreshes.asked(settings), actions(settings)
    if status == 303:
        assert request and request["author"] == name and (name, "asked_for_refresh") in logged
    else:
        assert request is None and (name, "asked_for_refresh") not in logged


def test_request_without_the_token_of_the_page_is_refused(settings: Settings) -> None:
    assert ask(visitor(settings), "another token") == 403
    assert refreshes.asked(settings) is None


def test_request_that_cannot_be_logged_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    steward = visitor(settings)
    csrf = steward.csrf()
    (settings.audit / "2099.jsonl").mkdir()
    assert ask(steward, csrf) == 503
    assert refreshes.asked(settings) is None


def test_request_is_shown_until_a_refresh_begins(settings: Settings, daemon: None) -> None:
    steward = visitor(settings)
    ask(steward)
    assert f"{STEWARD} asked for a refresh" in section(steward)
    assert "Refresh now" not in section(steward)
    refreshed(settings)
    assert "asked for a refresh" not in section(steward) and "Refresh now" in section(steward)


def test_without_a_daemon_the_page_says_what_to_do(settings: Settings) -> None:
    steward = visitor(settings)
    ask(steward)
    said = section(steward)
    assert "No refresh starts by itself now" in said and "Start it with njia serve" in said
    assert "within a minute" not in said
    assert "Iwashe kwa njia serve" in section(in_swahili(steward))


def test_decisions_wait_on_the_page_and_start_a_refresh_after_ten_minutes(
    settings: Settings, daemon: None
) -> None:
    steward = visitor(settings)
    assert "Nothing is new since the last refresh" in section(steward)
    decide(settings)
    assert "Decisions 1" in section(steward) and "The next refresh starts on" in section(steward)


def test_page_after_a_decision_offers_the_refresh(settings: Settings) -> None:
    done = visitor(settings).decide("row_exclude", record=shown_record(1)).text
    assert "Refresh now" in done and "Decisions 1" in shown(done)


def test_running_refresh_shows_its_steps(settings: Settings) -> None:
    steward = visitor(settings)
    runs = Runs(settings)
    runs.begin("run", is_refresh=True)
    for step in ("take_in", "type_extracts"):
        runs.at_step(step)
    page = steward.get("/").text
    assert '<meta http-equiv="refresh" content="30; url=/refresh"' in page, "without JavaScript"
    said = section(steward)
    assert "take in done type running locate left" in said and "Refresh" not in said.partition("left")[2]
    decide(settings)
    assert "Refresh again after it" in section(steward)
    runs.end()


def test_pages_follow_a_refresh_without_names_and_without_keeping_the_session(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = steward_world.open_name(steward_world.OPEN_NAME, "Kwa Fixture stage", "KEN")
    steward_world.put_names(settings, {steward_world.OPEN_NAME: ["Kwa Fixture stage"]}, name)
    steward_world.refreshed(settings)
    now = [0.0]
    monkeypatch.setattr(Sessions.__init__, "__defaults__", (lambda: now[0],))
    steward, runs = visitor(settings), Runs(settings)
    runs.begin("run", is_refresh=True)
    assert "Kwa Fixture stage" in steward.get("/").text
    logged = actions(settings)
    for _ in range(3):
        page = steward.get("/refresh")
        assert page.status_code == 200 and 'id="refresh"' in page.text and "Fixture" not in page.text
        now[0] += IDLE_SECONDS / 2
    assert actions(settings) == logged
    assert steward.get("/").headers["location"].startswith("/login"), "it was left while it followed"
    runs.end()


@pytest.mark.parametrize(("name", "status"), [(OBSERVER, 200), (OPERATOR, 200), (READER, 403)])
def test_refresh_is_shown_to_those_who_see_it_on_a_page(settings: Settings, name: str, status: int) -> None:
    assert visitor(settings, name).get("/refresh").status_code == status


def test_request_during_a_refresh_counts_only_after_decisions_that_it_did_not_read(
    settings: Settings,
) -> None:
    steward, runs = visitor(settings), Runs(settings)
    decide(settings, 1)
    runs.begin("run", is_refresh=True)
    ask(steward)
    assert refreshes.asked(settings) is None
    decide(settings, 2)
    ask(steward)
    assert refreshes.asked(settings)
    assert f"{STEWARD} asked for another" in section(steward)
    runs.end()


@pytest.mark.parametrize("outcome", [*refreshes.WHOLE, refreshes.CRASHED, refreshes.STOPPED])
def test_page_shows_how_the_last_refresh_ended(settings: Settings, outcome: str) -> None:
    steward = visitor(settings)
    refreshed(settings, outcome)
    assert section(steward).endswith(words_of("en")(f"refresh.{outcome}"))


# --- the sensor that starts it -------------------------------------------------------------------


def sensed(settings: Settings, instance: dg.DagsterInstance) -> str | None:
    """Ask the sensor once, as the daemon does; the run key, or None where it starts nothing."""
    (inbox, _) = automation(settings, load_contracts(settings.partners)).sensors
    with mock.patch("orchestration.defs.automation.end_killed_runs"):  # `test_end_killed_runs` ends some
        answer = inbox(dg.build_sensor_context(instance=instance))
    return answer.run_key if isinstance(answer, dg.RunRequest) else None


def test_decision_starts_one_refresh_after_the_pause(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    assert sensed(settings, instance) is None
    decide(settings, minutes_ago=9)
    assert sensed(settings, instance) is None
    at_once = replace(settings, refresh_after=timedelta(minutes=5))
    key = sensed(at_once, instance)
    assert key and sensed(at_once, instance) == key, "the same decisions start one run"
    decide(settings, 2, minutes_ago=6)
    assert sensed(at_once, instance) not in (None, key)
    refreshed(settings, refreshes.REFUSED)
    assert sensed(at_once, instance) is None


def test_decisions_that_need_no_refresh_start_none(settings: Settings, instance: dg.DagsterInstance) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    steward_world.refreshed(settings, held=steward_world.held())
    item = str(items.held_extract(PARTNER, HELD))
    record_decision(settings, "assignment", STEWARD, "mine", long_ago, item=item, owner=STEWARD)
    assert sensed(settings, instance) is None
    made = record_decision(settings, "row_exclude", STEWARD, "a test", long_ago, record=shown_record(1))
    assert sensed(settings, instance)
    revoke(settings, made["id"], STEWARD, "taken back", long_ago)
    assert sensed(settings, instance) is None, "nothing is left to do"


def test_decision_that_is_taken_back_after_a_refresh_starts_another(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    made = record_decision(settings, "row_exclude", STEWARD, "a test", long_ago, record=shown_record(1))
    first = sensed(settings, instance)
    refreshed(settings)
    revoke(settings, made["id"], STEWARD, "taken back", long_ago)
    assert sensed(settings, instance) not in (None, first)


def test_stopped_refresh_starts_again_only_for_something_new(
    settings: Settings, instance: dg.DagsterInstance, daemon: None
) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    made = record_decision(settings, "row_exclude", STEWARD, "a test", long_ago, record=shown_record(1))
    refreshed(settings)
    decide(settings, 2, minutes_ago=60)
    assert sensed(settings, instance)
    refreshed(settings, refreshes.STOPPED)
    steward = visitor(settings)
    said = section(steward)
    assert "Decisions 1" in said and "starts on" in said and "within a minute" not in said
    for again in (
        lambda: ask(steward),
        lambda: decide(settings, 3, minutes_ago=60),
        lambda: revoke(settings, made["id"], STEWARD, "taken back", long_ago),
        lambda: (settings.landing / PARTNER / "00000000000000aa.json").write_text("{}"),
        lambda: arrived(settings),
    ):
        assert sensed(settings, instance) is None
        again()
        assert sensed(settings, instance)
        refreshed(settings, refreshes.STOPPED)


def arrived(settings: Settings, text: str = "a\n") -> Path:
    """Put a file into the inbox, long ago."""
    file = settings.inbox / PARTNER / "fixture.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    os.utime(file, (0, 0))
    return file


def test_setting_off_leaves_decisions_until_the_night(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    decide(settings, minutes_ago=60)
    assert sensed(replace(settings, refresh_after=None), instance) is None
    assert sensed(settings, instance)


def test_request_starts_a_refresh_at_once_and_once(settings: Settings, instance: dg.DagsterInstance) -> None:
    ask(visitor(settings))
    key = sensed(settings, instance)
    assert key and sensed(settings, instance) == key
    refreshed(settings, refreshes.UNCHANGED)
    assert sensed(settings, instance) is None


def test_nothing_starts_while_a_refresh_runs_or_is_queued(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    ask(visitor(settings))
    runs = Runs(settings)
    runs.begin("run", is_refresh=True)
    decide(settings, minutes_ago=60)
    refreshes.ask(settings, STEWARD)
    assert sensed(settings, instance) is None
    runs.end()
    instance.create_run_for_job(refresh, status=dg.DagsterRunStatus.NOT_STARTED)
    assert sensed(settings, instance) is None


def test_request_made_after_crashes_does_not_wait(settings: Settings, instance: dg.DagsterInstance) -> None:
    decide(settings, minutes_ago=60)
    for _ in range(2):
        refreshed(settings, refreshes.CRASHED)
    assert sensed(settings, instance) is None, "after two crashes there is a pause"
    ask(visitor(settings))
    assert sensed(settings, instance)


def test_file_that_cannot_be_taken_starts_no_second_refresh(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    file = arrived(settings, "no such columns\n")
    assert sensed(settings, instance)
    refreshed(settings)
    assert sensed(settings, instance) is None
    decide(settings)
    assert sensed(settings, instance) is None, "the decision alone waits, and it waits for its pause"
    os.utime(file, (1, 1))
    assert sensed(settings, instance), "it was sent again"

"""A refresh from the desk: who may ask, what the page says while one waits, runs and has ended."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
import pytest

from orchestration.contracts import load_contracts
from orchestration.core import Settings, create_missing_keys, prepare_home, refreshes, shown_record
from orchestration.defs.resources import automation
from orchestration.refresh import Runs
from orchestration.stewardship import audit, record_decision, revoke, store
from orchestration.stewardship.desk.sessions import IDLE_SECONDS, Sessions
from orchestration.stewardship.desk.words import words_of
from tests.fixtures import steward_world
from tests.fixtures.desk_world import (
    OBSERVER,
    OPERATOR,
    READER,
    STEWARD,
    Visitor,
    hidden_fields,
    make_accounts,
    shown,
    visitor,
)
from tests.fixtures.steward_world import PARTNER, make_home
from tests.unit.operations.test_next_run import daemon_lives, refresh

Sense = Callable[..., str | None]
LONG_AGO = datetime.now(UTC) - timedelta(hours=1)


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
    daemon_lives(settings, datetime.now(UTC))


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


@pytest.mark.parametrize("name", [STEWARD, OPERATOR, OBSERVER, READER])
def test_stewards_and_operators_ask_for_a_refresh(settings: Settings, name: str) -> None:
    guest, may_ask = visitor(settings, name), name in (STEWARD, OPERATOR)
    page = guest.get("/files" if name == READER else "/").text
    assert ("Refresh now" in page) is may_ask
    assert ask(guest, dict(hidden_fields(page))["csrf"]) == (303 if may_ask else 403)
    request = refreshes.asked(settings)
    assert (request["author"] if request else None) == (name if may_ask else None)
    assert ((name, "asked_for_refresh") in actions(settings)) is may_ask
    assert guest.get("/refresh").status_code == (403 if name == READER else 200), "who sees it on a page"


def test_request_without_the_token_of_the_page_or_a_log_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    steward = visitor(settings)
    assert ask(steward, "another token") == 403
    csrf = steward.csrf()
    monkeypatch.setattr(store, "SECONDS_TO_WAIT", 0)
    with store.transaction(settings):
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
    steward, operator = visitor(settings), visitor(settings, OPERATOR)
    ask(steward)
    said = section(steward)
    assert "Ask the operator" in said and "njia serve" not in said and "within a minute" not in said
    assert "njia serve" in section(operator)
    assert "Iwashe kwa njia serve" in section(in_swahili(operator))


def test_decisions_wait_on_the_page_and_offer_a_refresh(settings: Settings, daemon: None) -> None:
    steward = visitor(settings)
    assert "Nothing is new" in section(steward)
    decide(settings)
    assert "Decisions 1" in section(steward) and "starts on" in section(steward)
    done = steward.decide("row_exclude", record=shown_record(2)).text
    assert "Refresh now" in done and "Decisions 2" in shown(done)


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


def test_request_during_a_refresh_counts_only_after_decisions_it_did_not_read(settings: Settings) -> None:
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


def test_page_shows_how_the_last_refresh_ended(settings: Settings) -> None:
    steward = visitor(settings)
    t, failures = words_of("en"), (refreshes.REFUSED, refreshes.CRASHED, refreshes.STOPPED)
    for outcome in (*refreshes.WHOLE, refreshes.CRASHED, refreshes.STOPPED):
        refreshed(settings, outcome)
        page = shown(steward.get("/").text)
        assert t(f"front.{outcome}" if outcome in failures else f"refresh.{outcome}") in page
    refreshed(settings)
    assert [one for one in failures if t(f"front.{one}") in shown(steward.get("/").text)] == []


@pytest.fixture
def sense(settings: Settings, instance: dg.DagsterInstance) -> Sense:
    """Ask the sensor once, as the daemon does; the run key, or None where it starts nothing."""

    def ask_once(changed: Settings = settings) -> str | None:
        (inbox, _) = automation(changed, load_contracts(changed.partners)).sensors
        with mock.patch("orchestration.defs.resources.end_killed_runs"):  # `test_end_killed_runs` ends some
            answer = inbox(dg.build_sensor_context(instance=instance))
        return answer.run_key if isinstance(answer, dg.RunRequest) else None

    return ask_once


def test_decision_starts_one_refresh_after_the_pause(settings: Settings, sense: Sense) -> None:
    assert sense() is None
    decide(settings, minutes_ago=9)
    assert sense() is None
    at_once = replace(settings, refresh_after=timedelta(minutes=5))
    key = sense(at_once)
    assert key and sense(at_once) == key, "the same decisions start one run"
    assert sense(replace(settings, refresh_after=None)) is None, "switched off, they wait for the night"
    decide(settings, 2, minutes_ago=6)
    assert sense(at_once) not in (None, key)
    refreshed(settings, refreshes.REFUSED)
    assert sense(at_once) is None


def test_decision_that_was_taken_back_starts_no_refresh(settings: Settings, sense: Sense) -> None:
    steward_world.refreshed(settings, held=steward_world.held())
    made = record_decision(settings, "row_exclude", STEWARD, "a test", LONG_AGO, record=shown_record(1))
    assert sense()
    revoke(settings, made["id"], STEWARD, "taken back", LONG_AGO)
    assert sense() is None, "nothing is left to do"
    made = record_decision(settings, "row_exclude", STEWARD, "a test", LONG_AGO, record=shown_record(2))
    first = sense()
    refreshed(settings)
    revoke(settings, made["id"], STEWARD, "taken back", LONG_AGO)
    assert sense() not in (None, first), "after a refresh there is"


def test_stopped_refresh_starts_again_only_for_something_new(
    settings: Settings, sense: Sense, daemon: None
) -> None:
    made = record_decision(settings, "row_exclude", STEWARD, "a test", LONG_AGO, record=shown_record(1))
    refreshed(settings)
    decide(settings, 2, minutes_ago=60)
    assert sense()
    refreshed(settings, refreshes.STOPPED)
    steward = visitor(settings)
    said = section(steward)
    assert "Decisions 1" in said and "starts on" in said and "within a minute" not in said
    for again in (
        lambda: ask(steward),
        lambda: decide(settings, 3, minutes_ago=60),
        lambda: revoke(settings, made["id"], STEWARD, "taken back", LONG_AGO),
        lambda: (settings.landing / PARTNER / "00000000000000aa.json").write_text("{}"),
        lambda: arrived(settings),
    ):
        assert sense() is None
        again()
        assert sense()
        refreshed(settings, refreshes.STOPPED)


def arrived(settings: Settings, text: str = "a\n") -> Path:
    """Put a file into the inbox, long ago."""
    file = settings.inbox / PARTNER / "fixture.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    os.utime(file, (0, 0))
    return file


def test_request_starts_a_refresh_at_once_and_once(settings: Settings, sense: Sense) -> None:
    ask(visitor(settings))
    key = sense()
    assert key and sense() == key
    refreshed(settings, refreshes.UNCHANGED)
    assert sense() is None


def test_nothing_starts_while_a_refresh_runs_or_is_queued(
    settings: Settings, sense: Sense, instance: Any
) -> None:
    ask(visitor(settings))
    runs = Runs(settings)
    runs.begin("run", is_refresh=True)
    decide(settings, minutes_ago=60)
    refreshes.ask(settings, STEWARD)
    assert sense() is None
    runs.end()
    instance.create_run_for_job(refresh, status=dg.DagsterRunStatus.NOT_STARTED)
    assert sense() is None


def test_request_made_after_crashes_does_not_wait(settings: Settings, sense: Sense) -> None:
    decide(settings, minutes_ago=60)
    for _ in range(2):
        refreshed(settings, refreshes.CRASHED)
    assert sense() is None, "after two crashes there is a pause"
    ask(visitor(settings))
    assert sense()


def test_file_that_cannot_be_taken_starts_no_second_refresh(settings: Settings, sense: Sense) -> None:
    file = arrived(settings, "no such columns\n")
    assert sense()
    refreshed(settings)
    assert sense() is None
    decide(settings)
    assert sense() is None, "the decision alone waits, and it waits for its pause"
    os.utime(file, (1, 1))
    assert sense(), "it was sent again"

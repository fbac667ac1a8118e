"""When the next refresh starts by itself, what starts it earlier, and what stops it."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from orchestration.core import RefreshLock, Settings, refreshes
from orchestration.operations.next_run import next_night, read_next_run, waiting
from tests import scenario
from tests.fixtures.dagster_home import instance, settings

__all__ = ["instance", "settings"]
Instance = dg.DagsterInstance
NEEDED_DAEMONS = ("SCHEDULER", "QUEUED_RUN_COORDINATOR", "SENSOR")


@dg.job
def refresh() -> None:
    pass


def refreshed(settings: Settings, run_id: str, outcome: str) -> refreshes.End:
    return refreshes.end(settings, refreshes.begin(settings, run_id, scenario.AS_OF), outcome)


def land(settings: Settings, extract_id: str) -> None:
    path = settings.landing / "kobe_shelter" / f"{extract_id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")


def write(settings: Settings, store: str, sql: str, *rows: tuple[object, ...]) -> None:
    with closing(sqlite3.connect(settings.dagster_home / store)) as con, con:
        con.executemany(sql, rows)


def daemon_lives(settings: Settings, at: datetime) -> None:
    """As Dagster's daemons write it down every half minute."""
    rows = [(daemon, at.astimezone(UTC).replace(tzinfo=None).isoformat(" ")) for daemon in NEEDED_DAEMONS]
    write(settings, "history/runs.db", "delete from daemon_heartbeats where ?", (1,))
    sql = "insert into daemon_heartbeats (daemon_type, timestamp) values (?, ?)"
    write(settings, "history/runs.db", sql, *rows)


@pytest.mark.parametrize(("now", "night"), [
    ("2026-11-24T22:59:59+00:00", "2026-11-25T02:00:00+03:00"),
    ("2026-11-24T23:00:00+00:00", "2026-11-26T02:00:00+03:00"),
    ("2026-12-31T12:00:00+00:00", "2027-01-01T02:00:00+03:00"),
])  # fmt: skip
def test_the_schedule_runs_at_two_in_nairobi(now: str, night: str) -> None:
    assert next_night(datetime.fromisoformat(now)).isoformat() == night


def test_waiting_landings_start_one_run(settings: Settings) -> None:
    assert waiting(settings).key is None
    land(settings, "e1")
    found = waiting(settings)
    assert found.landings == ["kobe_shelter/e1"] and found.not_before is None
    assert found.key == waiting(settings).key is not None
    land(settings, "e2")
    assert waiting(settings).key not in (None, found.key)
    refreshed(settings, "r1", refreshes.REFUSED)
    assert waiting(settings).key is None


def test_each_crash_delays_the_next_try_longer(settings: Settings) -> None:
    land(settings, "e1")
    keys, pauses = {waiting(settings).key}, []
    for number in range(12):
        crash = refreshed(settings, f"r{number}", refreshes.CRASHED)
        found = waiting(settings)
        keys.add(found.key)
        assert found.not_before is not None
        pauses.append((found.not_before - datetime.fromisoformat(str(crash.ended))).total_seconds() / 60)
    assert len(keys) == 13
    assert pauses == [0, 10, 20, 40, 80, 160, 320, 360, 360, 360, 360, 360]


def test_the_next_run_can_start_while_a_daemon_lives(settings: Settings, instance: Instance) -> None:
    now = datetime.now(UTC)
    assert "daemon is not running. Start it with `njia serve`" in read_next_run(settings, now)["obstacles"][0]
    daemon_lives(settings, now - timedelta(seconds=30))
    found = read_next_run(settings, now)
    assert (found["can_start"], found["at"]) == (True, next_night(now).isoformat())
    daemon_lives(settings, now - timedelta(minutes=5))
    (obstacle,) = read_next_run(settings, now)["obstacles"]
    assert f"Its last heartbeat was at {now - timedelta(minutes=5):%Y-%m-%d %H:%M} UTC" in obstacle


def test_a_killed_run_is_an_obstacle_a_living_one_not(settings: Settings, instance: Instance) -> None:
    now = datetime.now(UTC)
    daemon_lives(settings, now)
    run_id = instance.create_run_for_job(refresh, status=dg.DagsterRunStatus.STARTED).run_id
    assert read_next_run(settings, now)["obstacles"] == [], "it may be starting"
    lock = RefreshLock(settings)
    lock.take(run_id)
    assert read_next_run(settings, now)["obstacles"] == []
    lock.release()
    (obstacle,) = read_next_run(settings, now)["obstacles"]
    assert f"Run {run_id[:8]} was killed" in obstacle


def test_schedule_switched_off_is_an_obstacle(settings: Settings, instance: Instance) -> None:
    now = datetime.now(UTC)
    daemon_lives(settings, now)
    sql = (
        "insert into instigators (selector_id, repository_selector_id, status, instigator_type, instigator_body) "
        "values (?, ?, ?, ?, ?)"
    )
    switch = ("nightly", "r", "STOPPED", "SCHEDULE", '{"origin": {"job_name": "nightly"}}')
    write(settings, "schedules/schedules.db", sql, switch)
    (obstacle,) = read_next_run(settings, now)["obstacles"]
    assert "The schedule nightly is switched off" in obstacle


def test_unreadable_stores_are_an_obstacle(settings: Settings, instance: Instance) -> None:
    daemon_lives(settings, datetime.now(UTC))
    (settings.dagster_home / "schedules" / "schedules.db").write_text("no database, for long enough" * 50)
    (obstacle,) = read_next_run(settings, datetime.now(UTC))["obstacles"]
    assert "cannot be read" in obstacle


@pytest.mark.parametrize("content", ["", "[]", '{"author": "A. Steward"}', '{"landings": 7}'])
def test_a_damaged_list_of_what_was_considered_or_asked_stops_no_run(
    settings: Settings, content: str
) -> None:
    settings.review.mkdir(exist_ok=True)
    for name in (refreshes.ASKED, refreshes.CONSIDERED):
        (settings.review / name).write_text(content)
    land(settings, "a")
    found = waiting(settings)
    assert (found.starts, found.landings, found.asked) == (True, ["kobe_shelter/a"], None)

"""What waits for a refresh, when the next starts, what prevents it: for `njia status`, desk and sensor.

Reads Dagster's stores with plain SQL, because loading Dagster takes longer than `njia status` may. Does not
belong here: ending dead runs (`defs/killed_runs.py`).
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.core import Settings, is_alive, last_holder, refreshes, say, together
from orchestration.intake import marks_of_files_ready, pull_lock
from orchestration.stewardship import decisions_waiting, refresh_since

SCHEDULE, HOUR, TIME_ZONE = "nightly", 2, "Africa/Nairobi"
SENSOR, SENSOR_SECONDS = "inbox", 20
PULL = "pull"  # Dagster's job
# A daemon writes a heartbeat every 30 seconds.
HEARTBEAT_WITHIN = timedelta(minutes=2)
START_TIMEOUT = timedelta(minutes=3)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=10), timedelta(hours=6)


@dataclass(frozen=True)
class Waiting:
    """What no refresh has considered, and when it starts one.

    `files` of the inbox, `landings` as `partner/extract_id`, ids of `decisions`; `asked`: author and time of
    a request from the desk. `starts`: False where only decisions wait, and they wait for the night, and
    where somebody stopped the refresh of all that waits.
    `not_before`: the time after the last decision has to pass, and after several crashes in a row the next
    refresh waits, longer each time.
    """

    files: list[str]
    landings: list[str]
    decisions: list[str]
    asked: Mapping[str, str] | None
    starts: bool
    not_before: datetime | None
    crashes: int
    after: str | None

    @property
    def key(self) -> str | None:
        """Return the run key: the same things start one run, and one more after a crash."""
        if not self.starts:
            return None
        asked = self.asked["time"] if self.asked else None
        content = json.dumps([self.after, self.files, self.landings, self.decisions, asked])
        return f"{hashlib.sha256(content.encode()).hexdigest()}-{self.crashes}"

    @property
    def in_words(self) -> str:
        """Say what waits, for the operator; empty for nothing."""
        counts = {
            "file(s) in the inbox": len(self.files),
            "landed extract(s)": len(self.landings),
            "decision(s)": len(self.decisions),
        }
        found = [f"{count} {what}" for what, count in counts.items() if count]
        return ", ".join([*found, f"a request of {self.asked['author']}"] if self.asked else found)


def waiting(settings: Settings) -> Waiting:
    considered = refreshes.considered(settings)
    files = marks_of_files_ready(settings) - considered.get("files", set())
    landings = refreshes.landings(settings) - considered.get("landings", set())
    asked = refreshes.asked(settings)
    decisions = decisions_waiting(settings)
    starts, not_before = bool(files or landings or asked), _after_crashes(settings, asked)
    if not starts and decisions.ids and settings.refresh_after is not None and decisions.last:
        starts = True
        not_before = max(filter(None, (not_before, decisions.last + settings.refresh_after)))
    last = refreshes.last(settings)
    if last and last.outcome == refreshes.STOPPED and not asked:
        read = {name: set(ids) for name, ids in last.inputs.items()}
        settled = decisions.ids ^ considered.get("decisions", set())
        is_new = files - read.get("files", set()) or landings - read.get("landings", set())
        starts = starts and bool(is_new or (decisions.ids and settled != read.get("decisions")))
    whole = refreshes.last_whole(settings)
    return Waiting(
        sorted(files),
        sorted(landings),
        sorted(decisions.ids),
        asked,
        starts,
        not_before,
        len(refreshes.crashes_in_a_row(settings)),
        whole["run_id"] if whole else None,
    )


def _after_crashes(settings: Settings, asked: Mapping[str, str] | None) -> datetime | None:
    """Return the end of the pause after crashes; a request that was made since needs none."""
    crashed = refreshes.crashes_in_a_row(settings)
    if not crashed or (asked and asked["time"] >= str(crashed[-1]["ended"])):
        return None
    pause = timedelta(0)
    if len(crashed) > 1:
        pause = min(FIRST_PAUSE * 2 ** min(len(crashed) - 2, 10), LONGEST_PAUSE)
    return datetime.fromisoformat(str(crashed[-1]["ended"])) + pause


def next_night(now: datetime) -> datetime:
    """Return the next time of the schedule."""
    here = now.astimezone(ZoneInfo(TIME_ZONE))
    night = here.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return night if night > here else night + timedelta(days=1)


def read_next_run(settings: Settings, now: datetime) -> dict[str, Any]:
    """Return when the next refresh starts.

    `at`: the next time of the schedule. `obstacles`: sentences, if none can start. `files`, `landings` and
    `decisions`: how many wait; `asked`: who asked for a refresh and when; `waits`: all of these in words.
    Where they start a refresh (`starts`), it does within a minute, or a minute after `not_before`.
    """
    pending = waiting(settings)
    obstacles = _obstacles(settings, now)
    return {
        "at": next_night(now).isoformat(),
        "can_start": not obstacles,
        "obstacles": obstacles,
        "files": len(pending.files),
        "landings": len(pending.landings),
        "decisions": len(pending.decisions),
        "asked": pending.asked,
        "waits": pending.in_words,
        "starts": pending.starts,
        "not_before": pending.not_before.isoformat() if pending.not_before and pending.starts else None,
    }


def _obstacles(settings: Settings, now: datetime) -> list[str]:
    history, schedules = settings.dagster_home / "history", settings.dagster_home / "schedules"
    try:
        beats = _rows(history / "runs.db", "select daemon_type, timestamp from daemon_heartbeats")
        unfinished = _rows(
            history / "runs.db",
            "select run_id, pipeline_name as job, update_timestamp as since from runs "
            "where status in ('STARTING', 'STARTED', 'CANCELING')",
        )
        switches = _rows(
            schedules / "schedules.db",
            "select status, instigator_body as body from instigators",
        )
    except sqlite3.Error as error:
        return [
            say(
                "Dagster's stores in {folder} cannot be read ({error}).",
                folder=str(settings.dagster_home),
                error=str(error),
            )
        ]
    return [*_dead_daemon(beats, now), *_switched_off(switches), *_dead_runs(settings, unfinished, now)]


def _dead_daemon(beats: list[Mapping[str, Any]], now: datetime) -> list[str]:
    newest = {beat["daemon_type"]: _utc(beat["timestamp"]) for beat in beats}
    needed = [newest.get(daemon) for daemon in ("SCHEDULER", "QUEUED_RUN_COORDINATOR", "SENSOR")]
    known = [beat for beat in needed if beat]
    if len(known) == len(needed) and now - min(known) <= HEARTBEAT_WITHIN:
        return []
    since = say("Its last heartbeat was at {time} UTC.", time=f"{min(known):%Y-%m-%d %H:%M}") if known else ""
    return [
        together(
            say("Nothing starts by itself, because Dagster's daemon is not running."),
            since,
            say("Start it with `njia serve`, or let cron run `njia refresh`."),
        )
    ]


def _switched_off(switches: list[Mapping[str, Any]]) -> list[str]:
    stopped = [json.loads(switch["body"]) for switch in switches if switch["status"] == "STOPPED"]
    off = {body["origin"]["job_name"] for body in stopped}
    sentences = {
        SCHEDULE: say(
            "The schedule {name} is switched off. Switch it on in the Dagster UI, under *Automation*.",
            name=SCHEDULE,
        ),
        SENSOR: say(
            "The sensor {name} is switched off, so what waits starts no refresh. Switch it on in the "
            "Dagster UI, under *Automation*.",
            name=SENSOR,
        ),
    }
    return [sentence for name, sentence in sentences.items() if name in off]


def _dead_runs(settings: Settings, unfinished: list[Mapping[str, Any]], now: datetime) -> list[str]:
    """Report runs without a process that Dagster thinks are unfinished: it starts no other meanwhile."""
    holder = last_holder(settings)
    if refresh_since(settings):
        if holder["process"] == "unknown" or is_alive(holder):
            unfinished = [run for run in unfinished if run["run_id"] != holder["run"]]
        else:
            return [
                say(
                    "The refresh lock is held, but the process that took it ({process}) is gone: a process "
                    "that it started still runs. End that process.",
                    process=str(holder["process"]),
                )
            ]
    if any(run["job"] == PULL for run in unfinished):
        with pull_lock(settings) as is_free:
            unfinished = [run for run in unfinished if is_free or run["job"] != PULL]
    has_held = {past["run_id"] for past in refreshes.history(settings)} | {holder["run"]}
    dead = [
        run["run_id"]
        for run in unfinished
        if run["run_id"] in has_held or now - _utc(run["since"]) > START_TIMEOUT
    ]
    return [
        say(
            "Run {run} was killed and blocks Dagster's queue. `njia serve` ends it within a minute, or the "
            "next `njia refresh` does.",
            run=run_id[:8],
        )
        for run_id in dead
    ]


def _utc(timestamp: str) -> datetime:
    return datetime.fromisoformat(timestamp).replace(tzinfo=UTC)


def _rows(store: Path, sql: str) -> list[Mapping[str, Any]]:
    """Return the rows of a query; none if the store does not exist yet."""
    if not store.is_file():
        return []
    with closing(sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True, timeout=2)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(sql).fetchall()

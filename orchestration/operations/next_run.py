"""When the next refresh starts by itself, and what prevents it: for `njia status` and the inbox sensor.

Reads Dagster's stores with plain SQL, because loading Dagster takes longer than `njia status` may. Does not
belong here: ending dead runs (`defs/killed_runs.py`).
"""

from __future__ import annotations

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

from orchestration.core import Settings, is_alive, last_holder, refreshes
from orchestration.intake import files_ready, inbox_place, pull_lock
from orchestration.release import current_release
from orchestration.stewardship import refresh_since

SCHEDULE, HOUR, TIME_ZONE = "nightly", 2, "Africa/Nairobi"
PULL = "pull"  # Dagster's job
# A daemon writes a heartbeat every 30 seconds.
HEARTBEAT_WITHIN = timedelta(minutes=2)
START_TIMEOUT = timedelta(minutes=3)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=10), timedelta(hours=6)


@dataclass(frozen=True)
class Waiting:
    """What no refresh has considered: files of the inbox, and landed extracts as `partner/extract_id`.

    `not_before`: after several crashes in a row the next refresh waits, longer each time.
    """

    files: list[Path]
    landings: list[str]
    crashes: int
    not_before: datetime | None

    @property
    def key(self) -> str | None:
        """Return the run key: the same files and landings start one run, and one more after each crash."""
        if not self.files and not self.landings:
            return None
        digest = hashlib.sha256()
        for path in self.files:
            stat, place = path.stat(), inbox_place(path)
            digest.update(f"{place.parent.name}/{place.name}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
        digest.update("\n".join(self.landings).encode())
        return f"{digest.hexdigest()}-{self.crashes}"


def waiting(settings: Settings) -> Waiting:
    crashed = refreshes.crashes_in_a_row(settings)
    pause = timedelta(0)
    if len(crashed) > 1:
        pause = min(FIRST_PAUSE * 2 ** min(len(crashed) - 2, 10), LONGEST_PAUSE)
    not_before = datetime.fromisoformat(str(crashed[-1]["ended"])) + pause if crashed else None
    return Waiting(files_ready(settings), sorted(_unconsidered(settings)), len(crashed), not_before)


def _unconsidered(settings: Settings) -> set[str]:
    """Return landed extracts that no refresh has considered, or, in old homes, that no release knows."""
    landed, considered = refreshes.landings(settings), refreshes.considered(settings)
    if considered is not None:
        return landed - considered
    current = current_release(settings)
    known = {extract["extract_id"] for extract in current.manifest["extracts"]} if current else set()
    return {landing for landing in landed if landing.partition("/")[2] not in known}


def next_night(now: datetime) -> datetime:
    """Return the next time of the schedule."""
    here = now.astimezone(ZoneInfo(TIME_ZONE))
    night = here.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return night if night > here else night + timedelta(days=1)


def read_next_run(settings: Settings, now: datetime) -> dict[str, Any]:
    """Return when the next refresh starts.

    `at`: the next time of the schedule. `obstacles`: sentences, if none can start. `files` and `landings`:
    how many wait; they start a refresh within a minute, or a minute after `not_before`.
    """
    pending = waiting(settings)
    obstacles = _obstacles(settings, now)
    return {
        "at": next_night(now).isoformat(),
        "can_start": not obstacles,
        "obstacles": obstacles,
        "files": len(pending.files),
        "landings": len(pending.landings),
        "not_before": pending.not_before.isoformat() if pending.not_before and pending.key else None,
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
            "select status, instigator_body as body from instigators where instigator_type = 'SCHEDULE'",
        )
    except sqlite3.Error as error:
        return [f"Dagster's stores in {settings.dagster_home} cannot be read ({error})."]
    return [*_dead_daemon(beats, now), *_switched_off(switches), *_dead_runs(settings, unfinished, now)]


def _dead_daemon(beats: list[Mapping[str, Any]], now: datetime) -> list[str]:
    newest = {beat["daemon_type"]: _utc(beat["timestamp"]) for beat in beats}
    needed = [newest.get(daemon) for daemon in ("SCHEDULER", "QUEUED_RUN_COORDINATOR", "SENSOR")]
    known = [beat for beat in needed if beat]
    if len(known) == len(needed) and now - min(known) <= HEARTBEAT_WITHIN:
        return []
    since = f" Its last heartbeat was at {min(known):%Y-%m-%d %H:%M} UTC." if known else ""
    return [
        f"Nothing starts by itself, because Dagster's daemon is not running.{since} Start it with njia "
        "serve, or let cron run njia refresh."
    ]


def _switched_off(switches: list[Mapping[str, Any]]) -> list[str]:
    off = [json.loads(switch["body"]) for switch in switches if switch["status"] == "STOPPED"]
    if any(body["origin"]["job_name"] == SCHEDULE for body in off):
        return [
            f"The schedule {SCHEDULE} is switched off. Switch it on in the Dagster UI, under *Automation*."
        ]
    return []


def _dead_runs(settings: Settings, unfinished: list[Mapping[str, Any]], now: datetime) -> list[str]:
    """Report runs without a process that Dagster thinks are unfinished: it starts no other meanwhile."""
    holder = last_holder(settings)
    if refresh_since(settings):
        if holder["process"] == "unknown" or is_alive(holder):
            unfinished = [run for run in unfinished if run["run_id"] != holder["run"]]
        else:
            return [
                f"The refresh lock is held, but the process that took it ({holder['process']}) is gone: a "
                "process that it started still runs. End that process."
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
        f"Run {run_id[:8]} was killed and blocks Dagster's queue. `njia serve` ends it within a minute, or "
        "the next njia refresh does."
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

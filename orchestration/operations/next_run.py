"""When the next refresh starts by itself, and what stands in its way: what `njia status` and the sensor ask.

Read from the home and from Dagster's own stores with plain SQL, because loading Dagster takes longer than
`njia status` may. What does not belong here: ending what stands in the way (`defs/killed_runs.py`).
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
from orchestration.intake import files_ready
from orchestration.release import current_release
from orchestration.stewardship import refresh_since

SCHEDULE, HOUR, TIME_ZONE = "nightly", 2, "Africa/Nairobi"
# A daemon writes a sign of life every 30 seconds.
LAST_SIGN_OF_LIFE = timedelta(minutes=2)
STARTING_MAY_TAKE = timedelta(minutes=3)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=10), timedelta(hours=6)


@dataclass(frozen=True)
class Waiting:
    """What no refresh has considered: files of the inbox, and `partner/extract_id` of what only landed.

    `not_before`: after crashes in a row the next refresh waits, longer each time.
    """

    files: list[Path]
    landings: list[str]
    crashes: int
    not_before: datetime | None

    @property
    def key(self) -> str | None:
        """Of exactly this: the same files and landings start one run, and one more after each crash."""
        if not self.files and not self.landings:
            return None
        seen = hashlib.sha256()
        for path in self.files:
            stat = path.stat()
            seen.update(f"{path.parent.name}/{path.name}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
        seen.update("\n".join(self.landings).encode())
        return f"{seen.hexdigest()}-{self.crashes}"


def waiting(settings: Settings) -> Waiting:
    crashed = refreshes.crashes_in_a_row(settings)
    pause = timedelta(0)
    if len(crashed) > 1:
        pause = min(FIRST_PAUSE * 2 ** min(len(crashed) - 2, 10), LONGEST_PAUSE)
    not_before = datetime.fromisoformat(str(crashed[-1]["ended"])) + pause if crashed else None
    return Waiting(files_ready(settings), sorted(_unconsidered(settings)), len(crashed), not_before)


def _unconsidered(settings: Settings) -> set[str]:
    """Homes of an earlier version have noted nothing: there, what the current release does not know."""
    landed, considered = refreshes.landings(settings), refreshes.considered(settings)
    if considered is not None:
        return landed - considered
    current = current_release(settings)
    known = {extract["extract_id"] for extract in current.manifest["extracts"]} if current else set()
    return {one for one in landed if one.partition("/")[2] not in known}


def next_night(now: datetime) -> datetime:
    """The next time of the schedule."""
    here = now.astimezone(ZoneInfo(TIME_ZONE))
    night = here.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return night if night > here else night + timedelta(days=1)


def read_next_run(settings: Settings, now: datetime) -> dict[str, Any]:
    """`at`: when the schedule starts the next refresh; `obstacles`: sentences, where it cannot.

    `files` and `landings` wait for a refresh. While nothing stands in the way, one starts within a minute of
    `not_before`, or at once.
    """
    found = waiting(settings)
    obstacles = _obstacles(settings, now)
    return {
        "at": next_night(now).isoformat(),
        "can_start": not obstacles,
        "obstacles": obstacles,
        "files": len(found.files),
        "landings": len(found.landings),
        "not_before": found.not_before.isoformat() if found.not_before and found.key else None,
    }


def _obstacles(settings: Settings, now: datetime) -> list[str]:
    history, schedules = settings.dagster_home / "history", settings.dagster_home / "schedules"
    try:
        beats = _rows(history / "runs.db", "select daemon_type, timestamp from daemon_heartbeats")
        unfinished = _rows(
            history / "runs.db",
            "select run_id, status, update_timestamp as since from runs "
            "where status in ('STARTING', 'STARTED', 'CANCELING')",
        )
        switches = _rows(
            schedules / "schedules.db",
            "select status, instigator_body as body from instigators where instigator_type = 'SCHEDULE'",
        )
    except sqlite3.Error as error:
        return [f"Dagster's stores in {settings.dagster_home} cannot be read ({error}). See `njia ui`."]
    return [*_dead_daemon(beats, now), *_switched_off(switches), *_dead_runs(settings, unfinished, now)]


def _dead_daemon(beats: list[Mapping[str, Any]], now: datetime) -> list[str]:
    newest = {beat["daemon_type"]: _utc(beat["timestamp"]) for beat in beats}
    needed = [newest.get(daemon) for daemon in ("SCHEDULER", "QUEUED_RUN_COORDINATOR", "SENSOR")]
    seen = [one for one in needed if one]
    if len(seen) == len(needed) and now - min(seen) <= LAST_SIGN_OF_LIFE:
        return []
    since = f" Its last sign of life is of {min(seen):%Y-%m-%d %H:%M} UTC." if seen else ""
    return [
        f"Nothing starts by itself, because Dagster's daemon is not running.{since} Start it with njia ui, "
        "or let cron run njia refresh."
    ]


def _switched_off(switches: list[Mapping[str, Any]]) -> list[str]:
    off = [json.loads(switch["body"]) for switch in switches if switch["status"] == "STOPPED"]
    if any(body["origin"]["job_name"] == SCHEDULE for body in off):
        return [f"The schedule {SCHEDULE} is switched off. Switch it on in `njia ui`, under *Automation*."]
    return []


def _dead_runs(settings: Settings, unfinished: list[Mapping[str, Any]], now: datetime) -> list[str]:
    """Runs that Dagster takes for unfinished, so that it starts no other, while no process works at them."""
    holder = last_holder(settings)
    if refresh_since(settings):
        if holder["process"] == "unknown" or is_alive(holder):
            unfinished = [run for run in unfinished if run["run_id"] != holder["run"]]
        else:
            return [
                f"The refresh lock is held, but the process that took it ({holder['process']}) is gone: "
                "something that it had started still runs. End that."
            ]
    has_held = {one["run_id"] for one in refreshes.history(settings)} | {holder["run"]}
    dead = [
        run["run_id"]
        for run in unfinished
        if run["run_id"] in has_held or now - _utc(run["since"]) > STARTING_MAY_TAKE
    ]
    return [
        f"Run {run_id[:8]} was killed and still stands in Dagster's queue. While `njia ui` runs it is ended "
        "within a minute; else by the next njia ui or njia refresh."
        for run_id in dead
    ]


def _utc(timestamp: str) -> datetime:
    return datetime.fromisoformat(timestamp).replace(tzinfo=UTC)


def _rows(store: Path, sql: str) -> list[Mapping[str, Any]]:
    """Nothing where the store has not been made yet."""
    if not store.is_file():
        return []
    with closing(sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True, timeout=2)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(sql).fetchall()

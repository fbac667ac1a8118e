"""When a refresh runs, nightly and when a partner's file arrives; and when people are told of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from filelock import FileLock, Timeout

from orchestration import extracts
from orchestration.defs.killed_runs import end_killed_runs
from orchestration.errors import NjiaError
from orchestration.settings import Settings
from orchestration.stewardship import messages
from orchestration.work_left import clear_work_left_behind

REFRESH = "refresh"


@dataclass(frozen=True)
class Automation:
    job: UnresolvedAssetJobDefinition
    schedule: dg.ScheduleDefinition
    sensors: tuple[dg.SensorDefinition, ...]


def automation(settings: Settings) -> Automation:
    """The one job, its schedule and its sensor. The run queue of one stands in dagster.yaml."""
    job = dg.define_asset_job(
        REFRESH,
        selection=dg.AssetSelection.all(),
        description="From the partners' inbox to a published release, through both gates.",
        executor_def=dg.in_process_executor,
    )
    schedule = dg.ScheduleDefinition(
        name="nightly",
        job=job,
        cron_schedule="0 2 * * *",
        execution_timezone="Africa/Nairobi",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="A refresh every night at 02:00 in Nairobi.",
    )

    @dg.sensor(
        name="inbox",
        job=job,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="A refresh when the inbox holds a set of files that no refresh has seen yet.",
    )
    def inbox() -> dg.RunRequest | dg.SkipReason:
        end_killed_runs(settings)
        if _refresh_is_running(settings):
            # Asking now would use up the key of these files on a run that cannot get the lock.
            return dg.SkipReason("A refresh is running; the inbox is looked at again after it.")
        state = inbox_state(settings)
        # A file that cannot be read stays in the inbox: its key keeps it from starting a refresh each minute.
        return dg.RunRequest(run_key=state) if state else dg.SkipReason("The inbox is empty.")

    @dg.sensor(
        name="messages",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells stewards and operators of refused releases, held extracts, files not taken, "
        "overdue partners and failed refreshes: each once.",
    )
    def tell() -> dg.SkipReason:
        end_killed_runs(settings)
        if _refresh_is_running(settings):
            return dg.SkipReason("A refresh is running; what it comes to is told after it.")
        clear_work_left_behind(settings)  # a run from the UI ends with its process, which clears nothing
        try:
            sent = messages.send_due(settings)
        except NjiaError as error:
            return dg.SkipReason(f"Nothing can be told: {error}")
        return dg.SkipReason(" ".join(messages.in_words(one) for one in sent) or "Nobody waits for news.")

    return Automation(job, schedule, (inbox, tell))


def _refresh_is_running(settings: Settings) -> bool:
    try:
        with FileLock(settings.lock, timeout=0):
            return False
    except Timeout:
        return True


def inbox_state(settings: Settings) -> str | None:
    """A key of the files that wait in the inbox (names, sizes, times); None when there are none."""
    files = extracts.files_ready(settings)
    if not files:
        return None
    seen = hashlib.sha256()
    for path in files:
        stat = path.stat()
        seen.update(f"{path.parent.name}/{path.name}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
    return seen.hexdigest()

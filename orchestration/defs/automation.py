"""When a refresh runs, nightly and when a partner's file arrives; and when people are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration.core import NjiaError, Settings, clear_work_left_behind
from orchestration.defs.killed_runs import end_killed_runs
from orchestration.defs.tags import REFRESH
from orchestration.operations import next_run
from orchestration.stewardship import messages, refresh_since

UNDER_WAY = dg.RunsFilter(
    job_name=REFRESH,
    statuses=[
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ],
)


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

    @dg.schedule(
        name=next_run.SCHEDULE,
        job=job,
        cron_schedule=f"0 {next_run.HOUR} * * *",
        execution_timezone=next_run.TIME_ZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="A refresh every night at 02:00 in Nairobi.",
    )
    def nightly() -> dg.RunRequest:
        end_killed_runs(settings)  # also where the sensors are switched off
        return dg.RunRequest()

    @dg.sensor(
        name="inbox",
        job=job,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="A refresh when the inbox or the landing holds what no refresh has considered yet.",
    )
    def inbox(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        end_killed_runs(settings)
        # Asking now would use up the key of these files on a run that cannot get the lock, or finds nothing.
        if refresh_since(settings) or context.instance.get_runs_count(UNDER_WAY):
            return dg.SkipReason("A refresh runs or is queued; the inbox is looked at again after it.")
        found = next_run.waiting(settings)
        if found.key is None:
            return dg.SkipReason("The inbox is empty, and all that has landed was considered.")
        if found.not_before and datetime.now(UTC) < found.not_before:
            return dg.SkipReason(f"{found.crashes} refreshes crashed; the next starts at {found.not_before}.")
        # A file that cannot be read stays in the inbox: its key keeps it from starting a refresh each minute.
        return dg.RunRequest(run_key=found.key)

    @dg.sensor(
        name="messages",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells stewards and operators of refused releases, held extracts, files not taken, "
        "overdue partners and failed refreshes: each once.",
    )
    def tell() -> dg.SkipReason:
        end_killed_runs(settings)
        if refresh_since(settings):
            return dg.SkipReason("A refresh is running; what it comes to is told after it.")
        clear_work_left_behind(settings)  # a run from the UI ends with its process, which clears nothing
        try:
            sent = messages.send_due(settings)
        except NjiaError as error:
            return dg.SkipReason(f"Nothing can be told: {error}")
        return dg.SkipReason(" ".join(messages.in_words(one) for one in sent) or "Nobody waits for news.")

    return Automation(job, nightly, (inbox, tell))

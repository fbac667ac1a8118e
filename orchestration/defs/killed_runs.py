"""Runs whose process was killed: ended in Dagster's run store, as in the record of refreshes.

Dagster does not notice that such a process is gone. With one run at a time, all later runs would stay queued.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
from filelock import FileLock, Timeout

from orchestration.defs.ending import OUTCOME
from orchestration.refresh_lock import last_holder
from orchestration.settings import Settings
from orchestration.stewardship import refreshes

UNFINISHED = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def end_killed_runs(settings: Settings) -> None:
    """End each unfinished run whose process is dead. Queued runs stay, and start.

    A run holds the refresh lock from its first step until its process ends. While the lock is held, its
    holder lives and nothing is done. While it is free, a run that has held it is dead. A run that has not
    may be starting: it gets the time that Dagster's run monitoring gives it.
    """
    last = refreshes.end_if_killed(settings)
    try:
        with (
            FileLock(settings.lock, timeout=0),
            dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance,
        ):
            outcomes = {one["run_id"]: one["outcome"] for one in refreshes.history(settings)}
            have_held = {*outcomes, last_holder(settings)["run"]}
            patience = timedelta(seconds=instance.run_monitoring_start_timeout_seconds)
            for record in instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED)):
                run = record.dagster_run
                if run.run_id in have_held or datetime.now(UTC) - record.update_timestamp >= patience:
                    # A run killed after it published keeps that outcome.
                    outcome = outcomes.get(run.run_id, refreshes.CRASHED)
                    instance.add_run_tags(run.run_id, {OUTCOME: outcome})
                    instance.report_run_failed(run, refreshes.ENDED_SILENTLY)
            for crash in last.crashes if last else []:
                crashed = instance.get_run_by_id(crash["run_id"])
                # Dagster's code server ends a run whose worker alone was killed, without an outcome.
                if crashed and OUTCOME not in crashed.tags:
                    instance.add_run_tags(crashed.run_id, {OUTCOME: refreshes.CRASHED})
    except Timeout:
        return

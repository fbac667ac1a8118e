"""What keeps Dagster from running: killed runs, which are ended, and damaged stores, which begin anew.

Dagster does not notice that the process of a run is gone. With one run at a time, all later runs would stay
queued.
"""

import logging
from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.core import Settings, durable, held_if_free, last_holder, refreshes
from orchestration.defs import pulled
from orchestration.defs.boundary import OUTCOME
from orchestration.intake import pull_lock
from orchestration.operations import sqlite_answer

# Files of DAGSTER_HOME that every run reads. A run's own file is opened in the UI alone.
STORES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")
UNFINISHED = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def end_killed_runs(settings: Settings) -> None:
    """End each unfinished run whose process is dead. Queued runs stay queued.

    A run holds the refresh lock from its first step until its process ends. A run that held the lock and
    does not hold it now is dead. A run that never held it may be starting: it gets the time that Dagster's
    run monitoring gives it, and is judged only while the lock is free.
    """
    delete_damaged_stores(settings)
    last = refreshes.end_if_killed(settings)
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        # Only then: whoever asks whether a refresh runs sees the lock taken.
        if instance.get_runs_count(dg.RunsFilter(statuses=UNFINISHED)):
            last = _end_dead(settings, instance) or last
        for crash in last.crashes if last else []:
            crashed = instance.get_run_by_id(crash["run_id"])
            # If only the worker was killed, Dagster's code server ends the run without an outcome.
            if crashed and OUTCOME not in crashed.tags:
                instance.add_run_tags(crashed.run_id, {OUTCOME: refreshes.CRASHED})


def delete_damaged_stores(settings: Settings) -> None:
    """Delete stores of Dagster that SQLite cannot read, and say so: Dagster makes them anew."""
    for name in STORES:
        store = settings.dagster_home / name
        if store.is_file() and sqlite_answer(store) in ("SQLITE_CORRUPT", "SQLITE_NOTADB"):
            for suffix in ("-wal", "-shm", ""):
                durable.remove(store.with_name(store.name + suffix))
            logging.getLogger("njia").warning(
                f"Dagster's file {name} was damaged and begins anew: the Dagster UI has lost earlier runs, "
                "or which schedules were switched off. No data is lost."
            )


def _end_dead(settings: Settings, instance: dg.DagsterInstance) -> refreshes.End | None:
    """End the dead ones of the unfinished runs; return the journal entry of one that never began."""
    last = None
    with held_if_free(settings.lock) as is_free:
        outcomes = {past["run_id"]: past["outcome"] for past in refreshes.history(settings)}
        holder = last_holder(settings)["run"]
        start_timeout = timedelta(seconds=instance.run_monitoring_start_timeout_seconds)
        for record in instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED)):
            run = record.dagster_run
            has_held = run.run_id in outcomes or run.run_id == holder
            is_late = datetime.now(UTC) - record.update_timestamp >= start_timeout
            if pulled.is_pull(run):  # it holds the lock of pulling while it works
                with pull_lock(settings) as is_dead:
                    if is_dead and is_late:
                        instance.report_run_failed(run, refreshes.ENDED_SILENTLY)
                continue
            if is_free and not has_held and is_late and run.asset_selection is None:
                last = refreshes.record_killed_before_start(settings, run.run_id)
            if (is_free and (has_held or is_late)) or (has_held and run.run_id != holder):
                # A run that was killed after it published keeps that outcome.
                outcome = outcomes.get(run.run_id, refreshes.CRASHED)
                instance.add_run_tags(run.run_id, {OUTCOME: outcome})
                instance.report_run_failed(run, refreshes.ENDED_SILENTLY)
    return last

"""Delete Dagster's oldest runs, as `seeds/reference/history_policy.csv` says."""

from __future__ import annotations

import logging

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES

from orchestration.core import kept
from orchestration.defs.event_log import OpenEventLog


def delete_old_runs(instance: dg.DagsterInstance) -> None:
    """Delete finished runs beyond the newest, a tenth of them at a time, and say how many.

    A run that holds the last result of an asset stays: the UI shows it, however old.
    """
    newest = kept("runs")
    if instance.get_runs_count() <= newest + newest // 10:
        return
    records = instance.get_run_records(dg.RunsFilter(statuses=FINISHED_STATUSES))[newest:]
    storage = instance.event_log_storage
    shown = {
        record.asset_entry.last_materialization_record.run_id
        for record in storage.get_asset_records()
        if record.asset_entry.last_materialization_record
    }
    old = [record.dagster_run.run_id for record in records if record.dagster_run.run_id not in shown]
    for run_id in old:
        instance.delete_run(run_id)
    if isinstance(storage, OpenEventLog):
        storage.give_back_space()
    if old:
        logging.getLogger("njia").warning(f"Removed, as history_policy.csv says: runs {len(old)}.")

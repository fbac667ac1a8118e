"""Run the refresh job in this process, on the Dagster instance of the UI."""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import dagster as dg
from dagster import DagsterInstance

from orchestration.core import (
    MachineFault,
    NjiaError,
    RefreshRunning,
    Settings,
    clear_work,
    interrupts_kept,
    prepare_home,
    refreshes,
)
from orchestration.defs import boundary
from orchestration.defs.killed_runs import end_killed_runs
from orchestration.defs.published import end_unchanged
from orchestration.refresh import Runs, run_outcome


@dataclass(frozen=True)
class Refreshed:
    """How a refresh ended: its outcome (a constant of `refreshes`), its seconds, and its error.

    `is_rolled_back`: nothing was published, because a steward rolled back and nothing is new since.
    """

    outcome: str
    seconds: float
    error: NjiaError | None = None
    is_rolled_back: bool = False


def run_refresh(
    settings: Settings,
    on_step: Callable[[str], None] = lambda step: None,
    steps: list[dg.AssetKey] | None = None,
) -> Refreshed:
    """Run the whole job, or some of its steps. A failed step is in the result, not raised."""
    prepare_home(settings)
    logging.getLogger("dagster").setLevel(logging.ERROR)  # it warns of each check of a skipped step
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    started = time.monotonic()
    end_killed_runs(settings)  # it needs the last holder of the lock, which may be dead
    runs = Runs(settings, on_step)
    run_id = str(uuid4())
    try:
        # Before any Dagster call, so that a second refresh leaves no run behind.
        runs.take_lock(run_id)
    except RefreshRunning as held:
        return Refreshed(run_outcome.ANOTHER_RAN, time.monotonic() - started, held)
    try:
        with interrupts_kept():
            if steps is None and end_unchanged(runs, run_id):
                return Refreshed(refreshes.UNCHANGED, time.monotonic() - started, None, runs.is_rolled_back)
            result = _run(runs, run_id, steps)
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
        if runs.ended != run_id and runs.entry and runs.entry.run_id == run_id:  # before Dagster knew of it
            run_outcome.write_end(settings, runs.entry, runs.current, refreshes.STOPPED)
        raise KeyboardInterrupt from None
    except Exception:
        if not isinstance(runs.error, MachineFault):
            raise
        # Dagster could not record the failed step either.
        return Refreshed(refreshes.CRASHED, time.monotonic() - started, runs.error)
    finally:
        clear_work(settings)
        runs.end()
    error = runs.error
    if runs.interrupted:
        raise KeyboardInterrupt
    if not result.success and error is None:
        error = NjiaError(f"The refresh failed in Dagster itself. See run {run_id} in the Dagster UI.")
    outcome = runs.outcome or (run_outcome.outcome_of(error) if error else refreshes.PUBLISHED)
    return Refreshed(outcome, time.monotonic() - started, error, runs.is_rolled_back)


def _run(runs: Runs, run_id: str, steps: list[dg.AssetKey] | None) -> dg.ExecuteInProcessResult:
    # Slow imports: the definitions load dbt and every room.
    from orchestration.defs.resources import evidence_base

    with interrupts_kept():
        job = evidence_base(runs).resolve_job_def(boundary.REFRESH)

    with DagsterInstance.from_config(str(runs.settings.dagster_home)) as instance:
        result = job.execute_in_process(
            run_config=boundary.QUIET_LOGS,
            instance=instance,
            raise_on_error=False,
            run_id=run_id,
            asset_selection=steps,
        )
        if not result.success:  # the failed step has usually recorded it already
            # Dagster records Ctrl-C as a failed step.
            runs.interrupted = runs.interrupted or any(
                "ExecutionInterrupted" in str(event.event_specific_data)
                for event in result.all_events
                if event.event_type_value in ("STEP_FAILURE", "PIPELINE_FAILURE", "PIPELINE_CANCELED")
            )
            outcome = refreshes.STOPPED if runs.interrupted else refreshes.CRASHED
            boundary.end(instance, runs, run_id, outcome)
        return result

"""Run the refresh job in this process, on the same instance as the UI shows."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from uuid import uuid4

import dagster as dg
from dagster import DagsterEvent, DagsterInstance

from orchestration.defs import release
from orchestration.defs.automation import REFRESH
from orchestration.defs.ending import tell_end
from orchestration.defs.killed_runs import end_killed_runs
from orchestration.defs.resources import evidence_base
from orchestration.defs.workplace import Refresh, Workplace
from orchestration.errors import NjiaError, RefreshRunning
from orchestration.home import prepare_home
from orchestration.settings import Settings
from orchestration.stewardship import refreshes
from orchestration.work_left import clear_work

QUIET_LOGS = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Refreshed:
    """How a refresh ended: what it found, how long it took, and the error that stopped it, if any."""

    refresh: Refresh | None
    seconds: float
    error: NjiaError | None


def run_refresh(
    settings: Settings,
    on_step: Callable[[str], None] = lambda step: None,
    steps: list[dg.AssetKey] | None = None,
) -> Refreshed:
    """Run the whole job, or only some steps of it, as the UI would; never raises for a failed step."""
    prepare_home(settings)
    # Skipped steps of an unchanged refresh make Dagster warn of gates that need not hold.
    logging.getLogger("dagster").setLevel(logging.ERROR)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    # What a run means to do is hundreds of events, told before its first step: in one piece.
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")
    started = time.monotonic()
    end_killed_runs(settings)  # before this run is noted as the lock's holder: the one noted now may be dead
    workplace = Workplace(settings)
    run_id = str(uuid4())
    try:
        # Before Dagster is asked for anything: a second refresh leaves no run behind.
        workplace.take_lock(run_id)
    except RefreshRunning as held:
        return Refreshed(None, time.monotonic() - started, held)
    try:
        with _noting_interrupts(workplace):
            result = _run(workplace, run_id, on_step, steps)
    finally:
        clear_work(settings)
        workplace.end()
    error = workplace.error
    if workplace.interrupted or (not result.success and _was_interrupted(result)):
        raise KeyboardInterrupt
    if not result.success and error is None:
        error = NjiaError(f"The refresh failed in Dagster itself. See run {run_id} in `njia ui`.")
    return Refreshed(workplace.refresh, time.monotonic() - started, error)


def steps_to_candidate(settings: Settings) -> list[dg.AssetKey]:
    """All steps of the job but those that follow from the verdict on the candidate."""
    later = {release.PUBLISHED, release.RECEIPTS}
    defined = evidence_base(Workplace(settings))
    return [spec.key for spec in defined.resolve_all_asset_specs() if spec.key not in later]


def _run(
    workplace: Workplace, run_id: str, on_step: Callable[[str], None], steps: list[dg.AssetKey] | None
) -> dg.ExecuteInProcessResult:
    job = evidence_base(workplace).resolve_job_def(REFRESH)
    if workplace.interrupted:
        raise KeyboardInterrupt

    def listen(record: object, _cursor: object = None) -> None:
        event = getattr(record, "dagster_event", None)
        if isinstance(event, DagsterEvent) and event.event_type_value == "STEP_START":
            on_step(event.step_key or "")

    with DagsterInstance.from_config(str(workplace.settings.dagster_home)) as instance:
        instance.add_event_listener(run_id, listen)
        result = job.execute_in_process(
            run_config=QUIET_LOGS,
            instance=instance,
            raise_on_error=False,
            run_id=run_id,
            asset_selection=steps,
        )
        if not result.success:  # most often told already, by the step that failed
            stopped = workplace.interrupted or _was_interrupted(result)
            tell_end(workplace, instance, run_id, refreshes.STOPPED if stopped else refreshes.CRASHED)
        return result


@contextmanager
def _noting_interrupts(workplace: Workplace) -> Iterator[None]:
    """Note Ctrl-C before raising: what is interrupted may swallow it, as dbt does while it parses."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return

    def noted(number: int, frame: FrameType | None) -> None:
        workplace.interrupted = True
        before(number, frame)

    signal.signal(signal.SIGINT, noted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _was_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Dagster turns Ctrl-C into a failed step of its own kind."""
    return any(
        "ExecutionInterrupted" in str(event.event_specific_data)
        for event in result.all_events
        if event.event_type_value in ("STEP_FAILURE", "PIPELINE_FAILURE", "PIPELINE_CANCELED")
    )

"""The exception boundary around every step, the record of how a run ended, and the names all assets share."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import dagster as dg

# Dagster adds its stack trace to every other error, also to `dg.Failure`. A person needs the sentence alone.
from dagster._core.errors import DagsterUserCodeProcessError
from dagster_shared.error import SerializableErrorInfo

from orchestration.core import (
    Artifact,
    MachineFault,
    NjiaError,
    ReleaseRefused,
    interrupts_kept,
    kind_and_place,
    machine_fault,
    read_artifact,
    refreshes,
)
from orchestration.defs.history import delete_old_runs
from orchestration.refresh import Run, Runs, releasing, run_outcome

Context = dg.AssetExecutionContext | dg.AssetCheckExecutionContext
Answer = TypeVar("Answer")
FIRST_STEP, LAST_STEP = "take_in", "publish"

REFRESH = "refresh"  # the job
OUTCOME, HELD, OVERDUE, RELEASE = "njia/outcome", "njia/held", "njia/overdue", "njia/release"
QUIET_LOGS = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
STARTED_BY = "njia/started_by"
OWNER = "team:operators"
_SENSITIVITY = "njia/sensitivity"
RESTRICTED = {_SENSITIVITY: "restricted"}  # records, or facts about single records: stays in `work/`
FOR_MEMBERS, FOR_PUBLIC = {_SENSITIVITY: "members"}, {_SENSITIVITY: "public"}


class Stopped(DagsterUserCodeProcessError, dg.Failure):
    """A failed step with a sentence for people, and without a stack trace as of another process."""

    def __init__(self, sentence: str, metadata: Mapping[str, dg.MetadataValue]) -> None:
        dg.Failure.__init__(self, sentence, metadata=metadata, allow_retries=False)
        self.user_code_process_error_infos = [SerializableErrorInfo(sentence, [], None)]


def step(context: Context, runs: Runs, work: Callable[[Run], Answer]) -> Answer:
    """Do a room's work. Of an unexpected error, keep only its kind and place.

    The text of such an error may quote a cell, and Dagster stores the texts of errors.
    """
    op = context.op_execution_context
    problem: NjiaError | None = None
    answer: Answer
    try:
        with interrupts_kept():
            steps = op.run.step_keys_to_execute
            is_continued = op.run.parent_run_id is not None
            # The whole job, or the rest of it after a failure; not some steps by hand.
            is_refresh = steps is None or (LAST_STEP in steps and (FIRST_STEP in steps or is_continued))
            run = runs.begin(op.run_id, is_refresh)
            runs.at_step(op.op_handle.name)
            answer = work(run)
    except KeyboardInterrupt:
        runs.interrupted = True
        raise
    except Exception as error:
        failed = NjiaError(f"The step {op.op_handle.name} failed: {kind_and_place(error)}.")
        problem = machine_fault(error, runs.settings.home) or (
            error if isinstance(error, NjiaError) else failed
        )
    if problem is None:
        return answer
    if isinstance(problem, MachineFault) and runs.current:
        releasing.free_room(runs.current)
    runs.error = problem
    at_gate = op.op_handle.name == LAST_STEP and isinstance(problem, ReleaseRefused)
    end(op.instance, runs, op.run_id, run_outcome.outcome_of(problem), str(problem), at_gate)
    raise Stopped(str(problem), _metadata(runs, problem)) from None


def end(
    instance: dg.DagsterInstance,
    runs: Runs,
    run_id: str,
    outcome: str,
    reason: str | None = None,
    at_gate: bool = False,
    is_rolled_back: bool = False,
) -> None:
    """Record how a run ended, once. A failure to record it is a warning and leaves the outcome as it is."""
    if runs.ended == run_id:
        return
    runs.ended, runs.outcome, runs.is_rolled_back = run_id, outcome, is_rolled_back
    run = runs.current if runs.current and runs.current.run_id == run_id else None
    at_gate = at_gate and read_artifact(runs.settings.work, releasing.RELEASE_GATE) is not None
    try:
        instance.add_run_tags(run_id, {OUTCOME: outcome})
        if runs.entry and runs.entry.run_id == run_id:
            journalled = run_outcome.write_end(
                runs.settings, runs.entry, run, outcome, reason, at_gate, is_rolled_back
            )
            if outcome in refreshes.WHOLE:
                # For the list of runs: held and overdue counts that are not zero, and a new release.
                counts = {HELD: len(journalled.held), OVERDUE: len(journalled.overdue)}
                tags = {name: str(count) for name, count in counts.items() if count}
                if journalled.outcome == refreshes.PUBLISHED and journalled.release_id:
                    tags[RELEASE] = journalled.release_id
                instance.add_run_tags(run_id, tags)
        delete_old_runs(instance)
    except Exception as error:
        logging.getLogger(__name__).warning(
            "The end of run %s could not be recorded: %s.", run_id, kind_and_place(error)
        )


def version_of(artifact: Artifact) -> dg.DataVersion:
    """Return the fingerprint of an artifact as a data version."""
    return dg.DataVersion(artifact.fingerprint[:16])


def spec(
    key: dg.AssetKey, group: str, description: str, deps: Iterable[dg.AssetKey] = (), **more: Any
) -> dg.AssetSpec:
    """Return the spec of an asset of the operators, restricted and a Parquet file unless `more` says else."""
    shared = {"owners": [OWNER], "tags": RESTRICTED, "kinds": {"parquet"}}
    return dg.AssetSpec(key, group_name=group, description=description, deps=list(deps), **(shared | more))


def asset(
    name: str, *of_spec: Any, checks: Iterable[dg.AssetCheckSpec] = (), **more: Any
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Return a decorator for the step `name`, which makes one asset; the rest is for `spec`."""
    return dg.multi_asset(name=name, specs=[spec(*of_spec, **more)], check_specs=list(checks))


def _metadata(runs: Runs, problem: NjiaError) -> dict[str, dg.MetadataValue]:
    """Link to the desk and the report after a refusal."""
    if not isinstance(problem, ReleaseRefused):
        return {}
    return {
        "desk": dg.MetadataValue.url(f"{runs.settings.desk_url}/"),
        "quality_report": dg.MetadataValue.path(str(runs.settings.review / "quality_report.html")),
    }

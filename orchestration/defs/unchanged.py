"""A refresh that finds nothing new: shown in the UI as any other run, without loading the definitions."""

from __future__ import annotations

import dagster as dg
from dagster import DagsterEvent, DagsterEventType
from dagster._core.events import StepMaterializationData

from orchestration.core import refreshes
from orchestration.defs import boundary, confirming
from orchestration.defs.tags import REFRESH
from orchestration.refresh import Runs, releasing, settle, step, unchanged


def end_unchanged(runs: Runs, run_id: str) -> bool:
    """End the run here if the release in force holds all there is; False where steps have to be done.

    An error of any kind is left to the step that meets it again: the UI shows it there, without its text.
    """
    settings = runs.settings
    try:
        run = runs.begin(run_id, is_refresh=True)
        if not unchanged.finds_nothing_new(run):
            return False
        is_rolled_back = bool(step.artifact_of(settings, settle.IN_FORCE).facts["is_rolled_back"])
        releasing.write_receipts(run, "unchanged", is_rolled_back)
    except Exception:
        return False
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        instance.add_run(dg.DagsterRun(job_name=REFRESH, run_id=run_id))
        _note(instance, run_id, DagsterEventType.PIPELINE_START)
        if metadata := confirming.of_unchanged(run, is_rolled_back):
            shown = dg.AssetMaterialization(confirming.PUBLISHED, metadata=metadata)
            _note(instance, run_id, DagsterEventType.ASSET_MATERIALIZATION, StepMaterializationData(shown))
        boundary.end(instance, runs, run_id, refreshes.UNCHANGED, is_rolled_back=is_rolled_back)
        _note(instance, run_id, DagsterEventType.PIPELINE_SUCCESS)
    return True


def _note(
    instance: dg.DagsterInstance,
    run_id: str,
    kind: DagsterEventType,
    what: StepMaterializationData | None = None,
) -> None:
    instance.report_dagster_event(DagsterEvent(kind.value, REFRESH, event_specific_data=what), run_id)

"""Show a refresh without new inputs in the UI like any other run, without loading the definitions."""

from __future__ import annotations

import dagster as dg
from dagster import DagsterEvent, DagsterEventType
from dagster._core.events import StepMaterializationData

from orchestration.core import refreshes
from orchestration.defs import boundary, published
from orchestration.defs.tags import REFRESH
from orchestration.refresh import Runs, releasing, settle, step


def end_unchanged(runs: Runs, run_id: str) -> bool:
    """End the run if the release in force is up to date; return whether it did.

    After any error it returns False: the step that meets the error again shows it in the UI, without its
    text.
    """
    settings = runs.settings
    try:
        run = runs.begin(run_id, is_refresh=True)
        if not settle.is_up_to_date(run):
            return False
        is_rolled_back = bool(step.artifact_of(settings, settle.IN_FORCE).facts["is_rolled_back"])
        releasing.write_receipts(run, "unchanged", is_rolled_back)
    except Exception:
        return False
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        instance.add_run(dg.DagsterRun(job_name=REFRESH, run_id=run_id))
        _report(instance, run_id, DagsterEventType.PIPELINE_START)
        if metadata := published.of_unchanged(run, is_rolled_back):
            shown = dg.AssetMaterialization(published.PUBLISHED, metadata=metadata)
            _report(instance, run_id, DagsterEventType.ASSET_MATERIALIZATION, StepMaterializationData(shown))
        boundary.end(instance, runs, run_id, refreshes.UNCHANGED, is_rolled_back=is_rolled_back)
        _report(instance, run_id, DagsterEventType.PIPELINE_SUCCESS)
    return True


def _report(
    instance: dg.DagsterInstance,
    run_id: str,
    kind: DagsterEventType,
    what: StepMaterializationData | None = None,
) -> None:
    instance.report_dagster_event(DagsterEvent(kind.value, REFRESH, event_specific_data=what), run_id)

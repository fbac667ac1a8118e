"""A refresh that finds nothing new ends before Dagster's and dbt's project code is loaded."""

from __future__ import annotations

from orchestration import intake
from orchestration.refresh import extracts, settle
from orchestration.refresh.run import Run


def finds_nothing_new(run: Run) -> bool:
    """Whether no step up to what is in force would make anything else, and the release holds all of it.

    What is in force is settled anew, because the day may decide otherwise than yesterday.
    """
    if intake.files_waiting(run.settings):
        return False
    extracts.take_in(run)  # what a forgotten record or a killed run has left
    steps = (extracts.is_typed, extracts.is_located, settle.are_judged)
    return all(stands(run) for stands in steps) and bool(settle.settle(run).facts["is_unchanged"])

"""The steps of a refresh in order, without Dagster and dbt: for tests of what the steps make.

Each of the two costs as much as all the steps over the scenario: compiled SQL stands for dbt (`compiled`). The sample
world, the commands and the tests of the UI run the whole job.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from orchestration.core import (
    NjiaError,
    ReleaseRefused,
    Settings,
    clear_work,
    prepare_home,
    read_json,
    refreshes,
)
from orchestration.refresh import Run, Runs, artifact_of, extracts, releasing, run_outcome, tables
from orchestration.release import carried_tables
from orchestration.warehouse import Part, manifest_path
from orchestration.warehouse.engines import SPARK
from tests.compiled import instead_of_dbt

T = TypeVar("T")
OnStep = Callable[[str], None]
BEFORE = {Part.WAREHOUSE: (), Part.COUNTS: (tables.link,), Part.PUBLISHABLE: (tables.measure, tables.fit)}


@dataclass(frozen=True)
class Ended:
    """How a refresh ended: its outcome (one of `refreshes`), and the error that stopped it."""

    outcome: str
    error: NjiaError | None = None
    is_rolled_back: bool = False


def refresh(settings: Settings, on_step: OnStep = lambda name: None) -> Ended:
    """Do all steps and write down how they ended, as a run of the job does; `on_step` is called before each."""
    prepare_home(settings)
    runs, run_id = Runs(settings), str(uuid4())
    try:
        run: Run | None = None
        outcome, error, at_gate, is_rolled_back = refreshes.UNCHANGED, None, False, False
        try:
            run = runs.begin(run_id, is_refresh=True)
            has_new = not extracts.is_up_to_date(run) and _with_tables(run, on_step)
            at_gate = has_new and _staged(run, on_step)
            if at_gate:
                outcome = _judge_and_publish(run, on_step)
            else:  # a candidate that is not kept would bring back what a rollback left behind
                facts = artifact_of(settings, extracts.IN_FORCE).facts
                is_rolled_back = has_new or bool(facts["is_rolled_back"])
                releasing.write_receipts(run, "unchanged", is_rolled_back)
        except NjiaError as problem:
            outcome, error = run_outcome.outcome_of(problem), problem
        if runs.entry:
            reason = str(error) if error else None
            run_outcome.write_end(settings, runs.entry, run, outcome, reason, at_gate, is_rolled_back)
        return Ended(outcome, error, is_rolled_back)
    finally:
        clear_work(settings)
        runs.end()


def build_marts(settings: Settings) -> None:
    """Do the steps up to the publishable tables in the work file; raises what they raise."""
    do(settings, _with_tables)


def candidate(settings: Settings) -> str:
    """Do the steps up to the candidate; its content hash."""
    assert do(settings, lambda run: _with_tables(run) and _staged(run)), "nothing to stage"
    staged = releasing.candidate_of(settings)
    assert staged
    return str(staged["content_hash"])


def do(settings: Settings, work: Callable[[Run], T]) -> T:
    """Do one step, or some, in a run that is no refresh."""
    prepare_home(settings)
    runs = Runs(settings)
    try:
        return work(runs.begin(str(uuid4())))
    finally:
        runs.end()


def settle_inbox(run: Run, on_step: OnStep = lambda name: None) -> bool:
    """From the inbox to what is in force; whether that differs from the current release."""
    on_step("take_in")
    extracts.take_in(run)
    on_step("type")
    extracts.type_extracts(run)
    on_step("locate")
    extracts.locate(run)
    on_step("judge_extracts")
    extracts.judge_extracts(run)
    on_step("in_force")
    return not extracts.settle(run).facts["is_unchanged"]


def _with_tables(run: Run, on_step: OnStep = lambda name: None) -> bool:
    """From the inbox to the publishable tables; False where nothing differs from the current release."""
    if not settle_inbox(run, on_step):
        return False
    on_step("carry")
    extracts.carry(run, carried_tables(manifest_path(run.settings)))
    with nullcontext() if run.settings.engine == SPARK else instead_of_dbt():
        for part in Part:
            for step in BEFORE[part]:
                on_step(step.name)
                step(run)
            on_step(part)
            tables.stop_if_broken(tables.nodes_of(tables.build_tables(run, part)))
    return True


def _staged(run: Run, on_step: OnStep = lambda name: None) -> bool:
    """Write the candidate; False where a steward left it behind by a rollback."""
    on_step("candidate")
    return releasing.stage(run) is not None


def _judge_and_publish(run: Run, on_step: OnStep) -> str:
    on_step("release_gate")
    releasing.judge(run)
    on_step("publish")
    try:
        published = releasing.publish(run)
    except ReleaseRefused:
        releasing.write_receipts(run, "refused")
        raise
    releasing.write_receipts(run, "published" if published else "waits")
    return refreshes.PUBLISHED if published else refreshes.WAITS


def newest_note(settings: Settings, partner: str) -> Path:
    """Return the landing note of the extract that came last."""
    notes = (settings.landing / partner).glob("[!.]*.json")
    return max(notes, key=lambda note: int(read_json(note)["sequence"]))

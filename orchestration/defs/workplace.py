"""The one resource: what a refresh needs from the first step to the last.

The lock is taken once, and with it the clock and the stewards' decisions are read: what is decided from
then on takes part in the next refresh, in none of this one's steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import dagster as dg

from orchestration import extracts, stewardship
from orchestration.defs.ending import FIRST_STEP, failed_as, tell_end
from orchestration.disclosure import load_publication_policy
from orchestration.errors import NjiaError, ReleaseRefused, kind_and_place
from orchestration.home import prepare_home
from orchestration.keys import Keys, load_keys, require_noise_key
from orchestration.places import boundaries
from orchestration.refresh_lock import RefreshLock
from orchestration.rotation import finish_rotations
from orchestration.settings import Settings
from orchestration.stewardship import draft_lists, refreshes

Answer = TypeVar("Answer")
# The time of a run, and the decisions that hold then or what is wrong with their files.
_Given = tuple[datetime, stewardship.Decisions | NjiaError]


@dataclass
class Refresh:
    """One run: its time, keys, contracts, decisions and boundaries, and what its steps have found so far."""

    run_id: str
    as_of: datetime
    keys: Keys
    contracts: extracts.Contracts
    decisions: stewardship.Decisions
    county_boundaries: boundaries.Boundaries
    taken: list[extracts.TakenExtract] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


class Workplace:
    """Settings, and the refresh under way in this process."""

    def __init__(self, settings: Settings) -> None:
        """`drafting` are the settings for the stewards' lists, which take effect when the refresh ends."""
        self.settings = settings
        self.refresh: Refresh | None = None
        self.error: NjiaError | None = None
        self.interrupted = False
        self.begun: refreshes.End | None = None
        self.told: str | None = None
        self._lock = RefreshLock(settings)
        self._given: dict[str, _Given] = {}
        self.drafting = draft_lists.drafting(settings)

    def begin(self, run_id: str, is_refresh: bool = False) -> Refresh:
        """The refresh of this run; the first call takes the lock, if that is not done yet.

        `is_refresh`: it begins with the inbox, and not with some later step of the job alone.
        """
        if self.refresh and self.refresh.run_id == run_id:
            return self.refresh
        prepare_home(self.settings)
        as_of, decisions = self.take_lock(run_id)
        if is_refresh:
            draft_lists.sweep(self.settings)
            self.begun = refreshes.begin(self.settings, run_id, as_of)
        if isinstance(decisions, NjiaError):
            raise decisions
        load_publication_policy()
        keys = load_keys(self.settings.keys)
        require_noise_key(keys, self.settings.keys, self.settings.releases)
        contracts = extracts.load_contracts(self.settings.partners)
        self.refresh = Refresh(
            run_id,
            as_of,
            keys,
            extracts.with_changes(contracts, decisions.agreement_changes),
            decisions,
            boundaries.boundaries_in_force(self.settings),
        )
        return self.refresh

    def end(self) -> None:
        """Let go of the lock. A run in a process of its own lets go by ending."""
        self._lock.release()
        self._given.clear()

    def take_lock(self, run_id: str) -> _Given:
        """Wait for the lock, or raise RefreshRunning naming its holder; taking it twice does no harm.

        Gives the time and the decisions of the run. An error of theirs is left to its first step, which the
        UI shows.
        """
        if run_id in self._given:
            return self._given[run_id]
        self._lock.take(run_id)
        finish_rotations(self.settings)  # a kill may have left one half way
        self._given = {run_id: self._read()}
        return self._given[run_id]

    def _read(self) -> _Given:
        as_of = self.settings.as_of()
        try:
            return as_of, stewardship.active_decisions(self.settings, as_of)
        except NjiaError as error:
            return as_of, error


def step(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext,
    workplace: Workplace,
    work: Callable[[Refresh], Answer],
) -> Answer:
    """Do a room's work; nothing of an unexpected error but its kind and place gets past here.

    The text of such an error may quote a cell, and Dagster keeps the texts of errors.
    """
    op = context.op_execution_context
    problem: NjiaError | None = None
    answer: Answer
    try:
        answer = work(workplace.begin(op.run_id, op.op_handle.name == FIRST_STEP))
    except NjiaError as error:
        problem = error
    except KeyboardInterrupt:
        workplace.interrupted = True
        raise
    except Exception as error:
        problem = NjiaError(f"The step {op.op_handle.name} failed: {kind_and_place(error)}.")
    if problem is not None:
        workplace.error = problem
        tell_end(workplace, op.instance, op.run_id, failed_as(problem), str(problem))
        raise dg.Failure(
            description=str(problem), metadata=_how_to_read(workplace, problem), allow_retries=False
        )
    return answer


def _how_to_read(workplace: Workplace, problem: NjiaError) -> dict[str, dg.MetadataValue]:
    """A refusal is no crash: the step says so, and leads to who can do something about it."""
    if not isinstance(problem, ReleaseRefused):
        return {"outcome": dg.MetadataValue.text("crashed")}
    return {
        "outcome": dg.MetadataValue.text("refused: the gates did their work, the current release stays"),
        "desk": dg.MetadataValue.url(f"{workplace.settings.desk_url}/"),
        "quality_report": dg.MetadataValue.path(str(workplace.settings.review / "quality_report.html")),
    }

"""A run and its steps: the lock, the inputs that are read once, and the artifacts that steps leave.

The inputs of a run are the clock, the keys, the contracts and the stewards' decisions. A decision made later
takes part in the next run. A step reads the artifacts of earlier steps, writes its own, and is skipped while
that is valid.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration import stewardship
from orchestration.contracts import Contracts, load_contracts, with_changes
from orchestration.core import (
    Artifact,
    Keys,
    NjiaError,
    RefreshLock,
    Settings,
    clear_partial,
    code_of,
    fingerprint_of,
    is_whole,
    load_keys,
    load_publication_policy,
    load_release_key,
    make_artifact,
    prepare_home,
    read_artifact,
    refreshes,
)
from orchestration.intake import marks_of_files_ready
from orchestration.operations import finish_rotations
from orchestration.places import boundaries
from orchestration.stewardship import review

_ENGINES = ("duckdb==", "pyarrow==", "numpy==")  # libraries that write the files of every step


@dataclass(frozen=True)
class Run:
    """The inputs of every step of a run, beside the artifacts of earlier steps.

    `entry` is the run's line in the journal; None for a run of single steps, which is no refresh.
    """

    settings: Settings
    run_id: str
    as_of: datetime
    keys: Keys
    contracts: Contracts
    decisions: stewardship.Decisions
    county_boundaries: boundaries.Boundaries
    entry: refreshes.End | None = None
    started: float = field(default_factory=time.monotonic)
    # Results that several steps ask for, by the name of the function that gives them.
    known: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


class Runs:
    """The runs of one process in one home, one at a time."""

    def __init__(self, settings: Settings, on_step: Callable[[str], None] = lambda step: None) -> None:
        self.settings = settings
        self.on_step = on_step
        self.current: Run | None = None
        self.entry: refreshes.End | None = None
        self.error: NjiaError | None = None
        self.interrupted = False
        self.ended: str | None = None  # id of the run whose end is recorded
        self.outcome: str | None = None
        self.is_rolled_back = False
        self._lock = RefreshLock(settings)
        self._step: str | None = None
        self._settled: Collection[str] = ()
        # By run id: its time, and its decisions or the error in their files.
        self._inputs: dict[str, tuple[datetime, stewardship.Decisions | NjiaError]] = {}

    def begin(self, run_id: str, is_refresh: bool = False) -> Run:
        """Return the run of this id; the first call takes the lock.

        Raises NjiaError if keys, decisions or the publication policy cannot be used, RefreshRunning if
        another run holds the lock.
        """
        if self.current and self.current.run_id == run_id:
            return self.current
        prepare_home(self.settings)
        self._step = None
        as_of, decisions = self.take_lock(run_id)
        if self.entry and self.entry.run_id != run_id:
            self.entry = None
        if is_refresh and self.entry is None:
            review.sweep(self.settings)
            inputs = {"files": marks_of_files_ready(self.settings), "decisions": self._settled}
            self.entry = refreshes.begin(self.settings, run_id, as_of, inputs)
        if isinstance(decisions, NjiaError):
            raise decisions
        load_publication_policy()
        keys = load_keys(self.settings)
        load_release_key(self.settings)
        contracts = load_contracts(self.settings.partners)
        self.current = Run(
            self.settings,
            run_id,
            as_of,
            keys,
            with_changes(contracts, decisions["agreement_change"]),
            decisions,
            boundaries.boundaries_in_force(self.settings),
            self.entry,
        )
        return self.current

    def at_step(self, name: str) -> None:
        """Record that a step begins, and show it; a step may say so more than once."""
        if name != self._step and name in refreshes.STEPS:
            self._step = name
            self.on_step(name)
            if self.entry:
                self.entry = refreshes.at_step(self.settings, self.entry, name)

    def take_lock(self, run_id: str) -> tuple[datetime, stewardship.Decisions | NjiaError]:
        """Take the lock, or raise RefreshRunning with its holder; return the run's time and decisions.

        A second call returns the same. An error in the decisions is returned, so that the UI shows it at a
        step.
        """
        if run_id not in self._inputs:
            self._lock.take(run_id)
            finish_rotations(self.settings)  # a kill may have interrupted one
            clear_partial(self.settings)
            as_of = self.settings.as_of()
            try:
                # First: a decision that is made between the two lines counts as not considered.
                self._settled = stewardship.settled_since_refresh(self.settings)
                self._inputs = {run_id: (as_of, stewardship.active_decisions(self.settings, as_of))}
            except NjiaError as error:
                self._inputs = {run_id: (as_of, error)}
        return self._inputs[run_id]

    def end(self) -> None:
        """Release the lock. A run in its own process does so when the process ends."""
        self._lock.release()
        self._inputs.clear()


Made = tuple[Iterable[Path], Mapping[str, Any]]


@dataclass(frozen=True)
class Step:
    """A step, and everything its fingerprint depends on; called with a run, it returns its artifact.

    `after`: steps whose artifacts it reads. `code`: its source folders and libraries. `given`: its other
    inputs from a run, as JSON can hold them. `make` writes the files and returns their paths and the facts;
    it is not called while the artifact is valid.
    """

    name: str
    after: tuple[str, ...]
    code: tuple[str, ...]
    given: Callable[[Run], Any]
    make: Callable[[Run], Made]

    @classmethod
    def of(
        cls, name: str, after: tuple[str, ...], code: tuple[str, ...], given: Callable[[Run], Any]
    ) -> Callable[[Callable[[Run], Made]], Step]:
        """Turn a function into the `make` of a step."""
        return lambda make: cls(name, after, code, given, make)

    def __call__(self, run: Run) -> Artifact:
        return make_artifact(run.settings.work, self.name, self._fingerprint(run), lambda: self.make(run))[0]

    def is_done(self, run: Run) -> bool:
        """Whether the artifact is valid, so that doing the step would change nothing."""
        artifact = read_artifact(run.settings.work, self.name)
        return (
            artifact is not None
            and all(read_artifact(run.settings.work, name) for name in self.after)
            and artifact.fingerprint == self._fingerprint(run)
            and is_whole(run.settings.work, artifact)
        )

    def _fingerprint(self, run: Run) -> str:
        return fingerprint_of(
            self.name,
            [artifact_of(run.settings, name).fingerprint for name in self.after],
            code_of("orchestration/core", *_ENGINES, *self.code),
            self.given(run),
        )


def artifact_of(settings: Settings, name: str) -> Artifact:
    """Return the artifact of an earlier step; NjiaError if that was not done."""
    artifact = read_artifact(settings.work, name)
    if artifact is None:
        raise NjiaError(
            f"The step {name} has not been done, or not by this version of Njia. Materialise it first, or "
            "run the whole job: `njia refresh`."
        )
    return artifact

"""Several decisions of one steward at once: all of them stand, or none does.

What does not belong here: how one is checked (`new_decisions`) and written (`decision_files`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from orchestration.core import Settings, UsageError
from orchestration.stewardship.decision_files import append_all, locked
from orchestration.stewardship.decision_kinds import Entry
from orchestration.stewardship.new_decisions import NewEntries
from orchestration.stewardship.said import NOT_RECORDED, Said

Wanted = tuple[str, Mapping[str, Any]]  # kind and payload, as `record_decision` takes them
MOST_FAULTS_TOLD = 5
_NOT_IN_A_BATCH = "A rollback acts at once and alone: `njia rollback`."


def record_decisions(
    settings: Settings, author: str, reason: str, now: datetime, wanted: Sequence[Wanted]
) -> list[dict[str, Any]]:
    """Check every decision, against those before it in the list too, and append all; gives them as written.

    Raises UsageError, which names each that cannot be by its number in the list, and nothing is recorded.
    """
    with locked(settings):
        entries = NewEntries(settings, author, reason, now)
        _refuse(faults_in(entries, wanted), len(wanted))
        return append_all(settings, entries.made)


def revoke_all(
    settings: Settings, ids: Iterable[str], author: str, reason: str, now: datetime
) -> list[dict[str, Any]]:
    """Take back several decisions: an undo of what `record_decisions` gave. Raises UsageError, as above."""
    ids = list(ids)
    with locked(settings):
        entries = NewEntries(settings, author, reason, now)
        _refuse(faults_of(entries.revoke, ((one,) for one in ids)), len(ids))
        return append_all(settings, entries.made)


def faults_in(entries: NewEntries, wanted: Sequence[Wanted]) -> list[tuple[int, str]]:
    """Make what can be made; number in the list (from 1) and fault of each that cannot."""

    def decide(kind: str, payload: Mapping[str, Any]) -> Entry:
        if kind == "rollback":
            raise UsageError(_NOT_IN_A_BATCH)
        return entries.decide(kind, dict(payload))

    return faults_of(decide, wanted)


def faults_of(make: Callable[..., Entry], wanted: Iterable[tuple[Any, ...]]) -> list[tuple[int, str]]:
    """The same for any way of making an entry."""
    found = []
    for number, one in enumerate(wanted, start=1):
        try:
            make(*one)
        except UsageError as error:
            found.append((number, _fault(error)))
    return found


def _fault(error: UsageError) -> str:
    """What is wrong, without the words that nothing was recorded: of several, that is said once."""
    told = error.args[0]
    if isinstance(told, Said) and told.template == NOT_RECORDED:
        fault: str = told.given["fault"]
        return fault
    return str(told).removeprefix(NOT_RECORDED.partition("{")[0])


def _refuse(faults: Sequence[tuple[int, str]], wanted: int) -> None:
    if not wanted:
        raise UsageError("There is nothing to decide: the list is empty.")
    if not faults:
        return
    told = " ".join(f"Number {number}: {fault}" for number, fault in faults[:MOST_FAULTS_TOLD])
    more = len(faults) - MOST_FAULTS_TOLD
    told += f" And {more} more." if more > 0 else ""
    raise UsageError(f"Nothing was recorded, for {len(faults)} of {wanted} cannot be. {told}")

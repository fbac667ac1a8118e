"""Recording, confirming and revoking decisions: of several at once all stand, or none does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from orchestration.core import Sentence, Settings, UsageError
from orchestration.stewardship.decisions.entries import NewEntries
from orchestration.stewardship.decisions.files import append, append_all, locked
from orchestration.stewardship.kinds.decision import NOT_RECORDED, Entry

Wanted = tuple[str, Mapping[str, Any]]  # kind and fields, as `record_decision` takes them
MOST_FAULTS_LISTED = 5
_NOT_IN_A_LIST = "A rollback acts at once and alone: `njia rollback`."


def record_decision(
    settings: Settings, kind: str, author: str, reason: str, now: datetime, **payload: Any
) -> dict[str, Any]:
    """Check a decision and append it to its file; returns it as written.

    The kind adds what need not be given: a waiver's `check_definition`, since it covers the check as it is
    now; the `rules` of a release that names none. A `record` may also be given as EXTRACT_ID:ROW or
    EXTRACT_ID:SHEET:ROW. With `override` an alias may give a name whose meaning is certain another one.
    Raises UsageError for a decision of the wrong form, and for one that could have no effect.
    """
    with locked(settings):
        return append(settings, NewEntries(settings, author, reason, now).decide(kind, payload))


def revoke(
    settings: Settings, decision_id: str, author: str, reason: str, now: datetime, kind: str | None = None
) -> dict[str, Any]:
    """Take back an active decision, found by its id."""
    with locked(settings):
        return append(settings, NewEntries(settings, author, reason, now).revoke(decision_id, kind))


def confirm(settings: Settings, decision_id: str, author: str, reason: str, now: datetime) -> dict[str, Any]:
    """Confirm a decision that needs a second person; raises UsageError where that cannot be."""
    with locked(settings):
        return append(settings, NewEntries(settings, author, reason, now).confirm(decision_id))


def record_decisions(
    settings: Settings, author: str, reason: str, now: datetime, wanted: Sequence[Wanted]
) -> list[dict[str, Any]]:
    """Check every decision, against those before it in the list too, and append all; returns them as written.

    Raises UsageError, which names each that cannot be by its number in the list, and nothing is recorded.
    """
    with locked(settings):
        entries = NewEntries(settings, author, reason, now)
        _refuse(faults_in(entries, wanted), len(wanted))
        return append_all(settings, entries.made)


def revoke_all(
    settings: Settings, ids: Iterable[str], author: str, reason: str, now: datetime
) -> list[dict[str, Any]]:
    """Take back several decisions, as an undo of `record_decisions`. Raises UsageError, as above."""
    ids = list(ids)
    with locked(settings):
        entries = NewEntries(settings, author, reason, now)
        _refuse(faults_of(entries.revoke, ((one,) for one in ids)), len(ids))
        return append_all(settings, entries.made)


def faults_in(entries: NewEntries, wanted: Sequence[Wanted]) -> list[tuple[int, str]]:
    """Make what can be made; return number in the list (from 1) and fault of each that cannot."""

    def decide(kind: str, payload: Mapping[str, Any]) -> Entry:
        if kind == "rollback":
            raise UsageError(_NOT_IN_A_LIST)
        return entries.decide(kind, dict(payload))

    return faults_of(decide, wanted)


def faults_of(make: Callable[..., Entry], wanted: Iterable[tuple[Any, ...]]) -> list[tuple[int, str]]:
    """Return the same for any function that makes an entry."""
    faults = []
    for number, arguments in enumerate(wanted, start=1):
        try:
            make(*arguments)
        except UsageError as error:
            faults.append((number, _fault(error)))
    return faults


def _fault(error: UsageError) -> str:
    """Return what is wrong, without "was not recorded": a list says that once."""
    sentence = error.args[0]
    if isinstance(sentence, Sentence) and sentence.template == NOT_RECORDED:
        fault: str = sentence.given["fault"]
        return fault
    return str(sentence).removeprefix(NOT_RECORDED.partition("{")[0])


def _refuse(faults: Sequence[tuple[int, str]], wanted: int) -> None:
    if not wanted:
        raise UsageError("There is nothing to decide: the list is empty.")
    if not faults:
        return
    listed = " ".join(f"Number {number}: {fault}" for number, fault in faults[:MOST_FAULTS_LISTED])
    more = len(faults) - MOST_FAULTS_LISTED
    listed += f" And {more} more." if more > 0 else ""
    raise UsageError(f"Nothing was recorded, for {len(faults)} of {wanted} cannot be. {listed}")

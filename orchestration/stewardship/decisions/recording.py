"""Recording, confirming and revoking decisions: of several at once all stand, or none does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from orchestration.core import Sentence, Settings, UsageError, say
from orchestration.intake import contact_in_prose
from orchestration.stewardship.audit import lost_kind
from orchestration.stewardship.decisions.active import confirmations, holding
from orchestration.stewardship.decisions.files import (
    append_all,
    in_words,
    locked,
    read_kind,
    why_not_confirmed,
)
from orchestration.stewardship.kinds.decision import NOT_RECORDED, Decision, Entry, Revocation
from orchestration.stewardship.kinds.registry import KINDS, known_kind, read_entry

Wanted = tuple[str, Mapping[str, Any]]  # kind and fields, as `record_decision` takes them
MOST_FAULTS_LISTED = 5
ID_LENGTH = 12
Made = TypeVar("Made", bound=Entry)
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
        return append_all(settings, [NewEntries(settings, author, reason, now).decide(kind, payload)])[0]


def revoke(settings: Settings, decision_id: str, author: str, reason: str, now: datetime) -> dict[str, Any]:
    """Take back an active decision, found by its id."""
    with locked(settings):
        return append_all(settings, [NewEntries(settings, author, reason, now).revoke(decision_id)])[0]


def confirm(settings: Settings, decision_id: str, author: str, reason: str, now: datetime) -> dict[str, Any]:
    """Confirm a decision that needs a second person; raises UsageError where that cannot be."""
    with locked(settings):
        return append_all(settings, [NewEntries(settings, author, reason, now).confirm(decision_id)])[0]


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
    settings: Settings, ids: Sequence[str], author: str, reason: str, now: datetime
) -> list[dict[str, Any]]:
    """Take back several decisions, as an undo of `record_decisions`. Raises UsageError, as above."""
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


def faults_of(make: Callable[..., Any], wanted: Iterable[tuple[Any, ...]]) -> list[tuple[int, str]]:
    """Return the same for any function that makes an entry."""
    faults = []
    for number, arguments in enumerate(wanted, start=1):
        try:
            make(*arguments)
        except UsageError as error:
            sentence = error.args[0]  # without "was not recorded": a list says that once
            if isinstance(sentence, Sentence) and sentence.template == NOT_RECORDED:
                fault: str = sentence.given["fault"]  # a sentence itself
            else:
                fault = str(sentence).removeprefix(NOT_RECORDED.partition("{")[0])
            faults.append((number, fault))
    return faults


def _refuse(faults: Sequence[tuple[int, str]], wanted: int) -> None:
    if not wanted:
        raise UsageError("There is nothing to decide: the list is empty.")
    if faults:
        listed = " ".join(f"Number {number}: {fault}" for number, fault in faults[:MOST_FAULTS_LISTED])
        more = len(faults) - MOST_FAULTS_LISTED
        listed += f" And {more} more." if more > 0 else ""
        raise UsageError(f"Nothing was recorded, for {len(faults)} of {wanted} cannot be. {listed}")


class NewEntries:
    """Entries that one author makes at one time for one reason; the caller holds the lock until they stand.

    Every method raises UsageError for an entry that cannot be; one that can counts as made for the next.
    """

    def __init__(self, settings: Settings, author: str, reason: str, now: datetime) -> None:
        self._settings = settings
        # By kind, those made here at the end.
        self._entries = {kind: read_kind(settings, kind) for kind in KINDS}
        # What is decided later holds, also where the clock was put back.
        newest = max((entry.time for entry in self._every()), default=now)
        self._now = now if newest <= now else newest + timedelta(microseconds=1)
        self._common: dict[str, Any] = {"time": self._now, "author": author, "reason": reason}
        self._holding: list[Decision] | None = None
        self.made: list[Entry] = []

    def decide(self, kind: str, payload: dict[str, Any]) -> Decision:
        """Make a decision, with the fields that its kind adds."""
        payload = KINDS[known_kind(kind)].complete(self._settings, dict(payload))
        decision = cast(Decision, self._entry(kind, {"revokes": None, **payload}))
        if self._holding is None:
            self._holding = holding(self._settings, self._now)
        fault = (
            decision.why_no_effect(self._settings)
            or decision.why_decided_already(self._holding)
            or decision.why_not_now(self._settings, self._holding)
        )
        if fault:
            raise UsageError(say(NOT_RECORDED, fault=fault))
        if not decision.needs_second:
            if decision.subject is not None:
                self._holding = [one for one in self._holding if one.subject != decision.subject]
            self._holding.append(decision)
        return self._keep(decision)

    def revoke(self, decision_id: str) -> Entry:
        """Make the entry that takes back an active decision, or one that has gone from its file."""
        try:
            decision = self.active(decision_id)
        except UsageError:
            if lost := lost_kind(self._settings, decision_id):
                return self._keep(self._entry(lost, {"revokes": decision_id}))
            raise
        return self._keep(self._entry(decision.kind, {"revokes": decision_id}))

    def confirm(self, decision_id: str) -> Entry:
        """Make the entry that confirms a decision which needs a second person."""
        decision = self.active(decision_id)
        entry = self._entry(decision.kind, {"confirms": decision_id})
        fault = why_not_confirmed(entry, decision)
        first = confirmations(self._entries[decision.kind]).get(decision_id)
        if first and not fault:
            fault = f"{first.author}, on {first.time:%Y-%m-%d at %H:%M} UTC, confirmed it already"
        if fault:
            raise UsageError(f"The confirmation of {decision_id} was not recorded: {fault}.")
        return self._keep(entry)

    def active(self, decision_id: str) -> Decision:
        """Return an unrevoked decision; raises UsageError, which names who took it back."""
        for entry in self._every():
            if isinstance(entry, Revocation) and entry.revokes == decision_id:
                sentence = "Decision {id} was taken back by {author} on {day} at {time} UTC."
                day, time = f"{entry.time:%Y-%m-%d}", f"{entry.time:%H:%M}"
                raise UsageError(say(sentence, id=decision_id, author=entry.author, day=day, time=time))
        for entry in self._every():
            if isinstance(entry, Decision) and entry.id == decision_id:
                return entry
        sentence = "No active decision has the id {id}. `njia decide list` shows the decisions and their ids."
        raise UsageError(say(sentence, id=decision_id))

    def _every(self) -> Iterator[Entry]:
        return chain.from_iterable(self._entries.values())

    def _entry(self, kind: str, content: dict[str, Any]) -> Entry:
        """Give the content its id (a hash of it and its place in the file) and check it."""
        content = {"kind": kind, **self._common, **content}
        seed = json.dumps(
            [len(self._entries[kind]), content], sort_keys=True, default=str, ensure_ascii=False
        )
        try:
            return read_entry({"id": id_of(seed), **content})
        except ValidationError as error:
            raise UsageError(f"The decision was not recorded: {in_words(error)}.") from None

    def _keep(self, entry: Made) -> Made:
        self._entries[entry.kind].append(entry)
        self.made.append(entry)
        return entry


def id_of(seed: str) -> str:
    """Return an id that cannot pass for a phone number, as digits alone do: the audit log refuses those."""
    digest = hashlib.sha256(seed.encode()).hexdigest()
    while contact_in_prose(digest[:ID_LENGTH]):
        digest = hashlib.sha256(digest.encode()).hexdigest()
    return digest[:ID_LENGTH]

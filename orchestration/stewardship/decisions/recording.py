"""Recording, confirming and revoking decisions: of several at once all stand, or none does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from orchestration.core import Sentence, Settings, UsageError, say
from orchestration.intake import contact_in_prose
from orchestration.stewardship import store
from orchestration.stewardship.audit import lost_kind
from orchestration.stewardship.decisions.active import confirmations, holding
from orchestration.stewardship.decisions.entries import (
    append_all,
    in_words,
    read_entries,
    why_not_confirmed,
)
from orchestration.stewardship.kinds.decision import NOT_RECORDED, Decision, Entry, Revocation
from orchestration.stewardship.kinds.registry import KINDS, known_kind, read_entry

Wanted = tuple[str, Mapping[str, Any]]  # kind and fields, as `record_decision` takes them
REVOKE, CONFIRM = "revoke", "confirm"
MOST_FAULTS_LISTED = 5
MOST_SENT = 500
ID_LENGTH = 12
Made = TypeVar("Made", bound=Entry)
_NOT_IN_A_LIST = "A rollback acts at once and alone: `njia rollback`."


@dataclass(frozen=True)
class SentForm:
    """A form of the desk that decided, by the name that its preview gave it; `ids` of its entries."""

    name: str
    author: str
    kind: str
    back: str
    ids: Sequence[str] = ()


def record_decision(
    settings: Settings, kind: str, author: str, reason: str, now: datetime, *sent: SentForm, **payload: Any
) -> dict[str, Any]:
    """Check a decision and add it; returns it as written.

    The kind adds what need not be given: a waiver's `check_definition`, since it covers the check as it is
    now; the `rules` of a release that names none. A `record` may also be given as EXTRACT_ID:ROW or
    EXTRACT_ID:SHEET:ROW. With `override` an alias may give a name whose meaning is certain another one.
    Raises UsageError for a decision of the wrong form, and for one that could have no effect.
    """
    by = (author, reason, now)
    [payload] = KINDS[known_kind(kind)].looked_up(settings, [payload])
    return _record(settings, by, lambda entries: entries.decide(kind, payload), *sent)[0]


def revoke(settings: Settings, decision_id: str, author: str, reason: str, now: datetime) -> dict[str, Any]:
    """Take back an active decision, found by its id."""
    return _record(settings, (author, reason, now), lambda entries: entries.revoke(decision_id))[0]


def confirm(settings: Settings, decision_id: str, author: str, reason: str, now: datetime) -> dict[str, Any]:
    """Confirm a decision that needs a second person; raises UsageError where that cannot be."""
    return _record(settings, (author, reason, now), lambda entries: entries.confirm(decision_id))[0]


def record_decisions(
    settings: Settings, author: str, reason: str, now: datetime, wanted: Sequence[Wanted], *sent: SentForm
) -> list[dict[str, Any]]:
    """Check every decision, against those before it in the list too, and add all; returns them as written.

    The kinds REVOKE and CONFIRM take back and confirm the decision of an `id`. Raises UsageError, which names
    each that cannot be by its number in the list, and nothing is recorded.
    """

    def make(entries: NewEntries) -> None:
        faults = faults_in(entries, wanted)
        if not wanted:
            raise UsageError("There is nothing to decide: the list is empty.")
        if faults:
            listed = " ".join(f"Number {number}: {fault}" for number, fault in faults[:MOST_FAULTS_LISTED])
            more = len(faults) - MOST_FAULTS_LISTED
            listed += f" And {more} more." if more > 0 else ""
            raise UsageError(f"Nothing was recorded, for {len(faults)} of {len(wanted)} cannot be. {listed}")

    return _record(settings, (author, reason, now), make, *sent)


def find_sent(settings: Settings, name: str) -> SentForm | None:
    query = "select form, author, kind, back, ids from sent where form = ?"
    found = [
        SentForm(form, author, kind, back, ids.split())
        for form, author, kind, back, ids in store.rows(settings, query, name)
    ]
    return found[0] if found else None


def _record(
    settings: Settings,
    by: tuple[str, str, datetime],
    make: Callable[[NewEntries], object],
    *forms: SentForm,
) -> list[dict[str, Any]]:
    """Add the entries that `make` makes, with their lines of the log and the form that asked for them.

    They are made before the lock is taken, since a long list takes seconds; and anew where somebody else
    decided meanwhile. Raises UsageError where the form was sent before.
    """
    stamp = "select count(*), max(seq) from entries having count(*) > 0"
    seen, entries = store.rows(settings, stamp), NewEntries(settings, *by)
    make(entries)
    with store.transaction(settings) as con:
        if store.rows(settings, stamp) != seen:
            entries = NewEntries(settings, *by)
            make(entries)
        for form in forms:
            ids = " ".join(entry.id for entry in entries.made)
            fresh = con.execute(
                "insert or ignore into sent (form, author, kind, back, ids) values (?, ?, ?, ?, ?)",
                (form.name, form.author, form.kind, form.back, ids),
            )
            if not fresh.rowcount:
                raise UsageError("This form was sent before.")
            con.execute("delete from sent where seq <= (select max(seq) from sent) - ?", [MOST_SENT])
        return append_all(con, entries.made)


def faults_in(entries: NewEntries, wanted: Sequence[Wanted]) -> list[tuple[int, str]]:
    """Make what can be made; return number in the list (from 1) and fault of each that cannot."""

    of_kind: dict[str, list[int]] = {}
    for at, (kind, _) in enumerate(wanted):
        of_kind.setdefault(kind, []).append(at)
    known = dict(enumerate(payload for _, payload in wanted))
    for kind, places in of_kind.items():
        if kind in KINDS:
            payloads = KINDS[kind].looked_up(entries.settings, [dict(known[at]) for at in places])
            known |= dict(zip(places, payloads, strict=True))

    def decide(kind: str, payload: Mapping[str, Any]) -> Entry:
        if kind == "rollback":
            raise UsageError(_NOT_IN_A_LIST)
        about = {REVOKE: entries.revoke, CONFIRM: entries.confirm}
        return about[kind](payload["id"]) if kind in about else entries.decide(kind, dict(payload))

    return faults_of(decide, ((kind, known[at]) for at, (kind, _) in enumerate(wanted)))


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


class NewEntries:
    """Entries that one author makes at one time for one reason.

    Every method raises UsageError for an entry that cannot be; one that can counts as made for the next.
    """

    def __init__(self, settings: Settings, author: str, reason: str, now: datetime) -> None:
        self.settings = settings
        # By kind, those made here at the end.
        self._entries = read_entries(settings)
        # What is decided later holds, also where the clock was put back.
        newest = max((entry.time for entry in self._every()), default=now)
        self._now = now if newest <= now else newest + timedelta(microseconds=1)
        self._common: dict[str, Any] = {"time": self._now, "author": author, "reason": reason}
        self._holding: list[Decision] | None = None
        self._of_matter: dict[Hashable, list[Decision]] = {}
        self.made: list[Entry] = []

    def decide(self, kind: str, payload: dict[str, Any]) -> Decision:
        """Make a decision, with the fields that its kind adds."""
        payload = KINDS[known_kind(kind)].complete(self.settings, dict(payload))
        decision = cast(Decision, self._entry(kind, {"revokes": None, **payload}))
        if self._holding is None:
            self._holding = holding(self.settings, self._now)
            self._of_matter = _by_matter(self._holding)
        fault = (
            decision.why_no_effect(self.settings)
            or decision.why_decided_already(self._of_matter.get(decision.matter, ()))
            or decision.why_not_now(self.settings, self._holding)
        )
        if fault:
            raise UsageError(say(NOT_RECORDED, fault=fault))
        if not decision.needs_second:
            if decision.subject is not None:
                self._holding = [one for one in self._holding if one.subject != decision.subject]
                self._of_matter = _by_matter(self._holding)
            self._holding.append(decision)
            self._of_matter.setdefault(decision.matter, []).append(decision)
        return self._keep(decision)

    def revoke(self, decision_id: str) -> Entry:
        """Make the entry that takes back an active decision, or one that has gone."""
        try:
            decision = self.active(decision_id)
        except UsageError:
            if lost := lost_kind(self.settings, decision_id):
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
        """Give the content its id (a hash of it and its place among those of its kind) and check it."""
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


def _by_matter(decisions: Iterable[Decision]) -> dict[Hashable, list[Decision]]:
    by_matter: dict[Hashable, list[Decision]] = {}
    for decision in decisions:
        by_matter.setdefault(decision.matter, []).append(decision)
    return by_matter


def id_of(seed: str) -> str:
    """Return an id that cannot pass for a phone number, as digits alone do: the audit log refuses those."""
    digest = hashlib.sha256(seed.encode()).hexdigest()
    while contact_in_prose(digest[:ID_LENGTH]):
        digest = hashlib.sha256(digest.encode()).hexdigest()
    return digest[:ID_LENGTH]

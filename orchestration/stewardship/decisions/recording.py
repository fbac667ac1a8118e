"""Recording, confirming and revoking decisions: of several at once all stand, or none does."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from pydantic import ValidationError

from orchestration.core import SUM, Damaged, Sentence, Settings, UsageError, line_of, parsed, say
from orchestration.intake import contact_in_prose
from orchestration.stewardship import audit, store
from orchestration.stewardship.decisions.active import confirmations, contradiction, holding
from orchestration.stewardship.decisions.entries import (
    append,
    in_words,
    plain,
    read_entries,
    read_line,
    why_not_confirmed,
)
from orchestration.stewardship.kinds.decision import NOT_RECORDED, Confirmation, Decision, Entry, Revocation
from orchestration.stewardship.kinds.registry import KINDS, known_kind, read_entry

Wanted = tuple[str, Mapping[str, Any]]  # kind and fields, as `record_decision` takes them
REVOKE, CONFIRM = "revoke", "confirm"
MOST_FAULTS_LISTED = 5
MOST_SENT = 500
ID_LENGTH = 12
_ABOUT_ANOTHER = {"revokes": "revoked", "confirms": "confirmed"}
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
            listed = " ".join(f"Number {one.number}: {one.said}" for one in faults[:MOST_FAULTS_LISTED])
            more = len(faults) - MOST_FAULTS_LISTED
            listed += f" And {more} more." if more > 0 else ""
            raise UsageError(f"Nothing was recorded, for {len(faults)} of {len(wanted)} cannot be. {listed}")

    return _record(settings, (author, reason, now), make, *sent)


def find_sent(settings: Settings, name: str) -> SentForm | None:
    query = "select form, author, kind, back, ids from sent where form = ?"
    for form, author, kind, back, ids in store.rows(settings, query, name):
        return SentForm(form, author, kind, back, ids.split())
    return None


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
    stamp = "select count(*) || ' to ' || max(seq) from entries having count(*) > 0"
    seen, entries = store.rows(settings, stamp), NewEntries(settings, *by)
    make(entries)
    with store.transaction(settings) as con:
        if store.rows(settings, stamp) != seen:
            entries = NewEntries(settings, *by)
            make(entries)
        for form in forms:
            ids = " ".join(entry.id for entry in entries.made)
            new = (form.name, form.author, form.kind, form.back, ids)
            if not con.execute("insert or ignore into sent values (null, ?, ?, ?, ?, ?)", new).rowcount:
                raise UsageError("This form was sent before.")
            con.execute("delete from sent where seq <= (select max(seq) from sent) - ?", [MOST_SENT])
        written = [plain(entry) for entry in entries.made]
        for content in written:
            action = next((done for about, done in _ABOUT_ANOTHER.items() if content.get(about)), "decided")
            append(con, content, content["author"], action)
        return written


def import_lines(settings: Settings, path: Path, who: str) -> tuple[int, int]:
    """Add the exported entries of a file: all of them, or none.

    Returns how many were added, and how many were there already or went with a forgotten record. Raises
    UsageError, which names the line, for one that Njia did not export or that does not fit those before it.
    """
    lines = path.read_text(encoding="utf-8", errors="replace").rstrip("\n").split("\n")
    with store.transaction(settings) as con:
        logged = {line["what"]: line["details"].get("entry_sha256") for line in audit.read(settings).lines}
        by_kind = read_entries(settings)
        present = {entry.id: entry for of_kind in by_kind.values() for entry in of_kind}
        added, left_out = 0, audit.accounted_for(settings)
        for number, line in enumerate(lines, start=1):
            where = f"line {number}"
            try:
                entry, content = read_line(line, path, where), parsed(line, path, where)
                digest = store.sha256(line_of(content))
                if SUM not in json.loads(line) or logged.get(entry.id, digest) != digest:
                    raise Damaged(path, f"{where} was written or changed by hand")
                if entry.id in left_out:
                    continue
                fault = isinstance(entry, Confirmation) and why_not_confirmed(
                    entry, present.get(entry.confirms)
                )
                if fault:
                    raise Damaged(path, f"{where} does not fit: {fault}")
                append(con, content, who, "imported")
            except sqlite3.IntegrityError:
                raise UsageError(f"Nothing was imported: {path}, {where} repeats an earlier one.") from None
            except Damaged as error:
                raise UsageError(f"Nothing was imported: {path}, {error.found}.") from None
            present[entry.id] = entry
            by_kind[entry.kind].append(entry)
            added += 1
        if found := contradiction(holding(by_kind, settings.as_of())):
            raise UsageError(f"Nothing was imported: decision {found[0].id} contradicts another. {found[1]}")
    return added, len(lines) - added


class Fault(NamedTuple):
    """Why an entry cannot be: its number in the list (from 1), a sentence, the field that it is about."""

    number: int
    said: str
    field: str | None = None


def faults_in(entries: NewEntries, wanted: Sequence[Wanted]) -> list[Fault]:
    """Make what can be made; return the fault of each that cannot."""

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


def faults_of(make: Callable[..., Any], wanted: Iterable[tuple[Any, ...]]) -> list[Fault]:
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
            faults.append(Fault(number, fault, error.field))
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
        self._holding = holding(self._entries, self._now)
        self._of_matter = _by_matter(self._holding)
        self.made: list[Entry] = []

    def decide(self, kind: str, payload: dict[str, Any]) -> Decision:
        """Make a decision, with the fields that its kind adds."""
        payload = KINDS[known_kind(kind)].complete(self.settings, dict(payload))
        decision = cast(Decision, self._entry(kind, {"revokes": None, **payload}))
        if fault := decision.why_no_effect(self.settings):
            raise UsageError(say(NOT_RECORDED, fault=fault), field=decision.answer)
        if fault := decision.why_decided_already(
            self._of_matter.get(decision.matter, ())
        ) or decision.why_not_now(self.settings, self._holding):
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
            if lost := audit.lost_kind(self.settings, decision_id):
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
            fault = f"{first.author}, on {first.local_time:%Y-%m-%d at %H:%M} EAT, confirmed it already"
        if fault:
            raise UsageError(f"The confirmation of {decision_id} was not recorded: {fault}.")
        return self._keep(entry)

    def active(self, decision_id: str) -> Decision:
        """Return an unrevoked decision; raises UsageError, which names who took it back."""
        for entry in self._every():
            if isinstance(entry, Revocation) and entry.revokes == decision_id:
                sentence = "Decision {id} was taken back by {author} on {day} at {time} EAT."
                day, time = f"{entry.local_time:%Y-%m-%d}", f"{entry.local_time:%H:%M}"
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
            [(field, *_), *others] = [problem["loc"] or (None,) for problem in error.errors()]
            sentence = say(NOT_RECORDED, fault=f"{in_words(error)}.")
            raise UsageError(sentence, field=None if others else str(field)) from None

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

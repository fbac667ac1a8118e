"""Making entries without writing them: each is checked against all that holds, and those made beside it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from orchestration.core import Settings, UsageError, say
from orchestration.intake import contact_in_prose
from orchestration.stewardship.decisions.files import in_words, read_kind, why_not_confirmed
from orchestration.stewardship.decisions.holding import confirmations, holding, unrevoked
from orchestration.stewardship.decisions.logged import lost_kind
from orchestration.stewardship.kinds.decision import NOT_RECORDED, Decision, Entry, Revocation
from orchestration.stewardship.kinds.registry import KINDS, known_kind, read_entry

ID_LENGTH = 12
Made = TypeVar("Made", bound=Entry)


class NewEntries:
    """Entries that one author makes at one time for one reason; the caller holds the lock until they stand.

    Every method raises UsageError for an entry that cannot be; one that can counts as made for the next.
    """

    def __init__(self, settings: Settings, author: str, reason: str, now: datetime) -> None:
        self._settings = settings
        self._files: dict[str, list[Entry]] = {}
        # What is decided later holds, also where the clock was put back.
        newest = max((entry.time for kind in KINDS for entry in self._file(kind)), default=now)
        self._now = now if newest <= now else newest + timedelta(microseconds=1)
        self._common: dict[str, Any] = {"time": self._now, "author": author, "reason": reason}
        self._holding: list[Decision] | None = None
        self.made: list[Entry] = []

    def decide(self, kind: str, payload: dict[str, Any]) -> Decision:
        """Make a decision, with the fields that its kind adds."""
        payload = dict(payload)
        is_override = bool(payload.pop("override", False))
        payload = KINDS[known_kind(kind)].complete(self._settings, payload)
        decision = cast(Decision, self._entry(kind, {"revokes": None, **payload}))
        if self._holding is None:
            self._holding = [entry for _, entry in holding(self._settings, self._now)]
        fault = (
            decision.why_no_effect(self._settings)
            or decision.why_decided_already(self._holding)
            or decision.why_not_now(self._settings, self._holding, is_override)
        )
        if fault:
            raise UsageError(say(NOT_RECORDED, fault=fault))
        if not decision.needs_second:
            self._holding.append(decision)
        return self._keep(decision)

    def revoke(self, decision_id: str, kind: str | None = None) -> Entry:
        """Make the entry that takes back an active decision, or one that has gone from its file."""
        try:
            name, decision = self.active(decision_id, kind)
        except UsageError:
            if lost := lost_kind(self._settings, decision_id):
                return self._keep(self._entry(lost, {"revokes": decision_id}))
            raise
        if isinstance(decision, Decision) and (fault := decision.why_not_taken_back(self._common["author"])):
            raise UsageError(say(NOT_RECORDED, fault=fault))
        return self._keep(self._entry(name, {"revokes": decision_id}))

    def confirm(self, decision_id: str) -> Entry:
        """Make the entry that confirms a decision which needs a second person."""
        name, decision = self.active(decision_id)
        entry = self._entry(name, {"confirms": decision_id})
        fault = why_not_confirmed(entry, decision)
        first = confirmations(self._file(name)).get(decision_id)
        if first and not fault:
            fault = f"{_by_whom(first)} confirmed it already"
        if fault:
            raise UsageError(f"The confirmation of {decision_id} was not recorded: {fault}.")
        return self._keep(entry)

    def active(self, decision_id: str, kind: str | None = None) -> tuple[str, Entry]:
        """Return kind and content of an unrevoked decision; raises UsageError."""
        for name in [known_kind(kind)] if kind else KINDS:
            for _, entry in unrevoked(self._file(name)):
                if entry.id == decision_id:
                    return name, entry
        raise UsageError(self._why_not_active(decision_id))

    def _why_not_active(self, decision_id: str) -> str:
        """Say that there is no such decision, or who revoked it first."""
        for kind in KINDS:
            for entry in self._file(kind):
                if isinstance(entry, Revocation) and entry.revokes == decision_id:
                    return say(
                        "Decision {id} was taken back by {author} on {day} at {time} UTC.",
                        id=decision_id,
                        author=entry.author,
                        day=f"{entry.time:%Y-%m-%d}",
                        time=f"{entry.time:%H:%M}",
                    )
        return say(
            "No active decision has the id {id}. `njia decide list` shows the decisions and their ids.",
            id=decision_id,
        )

    def _file(self, kind: str) -> list[Entry]:
        """Return the entries of a kind, those made here at their end."""
        if kind not in self._files:
            self._files[kind] = read_kind(self._settings, kind)
        return self._files[kind]

    def _entry(self, kind: str, content: dict[str, Any]) -> Entry:
        """Give the content its id (a hash of it and its place in the file) and check it."""
        content = {"kind": kind, **self._common, **content}
        seed = json.dumps([len(self._file(kind)), content], sort_keys=True, default=str, ensure_ascii=False)
        try:
            return read_entry({"id": id_of(seed), **content})
        except ValidationError as error:
            raise UsageError(f"The decision was not recorded: {in_words(error)}.") from None

    def _keep(self, entry: Made) -> Made:
        self._file(entry.kind).append(entry)
        self.made.append(entry)
        return entry


def id_of(seed: str) -> str:
    """Return an id that cannot pass for a phone number, as digits alone do: the audit log refuses those."""
    found = hashlib.sha256(seed.encode()).hexdigest()
    while contact_in_prose(found[:ID_LENGTH]):
        found = hashlib.sha256(found.encode()).hexdigest()
    return found[:ID_LENGTH]


def _by_whom(entry: Entry) -> str:
    return f"{entry.author}, on {entry.time:%Y-%m-%d at %H:%M} UTC,"

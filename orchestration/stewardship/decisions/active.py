"""Which decisions hold at a given time, and every decision ever made.

One holds that is not revoked, has not expired and does not wait for a second person.
"""

import hashlib
import json
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestration.core import NjiaError, Settings, say
from orchestration.stewardship.decisions.entries import plain, read_entries
from orchestration.stewardship.kinds.decision import Confirmation, Decision, Entry, Revocation
from orchestration.stewardship.kinds.registry import KINDS, known_kind, read_entry

Line = dict[str, Any]  # a decision as in its line


@dataclass(frozen=True)
class Decisions:
    """The decisions that hold at one time, oldest first."""

    by_kind: Mapping[str, list[Line]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def __getitem__(self, kind: str) -> list[Line]:
        return self.by_kind[kind]

    def __iter__(self) -> Iterator[Line]:
        """All of them, oldest first."""
        every = (decision for of_kind in self.by_kind.values() for decision in of_kind)
        return iter(sorted(every, key=lambda decision: str(decision["time"])))

    def content_hash(self) -> str:
        """Return the hash of everything that shapes a release."""
        lines = sorted(json.dumps(entry, sort_keys=True, ensure_ascii=False) for entry in self.shaping)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def shaping(self) -> list[Line]:
        return [line for kind, lines in self.by_kind.items() if KINDS[kind].shapes_release for line in lines]


@dataclass(frozen=True)
class Settled:
    """Ids of the settled decisions that a refresh acts on, and when anything about them was last decided."""

    ids: frozenset[str]
    last: datetime | None


def active_decisions(
    settings: Settings, as_of: datetime, left_out: Collection[str] = (), added: Sequence[Decision] = ()
) -> Decisions:
    """Return the unrevoked decisions, without waivers that expired before `as_of` and those `left_out`.

    With those `added`, as if they held.

    Of an acceptance and a withdrawal of the same extract the later one holds. A waiver's scope is `release`
    or `partner/extract_id`. A decision whose object is gone stays among them and meets nothing: an extract
    that was withdrawn and is taken in again is still withdrawn (`without_effect` lists it until then).
    Two that contradict each other stop the caller: a choice between them would not be the steward's.
    """
    decisions = holding(read_entries(settings), as_of, left_out, added)
    if found := contradiction(decisions):
        raise NjiaError(
            f"Decision {found[0].id} contradicts an earlier one. {found[1]} Or take this one back: "
            f"`njia decide revoke {found[0].id}`."
        )
    active = Decisions()
    for decision in decisions:
        active[decision.kind].append(plain(decision.resolved(settings)))
    return active


def contradiction(decisions: Iterable[Decision]) -> tuple[Decision, str] | None:
    """Return the first decision that contradicts an earlier one, and what to do about it."""
    earlier: dict[Hashable, list[Decision]] = {}
    for decision in decisions:
        own = earlier.setdefault(decision.matter, [])
        against = [other for other in own if decision.contradicts(other)]
        own.append(decision)
        if against and (fault := decision.why_decided_already(against)):
            return decision, fault
    return None


def holding(
    by_kind: Mapping[str, list[Entry]],
    as_of: datetime,
    left_out: Collection[str] = (),
    added: Sequence[Decision] = (),
) -> list[Decision]:
    """Return what of entries holds at a time, oldest first.

    Without the decisions whose ids are `left_out`, as if they were revoked: what they overruled holds.
    """
    stand = [
        decision
        for entries in by_kind.values()
        for decision in settled_of(entries)
        if decision.id not in left_out
    ]
    stand += added
    stand.sort(key=lambda decision: decision.time)
    latest = {decision.subject: decision.id for decision in stand}
    return [
        decision
        for decision in stand
        if not decision.why_ended(as_of)
        and (decision.subject is None or latest[decision.subject] == decision.id)
    ]


def settled(settings: Settings) -> Settled:
    """Return what a refresh would read now; a decision that was taken back before it is as if never made."""
    entries = [of_kind for name, of_kind in read_entries(settings).items() if KINDS[name].needs_refresh]
    return Settled(
        frozenset(decision.id for of_kind in entries for decision in settled_of(of_kind)),
        max((entry.time for of_kind in entries for entry in of_kind), default=None),
    )


def settled_of(entries: list[Entry]) -> list[Decision]:
    """Return the decisions that are not revoked and do not wait for a second person."""
    seconds = confirmations(entries)
    return [entry for entry in unrevoked(entries) if not entry.needs_second or entry.id in seconds]


def confirmations(entries: list[Entry]) -> dict[str, Confirmation]:
    """Return the confirmation of each decision that has one, by its id."""
    return {entry.confirms: entry for entry in entries if isinstance(entry, Confirmation)}


def unrevoked(entries: list[Entry]) -> list[Decision]:
    revoked = {entry.revokes for entry in entries if isinstance(entry, Revocation)}
    return [entry for entry in entries if isinstance(entry, Decision) and entry.id not in revoked]


def without_effect(settings: Settings, decisions: Decisions) -> list[dict[str, Any]]:
    """Return the decisions that meet nothing, oldest first: what each `says`, `why`, and `what_to_do`."""
    return [
        {
            "decision_id": entry.id,
            "kind": entry.kind,
            "decided_on": entry.local_time.date().isoformat(),
            "author": entry.author,
            "says": entry.sentence(),
            "why": why,
            "what_to_do": f"If it is no longer needed, take it back: njia decide revoke {entry.id}",
        }
        for entry in map(read_entry, decisions)
        if isinstance(entry, Decision) and (why := entry.why_no_effect(settings))
    ]


def list_decisions(settings: Settings, kind: str | None = None) -> list[dict[str, Any]]:
    """Return every entry ever made, oldest first, with what it `says`.

    `revoked_by` is an id or None, `confirmed_by` the second person or None. `without_effect` says why an
    unrevoked decision meets nothing today; None where it acts.
    """
    listed = []
    by_kind = read_entries(settings)
    for entries in [by_kind[known_kind(kind)]] if kind else by_kind.values():
        revoked = {entry.revokes: entry.id for entry in entries if isinstance(entry, Revocation)}
        seconds = {decision_id: second.author for decision_id, second in confirmations(entries).items()}
        listed += [
            {
                "revokes": None,
                **plain(entry),
                "says": entry.sentence(),
                "revoked_by": revoked.get(entry.id),
                "confirmed_by": seconds.get(entry.id),
                "without_effect": None if entry.id in revoked else _why_idle(settings, entry, seconds),
            }
            for entry in entries
        ]
    return sorted(listed, key=lambda entry: entry["time"])


def _why_idle(settings: Settings, entry: Entry, confirmed: Collection[str]) -> str | None:
    if not isinstance(entry, Decision):
        return None
    if entry.needs_second and entry.id not in confirmed:
        return say("It waits for a second person: `njia decide confirm {id}`.", id=entry.id)
    return entry.why_ended(settings.as_of()) or entry.why_no_effect(settings)

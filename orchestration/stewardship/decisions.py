"""Recording and revoking decisions, and which of them hold at a given time.

What does not belong here: the lines of the files (`decision_files`), the kinds (`decision_kinds`), making an
entry (`new_decisions`), and several at once (`batches`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import chain
from typing import Any

from orchestration.core import Settings
from orchestration.stewardship.decision_files import (
    append,
    contradiction,
    locked,
    plain,
    read_kind,
    refuse_unknown_files,
)
from orchestration.stewardship.decision_kinds import (
    KINDS,
    CheckWaiver,
    Decision,
    Entry,
    LinkAccept,
    LinkReject,
    PlaceAlias,
    Revocation,
    read_entry,
    what_it_says,
)
from orchestration.stewardship.effect import full_scope, why_decided_already, why_without_object
from orchestration.stewardship.holding import confirmed, holding
from orchestration.stewardship.new_decisions import NewEntries, known_kind
from orchestration.stewardship.said import say


@dataclass(frozen=True)
class Decisions:
    """The decisions that hold at one time, each a dict as in its file, in the order they were made."""

    extract_accepts: list[dict[str, Any]] = field(default_factory=list)
    extract_withdrawals: list[dict[str, Any]] = field(default_factory=list)
    waivers: list[dict[str, Any]] = field(default_factory=list)
    place_aliases: list[dict[str, Any]] = field(default_factory=list)
    link_accepts: list[dict[str, Any]] = field(default_factory=list)
    link_rejections: list[dict[str, Any]] = field(default_factory=list)
    row_releases: list[dict[str, Any]] = field(default_factory=list)
    row_exclusions: list[dict[str, Any]] = field(default_factory=list)
    agreement_changes: list[dict[str, Any]] = field(default_factory=list)
    policy_sign_offs: list[dict[str, Any]] = field(default_factory=list)
    year_republications: list[dict[str, Any]] = field(default_factory=list)
    rollbacks: list[dict[str, Any]] = field(default_factory=list)
    assignments: list[dict[str, Any]] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)  # of each decision's id, in its kind's file

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """All of them, oldest first."""
        held = (getattr(self, one.name) for one in fields(self) if one.name != "lines")
        return iter(sorted(chain.from_iterable(held), key=lambda decision: str(decision["time"])))

    @property
    def rollback(self) -> dict[str, Any] | None:
        """The latest rollback that has not been revoked."""
        return self.rollbacks[-1] if self.rollbacks else None

    def content_hash(self) -> str:
        """Hash of everything that shapes a release."""
        lines = sorted(json.dumps(entry, sort_keys=True, ensure_ascii=False) for entry in self.shaping)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def shaping(self) -> list[dict[str, Any]]:
        """All that shape a release: not rollbacks, which choose between releases, and not who takes care."""
        shaping = [*self.extract_accepts, *self.extract_withdrawals, *self.waivers, *self.place_aliases]
        shaping += [*self.link_accepts, *self.link_rejections]
        shaping += [*self.row_releases, *self.row_exclusions, *self.agreement_changes]
        return [*shaping, *self.policy_sign_offs, *self.year_republications]


def record_decision(
    settings: Settings,
    kind: str,
    author: str,
    reason: str,
    now: datetime,
    **payload: Any,
) -> dict[str, Any]:
    """Check a decision and append it to its file; returns it as written.

    A waiver's `check_definition` is added here: it covers the check as it is now. A `record` may also be
    given as EXTRACT_ID:ROW or EXTRACT_ID:SHEET:ROW; without `rules` a release is from all it fails.
    With `override` an alias may give another meaning to a name whose meaning is certain.
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
    """Stand behind a decision that needs a second person; raises UsageError where that cannot be."""
    with locked(settings):
        return append(settings, NewEntries(settings, author, reason, now).confirm(decision_id))


def active_decisions(settings: Settings, as_of: datetime, left_out: Collection[str] = ()) -> Decisions:
    """The unrevoked decisions, without waivers that expired before `as_of`, and without those `left_out`.

    Of an acceptance and a withdrawal of the same extract the later one holds. A waiver's scope is `release`
    or `partner/extract_id`. A decision whose object is gone stays among them and meets nothing: an extract
    that was withdrawn and is taken in again is still withdrawn (`without_effect` tells of it until then).
    Two lines that contradict each other stop the caller: no choice between them would be the steward's.
    """
    refuse_unknown_files(settings)
    found = holding(settings, as_of, left_out)
    for place, (number, entry) in enumerate(found):
        against = [other for _, other in found[:place] if _says_otherwise(other, entry)]
        if against and (fault := why_decided_already(entry, against)):
            raise contradiction(settings, entry, number, fault)
    of_kind: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for _, entry in found:
        of_kind[entry.kind].append(plain(entry))
    for waiver in of_kind["check_waiver"]:
        waiver["scope"] = full_scope(settings, waiver["scope"])
    return Decisions(
        extract_accepts=of_kind["extract_accept"],
        extract_withdrawals=of_kind["extract_withdraw"],
        waivers=of_kind["check_waiver"],
        place_aliases=of_kind["place_alias"],
        link_accepts=of_kind["link_accept"],
        link_rejections=of_kind["link_reject"],
        row_releases=of_kind["row_release"],
        row_exclusions=of_kind["row_exclude"],
        agreement_changes=of_kind["agreement_change"],
        policy_sign_offs=of_kind["policy_sign_off"],
        year_republications=of_kind["year_republication"],
        rollbacks=of_kind["rollback"],
        assignments=of_kind["assignment"],
        lines={entry.id: number for number, entry in found},
    )


def _says_otherwise(other: Entry, entry: Entry) -> bool:
    if isinstance(other, LinkAccept | LinkReject) and isinstance(entry, LinkAccept | LinkReject):
        return other.kind != entry.kind
    return (
        isinstance(other, PlaceAlias) and isinstance(entry, PlaceAlias) and other.place_id != entry.place_id
    )


def without_effect(settings: Settings, decisions: Decisions) -> list[dict[str, Any]]:
    """Those of the decisions that meet nothing, oldest first: what each `says`, `why`, and `what_to_do`."""
    return [
        {
            "decision_id": entry.id,
            "kind": entry.kind,
            "line": decisions.lines[entry.id],
            "decided_on": entry.time.date().isoformat(),
            "author": entry.author,
            "says": what_it_says(entry),
            "why": why,
            "what_to_do": f"If it was right once, take it back: njia decide revoke {entry.id}",
        }
        for entry in map(read_entry, decisions)
        if (why := why_without_object(settings, entry))
    ]


def list_decisions(settings: Settings, kind: str | None = None) -> list[dict[str, Any]]:
    """Every entry ever made, oldest first, with what it `says`.

    `revoked_by` is an id or None, `confirmed_by` the second person or None.

    `without_effect` says why a decision that nobody revoked meets nothing today; None where it acts.
    """
    listed = []
    for name in [known_kind(kind)] if kind else KINDS:
        entries = read_kind(settings, name)
        revoked = {entry.revokes: entry.id for entry in entries if isinstance(entry, Revocation)}
        seconds = confirmed(entries)
        listed += [
            {
                **plain(entry),
                "says": what_it_says(entry),
                "revoked_by": revoked.get(entry.id),
                "confirmed_by": seconds.get(entry.id),
                "without_effect": None if entry.id in revoked else _why_idle(settings, entry, seconds),
            }
            for entry in entries
        ]
    return sorted(listed, key=lambda entry: entry["time"])


def _why_idle(settings: Settings, entry: Entry, confirmed: Collection[str] = ()) -> str | None:
    if isinstance(entry, Decision) and entry.needs_second and entry.id not in confirmed:
        return say("It waits for a second person: `njia decide confirm {id}`.", id=entry.id)
    if isinstance(entry, CheckWaiver) and entry.expires < settings.as_of().date():
        return say("It expired on {day}.", day=str(entry.expires))
    return why_without_object(settings, entry)

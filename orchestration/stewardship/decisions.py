"""Recording and revoking decisions, and which of them hold at a given time.

What does not belong here: the lines of the files (`decision_files`) and the kinds (`decision_kinds`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import chain
from typing import Any

from pydantic import ValidationError

from expectations.checks import CHECKS
from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.stewardship.decision_files import (
    append,
    contradiction,
    in_words,
    locked,
    plain,
    read_kind,
    refuse_unknown_files,
    why_not_confirmed,
)
from orchestration.stewardship.decision_kinds import (
    KINDS,
    CheckWaiver,
    Confirmation,
    Decision,
    Entry,
    ExtractAccept,
    ExtractWithdraw,
    LinkAccept,
    LinkReject,
    PlaceAlias,
    Revocation,
    read_entry,
    what_it_says,
)
from orchestration.stewardship.effect import (
    full_scope,
    why_decided_already,
    why_unknown,
    why_without_effect,
    why_without_object,
)
from orchestration.stewardship.effect_on_places import why_alias_misled
from orchestration.stewardship.effect_on_records import record_called, rules_to_release


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
    rollbacks: list[dict[str, Any]] = field(default_factory=list)
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
        """All that shape a release. Rollbacks choose between releases and are left out."""
        shaping = [*self.extract_accepts, *self.extract_withdrawals, *self.waivers, *self.place_aliases]
        shaping += [*self.link_accepts, *self.link_rejections]
        return [*shaping, *self.row_releases, *self.row_exclusions, *self.agreement_changes]


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
    if kind == "check_waiver":
        check = CHECKS.get(str(payload.get("check")))
        payload["check_definition"] = check.definition if check else "none"
        payload["scope"] = full_scope(settings, str(payload.get("scope")))
        payload["needs_second"] = settings.waivers_need_second
    is_override = bool(payload.pop("override", False))
    if "record" in payload:
        payload["record"] = record_called(settings, str(payload["record"]))
    if kind == "row_release" and not payload.get("rules"):
        payload["rules"] = rules_to_release(settings, payload["record"])
    content = {"kind": kind, "time": now, "author": author, "reason": reason, "revokes": None, **payload}
    with locked(settings):
        entries = read_kind(settings, _known_kind(kind))
        decision = _checked(content, len(entries))
        holding = [entry for _, entry in _holding(settings, now)]
        fault = why_without_effect(settings, decision, holding) or why_unknown(settings, decision)
        if not fault and isinstance(decision, PlaceAlias):
            fault = why_alias_misled(decision, is_override)
        if fault:
            raise UsageError(f"The decision was not recorded. {fault}")
        return append(settings, decision)


def revoke(
    settings: Settings, decision_id: str, author: str, reason: str, now: datetime, kind: str | None = None
) -> dict[str, Any]:
    """Take back an active decision, found by its id."""
    with locked(settings):
        for name in [_known_kind(kind)] if kind else KINDS:
            entries = read_kind(settings, name)
            if decision_id in {entry.id for _, entry in _unrevoked(entries)}:
                content = {"kind": name, "time": now, "author": author, "reason": reason}
                return append(settings, _checked({**content, "revokes": decision_id}, len(entries)))
    raise UsageError(_why_not_active(settings, decision_id))


def confirm(settings: Settings, decision_id: str, author: str, reason: str, now: datetime) -> dict[str, Any]:
    """Stand behind a decision that needs a second person; raises UsageError where that cannot be."""
    with locked(settings):
        for name in KINDS:
            entries = read_kind(settings, name)
            found = {entry.id: entry for _, entry in _unrevoked(entries)}
            if decision_id in found:
                content = {"kind": name, "time": now, "author": author, "reason": reason}
                entry = _checked({**content, "confirms": decision_id}, len(entries))
                fault = why_not_confirmed(entry, found[decision_id])
                first = _confirmations(entries).get(decision_id)
                if first and not fault:
                    fault = f"{_by_whom(first)} confirmed it already"
                if fault:
                    raise UsageError(f"The confirmation of {decision_id} was not recorded: {fault}.")
                return append(settings, entry)
    raise UsageError(_why_not_active(settings, decision_id))


def active_decisions(settings: Settings, as_of: datetime) -> Decisions:
    """The unrevoked decisions, without waivers that expired before `as_of`.

    Of an acceptance and a withdrawal of the same extract the later one holds. A waiver's scope is `release`
    or `partner/extract_id`. A decision whose object is gone stays among them and meets nothing: an extract
    that was withdrawn and is taken in again is still withdrawn (`without_effect` tells of it until then).
    Two lines that contradict each other stop the caller: no choice between them would be the steward's.
    """
    refuse_unknown_files(settings)
    found = _holding(settings, as_of)
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
        rollbacks=of_kind["rollback"],
        lines={entry.id: number for number, entry in found},
    )


def _holding(settings: Settings, as_of: datetime) -> list[tuple[int, Any]]:
    """What holds at a time, with the number of its line, oldest first."""
    found = [one for kind in KINDS for one in _settled(read_kind(settings, kind))]
    found.sort(key=lambda one: one[1].time)
    latest = {
        (entry.partner, entry.extract_id): entry.id
        for _, entry in found
        if isinstance(entry, ExtractAccept | ExtractWithdraw)
    }
    return [
        (number, entry)
        for number, entry in found
        if not (isinstance(entry, CheckWaiver) and entry.expires < as_of.date())
        and not (
            isinstance(entry, ExtractAccept | ExtractWithdraw)
            and latest[entry.partner, entry.extract_id] != entry.id
        )
    ]


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
    for name in [_known_kind(kind)] if kind else KINDS:
        entries = read_kind(settings, name)
        revoked = {entry.revokes: entry.id for entry in entries if isinstance(entry, Revocation)}
        confirmed = _confirmed(entries)
        listed += [
            {
                **plain(entry),
                "says": what_it_says(entry),
                "revoked_by": revoked.get(entry.id),
                "confirmed_by": confirmed.get(entry.id),
                "without_effect": None if entry.id in revoked else _why_idle(settings, entry, confirmed),
            }
            for entry in entries
        ]
    return sorted(listed, key=lambda entry: entry["time"])


def _why_idle(settings: Settings, entry: Entry, confirmed: Collection[str] = ()) -> str | None:
    if isinstance(entry, Decision) and entry.needs_second and entry.id not in confirmed:
        return f"It waits for a second person: `njia decide confirm {entry.id}`."
    if isinstance(entry, CheckWaiver) and entry.expires < settings.as_of().date():
        return f"It expired on {entry.expires}."
    return why_without_object(settings, entry)


def _known_kind(kind: str) -> str:
    if kind not in KINDS:
        raise UsageError(f"There is no kind of decision called {kind!r}. The kinds are: {', '.join(KINDS)}.")
    return kind


def _settled(entries: list[Entry]) -> list[tuple[int, Any]]:
    """The decisions that nobody took back and that do not wait for a second person."""
    confirmed = _confirmed(entries)
    return [
        (number, entry)
        for number, entry in _unrevoked(entries)
        if not entry.needs_second or entry.id in confirmed
    ]


def _confirmed(entries: list[Entry]) -> dict[str, str]:
    """Who confirmed which decision."""
    return {confirmed: entry.author for confirmed, entry in _confirmations(entries).items()}


def _confirmations(entries: list[Entry]) -> dict[str, Confirmation]:
    return {entry.confirms: entry for entry in entries if isinstance(entry, Confirmation)}


def _why_not_active(settings: Settings, decision_id: str) -> str:
    """A sentence on a decision that is none, or that somebody else took back first."""
    for kind in KINDS:
        for entry in read_kind(settings, kind):
            if isinstance(entry, Revocation) and entry.revokes == decision_id:
                return f"Decision {decision_id} holds no more: {_by_whom(entry)} took it back."
    return (
        f"No active decision has the id {decision_id}. `njia decide list` shows the decisions and their ids."
    )


def _by_whom(entry: Entry) -> str:
    return f"{entry.author}, on {entry.time:%Y-%m-%d at %H:%M} UTC,"


def _unrevoked(entries: list[Entry]) -> list[tuple[int, Any]]:
    """The decisions that no later line takes back, with the numbers of their lines."""
    revoked = {entry.revokes for entry in entries if isinstance(entry, Revocation)}
    return [
        (number, entry)
        for number, entry in enumerate(entries, start=1)
        if isinstance(entry, Decision) and entry.id not in revoked
    ]


def _checked(content: dict[str, Any], position: int) -> Entry:
    """Give the content its id (a hash of it and its place in the file) and check it."""
    seed = json.dumps([position, content], sort_keys=True, default=str, ensure_ascii=False)
    try:
        return read_entry({"id": hashlib.sha256(seed.encode()).hexdigest()[:12], **content})
    except ValidationError as error:
        raise UsageError(f"The decision was not recorded: {in_words(error)}.") from None

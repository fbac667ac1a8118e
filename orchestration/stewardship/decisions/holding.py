"""The decisions that hold: not revoked, not expired, not waiting for a second person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from orchestration.core import Settings
from orchestration.stewardship.decisions.files import read_kind
from orchestration.stewardship.kinds.decision import Confirmation, Decision, Entry, Revocation
from orchestration.stewardship.kinds.registry import KINDS

Numbered = tuple[int, Decision]  # with the number of its line


@dataclass(frozen=True)
class Settled:
    """Ids of the settled decisions that a refresh acts on, and when anything about them was last decided."""

    ids: frozenset[str]
    last: datetime | None


def settled(settings: Settings) -> Settled:
    """Return what a refresh would read now; a decision that was taken back before it is as if never made."""
    ids: set[str] = set()
    times: list[datetime] = []
    for name, kind in KINDS.items():
        if kind.needs_refresh:
            entries = read_kind(settings, name)
            ids.update(decision.id for _, decision in settled_of(entries))
            times.extend(entry.time for entry in entries)
    return Settled(frozenset(ids), max(times, default=None))


def holding(settings: Settings, as_of: datetime, left_out: Collection[str] = ()) -> list[Numbered]:
    """Return what holds at a time, oldest first.

    Without the decisions whose ids are `left_out`, as if they were revoked: what they overruled holds.
    """
    stand = [
        (number, decision)
        for kind in KINDS
        for number, decision in settled_of(read_kind(settings, kind))
        if decision.id not in left_out
    ]
    stand.sort(key=lambda numbered: numbered[1].time)
    latest = {decision.subject: decision.id for _, decision in stand}
    return [
        (number, decision)
        for number, decision in stand
        if not decision.why_ended(as_of)
        and (decision.subject is None or latest[decision.subject] == decision.id)
    ]


def settled_of(entries: list[Entry]) -> list[Numbered]:
    """Return the decisions that are not revoked and do not wait for a second person."""
    by = confirmed(entries)
    return [
        (number, entry) for number, entry in unrevoked(entries) if not entry.needs_second or entry.id in by
    ]


def confirmed(entries: list[Entry]) -> dict[str, str]:
    """Return who confirmed each decision, by its id."""
    return {confirmed: entry.author for confirmed, entry in confirmations(entries).items()}


def confirmations(entries: list[Entry]) -> dict[str, Confirmation]:
    return {entry.confirms: entry for entry in entries if isinstance(entry, Confirmation)}


def unrevoked(entries: list[Entry]) -> list[Numbered]:
    """Return the decisions that no later line revokes."""
    revoked = {entry.revokes for entry in entries if isinstance(entry, Revocation)}
    return [
        (number, entry)
        for number, entry in enumerate(entries, start=1)
        if isinstance(entry, Decision) and entry.id not in revoked
    ]

"""Which of the entries in the decisions files hold: not taken back, not expired, not waiting for anybody.

What does not belong here: making an entry (`new_decisions`), what is asked of those that hold (`decisions`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from orchestration.core import Settings
from orchestration.stewardship.decision_files import read_kind
from orchestration.stewardship.decision_kinds import (
    KINDS,
    CheckWaiver,
    Confirmation,
    Decision,
    Entry,
    ExtractAccept,
    ExtractWithdraw,
    Revocation,
)


def holding(settings: Settings, as_of: datetime, left_out: Collection[str] = ()) -> list[tuple[int, Any]]:
    """What holds at a time, with the number of its line, oldest first.

    Without the decisions whose ids are `left_out`, as if they were taken back: what they overruled holds.
    """
    found = [one for kind in KINDS for one in settled(read_kind(settings, kind)) if one[1].id not in left_out]
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


def settled(entries: list[Entry]) -> list[tuple[int, Any]]:
    """The decisions that nobody took back and that do not wait for a second person."""
    by = confirmed(entries)
    return [
        (number, entry) for number, entry in unrevoked(entries) if not entry.needs_second or entry.id in by
    ]


def confirmed(entries: list[Entry]) -> dict[str, str]:
    """Who confirmed which decision."""
    return {confirmed: entry.author for confirmed, entry in confirmations(entries).items()}


def confirmations(entries: list[Entry]) -> dict[str, Confirmation]:
    return {entry.confirms: entry for entry in entries if isinstance(entry, Confirmation)}


def unrevoked(entries: list[Entry]) -> list[tuple[int, Any]]:
    """The decisions that no later line takes back, with the numbers of their lines."""
    revoked = {entry.revokes for entry in entries if isinstance(entry, Revocation)}
    return [
        (number, entry)
        for number, entry in enumerate(entries, start=1)
        if isinstance(entry, Decision) and entry.id not in revoked
    ]

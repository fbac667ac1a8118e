"""The place of an extract among its partner's deliveries: the day it came, and its number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from orchestration.contracts import Contract

NAIROBI = timezone(timedelta(hours=3))
_PLACE = ("received_on", "sequence")


def place_of(
    contract: Contract,
    earlier: Mapping[str, Any] | None,
    notes: Iterable[Mapping[str, Any]],
    as_of: datetime,
) -> dict[str, Any]:
    """Return `received_on` and `sequence` of an extract that is sent now.

    `earlier`: its note, if this content came before; `notes`: those of all extracts of the partner. A content
    that came before keeps its place, also when a corrected contract reads it again. It takes the next one
    when a later full delivery replaced it: a register that returns to an earlier state stands as sent now.
    """
    notes = list(notes)
    if earlier is not None and not _is_replaced(contract, earlier, notes):
        return {name: earlier[name] for name in _PLACE}
    today = as_of.astimezone(NAIROBI).date().isoformat()
    return dict(zip(_PLACE, (today, 1 + max((note["sequence"] for note in notes), default=0)), strict=True))


def _is_replaced(contract: Contract, earlier: Mapping[str, Any], notes: Iterable[Mapping[str, Any]]) -> bool:
    if contract.delivery.mode != "full" or earlier["reading_hash"] != contract.reading_hash:
        return False
    return any(
        note["contract"] == earlier["contract"]
        and note["sequence"] > earlier["sequence"]
        and _overlap(note.get("period"), earlier.get("period"))
        for note in notes
    )


def _overlap(one: Mapping[str, str] | None, other: Mapping[str, str] | None) -> bool:
    """Return whether two declared periods share a day; an extract without one stands for all time."""
    if not one or not other:
        return True
    return one["from"] <= other["to"] and other["from"] <= one["to"]

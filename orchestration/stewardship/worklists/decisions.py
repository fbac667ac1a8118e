"""Open items of decisions: those that wait for a second person, waivers about to expire, and idle ones.

Every reading of the list finds them anew, since a new decision waits at once. One that waits is worth what
the item is worth that it would settle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from orchestration.core import Settings, say
from orchestration.stewardship import items
from orchestration.stewardship.decisions.active import list_decisions
from orchestration.stewardship.items import Item
from orchestration.stewardship.kinds.check_waiver import waived_item
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.worth import NOTHING, Worth

SOON = timedelta(days=14)


def open_decisions(settings: Settings, today: date, worth_of: Mapping[Item, Worth]) -> Iterator[OpenItem]:
    """Yield an item for each such decision; `worth_of` the listed items that decisions are about."""
    for entry in list_decisions(settings):
        if entry.get("revokes") or entry.get("confirms") or entry["revoked_by"]:
            continue
        item = items.decision(entry["id"])
        sentence = say(
            "{says} ({author}, {day})", says=entry["says"], author=entry["author"], day=entry["time"][:10]
        )
        expires = date.fromisoformat(entry["expires"]) if "expires" in entry else None
        made = date.fromisoformat(entry["time"][:10])
        worth = worth_of.get(waived_item(entry["check"], entry["scope"]), NOTHING) if expires else NOTHING
        if expires and expires < today:
            continue
        if entry["needs_second"] and not entry["confirmed_by"]:
            yield OpenItem(
                item,
                "A decision waits for a second person",
                sentence,
                entry["reason"],
                "Look at what it is about. If you stand behind it, confirm it; else take it back.",
                *worth,
                opened=made,
                due=expires,
            )
        elif entry["without_effect"]:
            yield OpenItem(
                item,
                "A decision has no effect",
                sentence,
                entry["without_effect"],
                "If it is no longer needed, take it back.",
                opened=made,
            )
        elif expires and expires <= today + SOON:
            yield OpenItem(
                item,
                say("A waiver ends on {day}", day=str(expires)),
                sentence,
                entry["reason"],
                "If the check still fails for a good reason, waive it anew; else let the waiver end.",
                *worth,
                opened=made,
                due=expires,
            )

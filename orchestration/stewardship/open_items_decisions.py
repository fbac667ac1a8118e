"""Open items of decisions: those that wait for a second person, waivers about to expire, and idle ones.

They are found anew whenever the list is read, for a decision made since waits at once. One that waits is
worth what the item is worth that it would settle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from orchestration.core import Settings
from orchestration.stewardship import items
from orchestration.stewardship.decisions import list_decisions
from orchestration.stewardship.items import Item
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.open_items_settled import waived_item
from orchestration.stewardship.open_items_worth import NOTHING, Worth
from orchestration.stewardship.said import say

SOON = timedelta(days=14)


def open_decisions(settings: Settings, today: date, worth_of: Mapping[Item, Worth]) -> Iterator[OpenItem]:
    """One item a decision; `worth_of` the items that decisions are about, as far as they are listed."""
    for entry in list_decisions(settings):
        if entry.get("revokes") or entry.get("confirms") or entry["revoked_by"]:
            continue
        item = items.decision(entry["id"])
        told = say(
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
                told,
                entry["reason"],
                "Look at what it is about. If you stand behind it, confirm it; else take it back.",
                *worth,
                opened=made,
                due=expires,
            )
        elif entry["without_effect"]:
            yield OpenItem(
                item,
                "A decision meets nothing",
                told,
                entry["without_effect"],
                "If it was right once, take it back.",
                opened=made,
            )
        elif expires and expires <= today + SOON:
            yield OpenItem(
                item,
                say("A waiver ends on {day}", day=str(expires)),
                told,
                entry["reason"],
                "If the check still fails for a good reason, waive it anew; else let the waiver end.",
                *worth,
                opened=made,
                due=expires,
            )

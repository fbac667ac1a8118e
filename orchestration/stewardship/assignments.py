"""Who takes care of what waits: a decision of the kind `assignment`, made like any other and taken back so.

An assignment is of an item that waits, until that is settled: an item that comes back later was opened anew,
and is nobody's. It shapes no release, so it makes no refresh build one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from orchestration.core import Settings
from orchestration.stewardship import review
from orchestration.stewardship.decision_kinds import Assignment, Entry
from orchestration.stewardship.items import Item
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.said import say


def with_owners(found: Iterable[OpenItem], assignments: Iterable[Mapping[str, Any]]) -> Iterator[OpenItem]:
    """The items with owner and due date of the latest assignment of each; `assignments` oldest first."""
    latest = {one["item"]: one for one in assignments}
    for item in found:
        taken = latest.get(str(item.item))
        if taken is None or _is_lapsed(taken, item):
            yield item
        else:
            due = date.fromisoformat(taken["due"]) if taken["due"] else item.due
            yield replace(item, owner=taken["owner"], due=due)


def why_nothing_waits(settings: Settings, assignment: Assignment) -> str | None:
    """A sentence if the list does not have the item. Decisions are listed at once, and not asked for here."""
    listed = {row["item"] for row in review.read(settings, review.OPEN_ITEMS)}
    if assignment.item in listed or Item.parse(assignment.item).kind == "decision":
        return None
    return say(
        "Nothing called {item} waits. `njia decide waiting` names what does; every refresh makes the list "
        "anew.",
        item=assignment.item,
    )


def why_taken_already(assignment: Assignment, holding: Iterable[Entry]) -> str | None:
    """A sentence if the item is taken by the same person until the same day."""
    before = [one for one in holding if isinstance(one, Assignment) and one.item == assignment.item]
    if not before or (before[-1].owner, before[-1].due) != (assignment.owner, assignment.due):
        return None
    return say(
        "Decision {id} says so already: {owner} takes care of it.", id=before[-1].id, owner=assignment.owner
    )


def _is_lapsed(taken: Mapping[str, Any], item: OpenItem) -> bool:
    return item.opened is not None and datetime.fromisoformat(taken["time"]).date() < item.opened

"""Which decisions answer an open item: a decision made since the list was written takes the item off it.

A decision that held already when the refresh found the item did not settle it (an acceptance cannot answer a
check that could not be judged), so it stays: the list notes the ids of those decisions.
"""

from __future__ import annotations

from collections.abc import Collection

from orchestration.core import Settings
from orchestration.stewardship.decisions.active import Decisions
from orchestration.stewardship.items import Item, held_extract
from orchestration.stewardship.kinds.registry import GROUPS
from orchestration.stewardship.open_item import OpenItem


class Answers:
    """The decisions that hold, by the item that each answers."""

    def __init__(self, settings: Settings, decisions: Decisions) -> None:
        self._ids: dict[Item, set[str]] = {}
        for group in GROUPS:
            for item, decision_id in group.answers(settings, decisions.by_kind):
                self._ids.setdefault(item, set()).add(decision_id)

    def to(self, item: Item) -> Collection[str]:
        """Return ids of the decisions that answer an item; one on an extract answers each of its checks."""
        ids = self._ids.get(item, set())
        if item.kind == "check":
            return ids | self._ids.get(held_extract(*item.key[:2]), set())
        return ids

    def settle(self, listed: OpenItem) -> bool:
        """Return whether a decision made since the refresh answers the item."""
        return not set(self.to(listed.item)) <= set(listed.answered_by)

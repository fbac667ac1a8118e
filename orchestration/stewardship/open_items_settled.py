"""Which decisions answer an open item: what was decided since the list was written takes the item off it.

A decision that held already when the refresh found the item did not settle it (an acceptance cannot answer a
check that found nothing out), so it does not take it off either: the list notes the ids of those.
"""

from __future__ import annotations

from collections.abc import Collection

from orchestration.core import Settings
from orchestration.stewardship import items
from orchestration.stewardship.decision_kinds import RELEASE_SCOPE
from orchestration.stewardship.decisions import Decisions
from orchestration.stewardship.items import Item
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.open_items_places import answered_names


class Answers:
    """The decisions that hold, by the item that each answers."""

    def __init__(self, settings: Settings, decisions: Decisions) -> None:
        self._found: dict[Item, set[str]] = answered_names(settings, decisions)
        self._of_extracts: dict[tuple[str, ...], set[str]] = {}
        for one in (*decisions.extract_accepts, *decisions.extract_withdrawals):
            self._add(items.held_extract(one["partner"], one["extract_id"]), one)
            self._of_extracts.setdefault((one["partner"], one["extract_id"]), set()).add(one["id"])
        for one in (*decisions.link_accepts, *decisions.link_rejections):
            self._add(items.doubtful_link(one["record_a"], one["record_b"]), one)
            self._add(items.doubtful_link(one["record_b"], one["record_a"]), one)
        for one in decisions.waivers:
            self._add(waived_item(one["check"], one["scope"]), one)
        for one in decisions.agreement_changes:
            if one["terms"]["valid_to"]:
                self._add(items.agreement(one["partner"], one["contract"]), one)

    def _add(self, item: Item, decision: dict[str, str]) -> None:
        self._found.setdefault(item, set()).add(decision["id"])

    def to(self, item: Item) -> Collection[str]:
        """Ids of the decisions that answer an item; what answers an extract answers each of its checks."""
        return self._found.get(item, set()) | self._of_extracts.get(item.key[:2], set())

    def settle(self, listed: OpenItem) -> bool:
        return not set(self.to(listed.item)) <= set(listed.answered_by)


def waived_item(check: str, scope: str) -> Item:
    """What a waiver is about."""
    if scope == RELEASE_SCOPE:
        return items.release_check(check)
    partner, _, extract_id = scope.rpartition("/")
    return items.extract_check(partner, extract_id, check)

"""Names of open items: the same in lists, the Dagster UI, messages and at the desk.

An item is a kind and a key. The key is made of what the item is about and never of a value that a partner
wrote, so a name may stand in an address and in a log. `OpenItem` has its worth and due date.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote, unquote

OF_NO_PARTNER = "-"
KINDS = ("check", "extract", "file", "rows", "place", "link", "drift", "decision", "agreement", "overdue")


@dataclass(frozen=True, order=True)
class Item:
    """`kind` is one of KINDS; `key` its parts, most general first."""

    kind: str
    key: tuple[str, ...]

    def __str__(self) -> str:
        return ":".join((self.kind, *(quote(part, safe="") for part in self.key)))

    @property
    def path(self) -> str:
        """The address at the desk."""
        return "/".join(("", "items", self.kind, *(quote(part, safe="") for part in self.key)))

    @classmethod
    def parse(cls, name: str) -> Item:
        """Return the item that `str` named; raises ValueError."""
        kind, *key = name.split(":")
        if kind not in KINDS or not key or not all(key):
            raise ValueError("names no item")
        return cls(kind, tuple(unquote(part) for part in key))


def release_check(check_name: str, part: str = "") -> Item:
    """`part`: the partner, county, corridor or table that is judged alone."""
    return Item("check", ("release", part, check_name) if part else ("release", check_name))


def extract_check(partner: str, extract_id: str, check_name: str) -> Item:
    return Item("check", (partner, extract_id, check_name))


def held_extract(partner: str, extract_id: str) -> Item:
    return Item("extract", (partner, extract_id))


def file_not_taken(partner: str, file: str) -> Item:
    """`file`: the name of partner, day and id, of which the item's name holds the hash.

    `partner` is empty for a file outside every partner's folder.
    """
    return Item("file", (partner or OF_NO_PARTNER, _hash(file)))


def quarantined_rows(partner: str, rule_code: str) -> Item:
    return Item("rows", (partner, rule_code))


def place_name(token: str, country: str | None) -> Item:
    return Item("place", (_hash(token, country or ""),))


def doubtful_link(record_a: str, record_b: str) -> Item:
    return Item("link", (record_a, record_b))


def drift(partner: str, contract: str) -> Item:
    return Item("drift", (partner, contract))


def decision(decision_id: str) -> Item:
    return Item("decision", (decision_id,))


def agreement(partner: str, contract: str) -> Item:
    return Item("agreement", (partner, contract))


def overdue(partner: str) -> Item:
    return Item("overdue", (partner,))


def partner_of(item: Item) -> str:
    """Return the partner that an item's name names; empty where it names none."""
    of_partner = item.kind in ("check", "extract", "file", "rows", "drift", "agreement", "overdue")
    return item.key[0] if of_partner and item.key[0] not in (OF_NO_PARTNER, "release") else ""


def _hash(*words: str) -> str:
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class OpenItem:
    """What waits, why, what to do, and what it is worth.

    `movements`: how many wait for it, counted by `Worths`. `opened`: the day of the first refresh that found
    it. `due`: the day on which it becomes worse by itself, if there is such a day.
    `answered_by`: ids of the decisions that held already when it was found, and did not settle it.
    `extracts`: those that alone it is about, as (partner, extract id). One that is about held extracts alone
    stands `under` the item of one of them, among its `consequences`.
    """

    item: Item
    title: str
    detail: str = ""
    why: str = ""
    what_to_do: str = ""
    movements: int = 0
    opened: date | None = None
    due: date | None = None
    answered_by: tuple[str, ...] = ()
    extracts: frozenset[tuple[str, str]] = frozenset()
    under: Item | None = None
    consequences: tuple[OpenItem, ...] = ()


def most_valuable_first(one: OpenItem) -> tuple[int, str]:
    """Return the place in the list: by movements, ties by name."""
    return -one.movements, str(one.item)


def under_held_extracts(listed: Iterable[OpenItem]) -> Iterator[OpenItem]:
    """Yield the items; what is about held extracts alone is put under the most valuable one of them."""
    listed = list(listed)
    held = {one.item.key: one for one in listed if one.item.kind == "extract"}
    for one in listed:
        if one.item.kind == "extract" or not one.extracts or not one.extracts <= held.keys():
            yield one
        else:
            first = min((held[key] for key in one.extracts), key=most_valuable_first)
            yield replace(one, under=first.item)


def nested(listed: Iterable[OpenItem]) -> Iterator[OpenItem]:
    """Yield the items that stand alone, each with its consequences."""
    listed = list(listed)
    under: dict[Item | None, list[OpenItem]] = {one.item: [] for one in listed}
    alone: list[OpenItem] = []
    for one in listed:
        under.get(one.under, alone).append(one)
    for one in alone:
        own = sorted(under[one.item], key=most_valuable_first)
        yield replace(one, consequences=tuple(own)) if own else one


def with_consequences(listed: Iterable[OpenItem]) -> Iterator[OpenItem]:
    """Yield each item, then its consequences."""
    for one in listed:
        yield one
        yield from one.consequences

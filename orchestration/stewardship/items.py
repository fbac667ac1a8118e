"""Names of open items: the same in lists, the Dagster UI, messages and at the desk.

An item is a kind and a key. The key is made of what the item is about and never of a value that a partner
wrote, so a name may stand in an address and in a log. Its worth and due date: `open_item`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
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

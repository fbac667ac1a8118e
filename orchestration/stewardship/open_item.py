"""One thing that waits for a steward."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from orchestration.stewardship.items import Item


@dataclass(frozen=True)
class OpenItem:
    """What waits, why, what to do, and what it is worth.

    `movements`: how many wait for it; `numbers`: how many published cells would change. Both are counted by
    `worth`. `opened`: the day of the first refresh that found it. `owner` and `due` are those of the latest
    of its `assignments` (ids); without one `due` is the day on which it becomes worse by itself, if there is
    such a day.
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
    numbers: int = 0
    opened: date | None = None
    owner: str | None = None
    due: date | None = None
    assignments: tuple[str, ...] = ()
    answered_by: tuple[str, ...] = ()
    extracts: frozenset[tuple[str, str]] = frozenset()
    under: Item | None = None
    consequences: tuple[OpenItem, ...] = ()


def most_valuable_first(one: OpenItem) -> tuple[int, int, str]:
    """Return the place in the list: by movements, then published numbers, ties by name."""
    return -one.movements, -one.numbers, str(one.item)


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

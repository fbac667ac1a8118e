"""One thing that waits for a steward."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from orchestration.stewardship.items import Item


@dataclass(frozen=True)
class OpenItem:
    """What waits, why, what to do, and what it is worth.

    `movements`: how many wait for it; `numbers`: how many published cells would change. Both are counted by
    `worth`. `opened`: the day of the first refresh that found it. `owner` and `due` are those of
    its assignment; without one `due` is the day on which it becomes worse by itself, if there is such a day.
    `answered_by`: ids of the decisions that held already when it was found, and did not settle it.
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
    answered_by: tuple[str, ...] = ()


def most_valuable_first(one: OpenItem) -> tuple[int, int, str]:
    """Return the place in the list: by movements, then published numbers, ties by name."""
    return -one.movements, -one.numbers, str(one.item)

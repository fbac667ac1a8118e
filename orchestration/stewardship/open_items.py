"""The list of what waits for a steward, most valuable first: `review/open_items.csv`.

Every refresh that came to its end writes it, published, unchanged or refused. Reading it drops what has been
decided since and adds who takes care of what. How much an item is worth is told in `open_items_worth`; what
is found where, in the other `open_items_*`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from orchestration.contracts import Contracts
from orchestration.core import End, Settings
from orchestration.stewardship import review
from orchestration.stewardship.assignments import with_owners
from orchestration.stewardship.decisions import Decisions, active_decisions
from orchestration.stewardship.items import Item
from orchestration.stewardship.open_item import OpenItem, most_valuable_first
from orchestration.stewardship.open_items_agreements import agreements_about_to_end
from orchestration.stewardship.open_items_checks import failed_checks, worths_of_waived
from orchestration.stewardship.open_items_decisions import open_decisions
from orchestration.stewardship.open_items_deliveries import late_partners, waiting_files
from orchestration.stewardship.open_items_drift import drifted_contracts
from orchestration.stewardship.open_items_extracts import held_extracts
from orchestration.stewardship.open_items_links import doubtful_links
from orchestration.stewardship.open_items_places import open_names
from orchestration.stewardship.open_items_rows import left_of_rows, rows_set_aside_by_rule
from orchestration.stewardship.open_items_settled import Answers
from orchestration.stewardship.open_items_worth import Worth, Worths, worths_of
from orchestration.stewardship.said import packed, unpacked

__all__ = ["OpenItem", "as_dict", "is_about", "open_items", "write_open_items"]

_COLUMNS = (
    "item", "title", "detail", "why", "what_to_do", "movements", "numbers", "opened", "due", "answered_by",
)  # fmt: skip
_SENTENCES = ("title", "detail", "why", "what_to_do")

# Each finds the items of one kind in what the refresh left behind.
_Finder = Callable[[Settings, Worths, End], Iterable[OpenItem]]
_FINDERS: tuple[_Finder, ...] = (
    failed_checks,
    held_extracts,
    waiting_files,
    rows_set_aside_by_rule,
    open_names,
    doubtful_links,
    drifted_contracts,
    late_partners,
)


def write_open_items(
    settings: Settings,
    end: End,
    contracts: Contracts,
    decisions: Decisions,
    waits_for_release: tuple[int, int] = (0, 0),
) -> int:
    """Write the list after a refresh that ended so; returns how long it is.

    `contracts` are those of the refresh, with what was agreed since, and `decisions` those it went by.
    `waits_for_release`: movements and published cells that a refused candidate keeps from the readers. What
    stood in the list before keeps the day on which it was `opened`.
    """
    today = date.fromisoformat(str(end.as_of)[:10])
    opened = {row["item"]: row["opened"] for row in review.read(settings, review.OPEN_ITEMS)}
    with worths_of(settings, Worth(*waits_for_release)) as worths:
        found = [item for finder in _FINDERS for item in finder(settings, worths, end)]
        known = _worth_of(found) | worths_of_waived(settings, worths)
    found += agreements_about_to_end(contracts, today)
    found += open_decisions(settings, today, known)
    answers = Answers(settings, decisions)
    found = [
        replace(
            one,
            opened=_day(opened.get(str(one.item), "")) or one.opened or today,
            answered_by=tuple(sorted(answers.to(one.item))),
        )
        for one in found
    ]
    found.sort(key=most_valuable_first)
    sentences = {str(one.item): {name: packed(getattr(one, name)) for name in _SENTENCES} for one in found}
    review.write_open_items(settings, _COLUMNS, map(_as_row, found), sentences)
    return len(found)


def open_items(settings: Settings, now: datetime | None = None) -> list[OpenItem]:
    """What waits now, most valuable first: without what was decided since, and with who takes care of it.

    Raises NjiaError where a file of decisions cannot be read.
    """
    now = now or settings.as_of()
    decisions = active_decisions(settings, now)
    answers = Answers(settings, decisions)
    sentences = review.sentences_of_items(settings)
    rows = review.read(settings, review.OPEN_ITEMS)
    listed = {one.item: one for one in (_of_row(row, sentences.get(row["item"], row)) for row in rows)}
    standing = [one for one in listed.values() if one.item.kind != "decision" and not answers.settle(one)]
    standing = list(left_of_rows(settings, decisions, standing))
    standing += _decisions_now(settings, now.date(), listed)
    return sorted(with_owners(standing, decisions.assignments), key=most_valuable_first)


def is_about(one: OpenItem, partner: str) -> bool:
    """Whether the item names the partner: in its own name, or, of a pair of records, in its title."""
    said = getattr(one.title, "given", {})
    return partner in one.item.key or (one.item.kind == "link" and partner in said.values())


def as_dict(one: OpenItem) -> dict[str, Any]:
    """An item as `--json` prints it."""
    told = {name: value for name, value in vars(one).items() if name != "answered_by"}
    days = {name: str(told[name]) if told[name] else None for name in ("opened", "due")}
    return {**told, "item": str(one.item), **days}


def _decisions_now(settings: Settings, today: date, listed: Mapping[Item, OpenItem]) -> Iterator[OpenItem]:
    """A listed decision keeps its worth; one made since is worth what it would settle."""
    for one in open_decisions(settings, today, _worth_of(listed.values())):
        known = listed.get(one.item)
        yield replace(one, movements=known.movements, numbers=known.numbers) if known else one


def _worth_of(found: Iterable[OpenItem]) -> dict[Item, Worth]:
    return {one.item: Worth(one.movements, one.numbers) for one in found}


def _as_row(one: OpenItem) -> dict[str, Any]:
    return {**vars(one), "item": str(one.item), "answered_by": " ".join(one.answered_by)}


def _of_row(row: Mapping[str, str], sentences: Mapping[str, Any]) -> OpenItem:
    """`sentences` as they can be said in every language, or the English of the row itself."""
    title, detail, why, what_to_do = (unpacked(sentences[name]) for name in _SENTENCES)
    return OpenItem(
        Item.parse(row["item"]),
        title,
        detail,
        why,
        what_to_do,
        int(row["movements"]),
        int(row["numbers"]),
        _day(row["opened"]),
        due=_day(row["due"]),
        answered_by=tuple(row["answered_by"].split()),
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None

"""The list of what waits for a steward, most valuable first: `review/open_items.csv`.

Every refresh that ends writes it, whether published, unchanged or refused. Reading it drops what has been
decided since and adds who takes care of each item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from orchestration.contracts import Contracts
from orchestration.core import End, Settings, packed, unpacked
from orchestration.stewardship import review
from orchestration.stewardship.decisions.active import Decisions, active_decisions
from orchestration.stewardship.items import Item, file_not_taken, held_extract
from orchestration.stewardship.kinds.assignment import with_owners
from orchestration.stewardship.kinds.check_waiver import worths_of_waived
from orchestration.stewardship.kinds.group import Refreshed
from orchestration.stewardship.kinds.registry import GROUPS
from orchestration.stewardship.kinds.rows import left_of_rows
from orchestration.stewardship.open_item import OpenItem, most_valuable_first, nested, under_held_extracts
from orchestration.stewardship.worklists.decisions import open_decisions
from orchestration.stewardship.worklists.deliveries import late_partners, waiting_files
from orchestration.stewardship.worklists.drift import drifted_contracts
from orchestration.stewardship.worklists.refused import refused_rows
from orchestration.stewardship.worklists.settled import Answers
from orchestration.stewardship.worth import Worth, worths_of

_COLUMNS = (
    "item", "title", "detail", "why", "what_to_do", "movements", "numbers", "opened", "due", "answered_by",
    "under",
)  # fmt: skip
_SENTENCES = ("title", "detail", "why", "what_to_do")
_FINDERS: tuple[Callable[[Refreshed], Iterable[OpenItem]], ...] = (
    *(group.open_items for group in GROUPS),
    waiting_files,
    refused_rows,
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
    """Write the list after a refresh; returns how long it is.

    `contracts` are those of the refresh, with what was agreed since, and `decisions` those it used.
    `waits_for_release`: movements and published cells that a refused candidate keeps from the readers. An
    item of the earlier list keeps the day on which it was `opened`.
    """
    today = date.fromisoformat(str(end.as_of)[:10])
    opened = {row["item"]: row["opened"] for row in review.read(settings, review.OPEN_ITEMS)}
    with worths_of(settings, Worth(*waits_for_release)) as worths:
        refreshed = Refreshed(settings, worths, end, contracts)
        listed = [item for finder in _FINDERS for item in finder(refreshed)]
        known = _worth_of(listed) | worths_of_waived(settings, worths)
    listed += open_decisions(settings, today, known)
    listed = list(under_held_extracts(listed))
    answers = Answers(settings, decisions)
    listed = [
        replace(
            one,
            opened=_day(opened.get(str(one.item), "")) or one.opened or today,
            answered_by=tuple(sorted(answers.to(one.item))),
        )
        for one in listed
    ]
    listed.sort(key=most_valuable_first)
    sentences = {str(one.item): {name: packed(getattr(one, name)) for name in _SENTENCES} for one in listed}
    review.write_open_items(settings, _COLUMNS, map(_as_row, listed), sentences)
    return len(listed)


def open_items(settings: Settings, now: datetime | None = None) -> list[OpenItem]:
    """Return what waits now, most valuable first, without what was decided since, and with its owners.

    What follows from a held extract alone is among its `consequences`. Raises NjiaError where a
    file of decisions cannot be read.
    """
    now = now or settings.as_of()
    decisions = active_decisions(settings, now)
    answers = Answers(settings, decisions)
    sentences = review.sentences_of_items(settings)
    rows = review.read(settings, review.OPEN_ITEMS)
    listed = {one.item: one for one in (_of_row(row, sentences.get(row["item"], row)) for row in rows)}
    files = {
        file_not_taken(row["partner"], row["file"])
        for row in review.standing(settings, review.FILES_NOT_TAKEN)
    }
    withdrawn = {
        held_extract(one["partner"], one["extract_id"]) for one in decisions.by_kind["extract_withdraw"]
    }
    standing = [
        one
        for one in listed.values()
        if one.item.kind != "decision"
        and not answers.settle(one)
        and not (one.item.kind == "file" and one.item not in files)
        and one.under not in withdrawn
    ]
    standing = list(left_of_rows(settings, decisions.by_kind, standing))
    standing += _decisions_now(settings, now.date(), listed)
    return sorted(nested(with_owners(standing, decisions.assignments)), key=most_valuable_first)


def is_about(one: OpenItem, partner: str) -> bool:
    """Return whether the item names the partner: in its own name, or, of a pair of records, in its title."""
    named = getattr(one.title, "given", {}).values()
    return partner in one.item.key or (one.item.kind == "link" and partner in named)


def as_dict(one: OpenItem) -> dict[str, Any]:
    """Return an item as `--json` prints it."""
    left_out = ("answered_by", "assignments", "extracts", "under")
    fields = {name: value for name, value in vars(one).items() if name not in left_out}
    days = {name: str(fields[name]) if fields[name] else None for name in ("opened", "due")}
    consequences = [as_dict(other) for other in one.consequences]
    return {**fields, "item": str(one.item), **days, "consequences": consequences}


def _decisions_now(settings: Settings, today: date, listed: Mapping[Item, OpenItem]) -> Iterator[OpenItem]:
    """Yield the decisions that wait. A listed one keeps its worth; a new one has that of its item."""
    for one in open_decisions(settings, today, _worth_of(listed.values())):
        known = listed.get(one.item)
        yield replace(one, movements=known.movements, numbers=known.numbers) if known else one


def _worth_of(listed: Iterable[OpenItem]) -> dict[Item, Worth]:
    return {one.item: Worth(one.movements, one.numbers) for one in listed}


def _as_row(one: OpenItem) -> dict[str, Any]:
    under = str(one.under) if one.under else ""
    return {**vars(one), "item": str(one.item), "answered_by": " ".join(one.answered_by), "under": under}


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
        under=Item.parse(row["under"]) if row.get("under") else None,
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None

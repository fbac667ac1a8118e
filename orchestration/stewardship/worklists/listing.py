"""The list of what waits for a steward, most valuable first: `review/open_items.csv`.

Every refresh that ends writes it, whether published, unchanged or refused. Reading it drops what has been
decided since. A decision that held already when the refresh found an
item did not settle it (an acceptance cannot answer a check that could not be judged), so the item stays: the
list notes the ids of those decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from orchestration.contracts import Contracts
from orchestration.core import End, Settings, packed, say, seed_rows, together, unpacked, write_json
from orchestration.stewardship import items, review
from orchestration.stewardship.decisions.active import Decisions, active_decisions, list_decisions
from orchestration.stewardship.items import (
    Item,
    OpenItem,
    held_extract,
    most_valuable_first,
    nested,
    under_held_extracts,
)
from orchestration.stewardship.kinds.check_waiver import waived_item, worths_of_waived
from orchestration.stewardship.kinds.decision import Refreshed, Worths
from orchestration.stewardship.kinds.registry import GROUPS
from orchestration.stewardship.kinds.rows import by_item, left_of_rows, quality_rules
from orchestration.stewardship.worklists.drift import drifted_contracts
from orchestration.typing import open_views

SOON = timedelta(days=14)
_SENTENCES = ("title", "detail", "why", "what_to_do")
_EXTRACTS_NAMED = 3


def write_open_items(
    settings: Settings,
    end: End,
    contracts: Contracts,
    decisions: Decisions,
    waits_for_release: int = 0,
) -> int:
    """Write the list after a refresh; returns how long it is.

    `contracts` are those of the refresh, with what was agreed since, and `decisions` those it used.
    `waits_for_release`: movements that a refused candidate keeps from the readers. An item of the earlier
    list keeps the day on which it was `opened`.
    """
    today = date.fromisoformat(str(end.as_of)[:10])
    opened = {row["item"]: row["opened"] for row in review.read(settings, review.OPEN_ITEMS)}
    finders: tuple[Callable[[Refreshed], Iterable[OpenItem]], ...] = (
        *(group.open_items for group in GROUPS),
        _waiting_files,
        _refused_rows,
        drifted_contracts,
        _late_partners,
    )
    with open_views(settings, *Worths.views) as con:
        worths = Worths(con, waits_for_release)
        refreshed = Refreshed(settings, worths, end, contracts)
        listed = [item for finder in finders for item in finder(refreshed)]
        worth_of = {one.item: one.movements for one in listed} | worths_of_waived(settings, worths)
    listed += _open_decisions(settings, today, worth_of)
    answers = Answers(settings, decisions)
    listed = [
        replace(
            item,
            opened=_day(opened.get(str(item.item), "")) or item.opened or today,
            answered_by=tuple(sorted(answers.to(item.item))),
        )
        for item in under_held_extracts(listed)
    ]
    listed.sort(key=most_valuable_first)
    sentences = {
        str(item.item): {name: packed(getattr(item, name)) for name in _SENTENCES} for item in listed
    }
    rows = ({**vars(one), "answered_by": " ".join(one.answered_by)} for one in listed)
    review.write(settings, review.OPEN_ITEMS, rows)
    write_json(review.written_to(settings) / review.OPEN_ITEMS_SAID, sentences)
    return len(listed)


def open_items(settings: Settings, now: datetime | None = None) -> list[OpenItem]:
    """Return what waits now, most valuable first, without what was decided since.

    What follows from a held extract alone is among its `consequences`. Raises NjiaError where a
    file of decisions cannot be read.
    """
    now = now or settings.as_of()
    decisions = active_decisions(settings, now)
    answers = Answers(settings, decisions)
    listed = review.of_lists(settings, _listed, review.OPEN_ITEMS, review.OPEN_ITEMS_SAID)
    files = {
        items.file_not_taken(row["partner"], row["file"])
        for row in review.standing(settings, review.FILES_NOT_TAKEN)
    }
    withdrawn = {held_extract(one["partner"], one["extract_id"]) for one in decisions["extract_withdraw"]}
    standing = [
        item
        for item in listed
        if item.item.kind != "decision"
        and not answers.settle(item)
        and not (item.item.kind == "file" and item.item not in files)
        and item.under not in withdrawn
    ]
    standing = list(left_of_rows(settings, decisions.by_kind, standing))
    # A listed decision keeps its worth; one made since has that of its item.
    worth_of = {one.item: one.movements for one in listed}
    for decision in _open_decisions(settings, now.date(), worth_of):
        standing.append(replace(decision, movements=worth_of.get(decision.item, decision.movements)))
    return sorted(nested(standing), key=most_valuable_first)


def _listed(settings: Settings) -> list[OpenItem]:
    """Return the items as the refresh listed them."""
    sentences = review.json_of(settings, review.OPEN_ITEMS_SAID)
    rows = review.read(settings, review.OPEN_ITEMS)
    every = (_of_row(row, sentences.get(row["item"], row)) for row in rows)
    return list({item.item: item for item in every}.values())


class Answers:
    """The decisions that hold, by the item that each answers."""

    def __init__(self, settings: Settings, decisions: Decisions) -> None:
        self._ids: dict[Item, set[str]] = {}
        for group in GROUPS:
            for item, decision_id in group.answers(settings, decisions.by_kind):
                self._ids.setdefault(item, set()).add(decision_id)

    def to(self, item: Item) -> set[str]:
        """Return ids of the decisions that answer an item; one on an extract answers each of its checks."""
        ids = self._ids.get(item, set())
        return ids | self._ids.get(held_extract(*item.key[:2]), set()) if item.kind == "check" else ids

    def settle(self, listed: OpenItem) -> bool:
        """Return whether a decision made since the refresh answers the item."""
        return not self.to(listed.item) <= set(listed.answered_by)


def is_about(one: OpenItem, partner: str) -> bool:
    """Return whether the item names the partner: in its own name, or, of a pair of records, in its title."""
    named = getattr(one.title, "given", {}).values()
    return partner in one.item.key or (one.item.kind == "link" and partner in named)


def as_dict(one: OpenItem) -> dict[str, Any]:
    """Return an item as `--json` prints it."""
    left_out = ("answered_by", "extracts", "under")
    fields = {name: value for name, value in vars(one).items() if name not in left_out}
    days = {name: str(fields[name]) if fields[name] else None for name in ("opened", "due")}
    consequences = [as_dict(other) for other in one.consequences]
    return {**fields, "item": str(one.item), **days, "consequences": consequences}


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
        _day(row["opened"]),
        due=_day(row["due"]),
        answered_by=tuple(row["answered_by"].split()),
        under=Item.parse(row["under"]) if row.get("under") else None,
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


# --- decisions: waiting for a second person, idle, or about to expire -------------------------------


def _open_decisions(settings: Settings, today: date, worth_of: Mapping[Item, int]) -> Iterator[OpenItem]:
    """Yield an item for each such decision; `worth_of` the listed items that decisions are about.

    Every reading of the list finds them anew, since a new decision waits at once. One that waits is worth
    what the item is worth that it would settle.
    """
    for entry in list_decisions(settings):
        if entry.get("revokes") or entry.get("confirms") or entry["revoked_by"]:
            continue
        sentence = say(
            "{says} ({author}, {day})", says=entry["says"], author=entry["author"], day=entry["time"][:10]
        )
        expires = _day(entry.get("expires", ""))
        worth = worth_of.get(waived_item(entry["check"], entry["scope"]), 0) if expires else 0
        why = entry["reason"]
        if expires and expires < today:
            continue
        if entry["needs_second"] and not entry["confirmed_by"]:
            title = "A decision waits for a second person"
            what_to_do = "Look at what it is about. If you stand behind it, confirm it; else take it back."
        elif entry["without_effect"]:
            title, why, worth, expires = "A decision has no effect", entry["without_effect"], 0, None
            what_to_do = "If it is no longer needed, take it back."
        elif expires and expires <= today + SOON:
            title = say("A waiver ends on {day}", day=str(expires))
            what_to_do = "If the check still fails for a good reason, waive it anew; else let the waiver end."
        else:
            continue
        made, item = _day(entry["time"][:10]), items.decision(entry["id"])
        yield OpenItem(item, title, sentence, why, what_to_do, worth, opened=made, due=expires)


# --- missing deliveries, and rows refused at reading ------------------------------------------------


def _waiting_files(refreshed: Refreshed) -> Iterator[OpenItem]:
    """Yield an item for each file not taken, worth about what the partner's newest extract brought.

    Files that may still be written are left out: they are taken without anybody's doing.
    """
    for row in review.standing(refreshed.settings, review.FILES_NOT_TAKEN):
        if row["outcome"] == "waits":
            continue
        worth = refreshed.worths.newest.get(row["partner"], 0)
        sentence = "{file} was not taken: {reason}"
        if row["partner"]:
            sentence = "{file} of {partner} was not taken: {reason}"
        yield OpenItem(
            items.file_not_taken(row["partner"], row["file"]),
            say(sentence, file=row["file"], partner=row["partner"], reason=why_in_short(row)),
            _guessed(worth),
            row["reason"],
            "Do what the reason says; the file is tried again in every refresh.",
            worth,
        )


def why_in_short(row: Mapping[str, str]) -> str:
    return _titles().get(row.get("code", ""), "The reason is below")


@cache
def _titles() -> dict[str, str]:
    return {row["reason"]: row["title"] for row in seed_rows("file_reasons")}


def _late_partners(refreshed: Refreshed) -> Iterator[OpenItem]:
    """Yield an item for each overdue partner, due since the earliest of its contracts."""
    due: dict[str, list[str]] = {}
    for contract in refreshed.end.overdue:
        due.setdefault(contract["partner"], []).append(contract["due"])
    for partner, days in due.items():
        worth = refreshed.worths.newest.get(partner, 0)
        yield OpenItem(
            items.overdue(partner),
            say("{partner} is overdue since {day}", partner=partner, day=min(days)),
            _guessed(worth),
            "The newest months lack this partner's records, so a fall there may not be real.",
            "Ask the partner. If it sends less often now, say so in its contract.",
            worth,
            due=_day(min(days)),
            extracts=frozenset({(partner, refreshed.worths.newest_extracts.get(partner, ""))}),
        )


def _guessed(worth: int) -> str:
    if not worth:
        return "Its content is unknown."
    sentence = "Its content is unknown; the partner's last extract held {records:,} records."
    return say(sentence, records=worth)


def _refused_rows(refreshed: Refreshed) -> Iterator[OpenItem]:
    """Yield an item for each partner and rule, worth the records that the rows would have been."""
    for item, rows in by_item(review.standing(refreshed.settings, review.REFUSED_ROWS)).items():
        partner, code = item.key
        rule = quality_rules().get(code, {})
        more = len(rows) - _EXTRACTS_NAMED
        yield OpenItem(
            item,
            say("Rows of {partner} were refused: {rule}", partner=partner, rule=rule.get("title", code)),
            together(
                *map(_where, rows[:_EXTRACTS_NAMED]),
                say("And in {count:,} more.", count=more) if more > 0 else "",
            ),
            rule.get("explanation", ""),
            rule.get("steward_action", ""),
            sum(int(row["records"]) for row in rows),
            extracts=frozenset((partner, row["extract_id"]) for row in rows),
        )


def _where(row: Mapping[str, str]) -> str:
    sentence = "{count:,} row(s) in {file}: {rows}."
    if row["sheet"]:
        sentence = "{count:,} row(s) in {file}, sheet {sheet}: {rows}."
    return say(
        sentence, count=int(row["rows"]), file=row["file"], rows=row["row_numbers"], sheet=row["sheet"]
    )

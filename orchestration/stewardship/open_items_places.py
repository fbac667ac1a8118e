"""Open items of place names that nobody could read: one item a name and country, as a decision takes them.

Worth the records of extracts in force that name one of its mentions. A name that may be a person, a phone or
a sentence is not shown, here or anywhere else, and its item is named by the mention.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from orchestration import places
from orchestration.core import End, Settings
from orchestration.stewardship import items, review
from orchestration.stewardship.decisions import Decisions
from orchestration.stewardship.items import Item
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.open_items_worth import NOTHING, Worths
from orchestration.stewardship.said import say

_WHY = {
    "ambiguous": "It fits several places, and nothing says which.",
    "unresolved": "It fits no place that we know.",
    "review": "It fits a place, and not surely enough.",
}


@dataclass(frozen=True)
class OpenName:
    """Mentions that one decision would settle. `text` is None where it is not shown; `country` is a code."""

    item: Item
    text: str | None
    country: str | None
    mention_ids: tuple[int, ...]
    status: str
    candidates: tuple[str, ...]
    records: int


def open_name_groups(settings: Settings) -> list[OpenName]:
    """The open names of the last refresh, those that most records carry first.

    Different spellings of one name are one group; what a decision on it would match is the rule of the
    resolver: the text of the place, else of the area, and the country that the mention names.
    """
    groups: dict[Item, OpenName] = {}
    for row in review.read(settings, review.UNRESOLVED_PLACES):
        name = _open_name(row)
        before = groups.get(name.item)
        groups[name.item] = _together(before, name) if before else name
    return sorted(groups.values(), key=lambda one: (-one.records, str(one.item)))


def open_names(settings: Settings, worths: Worths, end: End) -> Iterator[OpenItem]:
    """One item a name."""
    groups = open_name_groups(settings)
    worth_of = worths.of_mentions({mention: str(one.item) for one in groups for mention in one.mention_ids})
    for one in groups:
        names = "; ".join(places.described(place_id) for place_id in one.candidates)
        yield OpenItem(
            one.item,
            _title(one),
            say("It may be: {names}.", names=names) if names else "No place is like it.",
            _WHY.get(one.status, ""),
            "Say which place the name means, or `unknown` where it names none."
            if one.text
            else "Ask the partner for the place by the rows that name it; the name itself is shown nowhere.",
            *worth_of.get(str(one.item), NOTHING),
        )


def _title(one: OpenName) -> str:
    if not one.text:
        return "A name that may identify somebody is no place that we know for sure"
    if one.country:
        sentence = "“{text}” in {country} is no place that we know for sure"
        return say(sentence, text=one.text, country=one.country)
    return say("“{text}” is no place that we know for sure", text=one.text)


def answered_names(settings: Settings, decisions: Decisions) -> dict[Item, set[str]]:
    """Ids of the aliases that say what an open name means."""
    if not decisions.place_aliases:
        return {}
    found: dict[Item, set[str]] = {}
    for one in open_name_groups(settings):
        for alias in decisions.place_aliases:
            is_meant = one.text and places.norm(alias["text"]) == places.norm(one.text)
            if is_meant and alias["country"] in (None, one.country):
                found.setdefault(one.item, set()).add(str(alias["id"]))
    return found


def _open_name(row: dict[str, str]) -> OpenName:
    text = row["place_text"] if places.norm(row["place_text"]) else row["admin_text"]
    is_shown = row["is_withheld"] != "True" and bool(places.norm(text))
    country = _country(row["country_text"]) if is_shown else None
    named_by = places.norm(text) if is_shown else f"mention {row['mention_id']}"
    return OpenName(
        items.place_name(named_by, country),
        text if is_shown else None,
        country,
        (int(row["mention_id"].removeprefix("'")),),
        row["status"],
        tuple(filter(None, row["candidates"].split(";"))),
        int(row["record_count"]),
    )


@cache
def _country(text: str) -> str | None:
    return places.country_code(text) if text else None


def _together(one: OpenName, other: OpenName) -> OpenName:
    return OpenName(
        one.item,
        one.text,
        one.country,
        (*one.mention_ids, *other.mention_ids),
        one.status,
        tuple(dict.fromkeys((*one.candidates, *other.candidates))),
        one.records + other.records,
    )

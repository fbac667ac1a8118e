"""Open items of what has not arrived: files that wait in the inbox, and partners that are overdue.

Nobody can know what is in them. They are worth about what the partner's newest extract brought, and the
detail says that this is a guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from orchestration.core import End, Settings
from orchestration.stewardship import items, review
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.open_items_worth import NOTHING, Worth, Worths
from orchestration.stewardship.said import say

GUESS = "What it would bring is a guess: its last extract held {records:,} records."
_OUTCOMES = {"held": "no contract fits it, or a part is missing", "unreadable": "it cannot be read"}


def waiting_files(settings: Settings, worths: Worths, end: End) -> Iterator[OpenItem]:
    """One item a file not taken. Its name, which may name a person, stands in files_not_taken.csv alone."""
    for row in review.read(settings, review.FILES_NOT_TAKEN):
        worth = worths.newest.get(row["partner"], NOTHING)
        yield OpenItem(
            items.file_not_taken(row["partner"], row["file"]),
            say(
                "A file of {partner} waits in the inbox: {outcome}",
                partner=row["partner"],
                outcome=_OUTCOMES.get(row["outcome"], row["outcome"]),
            ),
            _guessed(worth),
            review.why_not_taken(row),
            "Do what the reason says; the file is tried again in every refresh.",
            *worth,
        )


def late_partners(settings: Settings, worths: Worths, end: End) -> Iterator[OpenItem]:
    """One item an overdue partner, due since the earliest of its contracts."""
    due: dict[str, list[str]] = {}
    for one in end.overdue:
        due.setdefault(one["partner"], []).append(one["due"])
    for partner, days in due.items():
        worth = worths.newest.get(partner, NOTHING)
        yield OpenItem(
            items.overdue(partner),
            say("{partner} is overdue since {day}", partner=partner, day=min(days)),
            _guessed(worth),
            "What does not come is missing in the newest months, and a fall there may be no more than that.",
            "Ask the partner. If it sends less often now, say so in its contract.",
            *worth,
            due=date.fromisoformat(min(days)),
        )


def _guessed(worth: Worth) -> str:
    return say(GUESS, records=worth.movements) if worth.movements else "Nobody knows what it would bring."

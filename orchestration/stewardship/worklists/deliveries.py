"""Open items of missing deliveries: files that wait in the inbox, and partners that are overdue.

Their content is unknown. Each is worth about what the partner's newest extract brought, as its detail says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache

from orchestration.core import say, seed_rows
from orchestration.stewardship import items, review
from orchestration.stewardship.kinds.group import Refreshed
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.worth import NOTHING, Worth

GUESS = "Its content is unknown; the partner's last extract held {records:,} records."


def waiting_files(refreshed: Refreshed) -> Iterator[OpenItem]:
    """Yield an item for each file not taken.

    Files that may still be written are left out: they are taken without anybody's doing.
    """
    for row in review.standing(refreshed.settings, review.FILES_NOT_TAKEN):
        if row["outcome"] == "waits":
            continue
        worth = refreshed.worths.newest.get(row["partner"], NOTHING)
        yield OpenItem(
            items.file_not_taken(row["partner"], row["file"]),
            _not_taken(row),
            _guessed(worth),
            row["reason"],
            "Do what the reason says; the file is tried again in every refresh.",
            *worth,
        )


def _not_taken(row: Mapping[str, str]) -> str:
    named = {"file": row["file"], "partner": row["partner"], "reason": why_in_short(row)}
    if row["partner"]:
        return say("{file} of {partner} was not taken: {reason}", **named)
    return say("{file} was not taken: {reason}", **named)


def why_in_short(row: Mapping[str, str]) -> str:
    """Return the title of the reason why a file was not taken."""
    return _titles().get(row.get("code", ""), "The reason is below")


@cache
def _titles() -> dict[str, str]:
    return {row["reason"]: row["title"] for row in seed_rows("file_reasons")}


def late_partners(refreshed: Refreshed) -> Iterator[OpenItem]:
    """Yield an item for each overdue partner, due since the earliest of its contracts."""
    due: dict[str, list[str]] = {}
    for contract in refreshed.end.overdue:
        due.setdefault(contract["partner"], []).append(contract["due"])
    for partner, days in due.items():
        worth = refreshed.worths.newest.get(partner, NOTHING)
        yield OpenItem(
            items.overdue(partner),
            say("{partner} is overdue since {day}", partner=partner, day=min(days)),
            _guessed(worth),
            "The newest months lack this partner's records, so a fall there may not be real.",
            "Ask the partner. If it sends less often now, say so in its contract.",
            *worth,
            due=date.fromisoformat(min(days)),
            extracts=frozenset({(partner, refreshed.worths.newest_extracts.get(partner, ""))}),
        )


def _guessed(worth: Worth) -> str:
    return say(GUESS, records=worth.movements) if worth.movements else "Its content is unknown."

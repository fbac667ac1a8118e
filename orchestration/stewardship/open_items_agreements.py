"""Open items of agreements that have ended or end soon.

They hold nothing back yet: what comes too late becomes a held extract, which is an item of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from orchestration.contracts import Contracts, agreements_ending
from orchestration.stewardship import items
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.said import say


def agreements_about_to_end(contracts: Contracts, today: date) -> Iterator[OpenItem]:
    """One item an agreement; `contracts` are with the changes that stewards recorded."""
    for ending in agreements_ending(contracts, today):
        yield OpenItem(
            items.agreement(ending.partner, ending.contract),
            say(
                "The agreement of {of} has ended"
                if ending.ends_on < today
                else "The agreement of {of} ends soon",
                of=f"{ending.partner}/{ending.contract}",
            ),
            say("Its last day is {day}.", day=str(ending.ends_on)),
            "What is received after the last day of an agreement is held, and that cannot be waived.",
            "Renew it with the partner; then record the new last day here, or enter it in the contract.",
            due=ending.ends_on,
        )

"""Open items of held extracts: each is worth the records that wait in it."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.core import End, Settings
from orchestration.stewardship import items
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.open_items_worth import Worths
from orchestration.stewardship.said import say

_WHY = "What it brings stays out of the release; the partner's last good extract, if there is one, serves."
_TO_DO = (
    "Read what each check found and ask the partner. If the delivery is as it should be, accept the extract; "
    "if one check alone is wrong about it, waive that check; if our contract misreads it, mend the contract."
)


def held_extracts(settings: Settings, worths: Worths, end: End) -> Iterator[OpenItem]:
    """One item for each extract that the refresh held."""
    for one in end.held:
        partner, extract_id = str(one["partner"]), str(one["extract_id"])
        yield OpenItem(
            items.held_extract(partner, extract_id),
            say("Extract {extract_id} of {partner} is held", extract_id=extract_id, partner=partner),
            say("Held by {checks}.", checks=", ".join(one["held_by"])),
            _WHY,
            _TO_DO,
            *worths.of_extract(partner, extract_id),
        )

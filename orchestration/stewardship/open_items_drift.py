"""Open items of drift: what changed in a partner's columns and choices, one item a contract.

An answer nobody knows is worth the records that give it; a column gone or renamed, the records of its
extract, unless that is held: then its own item carries them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from orchestration.core import End, Settings
from orchestration.stewardship import items, review
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.open_items_worth import NOTHING, Worth, Worths
from orchestration.stewardship.said import listed, say

_CHANGES = {
    "column_renamed": "columns probably renamed",
    "column_gone": "columns gone",
    "column_added": "columns new",
    "new_codes": "lists with answers nobody knows",
}


def drifted_contracts(settings: Settings, worths: Worths, end: End) -> Iterator[OpenItem]:
    """One item a contract with drift; no word of a partner stands in it."""
    held = {(one["partner"], one["extract_id"]) for one in end.held}
    by_contract: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in review.read(settings, review.DRIFT):
        by_contract.setdefault((row["partner"], row["contract"]), []).append(row)
    for (partner, contract), rows in by_contract.items():
        found = ((sum(row["change"] == change for row in rows), told) for change, told in _CHANGES.items())
        worth = max((_worth(row, worths, held) for row in rows), default=NOTHING)
        yield OpenItem(
            items.drift(partner, contract),
            say("{partner} changed its columns or choices ({contract})", partner=partner, contract=contract),
            say(
                "{changes}.",
                changes=listed(
                    [
                        say("{change}: {number}", change=told, number=number)
                        for number, told in found
                        if number
                    ]
                ),
            ),
            "What the contract does not name is dropped; an answer that it does not know counts as unknown.",
            "Look at the ready change to the contract, merge it, and try it with `njia contract check`.",
            *worth,
        )


def _worth(row: Mapping[str, str], worths: Worths, held: set[tuple[str, str]]) -> Worth:
    if row["change"] == "new_codes":
        return Worth(int(row["records"] or 0))
    if row["change"] == "column_added" or (row["partner"], row["extract_id"]) in held:
        return NOTHING
    return worths.of_extract(row["partner"], row["extract_id"])

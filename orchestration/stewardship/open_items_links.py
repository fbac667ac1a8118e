"""Open items of pairs that may be one person: each is worth the movements of its two records."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.core import End, Settings
from orchestration.stewardship import items, review
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.open_items_worth import Worths
from orchestration.stewardship.said import say

_RECORDS = 2
_REASONS = {
    "unsure": "They agree in much, and not in enough to be sure.",
    "rival": "Another record of that partner fits better.",
    "cluster_too_large": "Together with others they would be more records than there are partners.",
    "persons_of_one_record": "Together they would merge two persons of one record.",
    "rejected_pair_inside": "Together they would join a pair that a steward said is two persons.",
}


def doubtful_links(settings: Settings, worths: Worths, end: End) -> Iterator[OpenItem]:
    """One item a pair of links.csv. How its numbers change depends on where both records count."""
    for row in review.read(settings, review.LINKS):
        yield OpenItem(
            items.doubtful_link(row["record_a"], row["record_b"]),
            say(
                "One person, or two: a record of {one} and one of {other}",
                one=row["partner_a"],
                other=row["partner_b"],
            ),
            say(
                "{reason} As one person with probability {probability:.2f}.",
                reason=_REASONS.get(row["reason"], row["reason"]),
                probability=float(row["probability"]),
            ),
            "A person whom two partners saw is two movements until this is known.",
            "Let the partners compare their rows by sheet and number, then say whether it is one person.",
            _RECORDS,
        )

"""Open items of failed checks: what a gate found in the release or in one extract.

A check that refuses the release keeps all that is new from its readers: it is worth what the whole candidate
would have changed. One that holds an extract is worth nothing of its own: the extract's item carries that, so
that nothing is counted twice. Checks that only warn hold nothing back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from orchestration.core import REFUSED, End, Settings
from orchestration.stewardship import items, review
from orchestration.stewardship.items import Item
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.open_items_worth import NOTHING, Worth, Worths
from orchestration.stewardship.said import say, together

_STAGES_OF_EXTRACTS = "extract_gate"


def failed_checks(settings: Settings, worths: Worths, end: End) -> Iterator[OpenItem]:
    """One item a failed check of the release or of an extract that nothing waives."""
    named: set[Item] = set()
    for row in review.read(settings, review.FAILED_CHECKS):
        if row["stage"] == review.INBOX_STAGE or row["waived"] == "True":
            continue
        item = item_of_check(row)
        if item in named:  # a test of several tables fails once for each
            continue
        named.add(item)
        of = f"{row['partner']}/{row['extract_id']}" if row["stage"] == _STAGES_OF_EXTRACTS else "the release"
        title = say("{check} of {of} failed", check=row["check_name"], of=of)
        worth = worths.release if end.outcome == REFUSED and row["severity"] == "refuse" else NOTHING
        yield OpenItem(
            item,
            title,
            _seen(row),
            row["why"],
            row["steward_action"],
            *worth,
        )


def worths_of_waived(settings: Settings, worths: Worths) -> dict[Item, Worth]:
    """What would wait if the waiver of a check that still fails came to its end."""
    found: dict[Item, Worth] = {}
    for row in review.read(settings, review.FAILED_CHECKS):
        if row["waived"] == "True" and row["severity"] == "hold":
            found[item_of_check(row)] = worths.of_extract(row["partner"], row["extract_id"])
        elif row["waived"] == "True" and row["severity"] == "refuse":
            found[item_of_check(row)] = worths.release
    return found


def item_of_check(row: Mapping[str, str]) -> Item:
    """The item of a line of failed_checks.csv."""
    if row["stage"] == _STAGES_OF_EXTRACTS:
        return items.extract_check(row["partner"], row["extract_id"], row["check_name"])
    return items.release_check(row["check_name"])


def _seen(row: Mapping[str, str]) -> str:
    if row["outcome"] != "failed":
        return "It could not be judged, which counts as failed."
    told = say(
        "It saw {observed} and expects {expected}.",
        observed=_shown(row["observed"]),
        expected=row["expected"],
    )
    return told if row["severity"] in ("refuse", "hold") else together(told, "It only warns.")


def _shown(observed: str) -> str:
    """A share with seventeen digits says no more than one with four."""
    try:
        return f"{float(observed):.4g}"
    except ValueError:
        return observed or "nothing"

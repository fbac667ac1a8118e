"""Open items of rows set aside, one a partner and rule: worth the records that this rule alone keeps out."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from orchestration.core import REFERENCE_SEEDS, End, Settings, record_of
from orchestration.stewardship import items, review
from orchestration.stewardship.decisions import Decisions
from orchestration.stewardship.effect_on_records import releasable_rules
from orchestration.stewardship.items import Item
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.open_items_worth import NOTHING, Worths
from orchestration.stewardship.said import say, together


@cache
def quality_rules() -> dict[str, dict[str, str]]:
    """Title, explanation and steward's action of each rule, by its code."""
    with (REFERENCE_SEEDS / "quality_rules.csv").open(encoding="utf-8", newline="") as file:
        return {row["rule_code"]: row for row in csv.DictReader(file)}


def rows_set_aside_by_rule(settings: Settings, worths: Worths, end: End) -> Iterator[OpenItem]:
    """One item a partner and rule."""
    found = review.read(settings, review.QUARANTINED_ROWS)
    worth_of = worths.of_records(_by_one_rule_alone(found))
    for item, rows in _by_item(found).items():
        partner, rule = item.key
        told = quality_rules().get(rule, {})
        yield OpenItem(
            item,
            say("Records of {partner} are set aside: {rule}", partner=partner, rule=told.get("title", rule)),
            _counted(rows),
            told.get("explanation", ""),
            together(told.get("steward_action", ""), _may_be_released(rule)),
            *worth_of.get(str(item), NOTHING),
        )


def left_of_rows(settings: Settings, decisions: Decisions, listed: Sequence[OpenItem]) -> Iterator[OpenItem]:
    """The items without the records that were let in or left out since; none where nothing is left."""
    decided = decided_records(settings, decisions)
    if not decided:
        yield from listed
        return
    found = review.read(settings, review.QUARANTINED_ROWS)
    left = [row for row in found if row["record"] not in decided]
    rows, alone = _by_item(left), list(_by_one_rule_alone(left).values())
    for one in listed:
        if one.item.kind != "rows":
            yield one
        elif one.item in rows:
            waits = alone.count(str(one.item))
            yield replace(one, detail=_counted(rows[one.item]), movements=min(one.movements, waits))


def decided_records(settings: Settings, decisions: Decisions) -> set[str]:
    """Records that the next refresh finds elsewhere; one that fails a further rule stays set aside."""
    failed: dict[str, set[str]] = {}
    if decisions.row_releases:
        for row in review.read(settings, review.QUARANTINED_ROWS):
            failed.setdefault(row["record"], set()).add(row["rule_code"])
    released = {
        one["record"]
        for one in decisions.row_releases
        if failed.get(one["record"], set()) <= set(one["rules"])
    }
    return released | {one["record"] for one in decisions.row_exclusions}


def _by_item(rows: Sequence[Mapping[str, str]]) -> dict[Item, list[Mapping[str, str]]]:
    found: dict[Item, list[Mapping[str, str]]] = {}
    for row in rows:
        found.setdefault(items.quarantined_rows(row["partner"], row["rule_code"]), []).append(row)
    return found


def _by_one_rule_alone(rows: Sequence[Mapping[str, str]]) -> dict[tuple[str, str, int], str]:
    """(partner, extract id, record id) → name of the item, for records that fail no second rule."""
    rules: dict[tuple[str, str, int], set[str]] = {}
    for row in rows:
        key = (row["partner"], row["extract_id"], record_of(row["record"]))
        rules.setdefault(key, set()).add(row["rule_code"])
    return {
        key: str(items.quarantined_rows(key[0], next(iter(found))))
        for key, found in rules.items()
        if len(found) == 1
    }


def _counted(rows: Sequence[Mapping[str, str]]) -> str:
    records, extracts = {row["record"] for row in rows}, {row["extract_id"] for row in rows}
    return say(
        "{records:,} record(s) in {extracts:,} extract(s).", records=len(records), extracts=len(extracts)
    )


def _may_be_released(rule: str) -> str:
    if unknown := releasable_rules().get(rule):
        return say(
            "A record can be let in all the same; what stays unknown of it: {unknown}", unknown=unknown
        )
    return "No record can be let in that fails it."

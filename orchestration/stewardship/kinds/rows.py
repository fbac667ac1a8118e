"""Letting a quarantined record in, and leaving a record out.

An open item is one partner and rule: worth the records that this rule alone keeps out.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Annotated

from pydantic import Field

from orchestration.core import REFERENCE_SEEDS, Settings, UsageError, record_of, say, together
from orchestration.stewardship import items, review
from orchestration.stewardship.items import Item
from orchestration.stewardship.kinds.decision import (
    NOT_RECORDED,
    Decision,
    Entry,
    RecordName,
    already,
    matching,
)
from orchestration.stewardship.kinds.form import Form, Payload
from orchestration.stewardship.kinds.group import Change, Effect, Group, Holding, Refreshed
from orchestration.stewardship.kinds.records import (
    is_typed,
    record_called,
    releasable_rules,
    row_called,
    rules_that_quarantine,
)
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.typed_views import NOT_KEPT, has_typed, typed_views
from orchestration.stewardship.worth import NOTHING

RuleCode = Annotated[
    str,
    matching("[a-z][a-z0-9_]{2,60}", "a rule as in review/quarantined_rows.csv, such as date_invalid"),
]
_IN_FORCE = {
    "records": "partner varchar, extract_id varchar, record_id bigint",
    "in_force": "partner varchar, extract_id varchar, fate varchar",
}
_LATER = "An embargo, or 30 days that have not passed, may keep back a record that is let in."
_MAY_HAVE_CHANGED = (
    "A record stays in if its newest copy passes the rule. It is already out if its newest copy fails "
    "another rule."
)
_JUDGED_ANEW = "Every rule judges them as any other record, and may set some aside."


class _OnRecord(Decision):
    """A decision on one record, in each copy that the partner has sent or will send."""

    record: RecordName

    @classmethod
    def complete(cls, settings: Settings, payload: Payload) -> Payload:
        return payload | {"record": record_called(settings, str(payload.get("record", "")))}

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        """A preview names the rules that a record is let in from: nothing else is decided than it said."""
        for value in form.all("record"):
            record, *rules = value.split()
            yield {"record": record, "rules": rules} if rules else {"record": record}

    def why_not_now(self, settings: Settings, held: Iterable[Entry], is_override: bool = False) -> str | None:
        if is_typed(settings, self.record):
            return None
        return say(
            "No extract holds a record {record}. review/quarantined_rows.csv names those that are set aside; "
            "any other is named by EXTRACT_ID:ROW.",
            record=self.record,
        )

    def why_decided_already(self, holding: Iterable[Entry]) -> str | None:
        for other in holding:
            if not isinstance(other, _OnRecord) or other.record != self.record:
                continue
            if isinstance(other, RowExclude):
                return already("Decision {id} leaves this record out already.", other)
            if isinstance(self, RowExclude) or self.from_no_more_rules(other):
                return already("Decision {id} lets this record in already.", other)
        return None

    def from_no_more_rules(self, other: _OnRecord) -> bool:
        """Return whether another release covers all rules of this one."""
        return False


class RowRelease(_OnRecord):
    """Lets a quarantined record in although it fails these rules; what could not be read stays unknown."""

    rules: Annotated[tuple[RuleCode, ...], Field(min_length=1)]

    @classmethod
    def complete(cls, settings: Settings, payload: Payload) -> Payload:
        payload = super().complete(settings, payload)
        if not payload.get("rules"):
            payload["rules"] = rules_that_quarantine(settings, payload["record"])
            if not payload["rules"]:
                raise UsageError(say(NOT_RECORDED, fault=_not_set_aside(payload["record"])))
        return payload

    def completed_fields(self) -> list[tuple[str, str]]:
        return [("record", " ".join((self.record, *self.rules)))]

    def sentence(self) -> str:
        rules = ", ".join(self.rules)
        return say("record {record} enters although it fails {rules}", record=self.record, rules=rules)

    def from_no_more_rules(self, other: _OnRecord) -> bool:
        return isinstance(other, RowRelease) and set(self.rules) <= set(other.rules)

    def why_no_effect(self, settings: Settings) -> str | None:
        if bound := [rule for rule in self.rules if rule not in releasable_rules()]:
            return say(
                "Nobody may let a record in that fails {rules}: it could name somebody, count one record "
                "twice or say what nobody said. The partner or the contract has to mend it. Rules that can "
                "be released: {releasable}.",
                rules=", ".join(bound),
                releasable=", ".join(releasable_rules()),
            )
        return None

    def why_not_now(self, settings: Settings, held: Iterable[Entry], is_override: bool = False) -> str | None:
        if fault := super().why_not_now(settings, held):
            return fault
        failed = rules_that_quarantine(settings, self.record)
        if not failed:
            return _not_set_aside(self.record)
        if missed := [rule for rule in self.rules if rule not in failed]:
            return say(
                "Record {record} does not fail {missed}. It fails {failed}.",
                record=self.record,
                missed=", ".join(missed),
                failed=", ".join(failed),
            )
        if left := [rule for rule in failed if rule not in self.rules]:
            return say(
                "Record {record} would stay out: it also fails {rules}.",
                record=self.record,
                rules=", ".join(left),
            )
        return None


class RowExclude(_OnRecord):
    """Keeps a record out, in each copy that the partner has sent or will send."""

    def sentence(self) -> str:
        return say("record {record} is left out", record=self.record)


def _not_set_aside(record: str) -> str:
    return say(
        "No record {record} is set aside. review/quarantined_rows.csv lists those that are, in its last "
        "column.",
        record=record,
    )


def names(settings: Settings, decisions: Sequence[_OnRecord]) -> dict[str, str]:
    """Return where partners find each record that is set aside."""
    rows = {row["record"]: row for row in review.read(settings, review.QUARANTINED_ROWS)}
    return {
        decision.id: row_called(row["extract_id"], row["sheet"], row["row_number"])
        for decision in decisions
        if (row := rows.get(decision.record))
    }


# --- preview ---------------------------------------------------------------------------------------


def effect(settings: Settings, decisions: Sequence[_OnRecord], holding: Holding, now: datetime) -> Effect:
    """Count the records that leave quarantine, those of them that enter, and those that leave the release."""
    released = {one.record for one in decisions if isinstance(one, RowRelease)}
    excluded = {one.record for one in decisions if isinstance(one, RowExclude)}
    rows = review.read(settings, review.QUARANTINED_ROWS)
    aside = {row["record"] for row in rows}
    left = [row for row in rows if row["record"] not in released | excluded]
    changes = [Change("Records set aside", len(aside), len({row["record"] for row in left}))]
    before, after = (Counter((row["partner"], row["rule_code"]) for row in some) for some in (rows, left))
    for key in sorted(before):
        if before[key] != after[key]:
            what = say("Rows of {partner} set aside for {rule}", partner=key[0], rule=key[1])
            changes.append(Change(what, before[key], after[key]))
    if released & aside:
        changes.append(Change("Records among them that are let in", 0, len(released & aside)))
    notes = []
    if excluded - aside and has_typed(settings):
        counting = _in_force(settings, excluded - aside)
        changes.append(Change("Records left out of extracts in force", 0, counting))
    elif excluded - aside:
        notes.append(NOT_KEPT)
    unknown = {
        releasable_rules()[rule] for one in decisions if isinstance(one, RowRelease) for rule in one.rules
    }
    notes += [say("Unknown for the records let in: {unknown}", unknown=what) for what in sorted(unknown)]
    return Effect(changes, [*notes, _LATER] if released else notes)


def effect_of_revoking(
    settings: Settings, decisions: Sequence[_OnRecord], holding: Holding, now: datetime
) -> Effect:
    """Count the records that were let in and are set aside again, and those that were left out and return."""
    excluded = {one.record for one in decisions if isinstance(one, RowExclude)}
    excluded -= {held["record"] for held in holding["row_exclude"]}
    still = {(held["record"], rule) for held in holding["row_release"] for rule in held["rules"]}
    barred = {
        (one.record, rule) for one in decisions if isinstance(one, RowRelease) for rule in one.rules
    } - still
    if not excluded and not barred:
        return Effect()
    if not has_typed(settings):
        return Effect(notes=[NOT_KEPT])
    changes: list[Change] = []
    notes: list[str] = []
    if barred:
        counting = _in_force(settings, {record for record, _ in barred})
        changes.append(Change("Records that were let in and count", counting, 0))
        for rule, records in Counter(rule for _, rule in barred).items():
            what = say("Records among them set aside again for {rule}", rule=rule)
            changes.append(Change(what, 0, records))
        notes.append(_MAY_HAVE_CHANGED)
    if excluded:
        counting = _in_force(settings, excluded)
        changes.append(Change("Records of extracts in force that were left out", 0, counting))
        notes.append(_JUDGED_ANEW)
    return Effect(changes, notes)


def _in_force(settings: Settings, records: set[str]) -> int:
    """Count the records that an extract in force holds; a newer copy elsewhere may stand for them."""
    import pyarrow as pa

    with typed_views(settings, _IN_FORCE) as con:
        con.register("asked", pa.table({"record_id": pa.array(map(record_of, records), pa.int64())}))
        [(count,)] = con.execute(
            "select count(distinct record_id) from records inner join asked using (record_id) "
            "inner join in_force using (partner, extract_id) where fate = 'in_force'"
        ).fetchall()
    return int(count)


# --- open items ------------------------------------------------------------------------------------


@cache
def quality_rules() -> dict[str, dict[str, str]]:
    """Return title, explanation and steward's action of each rule, by its code."""
    with (REFERENCE_SEEDS / "quality_rules.csv").open(encoding="utf-8", newline="") as file:
        return {row["rule_code"]: row for row in csv.DictReader(file)}


def open_items(refreshed: Refreshed) -> Iterator[OpenItem]:
    """Yield an item for each partner and rule."""
    rows = review.read(refreshed.settings, review.QUARANTINED_ROWS)
    worth_of = refreshed.worths.of_records(_by_one_rule_alone(rows))
    for item, own in _by_item(rows).items():
        partner, code = item.key
        rule = quality_rules().get(code, {})
        yield OpenItem(
            item,
            say("Records of {partner} are set aside: {rule}", partner=partner, rule=rule.get("title", code)),
            _counted(own),
            rule.get("explanation", ""),
            together(rule.get("steward_action", ""), _may_be_released(code)),
            *worth_of.get(str(item), NOTHING),
            extracts=frozenset((partner, row["extract_id"]) for row in own),
        )


def left_of_rows(settings: Settings, holding: Holding, listed: Sequence[OpenItem]) -> Iterator[OpenItem]:
    """Yield the items without the records decided since; none where nothing is left of its rows."""
    decided = decided_records(settings, holding)
    if not decided:
        yield from listed
        return
    rows = review.read(settings, review.QUARANTINED_ROWS)
    left = [row for row in rows if row["record"] not in decided]
    listed_rows, of_item, alone = _by_item(rows), _by_item(left), Counter(_by_one_rule_alone(left).values())
    for one in listed:
        if one.item not in listed_rows:
            yield one
        elif one.item in of_item:
            movements = min(one.movements, alone[str(one.item)])
            yield replace(one, detail=_counted(of_item[one.item]), movements=movements)


def decided_records(settings: Settings, holding: Holding) -> set[str]:
    """Return the records that the next refresh finds elsewhere; one that fails a further rule stays."""
    failed: dict[str, set[str]] = {}
    if holding["row_release"]:
        for row in review.read(settings, review.QUARANTINED_ROWS):
            failed.setdefault(row["record"], set()).add(row["rule_code"])
    released = {
        held["record"]
        for held in holding["row_release"]
        if failed.get(held["record"], set()) <= set(held["rules"])
    }
    return released | {held["record"] for held in holding["row_exclude"]}


def _by_item(rows: Sequence[Mapping[str, str]]) -> dict[Item, list[Mapping[str, str]]]:
    by_key: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for row in rows:
        by_key.setdefault((row["partner"], row["rule_code"]), []).append(row)
    return {items.quarantined_rows(*key): own for key, own in by_key.items()}


def _by_one_rule_alone(rows: Sequence[Mapping[str, str]]) -> dict[tuple[str, str, int], str]:
    """(partner, extract id, record id) → name of the item, for records that fail no second rule."""
    rules: dict[tuple[str, str, int], set[str]] = {}
    for row in rows:
        key = (row["partner"], row["extract_id"], record_of(row["record"]))
        rules.setdefault(key, set()).add(row["rule_code"])
    alone = {key: (key[0], *codes) for key, codes in rules.items() if len(codes) == 1}
    names = {own: str(items.quarantined_rows(*own)) for own in set(alone.values())}
    return {key: names[own] for key, own in alone.items()}


def _counted(rows: Sequence[Mapping[str, str]]) -> str:
    records, extracts = {row["record"] for row in rows}, {row["extract_id"] for row in rows}
    return say(
        "{records:,} record(s) in {extracts:,} extract(s).", records=len(records), extracts=len(extracts)
    )


def _may_be_released(rule: str) -> str:
    if unknown := releasable_rules().get(rule):
        return say("A record can still be let in; unknown for it: {unknown}", unknown=unknown)
    return "A record that fails it cannot be let in."


GROUP = Group(
    {"row_release": RowRelease, "row_exclude": RowExclude},
    effect,
    effect_of_revoking,
    names,
    open_items,
)

"""Letting a quarantined record in, and leaving a record out.

An open item is one partner and rule: worth the records that this rule alone keeps out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import Field

from orchestration.core import Settings, UsageError, record_of, say, seed_rows, together
from orchestration.stewardship import items, review
from orchestration.stewardship.items import Item, OpenItem
from orchestration.stewardship.kinds.decision import (
    NOT_RECORDED,
    Concerned,
    Decision,
    Form,
    Group,
    Holding,
    Payload,
    RecordName,
    Refreshed,
    matching,
)
from orchestration.stewardship.kinds.subjects import (
    is_typed,
    record_called,
    releasable_rules,
    row_called,
    rules_by_record,
)

RuleCode = Annotated[
    str,
    matching("[a-z][a-z0-9_]{2,60}", "a rule as in review/quarantined_rows.csv, such as date_invalid"),
]
LEFT_OUT = "row_excluded"  # the rule code of a record that a steward excluded


class _OnRecord(Decision):
    """A decision on one record, in each copy that the partner has sent or will send."""

    record: RecordName

    decides: ClassVar[tuple[str, ...]] = ("record",)

    def concerns(self) -> Concerned:
        return Concerned(records=frozenset([self.record]))

    @classmethod
    def complete(cls, settings: Settings, payload: Payload) -> Payload:
        return payload | {"record": record_called(settings, str(payload.get("record", "")))}

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        """A preview names the rules that a record is let in from: nothing else is decided than it said."""
        for value in form.all("record"):
            record, *rules = value.split()
            yield {"record": record, "rules": rules} if rules else {"record": record}

    def why_not_now(self, settings: Settings, held: Iterable[Decision]) -> str | None:
        if is_typed(settings, self.record):
            return None
        return say(
            "No extract holds a record {record}. review/quarantined_rows.csv names those that are set aside; "
            "any other is named by EXTRACT_ID:ROW.",
            record=self.record,
        )


class RowRelease(_OnRecord):
    """Lets a quarantined record in although it fails these rules; what could not be read stays unknown."""

    rules: Annotated[tuple[RuleCode, ...], Field(min_length=1)]

    repeated: ClassVar[str] = "Decision {id} lets this record in already."

    @classmethod
    def complete(cls, settings: Settings, payload: Payload) -> Payload:
        payload = super().complete(settings, payload)
        if not payload.get("rules"):
            payload["rules"] = rules_by_record(settings).get(payload["record"], ())
            if not payload["rules"]:
                raise UsageError(say(NOT_RECORDED, fault=_not_set_aside(payload["record"])))
        return payload

    def completed_fields(self) -> list[tuple[str, str]]:
        return [("record", " ".join((self.record, *self.rules)))]

    def sentence(self) -> str:
        rules = ", ".join(self.rules)
        return say("record {record} enters although it fails {rules}", record=self.record, rules=rules)

    def notes(self, settings: Settings) -> Iterator[str]:
        for rule in self.rules:
            yield say("Unknown for the records let in: {unknown}", unknown=releasable_rules()[rule])

    def repeats(self, other: Decision) -> str | None:
        if isinstance(other, RowRelease) and not set(self.rules) <= set(other.rules):
            return None
        return super().repeats(other)

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

    def why_not_now(self, settings: Settings, held: Iterable[Decision]) -> str | None:
        if fault := super().why_not_now(settings, held):
            return fault
        failed = rules_by_record(settings).get(self.record, ())
        if not failed:
            return _not_set_aside(self.record)
        if missed := [rule for rule in self.rules if rule not in failed]:
            sentence = "Record {record} does not fail {missed}. It fails {failed}."
            return say(sentence, record=self.record, missed=", ".join(missed), failed=", ".join(failed))
        if left := [rule for rule in failed if rule not in self.rules]:
            sentence = "Record {record} would stay out: it also fails {rules}."
            return say(sentence, record=self.record, rules=", ".join(left))
        return None


class RowExclude(_OnRecord):
    """Keeps a record out, in each copy that the partner has sent or will send."""

    repeated: ClassVar[str] = "Decision {id} leaves this record out already."

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


def row_decisions(decisions: Holding) -> list[dict[str, Any]]:
    """Return each decided record and rule once, as the models read them."""
    released = {(record_of(one["record"]), rule) for one in decisions["row_release"] for rule in one["rules"]}
    excluded = {record_of(one["record"]) for one in decisions["row_exclude"]}
    return [
        {"record_id": record, "rule_code": rule, "decision": "release"} for record, rule in sorted(released)
    ] + [{"record_id": record, "rule_code": LEFT_OUT, "decision": "exclude"} for record in sorted(excluded)]


@cache
def quality_rules() -> dict[str, dict[str, str]]:
    """Return title, explanation and steward's action of each rule, by its code."""
    return {row["rule_code"]: row for row in seed_rows("quality_rules")}


def open_items(refreshed: Refreshed) -> Iterator[OpenItem]:
    rows = review.read(refreshed.settings, review.QUARANTINED_ROWS)
    alone = Counter(_by_one_rule_alone(rows).values())
    for item, own in by_item(rows).items():
        partner, code = item.key
        rule = quality_rules().get(code, {})
        yield OpenItem(
            item,
            say("Records of {partner} are set aside: {rule}", partner=partner, rule=rule.get("title", code)),
            _counted(own),
            rule.get("explanation", ""),
            together(rule.get("steward_action", ""), _may_be_released(code)),
            alone[str(item)],
            extracts=frozenset((partner, row["extract_id"]) for row in own),
        )


def left_of_rows(settings: Settings, holding: Holding, listed: Sequence[OpenItem]) -> Iterator[OpenItem]:
    """Yield the items without the records decided since; none where nothing is left of its rows."""
    decided = decided_records(settings, holding)
    rows = review.read(settings, review.QUARANTINED_ROWS) if decided else []
    left = [row for row in rows if row["record"] not in decided]
    listed_rows, of_item, alone = by_item(rows), by_item(left), Counter(_by_one_rule_alone(left).values())
    for item in listed:
        if item.item in of_item:
            movements = min(item.movements, alone[str(item.item)])
            yield replace(item, detail=_counted(of_item[item.item]), movements=movements)
        elif item.item not in listed_rows:
            yield item


def decided_records(settings: Settings, holding: Holding) -> set[str]:
    """Return the records that the next refresh finds elsewhere; one that fails a further rule stays."""
    failed = rules_by_record(settings) if holding["row_release"] else {}
    released = {
        held["record"]
        for held in holding["row_release"]
        if set(failed.get(held["record"], ())) <= set(held["rules"])
    }
    return released | {held["record"] for held in holding["row_exclude"]}


def by_item(rows: Iterable[Mapping[str, str]]) -> dict[Item, list[Mapping[str, str]]]:
    """Return rows set aside or refused, by the item of their partner and rule."""
    of_item: dict[Item, list[Mapping[str, str]]] = {}
    for row in rows:
        of_item.setdefault(items.quarantined_rows(row["partner"], row["rule_code"]), []).append(row)
    return of_item


def _by_one_rule_alone(rows: Iterable[Mapping[str, str]]) -> dict[tuple[str, str, int], str]:
    """(partner, extract id, record id) → name of the item, for records that fail no second rule."""
    of_record: dict[tuple[str, str, int], set[str]] = {}
    for item, own in by_item(rows).items():
        for row in own:
            key = (row["partner"], row["extract_id"], record_of(row["record"]))
            of_record.setdefault(key, set()).add(str(item))
    return {key: names.pop() for key, names in of_record.items() if len(names) == 1}


def _counted(rows: Sequence[Mapping[str, str]]) -> str:
    records, extracts = {row["record"] for row in rows}, {row["extract_id"] for row in rows}
    return say(
        "{records:,} record(s) in {extracts:,} extract(s).", records=len(records), extracts=len(extracts)
    )


def _may_be_released(rule: str) -> str:
    if unknown := releasable_rules().get(rule):
        return say("A record can still be let in; unknown for it: {unknown}", unknown=unknown)
    return "A record that fails it cannot be let in."


GROUP = Group({"row_release": RowRelease, "row_exclude": RowExclude}, names=names, open_items=open_items)

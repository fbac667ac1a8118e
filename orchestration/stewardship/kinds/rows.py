"""Letting a quarantined record in, and leaving a record out.

An open item is one partner and rule: worth the records that this rule alone keeps out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Annotated, ClassVar

from pydantic import Field

from orchestration.core import Settings, UsageError, record_of, say, seed_rows, together
from orchestration.stewardship import items, review
from orchestration.stewardship.items import Item, OpenItem
from orchestration.stewardship.kinds.decision import (
    NOT_RECORDED,
    Decision,
    Effect,
    Form,
    Group,
    Holding,
    Payload,
    Previewed,
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
from orchestration.typing import NOT_KEPT, has_typed, open_views

RuleCode = Annotated[
    str,
    matching("[a-z][a-z0-9_]{2,60}", "a rule as in review/quarantined_rows.csv, such as date_invalid"),
]
_LATER = "An embargo, or 30 days that have not passed, may keep back a record that is let in."
_MAY_HAVE_CHANGED = (
    "A record stays in if its newest copy passes the rule. It is already out if its newest copy fails "
    "another rule."
)
_JUDGED_ANEW = "Every rule judges them as any other record, and may set some aside."


class _OnRecord(Decision):
    """A decision on one record, in each copy that the partner has sent or will send."""

    record: RecordName

    decides: ClassVar[tuple[str, ...]] = ("record",)

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


def effect(asked: Previewed) -> Effect:
    """Count the records that leave quarantine, those of them that enter, and those that leave the release."""
    if asked.is_revoked:
        return _effect_of_revoking(asked)
    effect = Effect()
    released, excluded = _by_kind(asked.decisions)
    rows = review.read(asked.settings, review.QUARANTINED_ROWS)
    left = [row for row in rows if row["record"] not in {*released, *excluded}]
    aside = {row["record"] for row in rows}
    effect.change("Records set aside", len(aside), len({row["record"] for row in left}))
    before, after = (Counter((row["partner"], row["rule_code"]) for row in some) for some in (rows, left))
    for partner, rule in sorted(before):
        if before[partner, rule] != after[partner, rule]:
            what = say("Rows of {partner} set aside for {rule}", partner=partner, rule=rule)
            effect.change(what, before[partner, rule], after[partner, rule])
    if entering := released.keys() & aside:
        effect.change("Records among them that are let in", 0, len(entering))
    if leaving := excluded - aside:
        if has_typed(asked.settings):
            effect.change("Records left out of extracts in force", 0, _in_force(asked.settings, leaving))
        else:
            effect.note(NOT_KEPT)
    unknown = {releasable_rules()[rule] for rules in released.values() for rule in rules}
    effect.note(*(say("Unknown for the records let in: {unknown}", unknown=what) for what in sorted(unknown)))
    effect.note(*([_LATER] if released else []))
    return effect


def _effect_of_revoking(asked: Previewed) -> Effect:
    """Count the records that were let in and are set aside again, and those that were left out and return."""
    effect = Effect()
    released, excluded = _by_kind(asked.decisions)
    excluded -= {held["record"] for held in asked.holding["row_exclude"]}
    still = {(held["record"], rule) for held in asked.holding["row_release"] for rule in held["rules"]}
    barred = {(record, rule) for record, rules in released.items() for rule in rules} - still
    if not excluded and not barred:
        return effect
    if not has_typed(asked.settings):
        effect.note(NOT_KEPT)
        return effect
    if barred:
        counting = _in_force(asked.settings, {record for record, _ in barred})
        effect.change("Records that were let in and count", counting, 0)
        for rule, records in Counter(rule for _, rule in barred).items():
            effect.change(say("Records among them set aside again for {rule}", rule=rule), 0, records)
        effect.note(_MAY_HAVE_CHANGED)
    if excluded:
        counting = _in_force(asked.settings, excluded)
        effect.change("Records of extracts in force that were left out", 0, counting)
        effect.note(_JUDGED_ANEW)
    return effect


def _by_kind(decisions: Sequence[_OnRecord]) -> tuple[dict[str, set[str]], set[str]]:
    """Return the records that are let in, with the rules that they fail, and those left out."""
    released: dict[str, set[str]] = {}
    for decision in decisions:
        if isinstance(decision, RowRelease):
            released.setdefault(decision.record, set()).update(decision.rules)
    return released, {decision.record for decision in decisions if isinstance(decision, RowExclude)}


def _in_force(settings: Settings, records: set[str]) -> int:
    """Count the records that an extract in force holds; a newer copy elsewhere may stand for them."""
    import pyarrow as pa

    with open_views(settings, "records", "in_force") as con:
        con.register("asked", pa.table({"record_id": pa.array(map(record_of, records), pa.int64())}))
        [(count,)] = con.execute(
            "select count(distinct record_id) from records inner join asked using (record_id) "
            "inner join in_force using (partner, extract_id) where fate = 'in_force'"
        ).fetchall()
    return int(count)


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


GROUP = Group(
    {"row_release": RowRelease, "row_exclude": RowExclude}, effect, names=names, open_items=open_items
)

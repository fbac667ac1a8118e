"""Accepting a held extract, and withdrawing one.

A held extract is worth the records that wait in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from expectations.checks import is_waivable
from orchestration.core import Settings, say, together
from orchestration.stewardship import items, review
from orchestration.stewardship.items import Item
from orchestration.stewardship.kinds.decision import Decision, Entry, Name, already
from orchestration.stewardship.kinds.form import Form, Payload
from orchestration.stewardship.kinds.group import Change, Effect, Group, Holding, Refreshed
from orchestration.stewardship.kinds.landed import ExtractId, Landed
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.typed_views import NOT_KEPT, has_typed, typed_views

if TYPE_CHECKING:
    import duckdb

_VIEWS = {
    "records": "partner varchar, extract_id varchar, record_id bigint, period_from date, period_to date",
    "problems": "partner varchar, extract_id varchar, record_id bigint, outcome varchar",
    "extracts": "partner varchar, extract_id varchar, contract varchar, sequence integer, "
    "delivery_mode varchar, period_from date, period_to date",
    "in_force": "partner varchar, extract_id varchar, fate varchar",
}
_RULES = "Rules across fields may set more of its records aside, and newer copies may stand for others."
_COPIES = "Where an earlier extract has a copy of a record, that copy counts again."
_LAST = "Nothing else of {partner} is in force: the partner leaves the release."
_NOT_ANSWERED = "{name} stays held: {checks} cannot be accepted."
_HELD_AGAIN = "{name} is held again, by {checks}."
_STAYS = "{name} stays {fate}, for other reasons."
_NEXT_TO_IT = (
    "The gate compares an extract with the one before it: a check of a later one may come out otherwise."
)
# As judged_records replaces: all of an earlier extract, or its records that lie inside the declared period.
_REPLACED = """
with one as (select * from extracts where partner = $1 and extract_id = $2)
select count(distinct record_id)
from records
inner join extracts using (partner, extract_id)
inner join in_force using (partner, extract_id)
inner join one on one.partner = records.partner and one.contract = extracts.contract
where fate = 'in_force' and extracts.sequence < one.sequence and one.delivery_mode = 'full'
    and (
        one.period_from is null
        or (extracts.period_from >= one.period_from and extracts.period_to <= one.period_to)
        or (records.period_from >= one.period_from and records.period_to <= one.period_to)
    )
    and record_id not in (select record_id from records where partner = $1 and extract_id = $2)
"""
_WHY = "What it brings stays out of the release; the partner's last good extract, if there is one, serves."
_TO_DO = (
    "Read what each check found and ask the partner. If the delivery is as it should be, accept the extract; "
    "if one check alone is wrong about it, waive that check; if our contract misreads it, mend the contract."
)


class _OnExtract(Decision):
    """A decision on one landed extract. Of two about the same extract the later holds."""

    partner: Name
    extract_id: ExtractId

    @property
    def key(self) -> tuple[str, str]:
        return self.partner, self.extract_id

    @property
    def subject(self) -> tuple[str, ...]:
        return self.key

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        for name in form.all("extract"):
            partner, _, extract_id = name.partition("/")
            yield {"partner": partner, "extract_id": extract_id}

    def why_no_effect(self, settings: Settings) -> str | None:
        return Landed.read(settings).why_unknown(self.partner, self.extract_id)

    def why_decided_already(self, holding: Iterable[Entry]) -> str | None:
        same = [other for other in holding if isinstance(other, _OnExtract) and other.key == self.key]
        if not same or same[-1].kind != self.kind:
            return None
        sentence = "Decision {id} of {day} has withdrawn this extract already."
        if isinstance(self, ExtractAccept):
            sentence = "Decision {id} of {day} has accepted this extract already."
        return already(sentence, same[-1], day=str(same[-1].time.date()))


class ExtractAccept(_OnExtract):
    """Puts an extract in force although the extract gate would hold it."""

    def sentence(self) -> str:
        name = "/".join(self.key)
        return say("{extract} is put in force, whatever its checks found", extract=name)


class ExtractWithdraw(_OnExtract):
    """Takes an extract out of force; the partner's earlier one stands again."""

    def sentence(self) -> str:
        return say("{extract} is taken out of force", extract="/".join(self.key))


# --- preview ---------------------------------------------------------------------------------------


def effect(settings: Settings, decisions: Sequence[_OnExtract], holding: Holding, now: datetime) -> Effect:
    """Count the records that each decision lets in or takes out."""
    if not has_typed(settings):
        return Effect(notes=[NOT_KEPT])
    changes: list[Change] = []
    notes: list[str] = []
    with typed_views(settings, _VIEWS) as con:
        for decision in decisions:
            name, key = "/".join(decision.key), list(decision.key)
            records = _count(con, "records", key)
            counting = records if _fate(con, key) == "in_force" else 0
            if isinstance(decision, ExtractWithdraw):
                changes.append(Change(say("Records of {of} in force", of=name), counting, 0))
                notes.append(_COPIES)
                if counting and not _others_in_force(con, key):
                    notes.append(say(_LAST, partner=decision.partner))
                continue
            bound = [
                row["check_name"]
                for row in _holding_rows(settings, decision.key)
                if row["waived"] != "True" and not _is_answered(row)
            ]
            changes.append(
                Change(say("Records of {of} in force", of=name), counting, 0 if bound else records)
            )
            if bound:
                notes.append(say(_NOT_ANSWERED, name=name, checks=", ".join(bound)))
                continue
            aside = _count(con, "problems where outcome = 'Q'", key)
            what = say("Records of {of} set aside when they were read", of=name)
            changes.append(Change(what, aside, aside))
            if replaced := _replaced(con, key):
                what = say("Records of {of} that it no longer holds", of=decision.partner)
                changes.append(Change(what, replaced, 0))
            notes.append(_RULES)
    return Effect(changes, notes)


def effect_of_revoking(
    settings: Settings, decisions: Sequence[_OnExtract], holding: Holding, now: datetime
) -> Effect:
    """Count the records that return or leave without the decisions."""
    return effect_on_fates(settings, [decision.key for decision in decisions], holding)


def effect_on_fates(settings: Settings, extracts: Iterable[tuple[str, ...]], holding: Holding) -> Effect:
    """Count the records of extracts whose fate changes to that under the decisions that hold."""
    keys = cast(list[tuple[str, str]], list(dict.fromkeys(extracts)))
    if not keys:
        return Effect()
    if not has_typed(settings):
        return Effect(notes=[NOT_KEPT])
    changes: list[Change] = []
    notes: list[str] = []
    with typed_views(settings, _VIEWS) as con:
        for partner, extract_id in keys:
            name, key = f"{partner}/{extract_id}", [partner, extract_id]
            before, (after, checks) = _fate(con, key), _fate_by(settings, (partner, extract_id), holding)
            if (before == "in_force") == (after == "in_force"):
                notes.append(say(_STAYS, name=name, fate=after.replace("_", " ")))
                continue
            leaves = after != "in_force"
            changes.append(
                _there(say("Records of {of} in force", of=name), _count(con, "records", key), leaves)
            )
            if replaced := _replaced(con, key):
                what = say("Records of {of} that it no longer holds", of=partner)
                changes.append(_there(what, replaced, not leaves))
            if checks:
                notes.append(say(_HELD_AGAIN, name=name, checks=", ".join(checks)))
            if leaves and not _others_in_force(con, key):
                notes.append(say(_LAST, partner=partner))
            notes += [_COPIES if leaves else _RULES, _NEXT_TO_IT]
    return Effect(changes, notes)


def _there(what: str, records: int, leaves: bool) -> Change:
    return Change(what, records, 0) if leaves else Change(what, 0, records)


def _fate_by(settings: Settings, key: tuple[str, str], holding: Holding) -> tuple[str, list[str]]:
    """Return an extract's fate under these decisions, as a refresh settles it, and what holds it."""

    def names_it(decisions: Sequence[Mapping[str, Any]]) -> bool:
        return any((decision["partner"], decision["extract_id"]) == key for decision in decisions)

    if names_it(holding["extract_withdraw"]):
        return "withdrawn", []
    waived = {
        (waiver["check"], waiver["check_definition"])
        for waiver in holding["check_waiver"]
        if waiver["scope"] == "/".join(key)
    }
    checks = [
        row["check_name"]
        for row in _holding_rows(settings, key)
        if not (row["waived"] == "True" and (row["check_name"], row["check_definition"]) in waived)
        and not (names_it(holding["extract_accept"]) and _is_answered(row))
    ]
    return ("held", checks) if checks else ("in_force", [])


def _count(con: duckdb.DuckDBPyConnection, table: str, key: list[str]) -> int:
    where = "and" if " where " in table else "where"
    [(count,)] = con.execute(
        f"select count(distinct record_id) from {table} {where} partner = ? and extract_id = ?", key
    ).fetchall()
    return int(count)


def _replaced(con: duckdb.DuckDBPyConnection, key: list[str]) -> int:
    [(count,)] = con.execute(_REPLACED, key).fetchall()
    return int(count)


def _fate(con: duckdb.DuckDBPyConnection, key: list[str]) -> str | None:
    row = con.execute("select fate from in_force where partner = ? and extract_id = ?", key).fetchone()
    return str(row[0]) if row else None


def _others_in_force(con: duckdb.DuckDBPyConnection, key: list[str]) -> int:
    [(count,)] = con.execute(
        "select count(*) from in_force where partner = ? and extract_id <> ? and fate = 'in_force'", key
    ).fetchall()
    return int(count)


def _holding_rows(settings: Settings, key: tuple[str, str]) -> Iterator[dict[str, str]]:
    """Yield the failed checks that hold one extract, waived or not."""
    for row in review.read(settings, review.FAILED_CHECKS):
        is_its = row["stage"] == "extract_gate" and (row["partner"], row["extract_id"]) == key
        if is_its and row["severity"] == "hold":
            yield row


def _is_answered(row: Mapping[str, str]) -> bool:
    """Return whether an acceptance answers the check; it answers no check that could not be judged."""
    return row["outcome"] == "failed" and is_waivable(row["check_name"])


# --- open items ------------------------------------------------------------------------------------


def open_items(refreshed: Refreshed) -> Iterator[OpenItem]:
    """Yield an item for each extract that the refresh held."""
    for held in refreshed.end.held:
        partner, extract_id = str(held["partner"]), str(held["extract_id"])
        found = _found(refreshed.settings, (partner, extract_id))
        yield OpenItem(
            items.held_extract(partner, extract_id),
            say("Extract {extract_id} of {partner} is held", extract_id=extract_id, partner=partner),
            found or say("Held by {checks}.", checks=", ".join(held["held_by"])),
            _WHY,
            _TO_DO,
            *refreshed.worths.of_extract(partner, extract_id),
        )


def _found(settings: Settings, key: tuple[str, str]) -> str:
    """Return what the checks that hold an extract found, as one paragraph."""
    rows = (row for row in _holding_rows(settings, key) if row["waived"] != "True")
    findings = [review.finding_of(row) for row in rows]
    return together(*(say("{finding}.", finding=finding) for finding in findings if finding))


def answers(settings: Settings, holding: Holding) -> Iterator[tuple[Item, str]]:
    """Yield the extract of each decision."""
    for decision in (*holding["extract_accept"], *holding["extract_withdraw"]):
        yield items.held_extract(decision["partner"], decision["extract_id"]), decision["id"]


GROUP = Group(
    {"extract_accept": ExtractAccept, "extract_withdraw": ExtractWithdraw},
    effect,
    effect_of_revoking,
    open_items=open_items,
    answers=answers,
)

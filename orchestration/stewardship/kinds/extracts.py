"""Accepting a held extract, and withdrawing one.

A held extract is worth the records that wait in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from expectations.checks import is_waivable
from orchestration.core import Settings, say, together
from orchestration.stewardship import items, review
from orchestration.stewardship.items import Item, OpenItem
from orchestration.stewardship.kinds.decision import (
    Decision,
    Effect,
    Form,
    Group,
    Holding,
    Name,
    Payload,
    Previewed,
    Refreshed,
)
from orchestration.stewardship.kinds.subjects import ExtractId, Landed
from orchestration.typing import NOT_KEPT, has_typed, open_views

if TYPE_CHECKING:
    import duckdb

_VIEWS = ("records", "problems", "extracts", "in_force")
_RULES = "Rules across fields may set more of its records aside, and newer copies may stand for others."
_COPIES = "Where an earlier extract has a copy of a record, that copy counts again."
_LAST = "Nothing else of {partner} is in force: the partner leaves the release."
_NOT_ANSWERED = "{name} stays held, by {checks}, which this does not answer."
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
_OTHERS = "select count(*) from in_force where partner = ? and extract_id <> ? and fate = 'in_force'"
_WHY = "What it brings stays out of the release; the partner's last good extract, if there is one, serves."
_TO_DO = (
    "Read what each check found and ask the partner. If the delivery is as it should be, accept the extract; "
    "if one check alone is wrong about it, waive that check; if our contract misreads it, mend the contract."
)


class _OnExtract(Decision):
    """A decision on one landed extract. Of two about the same extract the later holds."""

    partner: Name
    extract_id: ExtractId

    decides: ClassVar[tuple[str, ...]] = ("kind", "partner", "extract_id")

    @property
    def subject(self) -> tuple[str, str]:
        return self.partner, self.extract_id

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        for name in form.all("extract"):
            partner, _, extract_id = name.partition("/")
            yield {"partner": partner, "extract_id": extract_id}

    def why_no_effect(self, settings: Settings) -> str | None:
        return Landed.read(settings).why_unknown(self.partner, self.extract_id)


class ExtractAccept(_OnExtract):
    """Puts an extract in force although the extract gate would hold it."""

    repeated: ClassVar[str] = "Decision {id} of {day} has accepted this extract already."

    def sentence(self) -> str:
        name = "/".join(self.subject)
        return say("{extract} is put in force, whatever its checks found", extract=name)


class ExtractWithdraw(_OnExtract):
    """Takes an extract out of force; the partner's earlier one stands again."""

    repeated: ClassVar[str] = "Decision {id} of {day} has withdrawn this extract already."

    def sentence(self) -> str:
        return say("{extract} is taken out of force", extract="/".join(self.subject))


def effect(asked: Previewed) -> Effect:
    """Count the records that each decision lets in or takes out, or that return or leave without it."""
    return effect_on_fates(asked, [decision.subject for decision in asked.decisions])


def effect_on_fates(asked: Previewed, extracts: Iterable[tuple[str, str]]) -> Effect:
    """Count the records of extracts whose fate changes once the decisions are made, or revoked."""
    effect = Effect()
    keys = list(dict.fromkeys(extracts))
    if not keys or not has_typed(asked.settings):
        effect.note(*([NOT_KEPT] if keys else []))
        return effect
    with open_views(asked.settings, *_VIEWS) as con:
        for partner, extract_id in keys:
            name, key = f"{partner}/{extract_id}", [partner, extract_id]
            found = con.execute("select fate from in_force where partner = ? and extract_id = ?", key)
            [before] = found.fetchone() or [None]
            after, checks = _fate_by(asked, (partner, extract_id))
            leaves = after != "in_force"
            if (before != "in_force") == leaves:
                if checks:
                    effect.note(say(_NOT_ANSWERED, name=name, checks=", ".join(checks)))
                elif before == after:
                    effect.note(say(_STAYS, name=name, fate=after.replace("_", " ")))
                continue
            records = _count(con, "records", key)
            effect.change(say("Records of {of} in force", of=name), *_there(records, leaves))
            if not leaves and (aside := _count(con, "problems where outcome = 'Q'", key)):
                effect.change(say("Records of {of} set aside when they were read", of=name), aside, aside)
            if replaced := _number(con, _REPLACED, key):
                what = say("Records of {of} that it no longer holds", of=partner)
                effect.change(what, *_there(replaced, not leaves))
            if checks:
                effect.note(say(_HELD_AGAIN, name=name, checks=", ".join(checks)))
            if leaves and not _number(con, _OTHERS, key):
                effect.note(say(_LAST, partner=partner))
            effect.note(_COPIES if leaves else _RULES, _NEXT_TO_IT)
    return effect


def _there(records: int, leaves: bool) -> tuple[int, int]:
    return (records, 0) if leaves else (0, records)


def _fate_by(asked: Previewed, key: tuple[str, str]) -> tuple[str, list[str]]:
    """Return the fate that a refresh would give an extract, and what holds it."""
    made = [] if asked.is_revoked else [decision.model_dump() for decision in asked.decisions]

    def is_decided(kind: str) -> bool:
        """Whether the latest decision on the extract is of this kind."""
        others = [*asked.holding["extract_accept"], *asked.holding["extract_withdraw"]]
        own = [one for one in (*others, *made) if (one.get("partner"), one.get("extract_id")) == key]
        return bool(own) and own[-1]["kind"] == kind

    if is_decided("extract_withdraw"):
        return "withdrawn", []
    waived = {
        (waiver["check"], waiver["check_definition"])
        for waiver in (*asked.holding["check_waiver"], *made)
        if waiver.get("scope") == "/".join(key)
    }
    checks = [
        row["check_name"]
        for row in holding_checks(asked.settings, key)
        if row["outcome"] != "failed"
        or not (
            (row["check_name"], row["check_definition"]) in waived
            or (is_decided("extract_accept") and is_waivable(row["check_name"]))
        )
    ]
    return ("held", checks) if checks else ("in_force", [])


def _count(con: duckdb.DuckDBPyConnection, table: str, key: list[str]) -> int:
    where = "and" if " where " in table else "where"
    counted = f"select count(distinct record_id) from {table} {where} partner = ? and extract_id = ?"
    return _number(con, counted, key)


def _number(con: duckdb.DuckDBPyConnection, query: str, key: list[str]) -> int:
    [(number,)] = con.execute(query, key).fetchall()
    return int(number)


def holding_checks(settings: Settings, key: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Yield the failed checks that hold one extract, waived or not."""
    for row in review.read(settings, review.FAILED_CHECKS):
        is_its = row["stage"] == "extract_gate" and (row["partner"], row["extract_id"]) == key
        if is_its and row["severity"] == "hold":
            yield row


def open_items(refreshed: Refreshed) -> Iterator[OpenItem]:
    for held in refreshed.end.held:
        partner, extract_id = str(held["partner"]), str(held["extract_id"])
        found = _found(refreshed.settings, (partner, extract_id))
        yield OpenItem(
            items.held_extract(partner, extract_id),
            say("Extract {extract_id} of {partner} is held", extract_id=extract_id, partner=partner),
            found or say("Held by {checks}.", checks=", ".join(held["held_by"])),
            _WHY,
            _TO_DO,
            refreshed.worths.of_extract(partner, extract_id),
        )


def _found(settings: Settings, key: tuple[str, str]) -> str:
    """Return why an extract is held, as one paragraph."""
    rows = (row for row in holding_checks(settings, key) if row["waived"] != "True")
    findings = {row["check_name"]: review.finding_of(row) for row in rows}
    why = review.why_held(review.held_one(settings, key), findings)
    return together(*(say("{finding}.", finding=finding) for finding in why))


def answers(settings: Settings, holding: Holding) -> Iterator[tuple[Item, str]]:
    for decision in (*holding["extract_accept"], *holding["extract_withdraw"]):
        yield items.held_extract(decision["partner"], decision["extract_id"]), decision["id"]


GROUP = Group(
    {"extract_accept": ExtractAccept, "extract_withdraw": ExtractWithdraw},
    effect,
    counts_records=True,
    open_items=open_items,
    answers=answers,
)

"""What putting an extract in force, or taking it out, would change: its records, and those it stands for.

Also what taking such a decision back would change, or a waiver of one of its checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb

from expectations.checks import is_waivable
from orchestration.core import Settings
from orchestration.stewardship import review
from orchestration.stewardship.decision_kinds import (
    RELEASE_SCOPE,
    CheckWaiver,
    Decision,
    ExtractAccept,
    ExtractWithdraw,
)
from orchestration.stewardship.decisions import Decisions
from orchestration.stewardship.foreseen import Change, Foreseen
from orchestration.stewardship.said import say
from orchestration.stewardship.typed_views import NOT_KEPT, has_typed, typed_views

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
_NOT_ANSWERED = "{name} stays held all the same: no acceptance answers {checks}."
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


def of_extracts(settings: Settings, made: Sequence[Decision], now: datetime) -> Foreseen:
    """Records let in or taken out by each decision on an extract."""
    decided = [one for one in made if isinstance(one, ExtractAccept | ExtractWithdraw)]
    if not decided:
        return Foreseen()
    if not has_typed(settings):
        return Foreseen(unforeseen=[NOT_KEPT])
    changes: list[Change] = []
    unforeseen: list[str] = []
    with typed_views(settings, _VIEWS) as con:
        for one in decided:
            name, key = f"{one.partner}/{one.extract_id}", [one.partner, one.extract_id]
            records = _count(con, "records", key)
            counts = records if _fate(con, key) == "in_force" else 0
            if isinstance(one, ExtractWithdraw):
                changes.append(Change(say("Records of {of} in force", of=name), counts, 0))
                unforeseen.append(_COPIES)
                if counts and not _others_in_force(con, key):
                    unforeseen.append(say(_LAST, partner=one.partner))
                continue
            bound = list(_not_answered(settings, one))
            changes.append(Change(say("Records of {of} in force", of=name), counts, 0 if bound else records))
            if bound:
                unforeseen.append(say(_NOT_ANSWERED, name=name, checks=", ".join(bound)))
                continue
            aside = _count(con, "problems where outcome = 'Q'", key)
            changes.append(
                Change(say("Records of {of} that reading set aside already", of=name), aside, aside)
            )
            [(replaced,)] = con.execute(_REPLACED, key).fetchall()
            if replaced:
                changes.append(
                    Change(say("Records of {of} that it no longer holds", of=one.partner), int(replaced), 0)
                )
            unforeseen.append(_RULES)
    return Foreseen(changes, unforeseen)


def extracts_without(
    settings: Settings, taken_back: Sequence[Decision], left: Decisions, now: datetime
) -> Foreseen:
    """The same for decisions on extracts that a refresh has used, and for waivers of one extract's checks."""
    keys = dict.fromkeys(
        (one.partner, one.extract_id)
        if isinstance(one, ExtractAccept | ExtractWithdraw)
        else tuple(one.scope.split("/"))
        for one in taken_back
        if isinstance(one, ExtractAccept | ExtractWithdraw)
        or (isinstance(one, CheckWaiver) and one.scope != RELEASE_SCOPE)
    )
    if not keys:
        return Foreseen()
    if not has_typed(settings):
        return Foreseen(unforeseen=[NOT_KEPT])
    changes: list[Change] = []
    unforeseen: list[str] = []
    with typed_views(settings, _VIEWS) as con:
        for partner, extract_id in keys:
            name, key = f"{partner}/{extract_id}", [partner, extract_id]
            before, (after, checks) = _fate(con, key), _fate_by(settings, (partner, extract_id), left)
            if (before == "in_force") == (after == "in_force"):
                unforeseen.append(say(_STAYS, name=name, fate=after.replace("_", " ")))
                continue
            records = _count(con, "records", key)
            [(replaced,)] = con.execute(_REPLACED, key).fetchall()
            leaves = after != "in_force"
            changes.append(_there(say("Records of {of} in force", of=name), records, leaves))
            if replaced:
                changes.append(
                    _there(
                        say("Records of {of} that it no longer holds", of=partner), int(replaced), not leaves
                    )
                )
            if checks:
                unforeseen.append(say(_HELD_AGAIN, name=name, checks=", ".join(checks)))
            if leaves and not _others_in_force(con, key):
                unforeseen.append(say(_LAST, partner=partner))
            unforeseen += [_COPIES if leaves else _RULES, _NEXT_TO_IT]
    return Foreseen(changes, unforeseen)


def _there(what: str, records: int, leaves: bool) -> Change:
    return Change(what, records, 0) if leaves else Change(what, 0, records)


def _fate_by(settings: Settings, key: tuple[str, str], left: Decisions) -> tuple[str, list[str]]:
    """An extract's fate under these decisions, and the checks that hold it: as the refresh settles it."""

    def named(decided: Sequence[Mapping[str, Any]]) -> bool:
        return any((one["partner"], one["extract_id"]) == key for one in decided)

    if named(left.extract_withdrawals):
        return "withdrawn", []
    waived = {
        (one["check"], one["check_definition"]) for one in left.waivers if one["scope"] == "/".join(key)
    }
    holding = [
        row["check_name"]
        for row in _holding(settings, key)
        if not (row["waived"] == "True" and (row["check_name"], row["check_definition"]) in waived)
        and not (named(left.extract_accepts) and _is_answered(row))
    ]
    return ("held", holding) if holding else ("in_force", [])


def _count(con: duckdb.DuckDBPyConnection, table: str, key: list[str]) -> int:
    where = "and" if " where " in table else "where"
    [(found,)] = con.execute(
        f"select count(distinct record_id) from {table} {where} partner = ? and extract_id = ?", key
    ).fetchall()
    return int(found)


def _fate(con: duckdb.DuckDBPyConnection, key: list[str]) -> str | None:
    found = con.execute("select fate from in_force where partner = ? and extract_id = ?", key).fetchone()
    return str(found[0]) if found else None


def _others_in_force(con: duckdb.DuckDBPyConnection, key: list[str]) -> int:
    [(found,)] = con.execute(
        "select count(*) from in_force where partner = ? and extract_id <> ? and fate = 'in_force'", key
    ).fetchall()
    return int(found)


def _not_answered(settings: Settings, one: ExtractAccept) -> Iterator[str]:
    """Checks that hold the extract whatever a steward accepts."""
    for row in _holding(settings, (one.partner, one.extract_id)):
        if row["waived"] != "True" and not _is_answered(row):
            yield row["check_name"]


def _holding(settings: Settings, key: tuple[str, str]) -> Iterator[dict[str, str]]:
    """What the gate found in one extract that holds it, waived or not."""
    for row in review.read(settings, review.FAILED_CHECKS):
        is_its = row["stage"] == "extract_gate" and (row["partner"], row["extract_id"]) == key
        if is_its and row["severity"] == "hold":
            yield row


def _is_answered(row: Mapping[str, str]) -> bool:
    """By an acceptance: one that found nothing out is answered by nothing."""
    return row["outcome"] == "failed" and is_waivable(row["check_name"])

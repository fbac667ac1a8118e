"""What a changed agreement would do to records that landed already: which it covers, keeps and coarsens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import duckdb

from orchestration.contracts import load_contracts, with_changes
from orchestration.core import Settings
from orchestration.stewardship.decision_kinds import AgreementChange, AgreementTerms, Decision
from orchestration.stewardship.decisions import Decisions
from orchestration.stewardship.foreseen import Change, Foreseen
from orchestration.stewardship.said import say
from orchestration.stewardship.typed_views import NOT_KEPT, has_typed, typed_views

_VIEWS = {
    "records": "partner varchar, extract_id varchar, record_id bigint, period_to date",
    "extracts": "partner varchar, extract_id varchar, contract varchar, received_on date, "
    "agreement_from date, agreement_to date, retention_years integer, finest_place varchar",
    "place_mentions": "partner varchar, extract_id varchar, record_id bigint, mention_id bigint",
    "matches": "mention_id bigint, kind varchar",
}
_OTHER_CHECKS = (
    "An extract outside its agreement is held; one that it covers again may be held for other reasons."
)
_ERASES = (
    "Records past their retention are erased by the next refresh, everywhere, and the sealed original of "
    "every extract that holds one is destroyed. That cannot be taken back, also when this decision is."
)
_STAYS_ERASED = "What a shorter retention has erased does not come back."
# From coarse to fine; a place of any other kind, such as an estate, is as fine as a town.
_FINEST = ("country", "county", "border_point", "town")


def of_agreements(settings: Settings, made: Sequence[Decision], now: datetime) -> Foreseen:
    """Landed records under each contract whose agreement changes, term by term."""
    changed = [one for one in made if isinstance(one, AgreementChange)]
    if not changed:
        return Foreseen()
    if not has_typed(settings):
        return Foreseen(unforeseen=[NOT_KEPT])
    changes: list[Change] = []
    with typed_views(settings, _VIEWS) as con:
        for one in changed:
            _take_own(con, one)
            changes += _of_terms(con, f"{one.partner}/{one.contract}", one.terms, now.date())
    unforeseen = [_OTHER_CHECKS] if any(one.terms.valid_to for one in changed) else []
    if any(one.terms.retention_years for one in changed):
        unforeseen.append(_ERASES)
    return Foreseen(changes, unforeseen)


def agreements_without(
    settings: Settings, taken_back: Sequence[Decision], left: Decisions, now: datetime
) -> Foreseen:
    """The same for changes that a refresh has used: the contract's terms, or those of an earlier change."""
    changed = [one for one in taken_back if isinstance(one, AgreementChange)]
    if not changed:
        return Foreseen()
    if not has_typed(settings):
        return Foreseen(unforeseen=[NOT_KEPT])
    contracts = with_changes(load_contracts(settings.partners), left.agreement_changes)
    changes: list[Change] = []
    with typed_views(settings, _VIEWS) as con:
        for one in changed:
            own = [
                contract
                for contract in contracts.valid.get(one.partner, [])
                if contract.contract == one.contract
            ]
            if not own:
                continue
            _take_own(con, one)
            then = {
                name: getattr(own[0].agreement, name)
                for name, value in one.terms
                if value is not None and getattr(own[0].agreement, name) is not None
            }
            if then:
                terms = AgreementTerms(**then)
                changes += _of_terms(con, f"{one.partner}/{one.contract}", terms, now.date())
    unforeseen = [_OTHER_CHECKS] if any(one.terms.valid_to for one in changed) else []
    if any(one.terms.retention_years for one in changed):
        unforeseen.append(_STAYS_ERASED)
    return Foreseen(changes, unforeseen)


def _take_own(con: duckdb.DuckDBPyConnection, one: AgreementChange) -> None:
    """The records under one contract, as the table `own`."""
    con.execute(
        "create or replace temp table own as select * from records inner join extracts "
        "using (partner, extract_id) where partner = ? and contract = ?",
        [one.partner, one.contract],
    )


def _of_terms(con: duckdb.DuckDBPyConnection, name: str, terms: AgreementTerms, today: date) -> list[Change]:
    changes = []
    if terms.valid_to:
        covered = "received_on between agreement_from and {}"
        changes.append(
            _change(
                con,
                say("Records of {of} received under the agreement", of=name),
                covered,
                "agreement_to",
                terms.valid_to,
            )
        )
    if terms.retention_years:
        kept = f"coalesce(period_to, received_on) + to_years({{}}) >= date '{today}'"
        changes.append(
            _change(
                con,
                say("Records of {of} young enough to keep", of=name),
                kept,
                "retention_years",
                terms.retention_years,
            )
        )
    if terms.finest_place:
        levels = "case {} " + " ".join(f"when '{one}' then {at}" for at, one in enumerate(_FINEST)) + " end"
        finer = (
            "record_id in (select record_id from place_mentions inner join matches using (mention_id) where "
            f"coalesce({levels.format('matches.kind')}, {len(_FINEST) - 1}) > {levels})"
        )
        changes.append(
            _change(
                con,
                say("Records of {of} with a place that is coarsened", of=name),
                finer,
                "finest_place",
                terms.finest_place,
            )
        )
    return changes


def _change(
    con: duckdb.DuckDBPyConnection, what: str, where: str, column: str, then: date | int | str
) -> Change:
    value = (
        f"date '{then}'" if isinstance(then, date) else f"'{then}'" if isinstance(then, str) else str(then)
    )
    before, after = (
        int(
            con.execute(f"select count(distinct record_id) from own where {where.format(term)}").fetchall()[
                0
            ][0]
        )
        for term in (column, value)
    )
    return Change(what, before, after)

"""Changes of an agreement since its contract was written.

An open item of an agreement that ends is worth nothing: what arrives too late becomes a held extract, which
is an item of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from orchestration.contracts import Contracts, agreements_ending, load_contracts, with_changes
from orchestration.core import Settings, UsageError, say
from orchestration.stewardship import items
from orchestration.stewardship.items import Item, OpenItem
from orchestration.stewardship.kinds.decision import (
    Change,
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
from orchestration.typing import open_views

if TYPE_CHECKING:
    import duckdb

FinestPlace = Literal["country", "county", "border_point", "town"]
_OTHER_CHECKS = (
    "An extract outside its agreement is held; one that it covers again may be held for other reasons."
)
_ERASES = (
    "Records past their retention are erased by the next refresh, everywhere, and the sealed original of "
    "every extract that holds one is destroyed. That cannot be taken back, also when this decision is."
)
_STAYS_ERASED = "What a shorter retention has erased does not come back."
_ENDED, _ENDS_SOON = "The agreement of {of} has ended", "The agreement of {of} ends soon"
# From coarse to fine; a place of any other kind, such as an estate, is as fine as a town.
_FINEST = ("country", "county", "border_point", "town")


class AgreementTerms(BaseModel):
    """The parts of an agreement that a steward may change; what is null stays as the contract says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    valid_to: date | None = None
    finest_place: FinestPlace | None = None
    retention_years: Annotated[int, Field(gt=0, le=200)] | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> AgreementTerms:
        if not self.model_dump(exclude_none=True):
            raise ValueError("give at least one of valid_to, finest_place and retention_years")
        return self


class AgreementChange(Decision):
    """What was agreed since a contract was written. Of two changes of one term the later holds."""

    partner: Name
    contract: Name
    terms: AgreementTerms

    @property
    def of(self) -> str:
        return f"{self.partner}/{self.contract}"

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        years = form.text("retention_years")
        if years and not years.isdecimal():
            raise UsageError("The years of retention are a whole number.", field="retention_years")
        terms = {
            "valid_to": form.day("valid_to"),
            "finest_place": form.text("finest_place") or None,
            "retention_years": int(years) if years else None,
        }
        changed = {name: value for name, value in terms.items() if value is not None}
        if changed:
            yield {"partner": form.text("partner"), "contract": form.text("contract"), "terms": changed}

    def sentence(self) -> str:
        terms = self.terms.model_dump(exclude_none=True)
        named = ", ".join(f"{name} {value}" for name, value in terms.items())
        return say("the agreement of {of} now says: {terms}", of=self.of, terms=named)

    def why_no_effect(self, settings: Settings) -> str | None:
        contracts = load_contracts(settings.partners).valid.get(self.partner, [])
        names = [contract.contract for contract in contracts]
        if self.contract in names:
            return None
        if names:
            sentence = "Partner {partner} has no contract {contract}. It has {contracts}."
            return say(sentence, partner=self.partner, contract=self.contract, contracts=", ".join(names))
        return say(
            "There is no partner {partner} with a valid contract. `njia status --all` lists the partners.",
            partner=self.partner,
        )


def effect(asked: Previewed) -> Effect:
    """Count the landed records that each changed term covers, keeps or coarsens, before and after."""
    effect = Effect()
    contracts = with_changes(load_contracts(asked.settings.partners), asked.holding["agreement_change"])
    with open_views(asked.settings, "records", "extracts", "place_mentions", "matches") as con:
        for change in asked.decisions:
            terms = change.terms
            if asked.is_revoked and (terms := _terms_without(change, contracts)) is None:
                continue
            con.execute(
                "create or replace temp table own as select * from records inner join extracts "
                "using (partner, extract_id) where partner = ? and contract = ?",
                [change.partner, change.contract],
            )
            effect.changes.extend(_of_terms(con, change.of, terms, asked.now.date()))
    if any(change.terms.valid_to for change in asked.decisions):
        effect.note(_OTHER_CHECKS)
    if any(change.terms.retention_years for change in asked.decisions):
        effect.note(_STAYS_ERASED if asked.is_revoked else _ERASES)
    return effect


def _terms_without(change: AgreementChange, contracts: Contracts) -> AgreementTerms | None:
    """Return the changed terms as the contract, or an earlier change, has them."""
    of_partner = contracts.valid.get(change.partner, [])
    agreement = next((one.agreement for one in of_partner if one.contract == change.contract), None)
    terms = {name: getattr(agreement, name, None) for name, changed in change.terms if changed is not None}
    return AgreementTerms(**terms) if any(value is not None for value in terms.values()) else None


def _of_terms(
    con: duckdb.DuckDBPyConnection, of: str, terms: AgreementTerms, today: date
) -> Iterator[Change]:
    """Yield the records of table `own` that meet each term, as it was and as it would be."""
    if terms.valid_to:
        what = say("Records of {of} received under the agreement", of=of)
        covered = "received_on between agreement_from and {}"
        yield _change(con, what, covered, "agreement_to", f"date '{terms.valid_to}'")
    if terms.retention_years:
        what = say("Records of {of} young enough to keep", of=of)
        kept = f"coalesce(period_to, received_on) + to_years({{}}) >= date '{today}'"
        yield _change(con, what, kept, "retention_years", str(terms.retention_years))
    if terms.finest_place:
        what = say("Records of {of} with a place that is coarsened", of=of)
        levels = "case {} " + " ".join(f"when '{kind}' then {at}" for at, kind in enumerate(_FINEST)) + " end"
        finer = (
            "record_id in (select record_id from place_mentions inner join matches using (mention_id) where "
            f"coalesce({levels.format('matches.kind')}, {len(_FINEST) - 1}) > {levels})"
        )
        yield _change(con, what, finer, "finest_place", f"'{terms.finest_place}'")


def _change(con: duckdb.DuckDBPyConnection, what: str, where: str, column: str, value: str) -> Change:
    """Count `where` with the column, and with the value (SQL) in its place."""
    before, after = (
        f"count(distinct record_id) filter (where {where.format(term)})" for term in (column, value)
    )
    [counts] = con.execute(f"select {before}, {after} from own").fetchall()
    return Change(what, int(counts[0]), int(counts[1]))


def open_items(refreshed: Refreshed) -> Iterator[OpenItem]:
    today = date.fromisoformat(str(refreshed.end.as_of)[:10])
    for ending in agreements_ending(refreshed.contracts, today):
        yield OpenItem(
            items.agreement(ending.partner, ending.contract),
            say(_ENDED if ending.ends_on < today else _ENDS_SOON, of=f"{ending.partner}/{ending.contract}"),
            say("Its last day is {day}.", day=str(ending.ends_on)),
            "What is received after the last day of an agreement is held, and that cannot be waived.",
            "Renew it with the partner; then record the new last day here, or enter it in the contract.",
            due=ending.ends_on,
        )


def answers(settings: Settings, holding: Holding) -> Iterator[tuple[Item, str]]:
    for held in holding["agreement_change"]:
        if held["terms"]["valid_to"]:
            yield items.agreement(held["partner"], held["contract"]), held["id"]


GROUP = Group(
    {"agreement_change": AgreementChange}, effect, counts_records=True, open_items=open_items, answers=answers
)

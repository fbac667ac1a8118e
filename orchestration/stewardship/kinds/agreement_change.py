"""Changes of an agreement since its contract was written.

An open item of an agreement that ends is worth nothing: what arrives too late becomes a held extract, which
is an item of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from orchestration.contracts import agreements_ending, load_contracts
from orchestration.core import Settings, UsageError, say
from orchestration.stewardship import items
from orchestration.stewardship.items import Item, OpenItem
from orchestration.stewardship.kinds.decision import (
    Concerned,
    Decision,
    Form,
    Group,
    Holding,
    Name,
    Payload,
    Refreshed,
)

FinestPlace = Literal["country", "county", "border_point", "town"]
_ERASES = (
    "Records past their retention are erased by the next refresh, everywhere, and the sealed original of "
    "every extract that holds one is destroyed. That cannot be taken back, also when this decision is."
)
_ENDED, _ENDS_SOON = "The agreement of {of} has ended", "The agreement of {of} ends soon"


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

    def concerns(self) -> Concerned:
        return Concerned(contracts=frozenset([(self.partner, self.contract)]))

    def notes(self, settings: Settings) -> Iterator[str]:
        if self.terms.retention_years:
            yield _ERASES

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


GROUP = Group({"agreement_change": AgreementChange}, open_items=open_items, answers=answers)

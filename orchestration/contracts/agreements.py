"""Stewards' changes of agreements, and agreements that have ended or end soon.

The extract gate holds extracts without a valid agreement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from orchestration.contracts.contract import Contract
from orchestration.contracts.loading import Contracts
from orchestration.contracts.terms import Agreement

# Two organisations sign a renewal; partners ask for a quarter's notice.
NOTICE = timedelta(days=90)


@dataclass(frozen=True)
class EndingAgreement:
    """The agreement in one contract; `partner` is the folder's name."""

    partner: str
    contract: str
    ends_on: date

    def state(self, today: date) -> str:
        days = (self.ends_on - today).days
        if days < 0:
            return "ended: what comes now is held"
        return "ends today" if days == 0 else f"ends in {days} day{'s' if days > 1 else ''}"


def with_changes(contracts: Contracts, changes: Iterable[Mapping[str, Any]]) -> Contracts:
    """Apply stewards' changes to the agreements in contracts; the later of two changes of one term holds.

    `changes`: in order of time, each with partner, contract and the changed `terms`.
    """
    terms: dict[tuple[str, str], dict[str, Any]] = {}
    for change in changes:
        given = {name: value for name, value in change["terms"].items() if value is not None}
        terms.setdefault((change["partner"], change["contract"]), {}).update(given)
    if not terms:
        return contracts

    def changed(partner: str, contract: Contract) -> Contract:
        agreement = contract.agreement.model_dump() | terms.get((partner, contract.contract), {})
        return contract.model_copy(update={"agreement": Agreement.model_validate(agreement)})

    valid = {
        partner: [changed(partner, contract) for contract in own] for partner, own in contracts.valid.items()
    }
    return replace(contracts, valid=valid)


def agreements_ending(contracts: Contracts, today: date) -> list[EndingAgreement]:
    """List agreements that have ended or end within the notice, the earliest first."""
    ending = [
        EndingAgreement(partner, contract.contract, contract.agreement.valid_to)
        for partner, found in contracts.valid.items()
        for contract in found
        if contract.agreement.valid_to <= today + NOTICE
    ]
    return sorted(ending, key=lambda agreement: (agreement.ends_on, agreement.partner, agreement.contract))


def covers_receipt(terms: Iterable[tuple[date | None, date | None]], received_on: date | None) -> bool:
    """Return whether one of these terms (first and last day) covers the day of receipt."""
    return any(first and received_on and first <= received_on <= (last or date.max) for first, last in terms)

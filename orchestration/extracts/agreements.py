"""Agreements that need somebody's attention: ended, or ending soon. What an ended one holds is the gate's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from orchestration.extracts.contract_loading import Contracts

# A renewal is signed by two organisations: a quarter is how long partners ask for.
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


def agreements_ending(contracts: Contracts, today: date) -> list[EndingAgreement]:
    """Agreements that have ended or end within the notice, the earliest first."""
    ending = [
        EndingAgreement(partner, contract.contract, contract.agreement.valid_to)
        for partner, found in contracts.valid.items()
        for contract in found
        if contract.agreement.valid_to <= today + NOTICE
    ]
    return sorted(ending, key=lambda agreement: (agreement.ends_on, agreement.partner, agreement.contract))

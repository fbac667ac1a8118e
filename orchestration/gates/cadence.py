"""The newest delivery of each contract, and when the next is due by its cadence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from orchestration.core import Settings
from orchestration.gates.parquet_views import open_views

_CADENCE_DAYS = {"weekly": 7, "monthly": 31, "quarterly": 92, "yearly": 366}


@dataclass(frozen=True, order=True)
class Delivery:
    """The newest extract of one contract. `due`: the last day for the next; None where none is expected."""

    partner: str
    contract: str
    received_on: date
    cadence: str
    due: date | None

    def is_overdue(self, today: date) -> bool:
        return self.due is not None and self.due < today


def next_due(received_on: date, cadence: str, grace_days: int) -> date | None:
    """Return the last day for the next extract; None where the contract expects only one."""
    days = _CADENCE_DAYS.get(cadence)
    return None if days is None else received_on + timedelta(days=days + grace_days)


def deliveries(settings: Settings) -> list[Delivery]:
    """Return the newest delivery of each contract with typed extracts."""
    with open_views(settings, "extracts") as con:
        rows = con.execute(
            "select partner, contract, received_on, cadence, grace_days from extracts"
        ).fetchall()
    return newest_of_each(rows)


def newest_of_each(extracts: Iterable[tuple[object, ...]]) -> list[Delivery]:
    """Return the newest delivery of each contract.

    Rows hold partner, contract, received_on, cadence and grace_days.
    """
    newest: dict[tuple[str, str], tuple[date, str, int]] = {}
    for partner, contract, received_on, cadence, grace in extracts:
        key = (str(partner), str(contract))
        if isinstance(received_on, date) and (key not in newest or newest[key][0] < received_on):
            newest[key] = (received_on, str(cadence), int(str(grace or 0)))
    return sorted(
        Delivery(partner, contract, received_on, cadence, next_due(received_on, cadence, grace))
        for (partner, contract), (received_on, cadence, grace) in newest.items()
    )

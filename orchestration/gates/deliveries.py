"""When each partner last sent something, and when the next is due by its contract's cadence.

From the typed extracts and the day of the refresh, never from when a step last ran: every refresh runs every
partner's step, also where the partner has been silent for a year.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from orchestration.core import Settings
from orchestration.gates.parquet_views import open_views

_CADENCE_DAYS = {"weekly": 7, "monthly": 31, "quarterly": 92, "yearly": 366}
_COLUMNS = (
    "extract_id varchar, partner varchar, contract varchar, received_on date, cadence varchar, "
    "grace_days integer"
)


@dataclass(frozen=True, order=True)
class Delivery:
    """The newest extract of one contract. `due` is the last day for the next; None where none is expected."""

    partner: str
    contract: str
    received_on: date
    cadence: str
    due: date | None

    def is_overdue(self, today: date) -> bool:
        return self.due is not None and self.due < today


def next_due(received_on: date, cadence: str, grace_days: int) -> date | None:
    """The day by which the next extract is expected; None where the contract expects only one."""
    days = _CADENCE_DAYS.get(cadence)
    return None if days is None else received_on + timedelta(days=days + grace_days)


def deliveries(settings: Settings) -> list[Delivery]:
    """One for each contract under which something is typed, by partner and contract."""
    con = open_views({"extracts": (settings.typed / "extracts", _COLUMNS)})
    try:
        rows = con.execute(
            "select partner, contract, received_on, cadence, grace_days from extracts"
        ).fetchall()
    finally:
        con.close()
    return newest_of_each(rows)


def newest_of_each(extracts: Iterable[tuple[object, ...]]) -> list[Delivery]:
    """`extracts`: partner, contract, received_on, cadence and grace_days of each."""
    newest: dict[tuple[str, str], tuple[date, str, int]] = {}
    for partner, contract, received_on, cadence, grace in extracts:
        key = (str(partner), str(contract))
        if isinstance(received_on, date) and (key not in newest or newest[key][0] < received_on):
            newest[key] = (received_on, str(cadence), int(str(grace or 0)))
    return sorted(
        Delivery(partner, contract, received_on, cadence, next_due(received_on, cadence, grace))
        for (partner, contract), (received_on, cadence, grace) in newest.items()
    )

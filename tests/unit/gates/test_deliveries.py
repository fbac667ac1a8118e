"""When the next delivery is due, and from which day a partner is overdue."""

from datetime import date, timedelta

import pytest

from orchestration.core import Settings
from orchestration.gates.landed import deliveries, next_due
from tests.fixtures.gate_world import land

SENT = date(2026, 1, 10)


@pytest.mark.parametrize(
    ("cadence", "due"),
    [("weekly", date(2026, 1, 22)), ("monthly", date(2026, 2, 15)), ("quarterly", date(2026, 4, 17)),
     ("yearly", date(2027, 1, 16)), ("once", None)],
)  # fmt: skip
def test_the_next_delivery_is_due_after_cadence_and_grace(cadence: str, due: date | None) -> None:
    assert next_due(SENT, cadence, grace_days=5) == due


def test_the_newest_extract_of_each_contract_counts_and_is_overdue_after_the_day_it_was_due(
    settings: Settings,
) -> None:
    land(settings, "a", contract="cases", received_on="2026-01-10", cadence="weekly")
    land(settings, "b", contract="cases", received_on="2025-03-16")
    land(settings, "c", contract="routes", received_on="2025-03-16")
    cases, routes = deliveries(settings)
    assert [(one.partner, one.contract, one.received_on) for one in (cases, routes)] == [
        ("pwani_shelter", "cases", SENT),
        ("pwani_shelter", "routes", date(2025, 3, 16)),
    ]
    assert cases.due == date(2026, 2, 1)  # 7 days, and 15 of grace
    assert (cases.is_overdue(cases.due), cases.is_overdue(cases.due + timedelta(days=1))) == (False, True)
    assert routes.is_overdue(SENT)

"""When the next delivery is due, and from which day a partner is overdue."""

from datetime import date, timedelta

import pytest

from orchestration.core import Settings
from orchestration.gates import next_due
from orchestration.gates.landed import deliveries, newest_of_each
from tests.fixtures.gate_world import land

SENT = date(2026, 1, 10)


@pytest.mark.parametrize(
    ("cadence", "due"),
    [("weekly", date(2026, 1, 22)), ("monthly", date(2026, 2, 15)), ("quarterly", date(2026, 4, 17)),
     ("yearly", date(2027, 1, 16)), ("once", None)],
)  # fmt: skip
def test_the_next_delivery_is_due_after_cadence_and_grace(cadence: str, due: date | None) -> None:
    assert next_due(SENT, cadence, grace_days=5) == due


def test_the_newest_extract_of_each_contract_counts_and_is_overdue_after_the_day_it_was_due() -> None:
    older = ("kobe", "cases", SENT - timedelta(days=300), "monthly", 0)
    silent = ("kobe", "routes", SENT - timedelta(days=300), "monthly", 0)
    cases, routes = newest_of_each([("kobe", "cases", SENT, "weekly", 0), older, silent])
    assert [(one.contract, one.received_on) for one in (cases, routes)] == [
        ("cases", SENT),
        ("routes", silent[2]),
    ]
    assert cases.due == date(2026, 1, 17)
    assert (cases.is_overdue(cases.due), cases.is_overdue(cases.due + timedelta(days=1))) == (False, True)
    assert routes.is_overdue(SENT)


def test_the_last_delivery_is_read_from_typed_extracts(settings: Settings) -> None:
    land(settings, "a", received_on="2026-10-09")
    (one,) = deliveries(settings)
    assert (one.partner, one.received_on, one.cadence) == ("pwani_shelter", date(2026, 10, 9), "monthly")
    assert one.due == date(2026, 11, 24)  # 31 days, and 15 of grace

"""When the next delivery is due, and from which day a partner is overdue."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from orchestration.gates import next_due
from orchestration.gates.cadence import deliveries, newest_of_each
from tests.fixtures.gate_world import land, make_settings

SENT = date(2026, 1, 10)


@pytest.mark.parametrize(
    ("cadence", "due"),
    [("weekly", date(2026, 1, 22)), ("monthly", date(2026, 2, 15)), ("quarterly", date(2026, 4, 17)),
     ("yearly", date(2027, 1, 16)), ("once", None)],
)  # fmt: skip
def test_the_next_delivery_is_due_after_cadence_and_grace(cadence: str, due: date | None) -> None:
    assert next_due(SENT, cadence, grace_days=5) == due


def test_the_newest_extract_of_each_contract_counts() -> None:
    older = ("kobe", "cases", SENT - timedelta(days=300), "monthly", 0)
    newer = ("kobe", "cases", SENT, "monthly", 0)
    silent = ("kobe", "routes", SENT - timedelta(days=300), "monthly", 0)
    found = newest_of_each([newer, older, silent])
    assert [(one.contract, one.received_on) for one in found] == [("cases", SENT), ("routes", silent[2])]
    assert [one.is_overdue(SENT) for one in found] == [False, True]


def test_a_delivery_is_overdue_from_the_day_after_it_was_due() -> None:
    (one,) = newest_of_each([("kobe", "cases", SENT, "weekly", 0)])
    assert one.due == date(2026, 1, 17)
    assert (one.is_overdue(one.due), one.is_overdue(one.due + timedelta(days=1))) == (False, True)


def test_the_last_delivery_is_read_from_typed_extracts(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    land(settings, "a", received_on="2026-10-09")
    (one,) = deliveries(settings)
    assert (one.partner, one.received_on, one.cadence) == ("pwani_shelter", date(2026, 10, 9), "monthly")
    assert one.due == date(2026, 11, 24)  # 31 days, and 15 of grace

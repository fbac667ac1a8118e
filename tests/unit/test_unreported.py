"""What a stopped refresh landed is told by the next one."""

from __future__ import annotations

from datetime import timedelta

from orchestration.contracts import load_contracts
from orchestration.core import Settings
from orchestration.intake import TakenExtract
from orchestration.intake.unreported import with_untold
from tests.unit.test_drift import AS_OF, home, renamed, rows, send

__all__ = ["home"]
EARLIER, LATER = AS_OF - timedelta(hours=1), AS_OF + timedelta(hours=1)


def test_what_landed_after_the_last_receipt_is_told_with_its_sums_and_drift(home: Settings) -> None:
    taken = send(home, "first.xlsx", renamed(Persons="People"), rows(3))
    for told_at in ({}, {"testpartner": EARLIER}):
        [told] = with_untold(home, load_contracts(home.partners), [], told_at)
        assert (told.file, told.outcome, told.rows_read, told.extract_id) == (
            "first.xlsx", "landed", 3, taken.extract_id,
        )  # fmt: skip
        assert told.drift == taken.drift and told.drift is not None


def test_what_a_receipt_has_told_is_not_told_again(home: Settings) -> None:
    send(home, "first.xlsx", renamed(), rows(3))
    for moment in (AS_OF, LATER):
        assert with_untold(home, load_contracts(home.partners), [], {"testpartner": moment}) == []


def test_a_partner_without_a_receipt_is_told_what_landed_since_the_release(home: Settings) -> None:
    send(home, "first.xlsx", renamed(), rows(3))
    contracts = load_contracts(home.partners)
    assert with_untold(home, contracts, [], {}, otherwise=LATER) == []
    assert len(with_untold(home, contracts, [], {}, otherwise=EARLIER)) == 1


def test_what_landed_now_is_told_once_and_what_waits_stays(home: Settings) -> None:
    taken = send(home, "first.xlsx", renamed(), rows(3))
    waits = TakenExtract("testpartner", "other.xlsx", "held")
    assert with_untold(home, load_contracts(home.partners), [taken, waits], {}) == [taken, waits]


def test_a_file_that_was_landed_but_left_in_the_inbox_is_told_as_landed(home: Settings) -> None:
    taken = send(home, "first.xlsx", renamed(), rows(3))
    again = TakenExtract("testpartner", "first.xlsx", "already_landed", taken.extract_id)
    [told] = with_untold(home, load_contracts(home.partners), [again], {"testpartner": EARLIER})
    assert (told.outcome, told.rows_landed) == ("landed", 3)

"""The next refresh reports extracts that a stopped refresh landed."""

from datetime import timedelta

from orchestration.contracts import load_contracts
from orchestration.core import Settings
from orchestration.intake import TakenExtract
from orchestration.intake.taking_in import with_unreported
from tests.fixtures.drift_home import AS_OF, home, renamed, rows, send

__all__ = ["home"]
EARLIER, LATER = AS_OF - timedelta(hours=1), AS_OF + timedelta(hours=1)


def test_extract_landed_after_the_last_receipt_is_reported_with_sums_and_drift(home: Settings) -> None:
    taken = send(home, "first.xlsx", renamed(Persons="People"), rows(3))
    for reported_at in ({}, {"testpartner": EARLIER}):
        [extract] = with_unreported(home, load_contracts(home.partners), [], reported_at)
        assert (extract.file, extract.outcome, extract.rows_read, extract.extract_id) == (
            taken.file, "landed", 3, taken.extract_id,
        )  # fmt: skip
        assert extract.drift == taken.drift and extract.drift is not None


def test_extract_with_a_receipt_is_not_reported_again(home: Settings) -> None:
    send(home, "first.xlsx", renamed(), rows(3))
    for moment in (AS_OF, LATER):
        assert with_unreported(home, load_contracts(home.partners), [], {"testpartner": moment}) == []


def test_partner_without_receipt_gets_extracts_since_the_release(home: Settings) -> None:
    send(home, "first.xlsx", renamed(), rows(3))
    contracts = load_contracts(home.partners)
    assert with_unreported(home, contracts, [], {}, otherwise=LATER) == []
    assert len(with_unreported(home, contracts, [], {}, otherwise=EARLIER)) == 1


def test_extract_landed_now_is_reported_once_and_a_held_file_stays(home: Settings) -> None:
    taken = send(home, "first.xlsx", renamed(), rows(3))
    waits = TakenExtract("testpartner", "other.xlsx", "held")
    assert with_unreported(home, load_contracts(home.partners), [taken, waits], {}) == [taken, waits]


def test_landed_file_left_in_the_inbox_is_reported_as_landed(home: Settings) -> None:
    taken = send(home, "first.xlsx", renamed(), rows(3))
    again = TakenExtract("testpartner", "first.xlsx", "already_landed", taken.extract_id)
    [extract] = with_unreported(home, load_contracts(home.partners), [again], {"testpartner": EARLIER})
    assert (extract.outcome, extract.rows_landed) == ("landed", 3)

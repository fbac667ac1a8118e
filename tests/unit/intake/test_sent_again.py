"""A full extract that is sent again after another one: the partner's register has returned to it."""

from datetime import timedelta
from typing import Any

import pyrage
import pytest

from orchestration.contracts import load_contracts
from orchestration.core import Keys, Settings
from orchestration.intake import TakenExtract, read_register
from orchestration.intake.taking_in import take_in, with_unreported
from tests.fixtures.drift_home import AS_OF, home
from tests.fixtures.partner_files import HEADER, ROW, add_partner, book, called, lying_still, workbook

__all__ = ["home"]
KEYS = Keys(b"k" * 32, str(pyrage.x25519.Identity.generate().to_public()), link_key=b"l" * 32)
PERIODS = [
    {"match": f"{name}*", "period": {"from": f"2024-{month}-01", "to": f"2024-{month}-28"}}
    for name, month in (("a", "01"), ("b", "02"))
]


def send(home: Settings, name: str, day: int) -> TakenExtract:
    """Send a file whose content follows from its name, some days after the first."""
    path = home.inbox / "testpartner" / f"{name}.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not (kept := home.home / f"{name}.xlsx").exists():
        workbook(kept, {"Cases": [HEADER, [ord(name), *ROW[1:]]]})
    path.write_bytes(kept.read_bytes())
    lying_still(path)
    [taken] = take_in(home, KEYS, AS_OF + timedelta(days=day), arrived(home))
    return taken


def arrived(home: Settings) -> Any:
    return load_contracts(home.partners)


def landed_on(home: Settings, name: str, day: str) -> tuple[str, str]:
    """The name of a landed extract, and the day."""
    return called(home.home / f"{name}.xlsx", day), day


def order(home: Settings) -> list[tuple[int, str, str]]:
    notes = read_register(home.landing, "testpartner").values()
    return sorted((note["sequence"], note["file"], note["received_on"]) for note in notes)


def test_a_register_that_returns_to_an_earlier_state_is_the_newest(home: Settings) -> None:
    for day, name in enumerate("ab"):
        send(home, name, day)
    again = send(home, "a", 2)
    assert (again.outcome, again.rows_read, again.rows_landed) == ("landed", 1, 1)
    assert again.reason and " equals the extract landed on 2026-11-25" in again.reason
    assert order(home) == [(2, *landed_on(home, "b", "2026-11-26")), (3, *landed_on(home, "a", "2026-11-27"))]
    assert send(home, "a", 3).outcome == "already_landed"
    assert order(home)[-1] == (3, again.file, "2026-11-27")
    assert len(list(home.sealed.rglob("*.age"))) == 2


def test_it_is_reported_where_the_refresh_stopped_before_its_receipt(home: Settings) -> None:
    for day, name in enumerate("aba"):
        send(home, name, day)
    reported = {"testpartner": AS_OF + timedelta(days=1)}
    [one] = with_unreported(home, arrived(home), [], reported)
    assert (one.file, one.outcome) == (landed_on(home, "a", "2026-11-27")[0], "landed")


@pytest.mark.parametrize("changes", [
    {"delivery": {"mode": "incremental", "cadence": "monthly", "key": "No"}},
    {"extracts": PERIODS},
], ids=["incremental", "of another period"])  # fmt: skip
def test_what_no_later_extract_replaced_keeps_its_place(home: Settings, changes: dict[str, Any]) -> None:
    add_partner(home.partners, book(**changes))
    for day, name in enumerate("ab"):
        send(home, name, day)
    assert send(home, "a", 2).outcome == "already_landed"
    assert order(home) == [(1, *landed_on(home, "a", "2026-11-25")), (2, *landed_on(home, "b", "2026-11-26"))]


def test_an_extract_whose_link_codes_were_destroyed_is_the_newest_too(home: Settings) -> None:
    add_partner(home.partners, book(link={"given": "Remarks"}, deny=None))
    for day, name in enumerate("ab"):
        send(home, name, day)
    for codes in home.link_codes.rglob("*.parquet"):
        codes.unlink()
    assert send(home, "a", 2).outcome == "landed"
    assert order(home)[-1] == (3, *landed_on(home, "a", "2026-11-27"))

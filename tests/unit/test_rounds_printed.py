"""Survey rounds in both editions: they overlap, lie in each other, and change their days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd
import pytest

from expectations.release_gate import RELEASE_GATE
from orchestration import disclosure
from orchestration.disclosure.printed_counts import frozen_counts, printed_counts_of, protect_counts
from orchestration.disclosure.printed_tables import cells_of
from orchestration.disclosure.printing import Days, Printing
from orchestration.gates.judging import judge
from orchestration.gates.printed_profile import days_shared

POLICY = disclosure.load_disclosure_policy()
EMPTY = disclosure.Ledger({}, [], "")
AS_OF = date(2026, 1, 1)
WAYS = [(start, end) for start in ("KE001", "KE003", "KE040") for end in ("KE042", "KE047")]
JUNE = {"round-2023": (date(2023, 6, 1), date(2023, 6, 30))}


def told_of(persons: Mapping[str, int], late: int = 0) -> pd.DataFrame:
    """So many persons a way in each round, told by four partners in turn, and `late` more on the last way."""
    rows = [
        {
            "movement_id": f"{period} {way} {at}", "partner": f"partner_{at % 4}",
            "record_grain": "route_report", "period_id": period, "origin_place_id": way[0],
            "destination_place_id": way[1], "origin_country_place_id": "KEN",
            "destination_country_place_id": "KEN", "is_child": False, "person_count": 1, "record_count": 1,
        }
        for period, count in persons.items()
        for way in WAYS
        for at in range(count + (late if way == WAYS[-1] else 0))
    ]  # fmt: skip
    return (
        pd.DataFrame(rows)
        .astype({"movement_id": "category"})
        .assign(movement_id=lambda frame: frame["movement_id"].cat.codes)
    )


def printed(
    days: Mapping[str, Days], told: pd.DataFrame, ledger: disclosure.Ledger = EMPTY
) -> tuple[dict[str, int], pd.DataFrame, pd.DataFrame, Printing]:
    """Cells of the public edition; counts of both; the partner edition's rules."""
    rows = [(name, "round", *both, True) for name, both in days.items()]
    names = ["period_id", "period_kind", "period_from", "period_to", "is_complete"]
    periods = pd.DataFrame(rows, columns=names)
    public = disclosure.printing_of("public", POLICY, periods, AS_OF, ledger)
    frames = [printed_counts_of(protect_counts(told, public), public), frozen_counts(public)]
    of_public = pd.concat([one for one in frames if len(one)] or frames[:1], ignore_index=True)
    cells = cells_of(of_public, public.periods)
    partner = disclosure.printing_of("partner", POLICY, periods, AS_OF, ledger, cells)
    of_partner = printed_counts_of(protect_counts(told, partner), partner).merge(periods, on="period_id")
    return cells, of_public, of_partner, partner


@pytest.mark.parametrize(
    "days",
    [
        {"round-a": (date(2023, 1, 1), date(2023, 6, 30)), "round-b": (date(2023, 6, 1), date(2023, 9, 30)),
         "round-c": (date(2023, 7, 1), date(2023, 12, 31))},
        {"round-a": (date(2023, 1, 1), date(2023, 6, 30)), "round-b": (date(2023, 3, 1), date(2023, 3, 31))},
    ],
    ids=["in a row", "one in the other"],
)  # fmt: skip
def test_rounds_that_share_days_are_not_taken_off_each_other(days: dict[str, Days]) -> None:
    told = told_of(dict(zip(days, (34, 58, 30), strict=False)))
    _, _, of_partner, partner = printed(days, told)
    assert set(of_partner["period_id"]) == set(days)
    assert disclosure.audit_counts(told, of_partner, partner).is_safe
    assert days_shared(disclosure.printed_cells(of_partner)) == 0


@pytest.mark.parametrize(
    ("first", "last", "is_printed"),
    [
        (date(2023, 6, 1), date(2023, 6, 30), True),
        (date(2023, 6, 1), date(2023, 7, 15), False),
        (date(2023, 5, 20), date(2023, 7, 15), False),
        (date(2023, 6, 10), date(2023, 7, 15), False),
    ],
)
def test_a_round_of_other_days_than_were_printed_is_not_counted_anew(
    first: date, last: date, is_printed: bool
) -> None:
    cells, *_ = printed(JUNE, told_of({"round-2023": 30}))
    assert cells
    ledger = disclosure.Ledger({cell: (value,) for cell, value in cells.items()}, ["first"], "head")
    late = told_of({"round-2023": 30}, late=2)
    _, of_public, of_partner, partner = printed({"round-2023": (first, last)}, late, ledger)
    assert bool(len(of_public)) == bool(len(of_partner)) == is_printed
    assert 32 not in {*of_public["person_count"], *of_partner["person_count"]}
    assert disclosure.audit_counts(late, of_partner, partner).is_safe


YEAR, OTHER_DAYS = "case 2024-01-01..2024-12-31", "case 2023-07-01..2024-06-30"


@pytest.mark.parametrize(
    ("systems", "shared"),
    [
        ([YEAR, YEAR, "case 2023-01-01..2023-12-31"], 0),
        ([YEAR, OTHER_DAYS], 1),
        ([YEAR, f"news of {OTHER_DAYS}", OTHER_DAYS.replace("case", "route_report")], 0),
    ],
)
def test_a_release_whose_counts_of_cases_overlap_is_refused(systems: list[str], shared: int) -> None:
    assert days_shared(f"{system}: origin_place_id=KE001" for system in systems) == shared
    measured = dict.fromkeys((limit.column for one in RELEASE_GATE for limit in one.limits), 0.0)
    answers = judge(pd.DataFrame([measured | {"printed_days_shared": float(shared)}]), RELEASE_GATE)
    (answer,) = [one for one in answers if one.expectation.name == "printed_years_share_no_days"]
    assert answer.outcome == ("failed" if shared else "passed")
    assert answer.expectation.severity == "refuse" and not answer.expectation.waivable


def test_what_was_printed_twice_is_known_once() -> None:
    cells, _, _, partner = printed(JUNE, told_of({"round-2023": 30}))
    ledger = disclosure.Ledger({cell: (value,) for cell, value in cells.items()}, ["first"], "head")
    *_, again = printed(JUNE, told_of({"round-2023": 30}), ledger)
    assert again.known == partner.known

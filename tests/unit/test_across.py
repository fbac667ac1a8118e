"""Hidden cells bounded by the same cell in the periods that overlap theirs: found, and no longer there."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from orchestration.disclosure.across import closest
from tests.unit.half_years import Printed
from tests.unit.test_windows import evenly

# Twelve months to June 2022 and 2023, and the year 2022 in the middle.
PERIODS = [
    (date(2021, 7, 1), date(2022, 6, 30)),
    (date(2022, 1, 1), date(2022, 12, 31)),
    (date(2022, 7, 1), date(2023, 6, 30)),
]
UNKNOWN = (0.0, np.inf)


def bounds(
    *known: tuple[float, float], periods: list[tuple[date, date]] = PERIODS
) -> list[tuple[float, float]]:
    low, high = np.array([[one[0] for one in known]]), np.array([[one[1] for one in known]])
    found = closest(periods, (low, high))
    return list(zip(found[0][0].tolist(), found[1][0].tolist(), strict=True))


def test_a_window_holds_what_the_year_holds_beyond_the_other_window() -> None:
    assert bounds(UNKNOWN, (12, 12), (10, 10)) == [(2, np.inf), (12, 12), (10, 10)]
    assert bounds((4, 4), UNKNOWN, (10, 10)) == [(4, 4), (0, 14), (10, 10)]


def test_numbers_that_contradict_each_other_tell_nothing() -> None:
    """The year was printed before a third of it was taken back."""
    known = (4.0, 4.0), (30.0, 30.0), (10.0, 10.0)
    assert bounds(*known) == [*known]


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.lists(st.integers(0, 9), min_size=6, max_size=6), st.lists(st.booleans(), min_size=5, max_size=5))
def test_bounds_are_those_of_another_solver(halves: list[int], is_printed: list[bool]) -> None:
    """By linear programs over the half years, three windows and the two years between them."""
    starts = [date(2021 + (at + 1) // 2, 7 if at % 2 == 0 else 1, 1) for at in range(7)]
    periods = [(starts[at], date.fromordinal(starts[at + 2].toordinal() - 1)) for at in range(5)]
    holds = np.array([[at <= half <= at + 1 for half in range(6)] for at in range(5)], dtype=float)
    persons = holds @ np.array(halves)
    known = [
        (float(one), float(one)) if shown else UNKNOWN for one, shown in zip(persons, is_printed, strict=True)
    ]
    equal = {"A_eq": holds[is_printed], "b_eq": persons[is_printed]} if any(is_printed) else {}
    for (low, high), row in zip(bounds(*known, periods=periods), holds, strict=True):
        least, most = linprog(row, **equal), linprog(-row, **equal)
        assert low == pytest.approx(least.fun, abs=1e-6)
        assert high == (pytest.approx(-most.fun, abs=1e-6) if most.status == 0 else np.inf)


# From KE001 to KE047 three persons in the older window, twelve in the year and ten in the newer one.
THREE_OF_TWELVE = [
    evenly(30, KE001_KE047=0), evenly(40, KE001_KE047=3), evenly(40, KE001_KE047=9), evenly(30, KE001_KE047=1),
]  # fmt: skip
CELL = ("KE001", "KE047")


def without_bounds(world: list[dict[tuple[str, str], int]], monkeypatch: pytest.MonkeyPatch) -> Printed:
    with monkeypatch.context() as changed:
        changed.setattr("orchestration.disclosure.across.Overlapping.too_much", lambda *_: set())
        return Printed(world)


def test_a_small_cell_that_the_year_shows_to_hold_somebody_is_found_and_no_longer_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """12 in the year, 10 in the newer window: two at least in the older one, where a few are hidden."""
    open_ = without_bounds(THREE_OF_TWELVE, monkeypatch)
    assert open_.public["2022"][CELL] - open_.partner["2023-Q2-12m"][CELL] == 2
    assert CELL not in open_.partner["2022-Q2-12m"]
    assert open_.open() > 0
    printed = Printed(THREE_OF_TWELVE)
    assert CELL not in printed.partner["2023-Q2-12m"] and printed.open() == 0
    assert printed.public == open_.public
    kept = sum(map(len, printed.partner.values())) / sum(map(len, open_.partner.values()))
    assert kept > 0.7, "the others are told"


def test_a_cell_that_nothing_bounds_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many are in the newer window as in the year: the older one may hold nobody."""
    world = [THREE_OF_TWELVE[0], THREE_OF_TWELVE[1], THREE_OF_TWELVE[2], evenly(30, KE001_KE047=5)]
    assert Printed(world).partner == without_bounds(world, monkeypatch).partner

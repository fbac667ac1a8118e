"""Twelve months of the partner edition less years of the public one: what is left is nobody, enough, or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration import disclosure
from orchestration.disclosure.remainders import runs
from tests.unit.half_years import POLICY, Cells, K, Printed

STARTS, ENDS = ("KE001", "KE003", "KE040"), ("KE042", "KE047")
PLACES = [(start, end) for start in STARTS for end in ENDS]
few = settings(max_examples=12, deadline=None, derandomize=True, database=None)


def evenly(persons: int, **others: int) -> Cells:
    """The same number in each cell, but for `KE001_KE047=3`."""
    changed = {(name[:5], name[6:]): count for name, count in others.items()}
    return {**dict.fromkeys(PLACES, persons), **changed}


def small(printed: Printed) -> list[tuple[tuple[str, ...], tuple[str, str], int]]:
    return [
        (run, cell, left)
        for run, cells in printed.leftovers().items()
        for cell, left in cells.items()
        if 0 < abs(left) < K
    ]


# Twelve months to June 2022 and 2023, and the year 2022 in the middle of them. Three persons of one corridor
# travelled in the outer half years, and forty in each of the inner two.
THREE = [evenly(30, KE001_KE047=1), evenly(40), evenly(40), evenly(30, KE001_KE047=2)]


def test_two_windows_less_the_year_between_give_three_persons_back_and_no_longer_do() -> None:
    unguarded = Printed(THREE, is_guarded=False)
    told = unguarded.leftovers()["2022-Q2-12m", "2022", "2023-Q2-12m"]
    assert told["KE001", "KE047"] == 3
    assert unguarded.open() > 0
    guarded = Printed(THREE)
    assert small(guarded) == [] and guarded.open() == 0
    assert guarded.public == unguarded.public, "the public edition is as it was"
    kept = sum(map(len, guarded.partner.values())) / sum(map(len, unguarded.partner.values()))
    assert kept >= 0.6, "the other corridors are told"


def test_pairs_of_windows_do_not_cover_three_of_them() -> None:
    """By hand: the outer half years of the first two windows hold 12, of the last two 11, of all three 3."""
    world = [
        evenly(30, KE001_KE047=2), evenly(40), evenly(40), evenly(30, KE001_KE047=10),
        *(evenly(40), evenly(30, KE001_KE047=1)),
    ]  # fmt: skip
    world[2] = evenly(40, KE001_KE047=10)
    told = Printed(world, is_guarded=False).leftovers()
    lefts = {run: cells["KE001", "KE047"] for run, cells in told.items()}
    assert lefts["2022-Q2-12m", "2022", "2023-Q2-12m"] == 12
    assert lefts["2023-Q2-12m", "2023", "2024-Q2-12m"] == 11
    assert lefts["2022-Q2-12m", "2022", "2023-Q2-12m", "2023", "2024-Q2-12m"] == 3
    guarded = Printed(world)
    assert small(guarded) == [] and guarded.open() == 0


def test_public_years_less_the_window_between_are_a_leftover_too() -> None:
    """The first half of 2022 and the last of 2023 hold three; the windows around hold more."""
    world = [
        evenly(40),
        evenly(30, KE001_KE047=1),
        evenly(40),
        evenly(40),
        evenly(30, KE001_KE047=2),
        evenly(40),
    ]
    told = Printed(world, is_guarded=False).leftovers()
    assert told["2022", "2023-Q2-12m", "2023"]["KE001", "KE047"] == 3
    guarded = Printed(world)
    assert small(guarded) == [] and guarded.open() == 0


def test_after_twelve_months_of_nobody_the_first_half_year_stands_alone() -> None:
    """Nothing was reported before July 2022, so the year less nothing is its second half, and the twelve months
    less that are the half year after it: three persons."""
    world = [{}, {}, evenly(40), evenly(40, KE001_KE047=3), evenly(40), evenly(40)]
    unguarded = Printed(world, is_guarded=False)
    assert (
        unguarded.partner["2023-Q2-12m"]["KE001", "KE047"] - unguarded.public["2022"]["KE001", "KE047"] == 3
    )
    assert unguarded.open() > 0
    guarded = Printed(world)
    both = ("KE001", "KE047") in guarded.partner["2023-Q2-12m"], ("KE001", "KE047") in guarded.public["2022"]
    assert both == (False, True) and guarded.open() == 0


def test_where_enough_is_left_everywhere_nothing_more_is_hidden() -> None:
    world = [evenly(count) for count in (12, 30, 25, 14, 40, 22)]
    guarded, unguarded = Printed(world), Printed(world, is_guarded=False)
    assert guarded.partner == unguarded.partner
    assert all(len(cells) == 12 for cells in guarded.partner.values())


def test_that_nobody_is_left_may_be_known() -> None:
    rest = {("KE001", "KE022"): 30}  # or all who left KE001 went to one place
    world = [
        {**evenly(30, KE001_KE047=0), **rest},
        evenly(40),
        evenly(40),
        {**evenly(30, KE001_KE047=0), **rest},
    ]
    guarded = Printed(world)
    assert guarded.partner == Printed(world, is_guarded=False).partner
    assert guarded.leftovers()["2022-Q2-12m", "2022", "2023-Q2-12m"]["KE001", "KE047"] == 0
    assert guarded.open() == 0


def test_a_number_frozen_before_counts_as_what_readers_take_off() -> None:
    """The year was printed when it held 80; four more were found since. Taking off what is printed leaves
    nobody's 14 as 18, and a leftover of 3 where one of the outer half years lost eleven."""
    before = [evenly(30), evenly(40), evenly(40), evenly(30)]
    cells = {cell: (value,) for cell, value in Printed(before).public_cells.items()}
    cells["present in case 2022-01-01..2022-12-31: KE001 & KE047 & via_place_id=KE020"] = (1,)
    ledger = disclosure.Ledger(cells, ["first"], "head")
    now = [evenly(30, KE001_KE047=1), evenly(40), evenly(44), evenly(30, KE001_KE047=0)]
    unguarded = Printed(now, is_guarded=False, ledger=ledger)
    assert unguarded.public["2022"]["KE001", "KE047"] == 80
    left = unguarded.leftovers()["2022-Q2-12m", "2022", "2023-Q2-12m"]["KE001", "KE047"]
    assert left == 1 + 40 + 44 + 0 - 80 and left == K
    now[2] = evenly(42)
    unguarded = Printed(now, is_guarded=False, ledger=ledger)
    assert small(unguarded) and unguarded.open() > 0
    guarded = Printed(now, ledger=ledger)
    assert small(guarded) == [] and guarded.open() == 0


halves = st.lists(
    st.fixed_dictionaries({place: st.one_of(st.integers(0, 6), st.integers(8, 50)) for place in PLACES}),
    min_size=4, max_size=6,
)  # fmt: skip


@few
@given(halves)
def test_no_random_half_years_are_left_as_a_few(world: list[Cells]) -> None:
    guarded = Printed(world)
    assert small(guarded) == []
    assert guarded.open() == 0


@few
@given(halves.map(lambda world: [{place: count + 12 for place, count in cells.items()} for cells in world]))
def test_no_cell_more_is_hidden_where_no_leftover_is_small(world: list[Cells]) -> None:
    assert Printed(world).partner == Printed(world, is_guarded=False).partner


def test_runs_are_rows_of_an_odd_number_that_meet_end_to_end() -> None:
    def twelve(year: int, month: int) -> tuple[date, date]:
        return date(year, month, 1), date(year + (month > 1), (month - 2) % 12 + 1, 30 if month == 7 else 31)

    windows, years = [twelve(2022, 7), twelve(2023, 7)], [twelve(2022, 1), twelve(2023, 1)]
    assert runs([*windows, *years]) == [(years[0], windows[0], years[1]), (windows[0], years[1], windows[1])]
    assert runs(years) == [] and runs(windows) == []
    assert runs([windows[0], years[0], twelve(2024, 1)]) == [], "a year is missing between"


def test_a_program_that_the_solver_gives_up_on_is_asked_once_more() -> None:
    """This world ended with `Unknown` where the solver began at the end of the program before."""
    world: list[Cells] = [
        {
            ("KE001", "KE042"): 2,
            ("KE001", "KE047"): 1,
            ("KE001", "unknown"): 2,
            ("KE003", "KE042"): 1,
            ("KE003", "KE047"): 5,
            ("KE040", "KE042"): 2,
            ("KE040", "unknown"): 8,
        },
        {},
        {
            ("KE001", "KE047"): 1,
            ("KE001", "unknown"): 3,
            ("KE003", "KE042"): 3,
            ("KE003", "KE047"): 1,
            ("KE003", "unknown"): 2,
            ("KE040", "KE042"): 3,
            ("KE040", "unknown"): 2,
            ("unknown", "unknown"): 2,
        },
        {
            ("KE001", "KE047"): 1,
            ("KE003", "KE047"): 1,
            ("KE003", "unknown"): 2,
            ("KE040", "KE042"): 3,
            ("KE040", "KE047"): 3,
            ("unknown", "KE047"): 11,
        },
        {
            ("KE001", "KE042"): 3,
            ("KE001", "unknown"): 9,
            ("KE003", "unknown"): 2,
            ("KE040", "KE042"): 3,
            ("KE040", "KE047"): 1,
            ("KE040", "unknown"): 33,
            ("unknown", "KE042"): 2,
            ("unknown", "KE047"): 1,
            ("unknown", "unknown"): 46,
        },
        {
            ("KE001", "KE042"): 2,
            ("KE003", "KE047"): 1,
            ("KE003", "unknown"): 45,
            ("KE040", "KE042"): 3,
            ("unknown", "KE042"): 2,
            ("unknown", "KE047"): 3,
            ("unknown", "unknown"): 9,
        },
        {
            ("KE001", "KE047"): 2,
            ("KE001", "unknown"): 3,
            ("KE003", "KE042"): 3,
            ("KE003", "KE047"): 3,
            ("KE040", "unknown"): 10,
            ("unknown", "KE042"): 3,
            ("unknown", "KE047"): 1,
        },
    ]
    assert Printed(world).open() == 0


def test_hiding_ends_where_nothing_more_can_be_hidden() -> None:
    """Whoever asks goes on asking; the gate judges what is left."""
    table = disclosure.tabulate(
        "table",
        pd.DataFrame(
            [
                {
                    "movement_id": f"{way} {at}",
                    "partner": f"partner_{at % 4}",
                    "way": way,
                    "persons": 1,
                    "records": 1,
                }
                for way in ("a", "b", "c")
                for at in range(30)
            ]
        ),
        ("way",),
    )
    asked: list[str] = []

    def goes_on(printed: Mapping[str, int]) -> list[str]:
        asked.append(min(printed) if not asked else asked[0])
        return asked[:1]

    protected = disclosure.protect([table], POLICY, "partner", too_much=goes_on)
    assert len(asked) == 2
    assert len(protected.tables[0].printed()) < 4

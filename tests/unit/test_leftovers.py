"""What the gate finds in periods of both editions taken off each other: zeros that words tell, children, odd rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from orchestration import disclosure
from orchestration.disclosure import leftovers
from orchestration.disclosure.printed_news import told_news
from orchestration.errors import NjiaError
from tests.unit.half_years import POLICY, Cells, Printed, halves_of
from tests.unit.test_printed_news import LINES, novelty

A, B, C = "KE001", "KE003", "KE040"
X, U, V, Z = "KE042", "KE047", "KE022", "KE010"
WINDOWS = "2022-Q2-12m", "2023-Q2-12m"
OLDER = "case 2021-07-01..2022-06-30"


def half(*rows: tuple[int, int, int, int]) -> Cells:
    return {
        (start, end): persons
        for start, row in zip((A, B, C), rows, strict=True)
        for end, persons in zip((X, U, V, Z), row, strict=True)
    }


def counted(world: list[Cells], printed: Printed, hidden: set[tuple[str, str]]) -> pd.DataFrame:
    """Both windows as counted, but for these cells of the older one."""
    rows = []
    for name in WINDOWS:
        table: dict[tuple[str, str], int] = {}
        for at in halves_of(name):
            for (start, end), persons in world[at].items():
                for cell in ((start, end), (start, "*"), ("*", end), ("*", "*")):
                    table[cell] = table.get(cell, 0) + persons
        of_name = {cell: persons for cell, persons in table.items() if persons}
        left_out = hidden if name == WINDOWS[0] else set()
        rows += [
            ("partner", "case", name, "all", *cell, persons)
            for cell, persons in of_name.items()
            if cell not in left_out
        ]
    columns = [
        "edition",
        "record_grain",
        "period_id",
        "population",
        "origin_place_id",
        "destination_place_id",
    ]
    frame = pd.DataFrame(rows, columns=[*columns, "person_count"])
    return frame.merge(printed.periods[["period_id", "period_from", "period_to"]], on="period_id")


# From A to X nobody went in the older window, twenty in the newer one, eight of them in its last half year. Of A's
# others one and two of the outer half years went to U and V.
WORLD = [
    half((0, 1, 2, 30), (10, 10, 10, 30), (30, 30, 30, 30)),
    half((0, 19, 18, 30), (10, 10, 10, 30), (30, 30, 30, 30)),
    half((12, 40, 40, 40), (40, 40, 40, 40), (40, 40, 40, 40)),
    half((8, 0, 0, 30), (30, 20, 20, 30), (30, 30, 30, 30)),
]
HIDDEN = {(A, X), (A, U), (A, V), (B, X), (B, U), (B, V), (C, X), (C, U)}
ZERO = {OLDER: frozenset({(A, X)})}


def test_a_zero_that_a_members_shift_tells_is_taken_off_as_well() -> None:
    """With nobody from A to X, U and V are left with three together; the window itself withstands it."""
    printed = Printed(WORLD)
    shown = counted(WORLD, printed, HIDDEN)
    assert disclosure.audit_counts(printed.told, shown, printed.printing, ZERO).is_safe
    assert printed.open(shown) == 0
    assert disclosure.open_leftovers(printed.told, shown, printed.printing, ZERO) > 0
    counts = shown.drop(columns=["period_from", "period_to"])
    assert disclosure.opened(printed.told, counts, printed.printing, ZERO) == {OLDER}


def test_a_corridor_is_not_told_to_have_come_where_that_opens_what_is_left() -> None:
    shifts = pd.DataFrame(
        [("od", f"{A}>{X}", "case", *WINDOWS, "emerging")],
        columns=["level", "corridor_id", "record_grain", "baseline_window", "current_window", "status"],
    )
    told = {}
    for name, world in (
        ("opens", WORLD),
        ("many", [*WORLD[:3], half((8, 20, 20, 30), (30,) * 4, (30,) * 4)]),
    ):
        printed = Printed(world)
        frames = {
            "int_told": printed.told,
            "int_movement_forms": pd.DataFrame({"movement_id": [], "form_label": []}),
            "mart_novelty": novelty(),
            "mart_corridor_shifts": shifts,
        }
        counts = counted(world, printed, HIDDEN).drop(columns=["period_from", "period_to"])
        no_lines = pd.DataFrame(columns=LINES.names)
        told[name] = len(told_news(frames, counts, no_lines, printed.printing)[1])
    assert told == {"opens": 0, "many": 1}


def test_periods_that_no_whole_ones_take_apart_stop_the_release() -> None:
    """Three pieces, of which any two that meet end to end are told, and the outer two: each piece is half of a sum."""
    days = [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1), date(2024, 4, 1)]
    whole = leftovers._taken_apart([(days[0], days[2]), (days[1], days[2])])
    assert [*whole[0].values()] == [1, -1]
    holds = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]], dtype=float)
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(leftovers, "_pieces", lambda _: (holds, np.eye(3)))
        with pytest.raises(NjiaError, match="cannot be judged"):
            leftovers._taken_apart([(days[0], days[1]), (days[1], days[2]), (days[2], days[3])])


# A policy that tells of children in public as well, which a steward would have to sign.
OF_CHILDREN = replace(POLICY, public=replace(POLICY.public, children_tables=True))


def of_children(outer: tuple[int, int]) -> list[Cells]:
    """Ten children of each cell in the inner half years, and in the outer ones these of one cell alone."""
    one, other = ({(A, X): persons} for persons in outer)
    inner = dict.fromkeys(half((1,) * 4, (1,) * 4, (1,) * 4), 10)
    return [one, inner, inner, other]


def test_children_of_both_editions_are_taken_off_each_other() -> None:
    """Both windows less the year: three children."""
    world = [half((40,) * 4, (40,) * 4, (40,) * 4)] * 4
    open_ = Printed(world, is_guarded=False, children=of_children((1, 2)), policy=OF_CHILDREN)
    assert (open_.public_counts["population"] == "children").any()
    assert open_.open() > 0
    guarded = Printed(world, children=of_children((1, 2)), policy=OF_CHILDREN)
    assert guarded.open() == 0
    many = [dict.fromkeys(world[0], 12)] * 4
    told, unguarded = (Printed(world, guard, children=many, policy=OF_CHILDREN) for guard in (True, False))
    assert told.partner_counts.equals(unguarded.partner_counts)

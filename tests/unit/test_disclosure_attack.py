"""What hidden cells can be: small tables worked out by hand, and the readers who try."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from orchestration.disclosure import Contradiction, CountTable
from orchestration.disclosure.attack import (
    GUESSES_SMALL,
    KNOWS_OWN,
    KNOWS_TOTAL,
    Attacked,
    Known,
    Want,
    attack,
    attack_both,
    attack_from_inside,
)
from orchestration.disclosure.programs import Programs
from orchestration.disclosure.system import System, Told, build, keys_of
from tests.unit.disclosure_worlds import grid

# Rows 20 50 10 / 8 19 22 / 17 32 12: the corners of the last two rows are hidden, all margins are printed.
TABLE = [[20, 50, 10], [8, 19, 22], [17, 32, 12]]
CORNERS = ["a=a1 & b=b0", "a=a1 & b=b2", "a=a2 & b=b0", "a=a2 & b=b2"]


def system_of(*tables: CountTable) -> tuple[System, np.ndarray]:
    system = build([Told(table.name, table.dimensions, table.cells) for table in tables])
    persons = np.zeros(system.size)
    for name, cells in system.cells.items():
        persons[system.rows[name]] = cells["persons"].fillna(0)
    return system, persons


def cells(system: System, names: list[str]) -> np.ndarray:
    return np.array([system.named[name] for name in names])


def known(persons: np.ndarray, hidden: np.ndarray, smallest_printed: int = 5) -> Known:
    is_hidden = np.isin(np.arange(len(persons)), hidden)
    low, high = np.where(is_hidden, 0.0, persons), np.where(is_hidden, np.inf, persons)
    return Known(low, high, persons, is_hidden & (persons < smallest_printed), persons.max())


def attacked(counts: list, hidden: list[str], k: int) -> list[Attacked]:
    """By the one who guesses, and the one who knows the total; all cells are hidden for themselves."""
    system, persons = system_of(grid(counts))
    asked = cells(system, hidden)
    asked = asked[persons[asked] > 0]
    told = known(persons, cells(system, hidden), k)
    return attack_both(system.members, told, asked, Want.of(system.size, k - 1, k), k, {})


def interval(programs: Programs, hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest value that each of these cells can have."""
    found = [[table[cell] for table in programs.extremes(int(cell))] for cell in hidden]
    high, low = np.array(found).T
    return low, high


def bounds(
    counts: list, hidden: list[str], extra: list[CountTable] | None = None
) -> list[tuple[float, float]]:
    system, persons = system_of(grid(counts), *(extra or []))
    told = known(persons, cells(system, hidden))
    programs = Programs(system.members, told.low, np.minimum(told.high, persons.max()), persons.max())
    return list(zip(*(ends.round(6) for ends in interval(programs, cells(system, hidden))), strict=True))


def test_four_hidden_corners_can_be_what_the_margins_leave() -> None:
    """By hand: rows leave 8 + 22 = 30 and 17 + 12 = 29, columns 25 and 34. With x in the first corner the
    others are 30 - x, 25 - x and 4 + x, none below 0: x is 0 to 25.
    """
    assert bounds(TABLE, CORNERS) == [(0, 25), (5, 30), (0, 25), (4, 29)]


def test_those_corners_are_safe_from_both_at_five_and_not_at_thirty() -> None:
    assert [found.is_safe.tolist() for found in attacked(TABLE, CORNERS, 5)] == [[True] * 4] * 2
    assert not attacked(TABLE, CORNERS, 30)[1].is_safe.any()


def test_a_cell_hidden_beside_its_total_is_found_by_subtraction() -> None:
    """As in a table of the world that printed 59 in all, 56 women and "<5" men."""
    for found in attacked([56, 3], ["a=a1"], 5):
        assert not found.is_safe.any() and (found.low, found.high) == (3, 3)


def test_a_cell_wide_enough_but_small_for_certain_is_not_safe_from_who_knows_the_total() -> None:
    """2 + 2 in all: either is 0 to 4, four apart, and certainly below 5."""
    guesses, knows = attacked([2, 2], ["a=a0", "a=a1"], 5)
    assert not knows.is_safe.any() and guesses.is_safe.all()


def test_who_guesses_that_hidden_cells_are_small_learns_more() -> None:
    """4 3 / 3 4, all hidden: the first is 0 to 7. If none is above 4 it is 3 or 4."""
    inner = [f"a=a{row} & b=b{column}" for row in (0, 1) for column in (0, 1)]
    guesses, knows = attacked([[4, 3], [3, 4]], inner, 5)
    assert (guesses.attacker, knows.attacker) == (GUESSES_SMALL, KNOWS_TOTAL)
    assert knows.is_safe.all() and not guesses.is_safe.any()
    assert (guesses.low.tolist(), guesses.high.tolist()) == ([3] * 4, [4] * 4)


def test_a_cell_that_is_hidden_though_large_makes_that_guess_no_error() -> None:
    """4 9 / 9 4, all hidden, the large ones for their few partners: 0 to 4 in the corners, 9 to 13 beside."""
    inner = [f"a=a{row} & b=b{column}" for row in (0, 1) for column in (0, 1)]
    assert [found.is_safe.tolist() for found in attacked([[4, 9], [9, 4]], inner, 5)] == [[True] * 4] * 2


def test_a_table_told_elsewhere_counts_as_well() -> None:
    """Quarters 12, 7, 30 without a total, the 7 hidden. Another table prints the half year: 19."""
    quarters = grid([12, 7, 30], axes="q").cells.query("q != '*'")
    alone = CountTable("quarters", ("q",), quarters)
    half = CountTable("halves", ("q",), quarters.head(1).assign(q="h1", persons=19))
    for tables, expected in (([alone], (0, 30)), ([alone, half], (7, 7))):
        system = build(
            [Told(one.name, one.dimensions, one.cells) for one in tables], {"q": {"h1": ["q0", "q1"]}}
        )
        persons = np.array(
            [{"q=q0": 12, "q=q1": 7, "q=q2": 30, "q=h1": 19}[key] for key in system.keys], float
        )
        hidden = cells(system, ["q=q1"])
        told = known(persons, hidden)
        low, high = interval(Programs(system.members, told.low, np.minimum(told.high, 30), 30), hidden)
        assert (round(low[0]), round(high[0])) == expected


def test_three_tables_over_the_finest_cross_tell_more_than_their_shared_totals() -> None:
    """Three two-way tables of a 2 x 2 x 2 cube, each pair printed; the cube is known up to one number.

    All two-way cells are 1 and 1: each cell of the cube is 0 or 1 and one decides the rest. Tied by totals
    alone it would be free.
    """
    cube = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]]])
    whole = grid(cube)
    parts = [
        CountTable(
            f"{x}{y}", (x, y),
            whole.cells[(whole.cells[[x, y]] != "*").all(axis=1) & (whole.cells[z] == "*")].drop(columns=z),
        )
        for x, y, z in (("a", "b", "c"), ("a", "c", "b"), ("b", "c", "a"))
    ]  # fmt: skip
    one = CountTable("cell", ("a", "b", "c"), whole.cells[(whole.cells[["a", "b", "c"]] != "*").all(axis=1)])
    system, persons = system_of(*parts, one)
    hidden = system.rows["cell"]
    told = known(persons, hidden)
    low, high = interval(Programs(system.members, told.low, np.minimum(told.high, 4), 4), hidden)
    assert low.round(6).tolist() == [0] * 8 and high.round(6).tolist() == [1] * 8


def by_scipy(system: System, low: np.ndarray, high: np.ndarray, cell: int) -> tuple[float, float]:
    """The whole numbers that a cell can be, by a solver and a program of its own: every cell is an inequality."""
    members = system.members.toarray()
    ends = [
        linprog(
            sign * members[cell],
            A_ub=np.vstack([members, -members]),
            b_ub=np.concatenate([high, -low]),
            method="highs-ds",
        ).fun
        for sign in (1, -1)
    ]
    return np.ceil(ends[0] - 1e-6), np.floor(-ends[1] + 1e-6)


@pytest.mark.parametrize("large", [0, 5_000])
@pytest.mark.parametrize(("shape", "also_hidden"), [((7, 6), 0.1), ((4, 4, 3), 0.6)])
def test_each_reader_finds_open_what_exact_bounds_say_and_nothing_else(
    shape: tuple[int, ...], also_hidden: float, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Systems too small for the ways of large ones: they go all of them. Many cells are open, many are not."""
    monkeypatch.setattr("orchestration.disclosure.programs._LARGE", large)
    monkeypatch.setattr("orchestration.disclosure.attack._WORTH_A_BATCH", 5)
    verdicts: Counter[bool] = Counter()
    for seed in range(2):
        chance = np.random.default_rng(seed)
        counts = chance.poisson(chance.gamma(0.5, 12, shape))
        system, persons = system_of(grid(counts))
        ours = grid(chance.binomial(counts, 0.7))
        mine = np.zeros(system.size)
        mine[cells(system, keys_of(ours.dimensions, ours.cells))] = ours.cells["persons"]
        hidden = np.flatnonzero((persons < 5) | (chance.random(system.size) < also_hidden))
        asked, told = hidden[persons[hidden] > 0], known(persons, hidden)
        want = Want.of(system.size, 4, 5)
        found = attack_both(system.members, told, asked, want, 5, {})
        found += attack_from_inside(system.members, told, {"p": mine}, asked, 3)
        most = np.minimum(told.high, persons.max())
        for one, low, high in zip(
            found,
            (told.low, told.low, np.maximum(told.low, mine)),
            (np.where(told.is_small, np.minimum(most, 4), most), most, most),
            strict=True,
        ):
            for cell, is_safe, least, largest in zip(one.cells, one.is_safe, one.low, one.high, strict=True):
                ends = by_scipy(system, low, high, cell)
                width, reach = {GUESSES_SMALL: (4, 0), KNOWS_TOTAL: (4, 5)}.get(one.attacker, (3, 0))
                is_own = one.attacker.startswith(KNOWS_OWN) and ends[1] <= mine[cell]
                assert is_safe == (is_own or (ends[1] - ends[0] >= width and ends[1] >= reach)), seed
                assert is_safe or (least, largest) == ends
                verdicts[bool(is_safe)] += 1
    assert min(verdicts[True], verdicts[False]) > 20, verdicts


def test_a_few_programs_prove_what_two_a_cell_would(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(1)
    table = chance.poisson(9, (12, 12))
    system, persons = system_of(grid(table))
    inner = np.array([cell for key, cell in system.named.items() if "&" in key])
    hidden = inner[chance.random(len(inner)) < 0.3]
    programs = []
    solve = Programs.cheapest

    def counted(self: Programs, *given: object, **more: object) -> np.ndarray:
        programs.append(1)
        return solve(self, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Programs, "cheapest", counted)
    asked = hidden[persons[hidden] > 0]
    told, want = known(persons, hidden), Want.of(system.size, 4, 5)
    found, _ = attack(system.members, told, asked, want, 5, KNOWS_TOTAL)
    assert len(asked) > 30 and len(programs) < len(asked)
    most = persons.max()
    low, high = interval(Programs(system.members, told.low, np.minimum(told.high, most), most), asked)
    assert found.is_safe.tolist() == ((high - low >= 4 - 1e-6) & (high >= 5 - 1e-6)).tolist()


def test_a_partner_takes_its_own_persons_off() -> None:
    """20 + 20 in all, both hidden. From outside each is 0 to 40. Who brought 19 and 20 knows: one more, in
    the first or the second.
    """
    system, persons = system_of(grid([20, 20]))
    hidden = cells(system, ["a=a0", "a=a1"])
    own = np.zeros(system.size)
    own[system.named["all"]], own[hidden[0]], own[hidden[1]] = 39, 19, 20
    (found,) = attack_from_inside(system.members, known(persons, hidden), {"p": own}, hidden, 3)
    assert found.cells.tolist() == [hidden[0]], "it holds nobody else's person in the second"
    assert (found.low, found.high, found.is_safe) == (19, 20, False)


def test_numbers_that_contradict_each_other_are_told() -> None:
    system, persons = system_of(grid([6, 3]))
    persons[system.named["all"]] = 5
    told = known(persons, cells(system, ["a=a1"]))
    with pytest.raises(Contradiction, match="contradict each other"):
        programs = Programs(system.members, told.low, told.high, 10.0)
        programs.cheapest(np.zeros(system.members.shape[1]))


def test_cells_that_a_table_does_not_list_are_empty_ones_that_a_reader_cannot_tell_from_hidden_ones() -> None:
    told = grid([[5, 0], [0, 7]])
    listed = told.cells[told.cells["persons"] > 0]
    assert isinstance(listed, pd.DataFrame) and len(listed) == 7
    system, persons = system_of(CountTable("grid", ("a", "b"), listed))
    assert system.size == 9 and sorted(persons.tolist()) == [0, 0, 5, 5, 5, 7, 7, 7, 12]

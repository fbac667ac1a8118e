"""What hidden cells can be: small tables worked out by hand, and two attackers."""

from __future__ import annotations

import numpy as np
import pytest

from orchestration.disclosure import Published, attack, intervals
from orchestration.errors import NjiaError

Grid = list[list[int]]
# Rows 20 50 10 / 8 19 22 / 17 32 12: the corners of the last two rows are hidden, all margins are printed.
TABLE = [[20, 50, 10], [8, 19, 22], [17, 32, 12]]
CORNERS = [3, 5, 6, 8]


def numbers(table: Grid, hidden: list[int]) -> list[tuple[list[int], float]]:
    """The sums of rows and columns, and each cell that is not hidden."""
    cells = np.arange(np.size(table)).reshape(np.shape(table))
    values = np.array(table)
    lines = [*zip(cells, values, strict=True), *zip(cells.T, values.T, strict=True)]
    printed = [([at], float(values.flat[at])) for at in range(values.size) if at not in hidden]
    return [*(([int(one) for one in of], float(told.sum())) for of, told in lines), *printed]


def with_margins(table: Grid, hidden: list[int]) -> Published:
    return Published.of(np.size(table), numbers(table, hidden))


def hidden_from(table: Grid, hidden: list[int], smallest_printed: int) -> list[list[bool]]:
    """Which hidden cells are safe from each attacker; all of them are hidden for themselves."""
    true = np.array(table, dtype=float).ravel()
    is_hidden = np.isin(np.arange(true.size), hidden)
    found = attack(with_margins(table, hidden), true, is_hidden, is_hidden, smallest_printed)
    return [one.is_safe.tolist() for one in found]


def test_four_hidden_corners_can_be_what_the_margins_leave() -> None:
    """By hand: rows leave 8 + 22 = 30 and 17 + 12 = 29, columns 25 and 34. With x in the first corner the
    others are 30 - x, 25 - x and 4 + x, none below 0: x is 0 to 25.
    """
    low, high = intervals(with_margins(TABLE, CORNERS), np.full(9, 190.0), CORNERS)
    assert low == pytest.approx([0, 5, 0, 4]) and high == pytest.approx([25, 30, 25, 29])


def test_those_corners_are_safe_from_both_attackers_at_five_and_not_at_thirty() -> None:
    assert hidden_from(TABLE, CORNERS, 5) == [[True] * 4, [True] * 4]
    assert hidden_from(TABLE, CORNERS, 30)[0] == [False] * 4


def test_a_cell_hidden_beside_its_total_is_found_by_subtraction() -> None:
    """As in a table of the world that printed 59 in all, 56 women and "<5" men."""
    published = Published.of(2, [([0, 1], 59), ([0], 56)])
    low, high = intervals(published, np.array([59.0, 59]), [1])
    assert (low, high) == (pytest.approx([3]), pytest.approx([3]))
    is_hidden = np.array([False, True])
    for found in attack(published, np.array([56.0, 3]), is_hidden, is_hidden, 5):
        assert not found.is_safe.any() and (found.low, found.high) == (pytest.approx([3]), pytest.approx([3]))


def test_a_cell_wide_enough_but_small_for_certain_is_not_safe_from_who_knows_the_total() -> None:
    """2 + 2 in all: either is 0 to 4, four apart, and certainly below 5."""
    published, true, hidden = Published.of(2, [([0, 1], 4)]), np.array([2.0, 2]), np.array([True, True])
    knows, guesses = attack(published, true, hidden, hidden, 5)
    assert not knows.is_safe.any() and guesses.is_safe.all()


def test_who_guesses_that_hidden_cells_are_small_learns_more() -> None:
    """4 3 / 3 4, all hidden: the first is 0 to 7. If none is above 4 it is 3 or 4."""
    assert hidden_from([[4, 3], [3, 4]], [0, 1, 2, 3], 5) == [[True] * 4, [False] * 4]


def test_a_cell_that_is_hidden_though_large_makes_that_guess_no_error() -> None:
    """4 9 / 9 4, all hidden, the large ones for their few partners: 0 to 4 in the corners, 9 to 13 beside."""
    assert hidden_from([[4, 9], [9, 4]], [0, 1, 2, 3], 5) == [[True] * 4, [True] * 4]


def test_a_total_of_another_table_counts_as_well() -> None:
    """The corners again; one more table tells that two of them on a diagonal hold 8 + 12 = 20 together.

    x and 4 + x are 20, so x is 8, and nothing is hidden any more.
    """
    published = Published.of(9, [*numbers(TABLE, CORNERS), ([3, 8], 20.0)])
    low, high = intervals(published, np.full(9, 190.0), CORNERS)
    assert low == pytest.approx([8, 22, 17, 12]) and high == pytest.approx(low)


def test_a_few_programs_prove_what_two_a_cell_would(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(1)
    table = chance.poisson(9, (12, 12))
    hidden = np.flatnonzero(chance.random(144) < 0.3).tolist()
    programs = []
    solve = Published.cheapest
    monkeypatch.setattr(
        Published, "cheapest", lambda self, cost, most: programs.append(1) or solve(self, cost, most)
    )
    knows, _ = hidden_from(table.tolist(), hidden, 5)
    few = len(programs)
    low, high = intervals(with_margins(table.tolist(), hidden), np.full(144, float(table.sum())), hidden)
    asked = table.ravel()[hidden] > 0
    assert knows == ((high - low >= 4 - 1e-6) & (high >= 5 - 1e-6))[asked].tolist()
    assert len(hidden) > 30 and few < len(hidden) * 2 * 2 / 2, (
        "two attackers, two programs a cell: half of it"
    )


def test_numbers_that_contradict_each_other_are_told() -> None:
    with pytest.raises(NjiaError, match="contradict each other"):
        intervals(Published.of(2, [([0, 1], 5), ([0], 6)]), np.array([9.0, 9]), [1])

"""Fitted leaves: worked by hand, against another solver, and closer to the truth than protected counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pytest
from scipy.optimize import nnls

from orchestration.core import NjiaError, load_publication_policy
from orchestration.core.policies import noise_table
from orchestration.statistics import LEAVES, fit_leaves, leaves, wrong_leaves

Leaf = tuple[str, str, str]
Cell = tuple[str, str | None, str | None, str | None]
Counts = dict[Cell, int]
TABLES = ("corridors", "total", "directions", "starts", "ends")
COLUMNS = (
    "period_id",
    "column_name",
    "table_name",
    "start_place_id",
    "end_place_id",
    "direction",
    "protected_count",
)
A_X, A_Y = ("A", "X", "within"), ("A", "Y", "within")
SQUARE = {A_X: 60, A_Y: 25, ("B", "X", "out_of"): 130, ("unknown", "unknown", "unknown"): 12}


def cells_of(leaf: Leaf) -> list[Cell]:
    """The cells that a leaf is part of, in the order of TABLES."""
    start, end, direction = leaf
    return [
        ("corridors", *leaf),
        ("total", None, None, None),
        ("directions", None, None, direction),
        ("starts", start, None, None),
        ("ends", None, end, None),
    ]


def sums(counts: Mapping[Leaf, int]) -> Counts:
    added: Counter[Cell] = Counter()
    for leaf, count in counts.items():
        for cell in cells_of(leaf):
            added[cell] += count
    return dict(added)


def of_one_leaf(*counts: int) -> Counts:
    return dict(zip(cells_of(A_X), counts, strict=True))


def table(cells: Mapping[Cell, int], year: str = "year-2024") -> pa.Table:
    rows = [
        dict(zip(COLUMNS, (year, "movement_count", *cell, count), strict=True))
        for cell, count in cells.items()
    ]
    texts = [(name, pa.string()) for name in COLUMNS[:-1]]
    return pa.Table.from_pylist(rows, schema=pa.schema([*texts, (COLUMNS[-1], pa.int32())]))


def leaf_counts(fitted: pa.Table) -> dict[Leaf, int]:
    rows = fitted.to_pylist()
    return {
        (row["start_place_id"], row["end_place_id"], row["direction"]): row["fitted_count"] for row in rows
    }


def fitted(cells: Mapping[Cell, int]) -> dict[Leaf, int]:
    return leaf_counts(fit_leaves(table(cells)))


def world(leaves: int, chance: np.random.Generator) -> dict[Leaf, int]:
    """True counts, most of them small; few starts and ends have most of them."""
    places, counts = int(leaves**0.5) + 2, dict[Leaf, int]()
    while len(counts) < leaves:
        start, end = (f"{side}{chance.zipf(1.4) % places}" for side in "se")
        counts[start, end, f"d{chance.integers(4)}"] = 1 + int(chance.negative_binomial(0.4, 0.03))
    return counts


def protected(true: Mapping[Cell, int], chance: np.random.Generator) -> Counts:
    """The counts with noise of the shipped table."""
    policy, drawn = load_publication_policy(), dict[Cell, int]()
    rows = {row: [(value, int(last, 16) + 1) for value, _, last in of] for row, of in noise_table().items()}
    for cell, count in true.items():
        row = 1 + (count >= policy["noise_row_2_from"]) + (count >= policy["noise_row_3_from"])
        at = chance.integers(1 << 32)
        drawn[cell] = count + next(value for value, end in rows[row] if at < end)
    return drawn


def test_consistent_counts_come_back() -> None:
    assert fitted(sums(SQUARE)) == SQUARE


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # A corridor of 12 within a start of 9: the mean of all five, 57 / 5 = 11.4.
        ((12, 12, 12, 9, 12), 11),
        # Counts of 40 and more have variance 9: (3 · 34 / 6 + 2 · 43 / 9) / (3 / 6 + 2 / 9) = 36.8.
        ((34, 43, 43, 34, 34), 37),
        # From 200 on it is 25: (4 · 190 / 9 + 240 / 25) / (4 / 9 + 1 / 25) = 194.1.
        ((190, 240, 190, 190, 190), 194),
        # A half goes up: (101 / 6 + 224 / 25) / (4 / 6 + 1 / 25) = 36.5.
        ((25, 224, 25, 25, 26), 37),
        # No count is negative.
        ((-3, 2, -1, -2, 0), 0),
        ((0, 0, 0, 0, 0), 0),
    ],
)
def test_one_leaf_is_the_weighted_mean_of_its_cells(counts: tuple[int, ...], expected: int) -> None:
    assert fitted(of_one_leaf(*counts)) == {A_X: expected}


def test_of_equal_remainders_the_first_goes_up() -> None:
    """Both leaves are 83 / 8 = 10.375, their sum 20.75: one of both gets what is missing to 21."""
    counts = sums({A_X: 10, A_Y: 10}) | dict.fromkeys(cells_of(A_X)[1:4], 21)
    assert fitted(counts) == {A_X: 11, A_Y: 10}


def test_a_leaf_is_held_at_zero_and_the_others_fit_what_remains() -> None:
    """Without bounds the optimum is 23.4 and -5.6, which round to 23; with them the others agree on 20."""
    counts = sums({A_X: 20, A_Y: 0}) | dict.fromkeys((("corridors", *A_Y), ("ends", None, "Y", None)), -9)
    assert fitted(counts) == {A_X: 20, A_Y: 0}


def test_no_rows_give_no_leaves() -> None:
    empty = table({})
    assert fit_leaves(empty) == LEAVES.empty_table()
    assert wrong_leaves(empty, LEAVES.empty_table()) == 0


def test_years_are_fitted_alone_and_other_tables_and_the_order_of_rows_have_no_effect() -> None:
    chance = np.random.default_rng(3)
    years = {year: protected(sums(world(30, chance)), chance) for year in ("year-2023", "year-2024")}
    cells = pa.concat_tables([table(counts, year) for year, counts in years.items()])
    others = table({("passings", "A", None, None): 400}, "year-2023")
    mixed = pa.concat_tables([cells, others]).take(chance.permutation(len(cells) + 1))
    found = fit_leaves(mixed)
    assert found == pa.concat_tables([fit_leaves(table(counts, year)) for year, counts in years.items()])
    assert found.schema == LEAVES and found == found.sort_by(
        [(name, "ascending") for name in LEAVES.names[:4]]
    )


@pytest.mark.parametrize(("leaf_number", "seed"), [(2, 1), (7, 2), (40, 3), (120, 4), (120, 5)])
def test_another_solver_finds_the_same(leaf_number: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    counts = protected(sums(world(leaf_number, chance)), chance)
    listed = sorted(cell[1:] for cell in counts if cell[0] == "corridors")
    members = np.array([[cell in cells_of(leaf) for leaf in listed] for cell in counts], dtype=float)  # type: ignore[arg-type]
    wanted = np.array(list(counts.values()), dtype=float)
    weights = 1 / np.sqrt(np.where(wanted < 40, 6, np.where(wanted < 200, 9, 25)))
    exact, _ = nnls(members * weights[:, None], wanted * weights, maxiter=10_000)
    found = fitted(counts)
    assert list(found) == listed
    assert sum(found.values()) == round(exact.sum())
    assert max(abs(np.array(list(found.values())) - exact)) < 1
    up = {leaf for leaf, real in zip(listed, exact, strict=True) if found[leaf] > real}  # type: ignore[index]
    rest = {leaf: real % 1 for leaf, real in zip(listed, exact, strict=True)}
    assert min([rest[leaf] for leaf in up], default=1) >= max(
        [rest[leaf] for leaf in listed if leaf not in up and rest[leaf] < 1 - 1e-6], default=0
    )


@pytest.mark.parametrize("leaf_number", [1, 50, 1000])
def test_right_leaves_are_proven_and_wrong_ones_counted(leaf_number: int) -> None:
    chance = np.random.default_rng(leaf_number)
    cells = table(protected(sums(world(leaf_number, chance)), chance))
    best = fit_leaves(cells)
    assert wrong_leaves(cells, best) == 0
    rows = best.to_pylist()
    changed = [*rows[1:], {**rows[0], "fitted_count": rows[0]["fitted_count"] + 1}]
    unknown = {**rows[0], "start_place_id": "elsewhere"}
    for given, number in (
        (changed, 1),
        (rows[1:], 1),
        ([*rows, rows[0]], 1),
        ([*rows, unknown], 1),
        ([*rows[1:], unknown], 2),
    ):
        assert wrong_leaves(cells, pa.Table.from_pylist(given, schema=LEAVES)) == number


def test_leaves_of_an_optimiser_that_misses_the_optimum_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = table(sums(SQUARE) | {("starts", "A", None, None): 79})
    optimum = leaves._optimum
    for miss in (1e-3, -1e-3):
        with monkeypatch.context() as patch:
            patch.setattr(leaves, "_optimum", lambda *given, miss=miss: optimum(*given) + miss)
            assert wrong_leaves(cells, fit_leaves(cells)) == len(SQUARE)


@pytest.mark.parametrize("cell", cells_of(A_X))
def test_a_cell_that_occurs_twice_is_refused(cell: Cell) -> None:
    cells = table(sums(SQUARE))
    with pytest.raises(NjiaError, match=rf"year-2024\|{cell[0]}\|.* occurs twice"):
        fit_leaves(pa.concat_tables([cells, table({cell: 3})]))


@pytest.mark.parametrize("cell", cells_of(("C", "Z", "into"))[2:])
def test_a_cell_without_a_corridor_is_refused(cell: Cell) -> None:
    with pytest.raises(NjiaError, match=rf"year-2024\|{cell[0]}\|[CZi].* has no corridor"):
        fit_leaves(table(sums(SQUARE) | {cell: 3}))


def test_sums_of_leaves_are_nearer_to_the_truth_than_protected_counts() -> None:
    chance = np.random.default_rng(11)
    true = world(150, chance)
    truth = sums(true)
    raw, fit = ({name: list[int]() for name in TABLES} for _ in range(2))
    for _ in range(20):
        counts = protected(truth, chance)
        added = sums(fitted(counts))
        for cell, count in counts.items():
            if count >= 10:
                raw[cell[0]].append((count - truth[cell]) ** 2)
                fit[cell[0]].append((added[cell] - truth[cell]) ** 2)
    errors = {name: (np.mean(fit[name]) / np.mean(raw[name])) ** 0.5 for name in TABLES}
    assert max(errors.values()) <= 1, errors
    assert errors["corridors"] < 0.9, errors

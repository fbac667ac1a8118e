"""What an edition prints: nothing that a reader with every table and a solver can work back, and no less."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from orchestration.disclosure import Contradiction, Protected, protect, tabulate
from orchestration.disclosure.suppression import PRINTED
from orchestration.errors import NjiaError
from tests.unit.disclosure_worlds import POLICY, grid, k_alone, possible, printed, told_by

K = 5
few = settings(max_examples=15, deadline=None, derandomize=True, database=None)
shapes = st.sampled_from([(6,), (2, 3), (3, 4), (2, 2, 2), (2, 2, 3)])
tables = shapes.flatmap(lambda shape: arrays.arrays(np.int64, shape, elements=st.one_of(st.integers(0, 9),
st.integers(5, 60))))  # fmt: skip


def reasons(protected: Protected, table: str = "grid") -> dict[tuple[str, ...], str]:
    whole = protected.table(table)
    return {
        tuple(str(row[one]) for one in whole.dimensions): row["reason"]
        for row in whole.cells.to_dict("records")
    }


def narrow(counts: np.ndarray, numbers: Mapping, guess: bool, protected: Protected) -> list:
    """Hidden cells with persons that whole numbers leave narrower than K - 1 (or certainly below K)."""
    cells = protected.table("grid").cells
    true = {
        tuple(row): persons
        for row, persons in zip(
            cells[[*"abc"[: counts.ndim]]].itertuples(index=False), cells["persons"], strict=True
        )
    }
    small = {cell: K - 1 for cell in true if guess and cell not in numbers and true[cell] < K}
    return [
        (cell, low, high)
        for cell, (low, high) in possible(counts, numbers, most=small).items()
        if true[cell] > 0 and (high - low < K - 1 or (high < K and not guess))
    ]


@few
@given(tables)
def test_no_random_table_leaves_a_hidden_cell_in_a_narrow_interval(counts: np.ndarray) -> None:
    protected = protect([grid(counts)], k_alone(K))
    numbers = printed(protected)
    assert min(numbers.values(), default=K) >= K
    if numbers:  # a reader of nothing does not know the grand total either
        assert narrow(counts, numbers, False, protected) == []
        assert narrow(counts, numbers, True, protected) == []


@few
@given(tables.map(lambda counts: counts + K))
def test_a_table_that_needs_no_suppression_loses_nothing(counts: np.ndarray) -> None:
    protected = protect([grid(counts)], k_alone(K))
    assert printed(protected) == {
        tuple(row[:-1]): row[-1]
        for row in grid(counts).cells[[*"abc"[: counts.ndim], "persons"]].itertuples(index=False)
    }
    assert protected.reports[0].rounds == 1


def test_a_cell_hidden_alone_in_its_row_and_column_takes_three_others_with_it() -> None:
    """By hand: 3 is hidden for itself; its row gives up the 20, its column the 21, and their crossing the
    40."""
    counts = [[3, 20, 50], [21, 40, 60], [52, 61, 70]]
    why = reasons(protect([grid(counts)], k_alone(K)))
    assert {cell: reason for cell, reason in why.items() if reason != PRINTED} == {
        ("a0", "b0"): "persons",
        ("a0", "b1"): "complementary",
        ("a1", "b0"): "complementary",
        ("a1", "b1"): "complementary",
    }


def test_the_order_of_rows_and_of_tables_changes_nothing() -> None:
    counts = np.random.default_rng(3).poisson(7, (6, 6))
    table, other = grid(counts), grid(counts.sum(axis=1), "by origin")
    shuffled = replace(table, cells=table.cells.sample(frac=1, random_state=1))
    one, two = protect([table, other], k_alone(K)), protect([other, shuffled], k_alone(K))
    assert reasons(one) == reasons(two) and one.printed_cells() == two.printed_cells()


def test_zero_is_never_printed_and_hides_like_any_other_cell() -> None:
    protected = protect([grid([[0, 30], [40, 0]])], k_alone(K))
    assert 0 not in printed(protected).values()
    assert reasons(protected)["a0", "b0"] == "persons"
    # A cell that nobody listed hides in the same way.
    listed = grid([[0, 30], [40, 0]]).cells.query("persons > 0")
    assert reasons(protect([replace(grid([[1]]), cells=listed)], k_alone(K))) == reasons(protected)


def test_a_cell_of_one_partner_or_of_two_is_hidden() -> None:
    rows = [("p", 30, "x"), ("p", 20, "y"), ("q", 20, "y"), *((one, 20, "z") for one in "pqr")]
    table = told_by(rows, "a", margins=False)
    assert [reasons(protect([table], POLICY), "told")[(one,)] for one in "xy"] == ["partners", "partners"]


def test_the_partner_edition_prints_five_persons_of_two_partners() -> None:
    rows = [(one, 3, place) for one in "pq" for place in "xyz"]
    table = told_by(rows, "a")
    assert set(reasons(protect([table], POLICY, "partner"), "told").values()) == {PRINTED}
    assert reasons(protect([table], POLICY), "told")[("x",)] == "persons"


@pytest.mark.parametrize(("third", "reason"), [(9, "dominance"), (10, PRINTED)])
def test_a_dominated_cell_is_hidden_by_the_p_percent_rule(third: int, reason: str) -> None:
    """By hand: 50 + 40 + 9; without the two largest 9 are left, a fifth of the largest is 10."""
    rows = [("p", 50, "x"), ("q", 40, "x"), ("r", third, "x")]
    assert reasons(protect([told_by(rows, "a", margins=False)], POLICY), "told")[("x",)] == reason


def test_few_records_are_hidden_however_many_persons_they_tell_of() -> None:
    table = grid([40, 50])
    cells = table.cells.assign(records=[4, 9, 13], partners=3, top1=20, top2=10)
    assert reasons(protect([replace(table, cells=cells)], POLICY))[("a0",)] == "records"


def test_a_row_that_one_destination_nearly_fills_hides_its_split_and_not_its_total() -> None:
    """96 of 100 from a0 went to b0: who knows that somebody left a0 would know where to."""
    counts = [[96, 4, 0], [40, 60, 70]]
    why = reasons(protect([grid(counts, attributes=("b",))], k_alone(2, attribute_share=0.95)))
    assert why["a0", "b0"] == "attribute" and why["a0", "*"] == PRINTED
    low = protect([grid(counts, attributes=("b",))], k_alone(2, attribute_share=0.95)).table("grid").cells
    dominant = low[(low["a"] == "a0") & (low["b"] == "b0")].iloc[0]
    assert dominant["low"] < 95, "nor do the other sums give it away"


def test_a_row_that_one_destination_nearly_fills_hides_its_split_though_its_total_is_hidden() -> None:
    """24 of 25 went to y: of the total one partner has too much, of the split just not."""
    rows = [("p", 15, "x", "y"), ("q", 6, "x", "y"), ("r", 3, "x", "y"), ("p", 1, "x", "z")]
    others = [(one, 40, "w", end) for one in "pqr" for end in "yz"]
    why = reasons(protect([told_by([*rows, *others], attributes=("b",))], POLICY), "told")
    assert why["x", "*"] == "dominance" and why["x", "y"] == "attribute"
    plain = reasons(protect([told_by([*rows, *others])], POLICY), "told")
    assert plain["x", "y"] == PRINTED, "but for that, the split might stand"


def test_a_partner_cannot_take_its_own_off_and_read_the_others() -> None:
    """p tells most of two hidden cells; a third hidden one gives the rest of the world room, or it is
    added."""
    rows = [
        *(("p", 9, "x"), ("p", 9, "y"), ("q", 1, "x"), ("r", 1, "y")),
        *((one, 40, place) for one in "pqrst" for place in "uvw"),
    ]
    table = told_by(rows, "a")
    with_partners = protect([table], POLICY)
    without = protect([replace(table, of_partners=None)], POLICY)
    assert reasons(without, "told")[("u",)] == PRINTED
    hidden = [cell for cell, why in reasons(with_partners, "told").items() if why == "complementary"]
    assert hidden, "x and y add up to 20, of which p knows 18: 2 are left, for both"


def test_a_cell_that_is_lost_already_does_not_end_the_search_for_what_partners_can_take_off() -> None:
    """The row above once more, beside one of which all but 3 persons were printed before."""
    rows = [
        *(("p", 9, "home", "x"), ("p", 9, "home", "y"), ("q", 1, "home", "x"), ("r", 1, "home", "y")),
        *((one, 40, row, place) for one in "pqrst" for row in ("home", "away") for place in "uvw"),
        *((one, 1, "away", "x") for one in "pqr"),
    ]
    before = {f"movements: a=away & b={place}": (200,) for place in "uvw"} | {"movements: a=away": (603,)}
    protected = protect([told_by(rows)], POLICY, printed=before)
    assert protected.reports[0].lost_before == ["a=away & b=x"]
    why = reasons(protected, "told")
    hidden = [cell for cell in why if cell[0] == "home" and why[cell] == "complementary"]
    assert hidden, "x and y of home add up to 20, of which p knows 18"


def test_public_table_and_partner_report_together_tell_no_more_than_the_partner_report_may() -> None:
    counts = np.random.default_rng(5).poisson(8, (4, 4))
    policy = replace(k_alone(K), public=replace(k_alone(10).public))
    public = protect([grid(counts)], policy)
    partner = protect(
        [grid(counts)],
        policy,
        "partner",
        printed={cell: (value,) for cell, value in public.printed_cells().items()},
    )
    both = {**printed(public), **printed(partner)}
    assert narrow(counts, both, False, partner) == []


def test_a_year_in_one_table_does_not_tell_a_quarter_hidden_in_another() -> None:
    """Quarters 3, 20, 30, 40; the year, 93, stands in another table: without groups nobody would tie them."""
    quarters, year = grid([3, 20, 30, 40], "quarters", "q"), grid([93], "years", "q")
    quarters = replace(quarters, cells=quarters.cells.query("q != '*'"))
    year = replace(year, cells=year.cells.query("q != '*'").assign(q="y"))
    tied = protect([quarters, year], k_alone(K), groups={"q": {"y": ["q0", "q1", "q2", "q3"]}})
    assert printed(tied, "years") == {("y",): 93}
    assert printed(tied, "quarters") == {("q2",): 30, ("q3",): 40}
    assert printed(protect([quarters], k_alone(K)), "quarters") == {("q1",): 20, ("q2",): 30, ("q3",): 40}


def test_tables_of_another_universe_are_not_tied() -> None:
    table = grid([3, 20, 30])
    apart = replace(grid([3, 20, 30], "other"), universe="transit")
    both = protect([table, apart], k_alone(K))
    assert printed(both) == printed(both, "other") and len(both.reports) == 2
    assert {key.split(":")[0] for key in both.printed_cells()} == {"movements", "transit"}


def test_a_movement_of_two_partners_counts_its_persons_once() -> None:
    told = pd.DataFrame(
        [(1, "p", 3, 1, "x"), (1, "q", 3, 2, "x"), (2, "q", 4, 1, "x"), (3, "p", 5, 1, "y")],
        columns=["movement_id", "partner", "persons", "records", "a"],
    )
    cells = tabulate("t", told, ["a"]).cells.set_index("a")
    assert cells.loc["x", ["persons", "records", "partners", "top1", "top2"]].tolist() == [7, 4, 2, 7, 3]
    assert cells.loc["*", ["persons", "records", "partners", "top1", "top2"]].tolist() == [12, 5, 2, 8, 7]


def test_tables_that_tell_one_cell_differently_are_refused_with_its_name() -> None:
    wrong = grid([[9, 9], [9, 9]], "other")
    wrong.cells.loc[wrong.cells["persons"] == 36, "persons"] = 37
    with pytest.raises(Contradiction, match=r"other .* cell all"):
        protect([grid([[9, 9], [9, 9]]), wrong], k_alone(K))


def test_a_table_finer_than_the_edition_may_tell_is_refused() -> None:
    table = grid([50, 60], levels={"a": "month"})
    with pytest.raises(NjiaError, match=r"by month; the public edition tells it by\s+quarter"):
        protect([table], POLICY)
    protect([table], POLICY, "partner")
    with pytest.raises(NjiaError, match="by quarter"):
        protect([replace(table, of_children=True)], POLICY, "partner")
    with pytest.raises(NjiaError, match="children only"):
        protect([grid([50, 60], of_children=True)], POLICY)


def test_what_the_manifest_says_counts_and_names_no_hidden_cell() -> None:
    told = json.dumps(protect([grid([[3, 20, 50], [21, 40, 60], [52, 61, 70]])], k_alone(K)).for_manifest())
    assert '"complementary": 3' in told and '"persons": 1' in told and "a0" not in told

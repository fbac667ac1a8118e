"""What was printed once stays known: the ledger, and what two and ten releases tell together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.disclosure import Protected, append_to_ledger, protect, read_ledger, small_changes
from orchestration.disclosure.carrying import derived_changes
from orchestration.disclosure.system import Line
from orchestration.errors import NjiaError
from tests.unit.disclosure_worlds import POLICY, grid, k_alone, possible, printed, told_by

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
K = 10


def releases(folder: Path, counts: Sequence[np.ndarray]) -> list[Protected]:
    """One release after the other, each knowing what the ledger holds of those before."""
    found = []
    for number, one in enumerate(counts):
        protected = protect([grid(one)], k_alone(K), printed=read_ledger(folder).printed)
        append_to_ledger(folder, f"release-{number}", protected.printed_cells(), NOON)
        found.append(protected)
    return found


def test_a_printed_cell_that_changes_by_one_keeps_its_old_value_and_is_marked(tmp_path: Path) -> None:
    """57 and then 58 would tell that one person came to this place."""
    before, after = releases(tmp_path, [np.array([57, 40]), np.array([58, 60])])
    assert printed(before) == {("a0",): 57, ("a1",): 40, ("*",): 97}
    assert printed(after) == {("a0",): 57, ("*",): 118}, "60 taken off the total would tell the 58"
    marks = after.table("grid").printed().set_index("a")["is_carried"].to_dict()
    assert marks == {"a0": True, "*": False}


def test_an_earlier_value_counts_as_much_as_the_last() -> None:
    """20, then 31; 21 is ten from the last and one from the first."""
    assert small_changes({"x": 21}, {"x": (20, 31)}, K) == ["x"]
    assert small_changes({"x": 20, "y": 3}, {"x": (20, 31)}, K) == []


def test_a_printed_cell_that_falls_below_ten_stays_as_it_was(tmp_path: Path) -> None:
    """10 and then hidden would tell that somebody was taken out. What was printed is known anyway."""
    _, after = releases(tmp_path, [np.array([10, 40]), np.array([9, 40])])
    assert printed(after)[("a0",)] == 10


@settings(max_examples=3, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 10**6))
def test_no_two_of_ten_releases_differ_in_a_cell_by_one_to_nine(seed: int) -> None:
    """Persons come and go a few at a time; every pair of the ten is laid side by side."""
    chance = np.random.default_rng(seed)
    counts = [chance.poisson(15, (3, 3))]
    for _ in range(9):
        counts.append(np.maximum(counts[-1] + chance.integers(-3, 5, (3, 3)), 0))
    known: dict[str, tuple[int, ...]] = {}
    told = []
    for one in counts:
        protected = protect([grid(one)], k_alone(K), printed=known)
        told.append(protected.printed_cells())
        for cell, value in told[-1].items():
            known[cell] = (*known.get(cell, ()), value)
    pairs = [
        abs(old[cell] - new[cell]) for old, new in combinations(told, 2) for cell in old.keys() & new.keys()
    ]
    assert pairs and not [change for change in pairs if 0 < change < K]
    assert all(value >= K for one in told for value in one.values())


def test_a_cell_printed_before_counts_against_what_is_hidden_now(tmp_path: Path) -> None:
    """All could be printed first. Then the 12 became 1; what the old numbers and the new ones leave is attacked."""
    before, after = np.array([[12, 30], [30, 30]]), np.array([[1, 30], [30, 30]])
    first, second = releases(tmp_path, [before, after])
    assert len(printed(first)) == 9 and ("a0", "b0") not in printed(second)
    together = {cell: value for cell, value in printed(first).items() if cell != ("a0", "b0")}
    unchanged = {cell: value for cell, value in printed(second).items() if together.get(cell) == value}
    low, high = possible(after, unchanged)["a0", "b0"]
    assert high - low >= K - 1


def test_a_change_of_two_is_not_told_by_what_its_total_and_its_neighbours_changed_by() -> None:
    """The total grew by 12, a1 by 10, a2 not at all: printing both changes would tell that a0 grew by 2."""
    before = {"movements: all": (100,), "movements: a=a1": (40,), "movements: a=a2": (51,)}
    after = printed(protect([grid([11, 50, 51])], k_alone(K), printed=before))
    assert after[("a2",)] == 51 and not {("a1",), ("*",)} <= after.keys()
    assert printed(protect([grid([11, 50, 51])], k_alone(K))).keys() >= {("a1",), ("*",)}, (
        "nothing else is wrong"
    )


def test_no_rule_over_printed_numbers_says_when_a_whole_system_may_be_printed_anew() -> None:
    """Twice the same two versions, which differ by nobody or by twelve. Once three partners sent four late records
    each. Once one partner sent eleven, takes them off, and knows of the one person that another one sent. Only who
    keeps what each partner had in the first version can tell the two apart."""
    base = [(f"p{at % 3}", 1, a, b) for a, b in product(("a0", "a1"), ("b0", "b1")) for at in range(30)]
    before = protect([told_by(base)], POLICY)
    seen = []
    for sent in ({"p0": 4, "p1": 4, "p2": 4}, {"p0": 11, "p1": 1}):
        late = [(partner, persons, "a0", "b0") for partner, persons in sent.items()]
        seen.append(printed(protect([told_by([*base, *late])], POLICY), "told"))
    assert seen[0] == seen[1]
    changes = {seen[1][cell] - value for cell, value in printed(before, "told").items()}
    assert len(seen[0]) == 9 and changes == {0, 12}
    assert {12 - own for own in sent.values()} == {1, 11}


def test_changes_follow_by_subtraction_over_several_lines() -> None:
    lines = [Line("a", 0, np.array([1, 2, 3])), Line("b", 1, np.array([4, 5]))]
    assert derived_changes(lines, {0: 24, 2: 12, 3: 10, 4: -5}) == {1: 2, 5: 7}
    assert derived_changes(lines, {0: 24, 2: 12}) == {}


def test_cells_that_earlier_releases_gave_away_are_counted_and_refuse_nothing() -> None:
    """A policy of 2 printed all but one; under 10 the rest cannot be called back."""
    lax = protect([grid([[1, 30], [30, 30]])], k_alone(2))
    known = {cell: (value,) for cell, value in lax.printed_cells().items()} | {"movements: all": (91,)}
    for key in ("a=a0", "b=b0", "a=a0 & b=b1", "a=a1 & b=b0"):
        known[f"movements: {key}"] = ({"a=a0": 31, "b=b0": 31}.get(key, 30),)
    strict = protect([grid([[1, 30], [30, 30]])], k_alone(K), printed=known)
    assert strict.for_manifest()["systems"][0]["known_from_earlier_releases"] == 1
    assert printed(strict)["a0", "*"] == 31


def test_the_ledger_holds_every_value_in_order_and_each_only_once(tmp_path: Path) -> None:
    for number, value in enumerate((20, 20, 31, 20)):
        append_to_ledger(tmp_path, f"r{number}", {"m: x": value}, NOON)
    ledger = read_ledger(tmp_path)
    assert ledger.printed == {"m: x": (20, 31, 20)} and ledger.values() == {"m: x": 20}
    assert ledger.releases == ["r0", "r1", "r2", "r3"]


def test_the_same_release_is_noted_once_and_never_with_other_cells(tmp_path: Path) -> None:
    head = append_to_ledger(tmp_path, "r", {"m: x": 20}, NOON)
    assert append_to_ledger(tmp_path, "r", {"m: x": 20}, NOON) == head
    with pytest.raises(NjiaError, match="printed once"):
        append_to_ledger(tmp_path, "r", {"m: x": 40}, NOON)


@pytest.mark.parametrize("harm", ["changed", "first gone", "last gone", "cut"])
def test_a_ledger_that_was_tampered_with_is_refused(tmp_path: Path, harm: str) -> None:
    for number in range(3):
        head = append_to_ledger(tmp_path, f"r{number}", {"m: x": 20 * (number + 1)}, NOON)
    first, second, last = sorted(tmp_path.iterdir())
    if harm == "changed":
        second.write_text(second.read_text().replace("40", "41"))
    elif harm == "cut":
        second.write_text(second.read_text()[:-20])
    else:
        (first if harm == "first gone" else last).unlink()
    with pytest.raises(NjiaError, match="ledger of printed cells"):
        read_ledger(tmp_path, [head])


def test_an_empty_ledger_holds_nothing(tmp_path: Path) -> None:
    assert read_ledger(tmp_path / "ledger").printed == {}

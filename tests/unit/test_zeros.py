"""Zeros that words tell: attacked from inside, remembered over releases, and read back by the gate."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestration import disclosure
from orchestration.disclosure.nobody import is_safe_beside
from orchestration.gates.printed_profile import cells_open
from orchestration.settings import Settings
from tests.unit.disclosure_worlds import grid, k_alone, possible, printed
from tests.unit.release_world import settings_in
from tests.unit.test_printed_news import ALL, counts, novelty
from tests.unit.test_printed_tables import EMPTY, LAG_PASSED, aggregates, told, written

POLICY = disclosure.load_disclosure_policy()
NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)
ROUNDS = pd.DataFrame(
    [(f"round-{year}", "round", date(year, 6, 1), date(year, 6, 30), True) for year in (2022, 2023, 2024)],
    columns=["period_id", "period_kind", "period_from", "period_to", "is_complete"],
)
OLD = "route_report 2022-06-01..2022-06-30"


def of_partner(partner: str, cells: dict[tuple[str, str], int], first: int = 0) -> pd.DataFrame:
    rows = told(cells, "route_report", "round-2022")
    return rows.assign(partner=partner, movement_id=rows["movement_id"] + first)


# One partner has nearly all who went to Y. The others of A went to X or to Z.
OTHERS = pd.concat(
    [
        of_partner(f"other_{at}", {("A", "X"): 4, ("B", "X"): 10, ("B", "Z"): 6, ("C", "X"): 7, ("C", "Z"): 5}, at * 100)
        for at in range(3)
    ],
    ignore_index=True,
)  # fmt: skip
INSIDER = of_partner("insider", {("A", "Y"): 12, ("B", "Y"): 15}, 1000)
SPREAD = INSIDER.assign(partner=[f"other_{at % 3}" for at in range(len(INSIDER))])
TOTALS = {
    ("A", "*"): 24, ("B", "*"): 63, ("C", "*"): 36, ("*", "X"): 63, ("*", "Y"): 27, ("*", "Z"): 33, ALL: 123,
}  # fmt: skip


@pytest.mark.parametrize("is_inside", [True, False])
def test_a_zero_that_opens_a_cell_to_one_partner_alone_is_found(is_inside: bool) -> None:
    """Of A's 24 the partner takes off its 12 to Y; nobody else went to Y. Nobody to Z: the other 12 went to X."""
    rows = pd.concat([OTHERS, INSIDER if is_inside else SPREAD], ignore_index=True)
    assert is_safe_beside(TOTALS, {("A", "Z")}, rows, POLICY.public) is not is_inside
    assert is_safe_beside(TOTALS, {}, rows, POLICY.public)


def test_a_zero_told_before_that_is_not_true_any_more_refuses_no_release(tmp_path: Path) -> None:
    """Thirty came late, of one partner: that of a round that is printed now, or of one whose counts are old."""
    told_then = {f"news of {OLD.replace('2022', '2023')}: panel_confirmed any corridor:A>Z": (1,)}
    totals = {f"{OLD}: all": (123,), f"{OLD}: origin_place_id=A": (24,)}
    late = of_partner("insider", {("A", "Z"): 30}, 5000)
    rows = pd.concat([OTHERS, INSIDER, late], ignore_index=True)
    for number, (printed_then, shown) in enumerate((({}, {ALL: 153}), (totals, TOTALS))):
        ledger = disclosure.Ledger({**told_then, **printed_then}, ["r"], "")
        printing = disclosure.printing_of("public", POLICY, ROUNDS, LAG_PASSED, ledger)
        file = _file(tmp_path / f"{number}.duckdb", ["A>Z"], shown)
        assert cells_open(file, "public", rows, printing) == 0


@pytest.mark.parametrize("is_inside", [True, False])
def test_so_it_is_where_the_counts_are_known(is_inside: bool) -> None:
    rows = pd.concat([OTHERS, INSIDER if is_inside else SPREAD], ignore_index=True)
    shown = counts({"round-2022": TOTALS}).merge(ROUNDS, on="period_id")
    printing = disclosure.printing_of("public", POLICY, ROUNDS, LAG_PASSED, EMPTY)
    zeros = {OLD: frozenset({("A", "Z")})}
    assert disclosure.audit_counts(rows, shown, printing).is_safe
    found = disclosure.audit_counts(rows, shown, printing, zeros)
    assert found.is_safe is not is_inside
    assert disclosure.opened(rows, shown, printing, zeros) == ({OLD} if is_inside else set())


def test_a_zero_that_the_counts_contradict_is_found() -> None:
    rows = pd.concat([OTHERS, SPREAD], ignore_index=True)
    shown = counts({"round-2022": TOTALS}).merge(ROUNDS, on="period_id")
    printing = disclosure.printing_of("public", POLICY, ROUNDS, LAG_PASSED, EMPTY)
    found = disclosure.audit_counts(rows, shown, printing, {OLD: frozenset({("A", "X")})})
    assert "nobody" in found.contradictions[OLD]


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 10**6))
def test_counts_withstand_the_zeros_that_were_told_before_them(seed: int) -> None:
    """Bounds by another solver that is given the printed numbers and the zeros."""
    chance = np.random.default_rng(seed)
    cube = chance.poisson(12, (3, 3)) * chance.integers(0, 2, (3, 3))
    empty = [tuple(map(int, place)) for place in np.argwhere(cube == 0)]
    assume(empty)
    zeros = {(f"a{a}", f"b{b}"): 0 for a, b in empty[:2]}
    known = {f"movements: a={a} & b={b}": (0,) for a, b in zeros}
    shown = printed(disclosure.protect([grid(cube)], k_alone(10), printed=known))
    if not any(shown.values()):
        return
    for cell, (low, high) in possible(cube, {**shown, **zeros}).items():
        assert high == 0 or high - low >= 9 or _size(cube, cell) == 0, cell


def _size(cube: np.ndarray, cell: tuple[str, ...]) -> int:
    at = tuple(slice(None) if one == "*" else int(one[1:]) for one in cell)
    return int(np.sum(cube[at]))


# --- two releases -----------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


Rounds = dict[int, dict[tuple[str, str], int]]
Told = list[tuple[object, ...]]


def release(
    home: Settings, rounds: Rounds, items: pd.DataFrame, ledger: disclosure.Ledger = EMPTY,
    edition: str = "public",
) -> tuple[Told, disclosure.Ledger]:  # fmt: skip
    """What a release tells of rounds, and the ledger with it."""
    rows = pd.concat([told(cells, "route_report", f"round-{year}") for year, cells in rounds.items()])
    given_tables = aggregates(
        int_told=rows.assign(movement_id=range(len(rows))), int_periods=ROUNDS, mart_novelty=items
    )
    disclosure.disclose(home, given_tables, LAG_PASSED, ledger)
    news = pd.DataFrame(written(home, "news")).reindex(columns=["record_grain", "period_id", "role", "item_kind", "item", "evidence_class"])  # fmt: skip
    cells = pd.DataFrame(written(home, "counts"))
    closed = cells[["record_grain", "period_id"]].drop_duplicates()
    named = pd.concat([news, closed]).merge(ROUNDS, on="period_id")
    noted = disclosure.printed_cells(cells.merge(ROUNDS, on="period_id")) | disclosure.news_cells(named)
    disclosure.append_to_ledger(home.ledger, f"release-{len(list(home.ledger.glob('*')))}", noted, NOON)
    rows = [(one["item"], one["round"], one["evidence_class"]) for one in written(home, "news", edition)]
    return rows, disclosure.read_ledger(home.ledger)


LARGE_2022 = {("A", "X"): 60, ("B", "X"): 50}
LARGE_2023 = {("A", "X"): 60, ("C", "X"): 50, ("E", "X"): 50}
FIRST_TOLD = novelty(
    ("county", "A", "origin", "2022", "baseline"),
    ("county", "C", "origin", "2023", "panel_confirmed"),
    ("county", "E", "origin", "2023", "panel_confirmed"),
)
TOLD_FIRST = [("A", "2022", "baseline"), ("C", "2023", "panel_confirmed"), ("E", "2023", "panel_confirmed")]


def test_what_was_told_of_a_round_is_told_again_whatever_comes_late(home: Settings) -> None:
    """One person came from C in 2022 after all: a "new" that goes away would tell of that person."""
    first, ledger = release(home, {2022: LARGE_2022, 2023: LARGE_2023}, FIRST_TOLD)
    assert first == TOLD_FIRST
    late = novelty(
        ("county", "A", "origin", "2022", "baseline"),
        ("county", "B", "origin", "2022", "baseline"),
        ("county", "C", "origin", "2022", "baseline"),
        ("county", "C", "origin", "2023", "seen_before"),
        ("county", "E", "origin", "2023", "panel_confirmed"),
    )
    again, ledger = release(home, {2022: {**LARGE_2022, ("C", "X"): 1}, 2023: LARGE_2023}, late, ledger)
    assert again == first
    assert release(home, {2022: LARGE_2022}, FIRST_TOLD.head(0), ledger)[0] == first, "erased since"


def test_a_round_of_a_ledger_without_words_is_told_of_once(home: Settings) -> None:
    """Homes of before: counts of the round are in the ledger, and nothing of its news."""
    _, ledger = release(home, {2022: LARGE_2022, 2023: LARGE_2023}, FIRST_TOLD)
    bare = {cell: values for cell, values in ledger.printed.items() if not cell.startswith("news of ")}
    old = disclosure.Ledger(bare, ledger.releases, ledger.head)
    assert release(home, {2022: LARGE_2022, 2023: LARGE_2023}, FIRST_TOLD, old)[0] == TOLD_FIRST


def test_two_zeros_of_two_releases_are_taken_together(home: Settings) -> None:
    """In 2022 B, C and D share what A leaves of the total, as far as anybody knows. C was told to be nobody: of D
    it would tell B exactly. That somebody of C came late does not matter: that was not printed."""
    shared = {
        2022: {("A", "X"): 60, ("A", "Y"): 30, ("B", "X"): 9, ("B", "Y"): 1, ("C", "X"): 1}, 2023: LARGE_2023,
    }  # fmt: skip
    later = {**shared, 2024: {("A", "X"): 60, ("D", "X"): 50, ("F", "X"): 50}}
    new = novelty(*(("county", place, "origin", "2024", "panel_confirmed") for place in ("D", "F")))
    hidden = {
        f"{OLD}: all": (100,), f"{OLD}: origin_place_id=A": (90,),
        f"{OLD.replace('2022', '2023')}: all": (110,),
    }  # fmt: skip
    before = disclosure.Ledger(hidden, ["r"], "")
    told_c = {f"news of {OLD.replace('2022', '2023')}: panel_confirmed origin county:C": (1,)}
    after = disclosure.Ledger({**hidden, **told_c}, ["r"], "")
    assert ("D", "2024", "panel_confirmed") in release(home, later, new, before)[0]
    assert ("D", "2024", "panel_confirmed") not in release(home, later, new, after)[0]


def test_a_place_named_for_the_first_time_says_nothing_of_its_county(home: Settings) -> None:
    """B is named at county level for the first time; its towns were there before, and count in the county."""
    first = novelty(*(("place", place, "origin", "2023", "panel_confirmed") for place in ("B", "C")))
    rounds = {2022: {**LARGE_2022, ("C", "X"): 50}, 2023: {**LARGE_2023, ("B", "X"): 50}}
    found, ledger = release(home, rounds, first)
    assert found == [("B", "2023", "panel_confirmed"), ("C", "2023", "panel_confirmed")]
    assert disclosure.printing_of("public", POLICY, ROUNDS, LAG_PASSED, ledger).zeros == {}


def test_members_count_what_the_public_was_told(home: Settings) -> None:
    """The zeros of the public edition are known to readers of the report, whose cells are others."""
    _, ledger = release(home, {2022: LARGE_2022, 2023: LARGE_2023}, FIRST_TOLD)
    printing = disclosure.printing_of("partner", POLICY, ROUNDS, LAG_PASSED, ledger)
    assert printing.zeros == {OLD: frozenset({("C", "*"), ("E", "*")})}


def test_what_is_counted_later_withstands_what_was_told_before(home: Settings) -> None:
    """Nobody went from A to X, as a later round tells. Beside Y's printed cells that would tell A's 15 to Z."""
    cells = {
        ("A", "Z"): 15, ("B", "X"): 10, ("B", "Y"): 11, ("B", "Z"): 15, ("C", "X"): 13, ("C", "Y"): 13, ("C", "Z"): 13,
    }  # fmt: skip
    rows = told(cells, "route_report", "round-2022")
    zero = {f"news of {OLD.replace('2022', '2023')}: panel_confirmed any corridor:A>X": (1,)}
    for ledger, is_safe in ((disclosure.Ledger(zero, ["r"], ""), True), (EMPTY, False)):
        disclosure.disclose(home, aggregates(int_told=rows, int_periods=ROUNDS), LAG_PASSED, ledger)
        shown = pd.DataFrame(written(home, "counts", "partner")).merge(ROUNDS, on="period_id")
        assert (shown["person_count"] > 0).all()
        printing = disclosure.printing_of("partner", POLICY, ROUNDS, LAG_PASSED, ledger)
        zeros = {OLD: frozenset({("A", "X")})}
        assert disclosure.audit_counts(rows, shown, printing, zeros).is_safe is is_safe


# --- the gate ---------------------------------------------------------------------------------------------


def _file(path: Path, new: list[str], shown: dict[tuple[str, str], int] = TOTALS) -> Path:
    """An evidence base with the totals of a round, and these corridors named new in the next."""
    with duckdb.connect(str(path)) as con:
        con.execute("create schema public")
        con.register("cells", counts({"round-2022": shown}))
        con.register("periods", ROUNDS)
        con.execute("create table public.public_periods as select * from periods")
        con.execute(
            """create table public.public_ends as select record_grain, period_id, person_count,
            case when origin_place_id <> '*' then 'origin' when destination_place_id <> '*' then 'destination'
            else 'any' end as role,
            case when origin_place_id <> '*' then origin_place_id else destination_place_id end as place_id
            from cells"""
        )
        for table in ("corridors", "children"):
            con.execute(
                f"create table public.public_{table} as select *, 'x' as role, 'x' as place_id from cells limit 0"
            )
        items = novelty(*(("corridor", one, "any", "2023", "panel_confirmed") for one in new))
        con.register("items", items)
        con.execute("create table public.public_novelty as select * from items")
        con.execute(
            "create table public.public_corridor_shifts as select 'x' as corridor_id, 'x' as record_grain, "
            "'x' as baseline_window, 'x' as current_window, 'x' as status limit 0"
        )
    return path


@pytest.mark.parametrize("is_printed_before", [True, False])
def test_the_gate_enters_the_zeros_of_the_files(tmp_path: Path, is_printed_before: bool) -> None:
    rows = pd.concat([OTHERS, INSIDER], ignore_index=True)
    if is_printed_before:
        before = disclosure.printed_cells(counts({"round-2022": TOTALS}).merge(ROUNDS, on="period_id"))
        disclosure.append_to_ledger(tmp_path / "ledger", "r", before, NOON)
    ledger = disclosure.read_ledger(tmp_path / "ledger")
    printing = disclosure.printing_of("public", POLICY, ROUNDS, LAG_PASSED, ledger)
    assert cells_open(_file(tmp_path / "a.duckdb", []), "public", rows, printing) == 0
    assert cells_open(_file(tmp_path / "b.duckdb", ["A>Z"]), "public", rows, printing) == 1

"""What is new, gone or seen again: told only of what is large, and only where nobody's cell opens no other."""

from __future__ import annotations

import pandas as pd
import pytest

from orchestration import disclosure
from orchestration.disclosure.nobody import is_safe_beside
from orchestration.disclosure.printed_lines import LINES, told_completeness
from orchestration.disclosure.printed_news import told_news
from tests.unit.test_printed_tables import EMPTY, LAG_PASSED, told

POLICY = disclosure.load_disclosure_policy()
FIRST, SECOND = "round-2023", "round-2024"
PERIODS = pd.DataFrame(
    [
        (FIRST, "round", pd.Timestamp("2023-06-01"), pd.Timestamp("2023-06-30"), True),
        (SECOND, "round", pd.Timestamp("2024-06-01"), pd.Timestamp("2024-06-30"), True),
        ("2023", "year", pd.Timestamp("2023-01-01"), pd.Timestamp("2023-12-31"), True),
        ("2024", "year", pd.Timestamp("2024-01-01"), pd.Timestamp("2024-12-31"), True),
    ],
    columns=["period_id", "period_kind", "period_from", "period_to", "is_complete"],
)
ALL = ("*", "*")


def printing(edition: str = "public", ledger: disclosure.Ledger = EMPTY) -> disclosure.Printing:
    return disclosure.printing_of(edition, POLICY, PERIODS, LAG_PASSED, ledger)


def counts(cells: dict[str, dict[tuple[str, str], int]], grain: str = "route_report") -> pd.DataFrame:
    rows = [
        (grain, period, "all", *cell, persons) for period, of in cells.items() for cell, persons in of.items()
    ]
    columns = ["record_grain", "period_id", "population", "origin_place_id", "destination_place_id"]
    return pd.DataFrame(rows, columns=[*columns, "person_count"])


def novelty(*rows: tuple[str, str, str, str, str]) -> pd.DataFrame:
    columns = ["item_kind", "item", "role", "round", "evidence_class"]
    return pd.DataFrame(rows, columns=columns).assign(record_grain="route_report")


def shifts(*rows: tuple[str, str]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["corridor_id", "status"])
    return found.assign(level="od", record_grain="case", baseline_window="2023", current_window="2024")


def news(
    printed: pd.DataFrame,
    items: pd.DataFrame | None = None,
    moved: pd.DataFrame | None = None,
    edition: str = "public",
    rows: pd.DataFrame | None = None,
    ledger: disclosure.Ledger = EMPTY,
) -> set[str]:
    frames = {
        "int_told": told({("A", "X"): 1}).head(0) if rows is None else rows,
        "int_movement_forms": pd.DataFrame({"movement_id": [], "form_label": []}),
        "mart_novelty": novelty() if items is None else items,
        "mart_corridor_shifts": shifts() if moved is None else moved,
    }
    no_lines = pd.DataFrame(columns=LINES.names)
    named, corridors = told_news(frames, printed, no_lines, printing(edition, ledger))
    return {f"{row.role} {row.item_kind}:{row.item} {row.period_id}" for row in named.itertuples()} | {
        f"{row.counting_role} {row.counting_id} {row.period_id}" for row in corridors.itertuples()
    }


def test_an_item_is_named_only_where_its_count_is_printed() -> None:
    printed = counts({FIRST: {("A", "*"): 30, ALL: 90}})
    items = novelty(
        ("county", "A", "origin", "2023", "baseline"),
        ("county", "B", "origin", "2023", "baseline"),
        ("county", "A", "destination", "2023", "baseline"),
        ("county", "A", "any", "2023", "baseline"),
    )
    assert news(printed, items) == {f"origin county:A {FIRST}"}


def test_a_county_of_which_nothing_finer_was_named_is_not_told_by_the_count_of_its_towns() -> None:
    """77 persons came from A with its towns; how many from A and no town named, no printed cell counts."""
    items = novelty(
        ("county", "A", "origin", "2023", "baseline"),
        ("place", "A", "origin", "2023", "panel_confirmed"),
    )
    assert news(counts({FIRST: {("A", "*"): 77, ALL: 90}}), items) == {f"origin county:A {FIRST}"}


def test_that_it_was_seen_before_is_told_only_where_it_was_large_then() -> None:
    items = novelty(
        ("county", "A", "origin", "2023", "baseline"),
        ("county", "A", "origin", "2024", "seen_before"),
        ("county", "B", "origin", "2023", "baseline"),
        ("county", "B", "origin", "2024", "seen_before"),
    )
    printed = counts({FIRST: {("A", "*"): 30, ALL: 90}, SECOND: {("A", "*"): 30, ("B", "*"): 30, ALL: 90}})
    assert news(printed, items) == {f"origin county:A {FIRST}", f"origin county:A {SECOND}"}


NEW_BESIDE = ("county", "E", "origin", "2024", "panel_confirmed")
NEW_COUNTY, NEW_WAY = ("county", "C", "origin", "2024", "panel_confirmed"), ("corridor", "C>X", "any", "2024", "panel_confirmed")  # fmt: skip


@pytest.mark.parametrize(
    "silent",
    [("county", "B", "origin"), ("county", "B", "destination"), ("corridor", "B>X", "any")],
    ids=" ".join,
)
def test_nothing_is_told_new_beside_what_was_seen_before_by_a_few(silent: tuple[str, str, str]) -> None:
    """Beside "new" of C, B without a word would be known as named in 2023, by 1 to k - 1. A new end tells its ways to
    be new, so that a way without a word tells as much."""
    cells = {
        ("A", "*"): 30,
        ("B", "*"): 30,
        ("*", "B"): 30,
        ("B", "X"): 30,
        ("C", "*"): 30,
        ("C", "X"): 30,
        ("E", "*"): 30,
        ALL: 120,
    }
    printed = counts({FIRST: {("A", "*"): 60, ALL: 90}, SECOND: cells})
    again = [("county", "A", "origin", "2023", "baseline"), ("county", "A", "origin", "2024", "seen_before")]
    rows = told({("A", "X"): 60, ("B", "X"): 20, ("D", "X"): 10}, "route_report", FIRST)
    seen = {f"origin county:A {FIRST}", f"origin county:A {SECOND}"}
    new = {f"origin county:C {SECOND}", f"any corridor:C>X {SECOND}", f"origin county:E {SECOND}"}
    items = *again, NEW_COUNTY, NEW_WAY, NEW_BESIDE
    assert news(printed, novelty(*items), rows=rows) == seen | new
    few = (*silent, "2023", "baseline"), (*silent, "2024", "seen_before")
    assert news(printed, novelty(*items, *few), rows=rows) == seen


@pytest.mark.parametrize(
    ("beside", "is_told"),
    [
        ([], False),
        ([NEW_WAY], False),  # the way of a new county is no second thing
        ([("place", "bp-c", "origin", "2024", "panel_confirmed")], False),  # it may lie in the county
        ([("corridor", "A>X", "any", "2024", "panel_confirmed")], True),
        ([("county", "X", "destination", "2024", "panel_confirmed")], True),
        ([NEW_BESIDE], True),
    ],
)
def test_one_thing_alone_is_not_told_new(beside: list[tuple[str, str, str, str, str]], is_told: bool) -> None:
    """Else, of a round that names one thing without a word, the word that is missing would say that somebody was
    there before. So the silence of one is either."""
    now = {("C", "*"): 30, ("C", "X"): 30, ("A", "X"): 30, ("*", "X"): 60, ("E", "*"): 30, ("bp-c", "*"): 30, ALL: 150}  # fmt: skip
    printed = counts({FIRST: {ALL: 100}, SECOND: now})
    rows = told({("A", "Y"): 40, ("B", "Z"): 40, ("D", "Y"): 20}, "route_report", FIRST)
    found = news(printed, novelty(NEW_COUNTY, *beside), rows=rows)
    assert len(found) == (1 + len(beside) if is_told else 0)


def test_where_one_zero_opens_a_cell_nothing_new_is_told_of_the_same_things() -> None:
    """That C's town is new is no zero; beside it C without a word would be known to be new as well."""
    items = novelty(NEW_COUNTY, NEW_BESIDE, ("place", "bp-c", "origin", "2024", "panel_confirmed"))
    now = {("C", "*"): 30, ("E", "*"): 30, ("bp-c", "*"): 30, ALL: 120}
    rows = told({("A", "X"): 60, ("B", "X"): 40}, "route_report", FIRST)
    assert news(counts({FIRST: {ALL: 100, ("A", "*"): 60}, SECOND: now}), items, rows=rows) == set()
    rows = told({("A", "X"): 40, ("B", "X"): 40, ("D", "X"): 20}, "route_report", FIRST)
    all_new = {f"origin county:C {SECOND}", f"origin county:E {SECOND}", f"origin place:bp-c {SECOND}"}
    assert news(counts({FIRST: {ALL: 100}, SECOND: now}), items, rows=rows) == all_new


def test_a_zero_that_opens_a_hidden_cell_is_found() -> None:
    """Of three origins only one is printed: B and C share 40. That nobody came from C tells B exactly."""
    printed = {ALL: 100, ("A", "*"): 60}
    rows = told({("A", "X"): 60, ("B", "X"): 20, ("B", "Y"): 20})
    assert not is_safe_beside(printed, {("C", "*")}, rows, POLICY.public)
    more = pd.concat([rows, told({("D", "Y"): 1}).assign(movement_id=-1)])
    assert is_safe_beside(printed, {("C", "*")}, more, POLICY.public)
    assert not is_safe_beside(printed, {("C", "*")}, more, POLICY.public, known={("D", "*")})


def test_new_is_not_told_where_nobody_before_would_open_a_cell_of_that_round() -> None:
    items = novelty(NEW_COUNTY, NEW_BESIDE)
    now = {("C", "*"): 30, ("E", "*"): 30, ALL: 90}
    rows = told({("A", "X"): 60, ("B", "X"): 40}, "route_report", FIRST)
    assert news(counts({FIRST: {ALL: 100, ("A", "*"): 60}, SECOND: now}), items, rows=rows) == set()
    rows = told({("A", "X"): 40, ("B", "X"): 40, ("D", "X"): 20}, "route_report", FIRST)
    both = {f"origin county:C {SECOND}", f"origin county:E {SECOND}"}
    assert news(counts({FIRST: {ALL: 100}, SECOND: now}), items, rows=rows) == both


@pytest.mark.parametrize("status", ["emerging", "new_source", "abandoned"])
def test_a_corridor_that_came_or_went_is_told_to_members_and_not_in_public(status: str) -> None:
    full, empty = ("2023", "2024") if status == "abandoned" else ("2024", "2023")
    printed = counts({full: {("A", "X"): 30, ALL: 90}, empty: {ALL: 90}}, "case")
    rows = told({("B", "X"): 40, ("B", "Y"): 50}, period=empty)
    assert news(printed, moved=shifts(("A>X", status)), rows=rows) == set()
    found = news(printed, moved=shifts(("A>X", status)), edition="partner", rows=rows)
    assert found == {f"od_of_nobody A>X {empty}"}
    small = counts({full: {ALL: 90}, empty: {ALL: 90}}, "case")
    assert news(small, moved=shifts(("A>X", status)), edition="partner", rows=rows) == set()


@pytest.mark.parametrize("silent", [None, ("corridor", "B>X", "any")])
@pytest.mark.parametrize("status", ["emerging", "new_source"])
def test_a_corridor_of_a_round_is_new_for_members_only_where_the_news_say_so(
    status: str, silent: tuple[str, str, str] | None
) -> None:
    """Beside B>X, of which no word is told, C>X must not be told new: in neither table."""
    cells = {("B", "X"): 30, ("C", "X"): 30, ("E", "X"): 30, ALL: 90}
    printed = counts({FIRST: {ALL: 100}, SECOND: cells})
    rows = told({("A", "Y"): 40, ("B", "Z"): 40, ("D", "Y"): 20}, "route_report", FIRST)
    items = [("corridor", f"{place}>X", "any", "2024", "panel_confirmed") for place in "CE"]
    if silent:
        items += [(*silent, "2023", "baseline"), (*silent, "2024", "seen_before")]
    moved = shifts(("C>X", status)).assign(
        record_grain="route_report", baseline_window=FIRST, current_window=SECOND
    )
    found = news(printed, novelty(*items), moved, "partner", rows)
    assert (f"od_of_nobody C>X {FIRST}" in found) is (silent is None)


def fields(*rows: tuple[str, int]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["field", "record_count"])
    return found.assign(period_id="2024", record_grain="case")


def bands(completeness: pd.DataFrame, cells: dict[tuple[str, str], int]) -> set[str]:
    printed = counts({"2024": cells}, "case")
    found = told_completeness(completeness, printed, printing("partner"))
    assert not found["tells_figures"].any()
    return set(found["counting_id"])


def test_what_is_known_is_told_in_bands_of_large_bases_alone() -> None:
    assert bands(fields(("sex", 200), ("age_band", 200)), {ALL: 200}) == {"sex", "age_band"}
    assert bands(fields(("sex", 30)), {ALL: 30}) == set(), "a tenth of 30 says too much"
    assert bands(fields(("sex", 200)), {}) == set(), "the whole is not printed"


def test_the_band_of_known_ends_is_told_only_where_unknown_ends_are_printed() -> None:
    completeness = fields(("origin", 200), ("exploitation", 200), ("transit", 200))
    assert bands(completeness, {ALL: 200}) == {"transit"}
    assert bands(completeness, {ALL: 200, ("unknown", "*"): 20}) == {"transit", "origin"}

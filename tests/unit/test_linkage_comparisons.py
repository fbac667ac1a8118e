"""Chance agreement of strangers: worked by hand, and equal to Splink's comparison levels."""

from __future__ import annotations

import random
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from orchestration.linkage import policy
from orchestration.linkage.comparisons import Comparison, When
from orchestration.linkage.linking import link
from orchestration.linkage.model import model_of
from orchestration.linkage.tables import LINK_INPUT, NAME_CODES, RICH_CODES
from tests.unit.linkage_world import Population

CODES = (*NAME_CODES, *RICH_CODES)
EVERY_COMPARISON = list(model_of(policy.NAME_CODES, set(LINK_INPUT.names)).comparisons)


def table(**columns: list[Any]) -> pa.Table:
    kinds = {int: pa.int32(), str: pa.string()}
    return pa.table(
        {
            name: pa.array(values, type=kinds[type(next(v for v in values if v is not None))])
            for name, values in columns.items()
        }
    )


def test_chance_agreement_is_the_share_of_agreeing_pairs() -> None:
    """Four tell a county: two pairs' worth of them 3, of 6 pairs in all, are a-a. The fifth tells none."""
    records = table(origin=["a", "a", "a", "b", None])
    assert Comparison("origin", [0.9]).strangers(records) == [3 / 6, 3 / 6]


def test_numbers_agree_in_steps_of_distance() -> None:
    """1990 1990 1991 1993: one pair equal, two of one year apart, one of two, and two of three."""
    records = table(born=[1990, 1990, 1991, 1993])
    compared = Comparison("born", [0.7, 0.2, 0.05], apart=(0, 1, 2))
    assert compared.strangers(records) == [1 / 6, 2 / 6, 1 / 6, 2 / 6]


def test_a_coarser_column_that_agrees_is_a_level_of_its_own() -> None:
    """n1 n1 n2 in a, n1 in b: n1 agrees thrice of 6; besides, n1-n2 of a twice; the last pair is of two counties."""
    records = table(ward=["n1", "n1", "n2", "n1"], county=["a", "a", "a", "b"])
    assert Comparison("ward", [0.8, 0.1], wider="county").strangers(records) == [3 / 6, 2 / 6, 1 / 6]


def test_a_conditional_comparison_counts_only_its_pairs() -> None:
    """Destinations d e d d of origins a a b -. Equal: 3 of 6 pairs. One origin: a-a, which differ. Both told: 3."""
    records = table(origin=["a", "a", "b", None], destination=["d", "e", "d", "d"])

    def strangers(when: When) -> list[float]:
        return Comparison("destination", [0.9], when=when, beside="origin").strangers(records)

    assert strangers(When.SAME) == [0 / 1, 1 / 1]
    assert strangers(When.NOT_SAME) == [3 / 5, 2 / 5]
    # With the fourth: d-d, e-d, d-d. Pairs of the first three are left to another comparison.
    assert strangers(When.NOT_BOTH_TOLD) == [2 / 3, 1 / 3]


def test_no_pairs_give_zero_agreement() -> None:
    records = table(origin=["a", None, None])
    assert Comparison("origin", [0.9]).strangers(records) == [0.0, 0.0]


@pytest.mark.parametrize("compared", EVERY_COMPARISON, ids=lambda one: f"{one.column} {one.when.value}")
def test_chance_agreement_matches_splinks_comparison_levels(compared: Comparison) -> None:
    """The levels that Splink is given, tried on every pair of 60 records, one by one."""
    records = Population(60, seed=3).records
    first = records.column_names.index("phone_code")
    phones = [None if number % 3 else f"phone {number % 9}" for number in range(records.num_rows)]
    records = records.set_column(first, "phone_code", pa.array(phones))
    levels = compared.for_splink(records).get_comparison("duckdb").comparison_levels
    silent, *conditions = [level.sql_condition for level in levels if level.sql_condition != "ELSE"]
    cases = " ".join(f"when {sql} then {number}" for number, sql in enumerate(conditions))
    sides = [", ".join(f"{name} as {name}_{side}" for name in records.column_names) for side in "lr"]
    found = duckdb.sql(
        f"with l as (select {sides[0]} from records), r as (select {sides[1]} from records) "
        f"select case {cases} else {len(conditions)} end, count(*) from l join r on record_id_l < record_id_r "
        f"where not coalesce({silent}, false) group by 1"
    ).fetchall()
    pairs = sum(count for _, count in found)
    assert pairs > 0
    shares = [dict(found).get(number, 0) / pairs for number in range(len(conditions) + 1)]
    assert compared.strangers(records) == pytest.approx(shares)


def test_unseen_agreement_counts_at_most_once() -> None:
    """Splink would take an agreement never seen for one in a million, and a disagreement never seen too."""
    records = table(born=[1990, 1990, 1991, 1991])  # never two apart, never more
    compared = Comparison("born", [0.8, 0.1, 0.05], apart=(0, 1, 2)).for_splink(records)
    levels = compared.get_comparison("duckdb").comparison_levels
    chances = [level.u_probability for level in levels if not level.is_null_level]
    assert chances == pytest.approx([2 / 6, 4 / 6, 1 / 4, 0.05])


# --- whatever the keys ---------------------------------------------------------------------------


def under_other_keys(records: pa.Table, seed: int) -> tuple[pa.Table, dict[int, int]]:
    """The same records as another home would name and code them, and what each is called there."""
    dice = random.Random(seed)  # noqa: S311  (nothing secret is drawn)
    names: dict[int, int] = {}
    codes: dict[tuple[str, str], str] = {}
    rows = records.to_pylist()
    for row in rows:
        names[row["record_id"]] = dice.getrandbits(62)
        row["record_id"] = row["source_record"] = names[row["record_id"]]
        for column in CODES:
            if row[column] is not None:
                row[column] = codes.setdefault((column, row[column]), f"{dice.getrandbits(128):032x}")
    return pa.Table.from_pylist(rows, schema=records.schema), names


@pytest.mark.parametrize("without", [RICH_CODES, NAME_CODES, ()], ids=["names", "rich form", "both"])
def test_the_same_records_are_linked_under_any_keys(without: tuple[str, ...]) -> None:
    records = Population(2500, seed=5).without(*without)
    here = link(records)
    there_records, names = under_other_keys(records, seed=9)
    there = link(there_records)

    def decided(links: pa.Table, called: dict[int, int] | None = None) -> set[tuple[Any, ...]]:
        return {
            (
                frozenset(called[row[end]] if called else row[end] for end in ("record_a", "record_b")),
                *(row[name] for name in links.column_names[2:]),
            )
            for row in links.to_pylist()
        }

    assert here.links.num_rows > 250
    assert decided(here.links, names) == decided(there.links)
    assert here.expected == there.expected


def test_equally_likely_links_are_not_decided_by_id() -> None:
    """One person at partner a; partner b has her twice, word for word but for the day. Which is linked is no key's choice."""
    shared = {
        "sex": "female", "given_code": "g", "surname_code": "s", "birth_year": 1990, "nationality": "KEN",
        "origin": "KE040", "destination": "SAU", "exploitation": "domestic",
    }  # fmt: skip
    for ids in ((1, 2, 3), (9, 8, 7)):
        rows = [
            {"record_id": ids[0], "partner": "a", "day": 120, **shared},
            {"record_id": ids[1], "partner": "b", "day": 110, **shared},
            {"record_id": ids[2], "partner": "b", "day": 130, **shared},
        ]
        strangers = [
            {
                "record_id": 100 + number, "partner": "ab"[number % 2], "sex": "female", "day": 50 * number,
                "given_code": f"given {number}", "surname_code": f"surname {number}",
                "birth_year": 1950 + number, "origin": f"KE0{number:02}", "destination": f"D{number}",
            }
            for number in range(40)
        ]  # fmt: skip
        every = [{"source_record": row["record_id"], **row} for row in (*rows, *strangers)]
        links = link(pa.Table.from_pylist(every, schema=LINK_INPUT)).links.to_pylist()
        fates = {frozenset((row["record_a"], row["record_b"])): row["reason"] for row in links}
        assert fates == {frozenset(ids[:2]): "by_probability", frozenset((ids[0], ids[2])): "rival"}

"""Queries as one writes them without the manual give the true number: sums of `movement_count` over any rows.

The truth is counted from the movements of the marts, one by one.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from orchestration.core import sql_text
from tests.evidence_base import EvidenceBase

CASES = "marts.fct_movements where is_counted and record_grain = 'case'"
QUERIES = {
    "cases of 2025": (
        "select sum(movement_count) from published.corridors where period_id = 'year-2025'",
        f"select count(*) from {CASES} and event_year = 2025",
    ),
    "cases of 2025 by where they start": (
        "select sum(movement_count) from published.starts where period_id = 'year-2025'",
        f"select count(*) from {CASES} and event_year = 2025",
    ),
    "all cases": (
        "select sum(movement_count) from published.corridors",
        f"select count(*) from {CASES} and event_year is not null",
    ),
    "cases that left Kenya in 2025": (
        "select sum(movement_count) from published.corridors "
        "where period_id = 'year-2025' and direction = 'out_of'",
        f"select count(*) from {CASES} and event_year = 2025 and direction = 'out_of'",
    ),
    "cases from Busia county in 2025": (
        "select sum(movement_count) from published.starts where period_id = 'year-2025' and place = 'Busia'",
        "select count(*) from marts.movements where is_counted and record_grain = 'case' "
        "and event_year = 2025 and start_county = 'Busia'",
    ),
    "cases to Saudi Arabia in 2025": (
        "select sum(movement_count) from published.ends "
        "where period_id = 'year-2025' and place = 'Saudi Arabia'",
        f"select count(*) from {CASES} and event_year = 2025 and end_country_place_id = 'SAU'",
    ),
    "cases at Malaba in 2025": (
        "select passing_count + first_known_count from published.border_points "
        "where period_id = 'year-2025' and place = 'Malaba'",
        "select count(distinct movement_id) from marts.fct_movement_legs "
        "inner join marts.fct_movements using (movement_id, record_grain) "
        "where is_counted and record_grain = 'case' and event_year = 2025 "
        "and 'bp-ken-malaba' in (from_place_id, to_place_id) "
        "and ('bp-ken-malaba' = from_place_id and from_role in ('transit', 'first_known') "
        "or 'bp-ken-malaba' = to_place_id and to_role in ('transit', 'first_known'))",
    ),
    "cases of 2025 by quarter": (
        "select sum(movement_count) from series.directions where period_id like '2025-Q%'",
        f"select count(*) from {CASES} and event_quarter like '2025-Q%'",
    ),
    "women, men and unknown in 2025": (
        "select sum(trait_count) from published.traits where period_id = 'year-2025' and trait = 'sex'",
        f"select count(*) from {CASES} and event_year = 2025",
    ),
    "years that may be put beside each other": (
        "select string_agg(period_id, ' ' order by period_id) from published.periods "
        "where period_kind = 'year' and is_complete",
        "select 'year-2024 year-2025'",
    ),
}


@pytest.mark.parametrize("asked", QUERIES)
def test_the_naive_query_gives_the_true_number(samples: EvidenceBase, asked: str) -> None:
    naive, true = QUERIES[asked]
    [(found,)], [(expected,)] = samples.ask(naive), samples.ask(true)
    assert found == expected
    assert expected, "and there is something to count"


def public(samples: EvidenceBase, sql: str) -> list[tuple[Any, ...]]:
    file = samples.settings.current / "public" / "evidence_base.duckdb"
    with duckdb.connect() as con:
        con.execute(f"attach {sql_text(file.resolve())} as edition (read_only); use edition")
        return con.execute(sql).fetchall()


@pytest.mark.parametrize("edition", ["members", "public"])
def test_every_table_of_an_edition_has_the_same_sum(samples: EvidenceBase, edition: str) -> None:
    ask = samples.ask if edition == "members" else lambda sql: public(samples, sql)
    sums = ask(
        " union all ".join(
            f"select period_id, '{table}', sum(movement_count) from published.{table} group by period_id"
            for table in ("directions", "starts", "ends", "corridors")
        )
    )
    by_period: dict[str, set[int]] = {}
    for period, _, number in sums:
        by_period.setdefault(period, set()).add(number)
    assert by_period and all(len(numbers) == 1 for numbers in by_period.values())
    by_direction = ask(
        "select direction, sum(movement_count) from published.corridors where period_id = 'year-2025' "
        "group by direction order by 1"
    )
    assert by_direction == ask(
        "select direction, movement_count from published.directions where period_id = 'year-2025' order by 1"
    )


def test_public_sums_come_close_to_the_truth(samples: EvidenceBase) -> None:
    [(found,)] = public(samples, QUERIES["cases of 2025"][0])
    [(true,)] = samples.ask(QUERIES["cases of 2025"][1])
    assert abs(found - true) <= 30, "the largest noise of one count"


def test_an_earlier_number_stands_only_beside_its_comparison(samples: EvidenceBase) -> None:
    """A rise or fall needs 20 cases like for like and a ratio of 1.25."""
    for table in ("directions", "starts", "ends", "corridors", "passings"):
        wrong = samples.ask(
            f"""select * from published.{table}
            where change in ('more', 'fewer') and (
                comparison not in ('same_reporting', 'other_reporting')
                or greatest(like_count, like_earlier_count) < 20
                or greatest(like_count, like_earlier_count) < 1.25 * least(like_count, like_earlier_count)
            )"""
        )
        assert wrong == []
        assert public(samples, f"select distinct comparison, change from published.{table}") == [(None, None)]

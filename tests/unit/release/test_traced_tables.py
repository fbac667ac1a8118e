"""Lineage queries by the key of a row, on three journeys and on what partners watched."""

from typing import Any

import duckdb
import pytest

from orchestration.core import UsageError
from orchestration.release.lineage.queries import Query
from orchestration.release.lineage.result import LineageResult
from orchestration.release.lineage.traced_tables import TRACED, table_and_key
from tests.fixtures.published_world import KEYS

# Records 1 and 2 are one movement of KE040 to KE047; 3 is a child's by bus, from somewhere in Kenya.
LINEAGE = """
    create table periods as select 'year-2024' as period_id, unnest([1, 2, 3]) as record;
    create table records as
    select *, 'case' as record_grain, true as is_counted, record = 3 as is_child
    from (values (1, 1, 'p'), (2, 1, 'q'), (3, 3, 'q')) as t (record, movement, partner);
    create table cells as
    select * from (values
        ('corridors', 'od|KE040>KE047', 1), ('corridors', 'od|KEN>KE047', 3),
        ('places', 'origin|KE040', 1), ('places', 'origin|KEN', 1), ('places', 'origin|KEN', 3),
        ('codes', 'total|total', 1), ('codes', 'total|total', 3), ('codes', 'transport_mode|bus', 3)
    ) as t (table_name, cell_id, record);
    create table fields as select 'sex' as field, unnest([1, 3]) as record;
"""

# p declares January to March for `a`; of `b` only record 4 in February speaks. q was there before, in one round.
WATCHED = """
    create table extracts as
    select * from (values
        ('p', 'p-1', 'a', 'p_cases', 'DSA-1', date '2024-01-01', date '2024-03-31', '2020', 'case', null),
        ('q', 'p-2', 'b', 'q_cases', 'DSA-2', null, null, null, 'case', null),
        ('q', 'p-2', 'c', 'q_flows', 'DSA-2', null, null, null, 'flow_count', null),
        ('r', 'p-3', 'd', 'r_table', 'CC-BY', null, null, null, 'flow_count', 'Victims by year')
    ) as t (
        partner, partner_code, extract_id, contract, agreement_id, period_from, period_to, round, record_grain,
        publication
    );
    create table watches as
    select *, 'case' as record_grain, 'KE040' as watched_place_id from (values
        ('p', 'a', 'KE040', 'origin', date '2024-01-01'),
        ('p', 'a', 'KE040', 'transit', date '2024-01-01'),
        ('p', 'a', 'KE040', 'origin', date '2024-02-01'),
        ('p', 'a', 'KE047', 'origin', date '2024-03-01'),
        ('q', 'b', 'KE040', 'origin', date '2024-02-01'),
        ('q', 'b', 'KE040', 'origin', date '2023-12-01')
    ) as t (partner, extract_id, place_id, role, month);
    create table calendar as
    select 'year-2024' as period_id, date '2024-01-01' as first_month, date '2024-12-31' as last_day;
    create table records as
    select 4 as record, 4 as movement, 'q' as partner, 'b' as extract_id, 'case' as record_grain,
        true as is_counted, false as is_prevented, date '2024-02-01' as month_from, date '2024-02-01' as month_to;
    create table rounds as
    select 'case' as record_grain, * from (values
        ('2019', 1, 'q', 'KEN'), ('2020', 2, 'p', 'KEN'), ('2020', 2, 'q', 'KEN'), ('2021', 3, 'p', 'KEN')
    ) as t (round, round_number, partner, coverage);
    create table items as
    select 'country' as item_kind, 'QAT' as item, 'any' as item_role, round_number, 4 as record
    from (values (1), (3)) as t (round_number);
"""


def answer(lineage: str, query: Query) -> list[dict[str, Any]]:
    with duckdb.connect() as con:
        con.execute(lineage)
        rows: list[dict[str, Any]] = con.execute(query.sql, query.parameters).to_arrow_table().to_pylist()
        return rows


def found(table: str, *key: str, lineage: str = WATCHED) -> LineageResult:
    name, named = table_and_key((table, *key))
    traced = TRACED[name]
    return LineageResult(
        answer(lineage, traced.records(named)) if traced.records else [],
        answer(lineage, traced.watched(named)) if traced.watched else [],
        answer(lineage, traced.reporting(named)) if traced.reporting else [],
    )


def records(table: str, *key: str) -> set[int]:
    return {one["record"] for one in found(table, *key, lineage=LINEAGE).records}


# --- counts of movements ---------------------------------------------------------------------------


def test_movement_is_in_a_cell_with_all_its_records_and_counts_once() -> None:
    corridor = found("published.corridors", "od", "KE040>KE047", "year-2024", "case", "all", lineage=LINEAGE)
    assert {one["record"] for one in corridor.records} == {1, 2}
    assert corridor.movement_counts({}) == {"movement_count": 1, "partner_count": 2}


def test_a_country_holds_its_counties_and_children_are_asked_alone() -> None:
    assert records("places", "KEN", "origin", "year-2024", "case", "all") == {1, 2, 3}
    assert records("places", "KEN", "origin", "year-2024", "case", "children") == {3}
    assert records("places", "KEN", "origin", "year-2023", "case", "all") == set()


def test_a_code_is_of_all_movements_or_of_those_of_a_place_or_corridor() -> None:
    bus = ("transport_mode", "bus", "year-2024", "case", "all")
    for of, behind in (
        (("all", "", "", ""), {3}), (("place", "origin", "KEN", ""), {3}), (("place", "origin", "KE040", ""), set()),
        (("corridor", "", "", "KEN>KE047"), {3}),
    ):  # fmt: skip
        assert records("codes", *of, *bus) == behind, of


def test_a_line_of_a_survey_round_is_a_corridor_a_place_or_the_whole_round() -> None:
    lineage = LINEAGE.replace("'case'", "'route_report'")
    assert lineage != LINEAGE
    lines = {
        "corridor": ("od|KEN>KE047", {3}),
        "place": ("origin|KE040", {1, 2}),
        "round": ("total|total", {1, 2, 3}),
    }
    for line, (line_id, behind) in lines.items():
        of_line = found("routes", "year-2024", line, line_id, lineage=lineage)
        assert {one["record"] for one in of_line.records} == behind


def test_records_of_a_field_are_split_by_stated_or_not() -> None:
    stated = found("completeness", "sex", "year-2024", "case", lineage=LINEAGE)
    parts = {one["record"]: one["part"] for one in stated.records}
    assert parts == {1: "stated", 2: "not_stated", 3: "stated"}
    assert stated.completeness({})["known_share"] == 0.666667


# --- what partners watched, and rounds -------------------------------------------------------------


def test_watched_month_counts_once_for_each_partner() -> None:
    place = found("mart_coverage", "KE040", "year-2024", "case")
    assert (place.coverage({})["effort_months"], place.coverage({})["partner_count"]) == (3, 2)
    assert {one["role"] for one in place.watches} == {"origin", "transit"}
    # Only of what declares no period a record makes the month known.
    assert [(one["record"], one["part"]) for one in place.records] == [(4, "month")]


def test_a_hotspot_counts_the_months_of_its_role_alone() -> None:
    asked = TRACED["hotspots"].watched
    assert asked
    key = {"place_id": "KE040", "period_id": "year-2024", "record_grain": "case", "role": "transit"}
    assert len(answer(WATCHED, asked(key))) == 1


def test_of_a_period_every_partner_that_reported_is_counted_with_its_months() -> None:
    months = {(one["partner"], one["month"].month) for one in found("coverage", "year-2024", "case").watches}
    assert months == {("p", 1), ("p", 2), ("p", 3), ("q", 2)}
    assert found("coverage", "year-2024", "case").watching_partners({}) == {"partner_count": 2}


def test_round_is_compared_with_earlier_rounds_only() -> None:
    rounds = ("round-2019", "round-2021")
    first, last = (found("novelty", one, "case", "country", "QAT", "any") for one in rounds)
    assert [one["part"] for one in first.records] == ["now"]
    assert first.novelty({})["evidence_class"] == "baseline"
    assert sorted(one["part"] for one in last.records) == ["before", "now"]
    assert last.novelty({"evidence_class": "panel_confirmed"})["evidence_class"] == "seen_before"
    # p and q reported in 2020, p again in 2021; q of 2019 did not.
    assert last.same_coverage == {"p"}
    missing = found("mart_not_seen_again", "country", "QAT", "any", "2020", "case")
    assert missing.absence({}) == {"is_reported": True, "earlier_partner_count": 1}


def test_a_round_leads_to_the_extracts_that_declare_it() -> None:
    assert [one["extract_id"] for one in found("periods", "round-2020").watches] == ["a"]
    assert found("periods", "2024").watches == []


def test_a_number_of_others_leads_to_the_files_it_stands_in() -> None:
    _, *key = TRACED["context_counts"].key
    nothing = [""] * (len(key) - 1)
    [one] = found("context_counts", "flow_count", "Victims by year", *nothing).watches
    assert one["extract_id"] == "d"
    [one] = found("mart_context_counts", "p-2", "flow_count", "", *nothing).watches
    assert one["extract_id"] == "c", "a partner's own counts, and none of its cases"


# --- names and keys --------------------------------------------------------------------------------


@pytest.mark.parametrize("table", KEYS)
def test_a_published_table_is_traced_by_the_key_that_the_report_marks(table: str) -> None:
    name, key = table_and_key([f"published.{table}|{'|'.join(KEYS[table])}"])
    assert (name, list(key), list(key.values())) == (table, KEYS[table], KEYS[table])


def test_a_key_may_be_joined_or_apart_and_the_last_value_may_hold_a_separator() -> None:
    line = {"period_id": "round-2020", "line": "corridor", "line_id": "od|ETH>KE047"}
    assert table_and_key(["published.routes|round-2020|corridor|od|ETH>KE047"]) == ("routes", line)
    assert table_and_key(["routes", "round-2020", "corridor", "od|ETH>KE047"]) == ("routes", line)


@pytest.mark.parametrize(("asked", "said"), [
    ("places|KE040", "is named by 5 value"),
    ("marts.corridors|od", "cannot be traced"),
    ("dim_place|KE040", "cannot be traced"),
])  # fmt: skip
def test_unknown_table_or_short_key_is_refused(asked: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        table_and_key([asked])
    assert said in str(refused.value)

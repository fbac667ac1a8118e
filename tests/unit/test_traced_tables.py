"""How a lineage is asked: the readings of a key, on a lineage of three journeys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.outputs.edition import Edition
from orchestration.outputs.report.compose import compose
from orchestration.outputs.report.html import as_html
from orchestration.outputs.report_numbers import COUNTED, SUMMED
from orchestration.release.found import Found
from orchestration.release.lineage_questions import Asked
from orchestration.release.traced_tables import TRACED, table_and_key
from tests.unit import printed_world
from tests.unit.read_report import read_page

LINEAGE = """
    create table periods as select '2024' as period_id, unnest([1, 2, 3]) as record;
    create table records as
    select *, 'case' as record_grain, true as is_counted, record = 3 as is_child
    from (values
        (1, 1, 'KE040', 'KEN', 'KE047', 'KEN'),
        (2, 1, 'KE047', 'KEN', 'ARE', 'ARE'),
        (3, 3, 'KEN', 'KEN', 'KE047', 'KEN')
    ) as t (record, movement, origin_place_id, origin_country_place_id, destination_place_id,
        destination_country_place_id);
"""

# p declares January to March for `a`; of `b` only record 4 in February speaks. q was there before, in one round.
WATCHED = """
    create table extracts as
    select * from (values
        ('p', 'p-1', 'a', 'p_cases', 'DSA-1', date '2024-01-01', date '2024-03-31', '2020'),
        ('q', 'p-2', 'b', 'q_cases', 'DSA-2', null, null, null)
    ) as t (partner, partner_code, extract_id, contract, agreement_id, period_from, period_to, round);
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
    select '2024' as period_id, date '2024-01-01' as first_month, date '2024-12-31' as last_day;
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


def answer(lineage: str, asked: Asked) -> list[dict[str, Any]]:
    with duckdb.connect() as con:
        con.execute(lineage)
        rows: list[dict[str, Any]] = con.execute(asked.sql, asked.parameters).to_arrow_table().to_pylist()
        return rows


def found(table: str, *key: str) -> Found:
    name, named, _ = table_and_key((table, *key))
    traced = TRACED[name]
    return Found(
        answer(WATCHED, traced.ask(named)[0]) if traced.ask else [],
        answer(WATCHED, traced.watched(named)) if traced.watched else [],
        answer(WATCHED, traced.reporting(named)) if traced.reporting else [],
    )


def test_a_watched_month_counts_once_a_partner_whatever_its_roles() -> None:
    place = found("mart_coverage", "KE040", "2024", "case")
    assert place.coverage({})["effort_months"] == 3
    assert place.coverage({})["partner_count"] == 2
    assert {one["role"] for one in place.watches} == {"origin", "transit"}
    # Only of what declares no period a record makes the month known.
    assert [(one["record"], one["part"]) for one in place.records] == [(4, "month")]


def test_a_place_is_said_to_be_watched_or_not_as_its_months_are() -> None:
    watched, unwatched = (found("coverage", place, "2024", "case") for place in ("KE040", "KE001"))
    for told, of in (("one_or_two", watched), ("none", unwatched)):
        assert of.coverage({"partners_band": told})["partners_band"] == told
    for told, of in (("none", watched), ("one_or_two", unwatched)):
        assert of.coverage({"partners_band": told})["partners_band"] != told


def test_a_hotspot_counts_the_months_of_its_role_alone() -> None:
    asked = TRACED["hotspots"].watched
    assert asked
    key = {"place_id": "KE040", "period_id": "2024", "record_grain": "case", "role": "transit"}
    assert len(answer(WATCHED, asked(key))) == 1


def test_of_a_period_every_month_that_anybody_reported_is_told() -> None:
    months = {
        (one["partner"], one["month"].month) for one in found("reported_periods", "2024", "case").watches
    }
    assert months == {("p", 1), ("p", 2), ("p", 3), ("q", 2)}


def test_what_a_round_named_is_held_against_the_rounds_before_and_none_after() -> None:
    first, last = (found("novelty", "country", "QAT", "any", of, "case") for of in ("2019", "2021"))
    assert [one["part"] for one in first.records] == ["now"]
    assert first.novelty({})["evidence_class"] == "baseline"
    assert sorted(one["part"] for one in last.records) == ["before", "now"]
    assert last.novelty({"evidence_class": "panel_confirmed"})["evidence_class"] == "seen_before"
    # p and q reported in 2020, p again in 2021; q of 2019 did not.
    assert last.same_coverage == {"p"}
    missing = found("mart_not_seen_again", "country", "QAT", "any", "2020", "case")
    assert missing.absence({}) == {"is_told": True, "earlier_partner_count": 1}


def test_a_round_leads_to_the_extracts_that_declare_it() -> None:
    assert [one["extract_id"] for one in found("periods", "round-2020").watches] == ["a"]
    assert found("periods", "2024").watches == []


def test_what_a_field_rests_on_is_apart_by_whether_it_is_stated() -> None:
    lineage = LINEAGE + "create table fields as select 'sex' as field, unnest([1, 3]) as record;"
    _, key, _ = table_and_key(("completeness", "sex", "2024", "case"))
    ask = TRACED["completeness"].ask
    assert ask
    stated = {one["record"]: one["part"] for one in answer(lineage, ask(key)[0])}
    assert stated == {1: "stated", 2: "not_stated", 3: "stated"}


def test_a_code_of_a_corridor_leads_to_the_movements_whose_smallest_record_tells_it() -> None:
    lineage = (
        LINEAGE
        + """
        create table codes as
        select 'transport_mode' as domain, * from (values ('bus', 1), ('car', 2)) as t (code, record);
    """
    )
    ask = TRACED["corridor_codes"].ask
    assert ask
    for code, records in (("bus", {1, 2}), ("car", set()), ("boat", set())):
        words = ("corridor_codes", "case", "2024", "KE040", "KE047", "transport_mode", code)
        _, key, _ = table_and_key(words)
        assert {one["record"] for one in answer(lineage, ask(key)[0])} == records


def readings(table: str, *key: str) -> list[set[int]]:
    """Records by each reading of a key, the likeliest first."""
    name, named, _ = table_and_key((table, *key))
    with duckdb.connect() as con:
        con.execute(LINEAGE)
        return [
            {row[0] for row in con.execute(f"select record from ({one.sql})", one.parameters).fetchall()}
            for one in (TRACED[name].ask or (lambda key: []))(named)
        ]


def test_a_country_is_read_as_itself_and_then_as_all_its_counties() -> None:
    assert readings("ends", "case", "2024", "origin", "KEN") == [{3}, {1, 2, 3}]


def test_a_movement_lies_where_its_smallest_record_says_and_brings_all_its_records() -> None:
    assert readings("ends", "case", "2024", "origin", "KE040")[0] == {1, 2}
    assert readings("ends", "case", "2024", "origin", "KE047")[0] == set()


def test_both_ends_are_read_in_every_combination() -> None:
    assert readings("corridors", "case", "2024", "KEN", "KE047") == [{3}, {1, 2, 3}, {3}, {1, 2, 3}]
    assert readings("ends", "case", "2024", "any", "*") == [{1, 2, 3}]


def test_children_are_asked_alone() -> None:
    assert readings("children", "case", "2024", "any", "*") == [{3}]


@pytest.mark.parametrize(
    ("words", "edition"),
    [
        (["public.public_ends", "case", "2024", "any", "*"], "public"),
        (["report.report_ends|case|2024|any|*"], "partner"),
        (["public_ends|case|2024|any|*"], "public"),
        (["report_ends|case|2024|any|*"], "partner"),
        (["ends|case|2024", "any|*"], None),
    ],
)
def test_a_key_may_be_joined_and_its_table_may_name_the_edition(
    words: list[str], edition: str | None
) -> None:
    table, key, named = table_and_key(words)
    assert (table, named) == ("ends", edition)
    assert list(key.values()) == ["case", "2024", "any", "*"]


@pytest.mark.parametrize(("name", "start"), [("public", "public_"), ("partner", "report_")])
def test_each_number_of_a_report_is_traced_in_the_edition_it_stands_in(
    tmp_path: Path, name: str, start: str
) -> None:
    """As the report marks it: the partner edition prints other numbers under the same key."""
    printed_world.write_edition(tmp_path, name)
    report = compose(Edition(name, tmp_path, printed_world.manifest()), None, {}, "")
    read = read_page(as_html(report, {"pdf": "report.pdf", "map": "map.html"}))
    traced = set()
    for source in {value.source for value in read.values if not value.column.startswith((COUNTED, SUMMED))}:
        table = source.partition("|")[0]
        if table.removeprefix(start) in TRACED:
            found, _, edition = table_and_key([source])
            assert (found, edition) == (table.removeprefix(start), name)
            traced.add(found)
    assert {"corridors", "ends", "hotspots"} <= traced

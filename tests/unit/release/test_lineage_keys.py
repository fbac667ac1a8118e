"""Rows of published tables lead to their records and extracts, on three journeys and on what partners watched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.release.lineage import open_lineage
from orchestration.release.lineage_keys import TRACED, named_keys
from orchestration.release.tracing import EXTRACTS_BEHIND, RECORDS_BEHIND
from tests.fixtures.published_world import KEYS

# Records 1 and 2 are one movement of KE040 to KE047; 3 is a child's, first seen at Busia; 4 was prevented there. 5 and 6
# are route reports; 8 is of the year before. The sources of 1 and 8 report both years.
RECORDS = """
    select *, record = 3 as is_child, record <> 4 as is_counted, record = 4 as is_prevented, record = 1 as is_like,
        record = 8 as is_like_later, date '2024-02-01' as month_from, date '2024-02-01' as month_to
    from (values (1, 1, 'p', 'a', 'case'), (2, 1, 'q', 'b', 'case'), (3, 3, 'q', 'b', 'case'),
        (4, 4, 'q', 'b', 'interception'), (5, 5, 'p', 'a', 'route_report'), (6, 6, 'q', 'b', 'route_report'),
        (8, 8, 'q', 'b', 'case')) as t (record, movement, partner, extract_id, record_grain)
"""
CELLS = """
    select * from (values
        ('starts|movement_count|KE040', 1), ('starts|movement_count|KE040', 8), ('starts|home_count|KE040', 1),
        ('starts|movement_count|KE010', 3), ('starts|child_count|KE010', 3),
        ('border_points|first_known_count|bp-ken-busia', 3), ('border_points|stopped_count|bp-ken-busia', 4),
        ('mentions|mention_count|corridor|UGA>KE047', 5), ('mentions|mention_count|round', 5),
        ('mentions|mention_count|round', 6),
        ('records of hotspots|origin|KE040', 1), ('records of hotspots|origin|KE040', 2),
        ('records of hotspots|transit|KE040', 3), ('records of corridors|od|KE040>KE047', 1),
        ('records of corridors|od|KE040>KE047', 2), ('records of corridors|od|KE040>KE047', 4),
        ('records of corridors|odv|KE040>KE032>KE047', 1),
        ('fields|sex|1', 1), ('fields|sex|0', 2), ('fields|sex|1', 3), ('fields|sex|0', 8),
        ('items|country|QAT|any', 5), ('items|country|QAT|any', 6)
    ) as t (cell, record)
"""
PERIODS = """
    select 'year-2024' as period_id, unnest([1, 2, 3, 4]) as record
    union all select '2024-03-12m', unnest([1, 2]) union all select 'year-2023', unnest([2, 8])
    union all select 'before-year-2024', 8 union all select '2024-02-before', 1 union all select '2024-02-on', 2
    union all select 'round-2019', 6 union all select 'round-2020', unnest([5, 6]) union all select 'before-round-2020', 6
"""
# p declares January to March; of q only its records of February speak.
EXTRACTS = """
    select *, partner as source, 'DSA-1' as agreement_id, extract_id || '_cases' as contract, null as publication
    from (values ('p', 'p-1', 'a', date '2024-01-01', date '2024-03-31', '2020'), ('q', 'p-2', 'b', null, null, null))
        as t (partner, partner_code, extract_id, period_from, period_to, round)
"""
WATCHES = """
    select * from (values
        ('watched|case|KE040|origin|', 'p', 'a', 'KE040', 'origin', date '2024-01-01'),
        ('watched|case|KE040|transit|', 'p', 'a', 'KE040', 'transit', date '2024-01-01'),
        ('watched|case|KE047|origin|', 'p', 'a', 'KE040', 'origin', date '2024-03-01'),
        ('watched|case|KE040|origin|', 'q', 'b', 'KE040', 'origin', date '2024-02-01'),
        ('watched|case|KE040|origin|', 'q', 'b', 'KE040', 'origin', date '2023-12-01'),
        ('round-2020|', 'p', 'a', null, null, null),
        ('reported|route_report|round-2020|', 'p', 'a', 'KEN', 'origin', null),
        ('publication|Victims by year|p-1|', 'p', 'a', null, null, null),
        ('publication||p-2|', 'q', 'b', null, null, null)
    ) as t (cell, partner, extract_id, watched_place_id, role, month)
"""
YEAR, CASES = {"period_id": "year-2024"}, {"period_id": "year-2024", "record_grain": "case"}
# The row of each cell by edition. KE040 has a row of its own for members alone, and is compared with the year before.
ROWS_OF_CELLS = """
    select * from (values
        ('members', 'starts', 'KE040', 'year-2024', 'KE040'), ('members', 'starts', 'KE010', 'year-2024', 'fewer'),
        ('public', 'starts', 'KE040', 'year-2024', 'fewer'), ('public', 'starts', 'KE010', 'year-2024', 'fewer'),
        ('members', 'border_points', 'bp-ken-busia', 'year-2024', 'bp-ken-busia'),
        ('members', 'mentions', 'corridor|UGA>KE047', 'round-2020', 'corridor|UGA>KE047'),
        ('members', 'mentions', 'round', 'round-2020', 'round')
    ) as t (edition, table_name, cell_id, period_id, row_id)
"""
Row = dict[str, Any]


class Lineage:
    """A lineage whose keys are those of a table with a few rows; the first is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with duckdb.connect() as con:
            con.execute(f"create table records as {RECORDS}")
            for name, query in {
                "records": "from records", "cells": CELLS, "periods": PERIODS, "extracts": EXTRACTS, "watches": WATCHES,
            }.items():  # fmt: skip
                con.execute(f"copy ({query}) to '{folder / name}.parquet' (format parquet)")

    def answer(self, query: str, table: str, *rows: Row, edition: str = "members") -> list[Row]:
        """Answer a query of the first row; a column that begins with `_` is no part of the key."""
        key = [column for column in rows[0] if not column.startswith("_")]
        with duckdb.connect() as con:
            con.execute("create schema intermediate; create schema published; create schema marts")
            con.execute(
                "create table intermediate.int_counting_keys as "
                "select 'hotspots' as counting_table, unnest(['origin', 'transit']) as counting_role"
            )
            con.execute(
                f"create table intermediate.int_edition_cells as select *, row_id as place_id from ({ROWS_OF_CELLS})"
            )
            con.execute(
                "create table intermediate.int_cells as select distinct table_name, column_name, cell_id, period_id "
                f"from ({ROWS_OF_CELLS}) inner join (select unnest(['movement_count', 'child_count', 'home_count', "
                "'first_known_count', 'stopped_count', 'mention_count']) as column_name) "
                f"on table_name || '|' || column_name || '|' || cell_id in (select cell from ({CELLS}))"
            )
            con.execute(
                "create table intermediate.int_comparisons as select 'starts' as table_name, "
                "unnest(['KE040', 'KE010']) as cell_id, 'year-2024' as period_id, 'few' as comparison"
            )
            columns = {name.removeprefix("_"): "varchar" for name in rows[0]} | {"edition": "varchar"}
            if "first_month" in columns:
                columns["first_month"] = "date"
            con.execute(
                f"create table {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})"
            )
            for row in rows:
                values = [*row.values()] if "edition" in row else [*row.values(), edition]
                con.execute(f"insert into {table} values ({', '.join('?' * len(values))})", values)
            con.execute(
                f"copy (select *, date '2024-01-01' as first_month, date '2024-12-31' as last_day "
                f"from ({named_keys({'tables': {table: {'key': ['edition', *key]}}})})) "
                f"to '{self.folder}/counts.parquet' (format parquet)"
            )
        with open_lineage(self.folder) as con:
            asked = {
                "edition": edition,
                "table": table,
                "keys": ["|".join(str(rows[0][name] or "") for name in key)],
            }
            return con.execute(query, asked).to_arrow_table().to_pylist()

    def records(self, table: str, *rows: Row, edition: str = "members") -> dict[str, set[int]]:
        """Records behind the first row, by part."""
        parts: dict[str, set[int]] = {}
        for record in self.answer(RECORDS_BEHIND, table, *rows, edition=edition):
            parts.setdefault(record["part"], set()).add(record["record"])
        return parts

    def extracts(self, table: str, row: Row) -> dict[str, list[str]]:
        """Extracts behind a row, each with its months."""
        return {one["extract_id"]: one["months"] for one in self.answer(EXTRACTS_BEHIND, table, row)}


@pytest.fixture
def lineage(tmp_path: Path) -> Lineage:
    return Lineage(tmp_path)


def test_a_movement_is_in_a_cell_with_all_its_records_and_each_count_has_its_own(lineage: Lineage) -> None:
    assert lineage.records("published.starts", {**YEAR, "place_id": "KE040"}) == {
        "movement_count": {1, 2}, "home_count": {1, 2}, "like_count": {1, 2}, "like_earlier_count": {8},
    }  # fmt: skip


def test_fewer_has_the_cells_that_stand_in_it_in_its_edition(lineage: Lineage) -> None:
    """And is compared with nothing."""
    fewer = {**YEAR, "place_id": "fewer"}
    assert lineage.records("published.starts", fewer) == {"movement_count": {3}, "child_count": {3}}
    public = lineage.records("published.starts", fewer, edition="public")
    assert public == {"movement_count": {1, 2, 3}, "child_count": {3}, "home_count": {1, 2}}


def test_a_border_point_counts_whom_it_stopped(lineage: Lineage) -> None:
    point = {**YEAR, "place_id": "bp-ken-busia"}
    assert lineage.records("published.border_points", point) == {
        "first_known_count": {3},
        "stopped_count": {4},
    }


@pytest.mark.parametrize(("mention", "behind"), [("corridor|UGA>KE047", {5}), ("round", {5, 6})])
def test_a_mention_is_of_a_corridor_a_place_or_the_whole_round(
    lineage: Lineage, mention: str, behind: set[int]
) -> None:
    row = {"period_id": "round-2020", "mention_id": mention}
    assert lineage.records("published.mentions", row) == {"mention_count": behind}


def test_windows_of_a_shift_and_of_an_alert_have_their_own_records(lineage: Lineage) -> None:
    shift = {
        "earlier_period_id": "2024-03-12m",
        "period_id": "year-2023",
        "corridor_id": "KE040>KE047",
        "_via_place_id": None,
    }
    assert lineage.records("published.shifts", shift) == {"earlier_count": {1, 2}, "later_count": {2}}
    via = shift | {"corridor_id": "KE040>KE032>KE047", "_via_place_id": "KE032"}
    assert lineage.records("published.shifts", via) == {"earlier_count": {1}}
    alert = {"corridor_id": "KE040>KE047", "direction": "fall", "first_month": "2024-02-01"}
    assert lineage.records("published.alerts", alert) == {"before": {1}, "now": {2}}


def test_children_and_prevented_records_are_counted_by_their_own(lineage: Lineage) -> None:
    hotspot = {"place_id": "KE040", "role": "transit", **CASES, "population": "children"}
    assert lineage.records("marts.mart_hotspots", hotspot)["record_count"] == {3}
    assert "record_count" not in lineage.records("marts.mart_hotspots", hotspot | {"role": "origin"})
    corridor = {**YEAR, "level": "od", "corridor_id": "KE040>KE047", "population": "all"}
    counted = lineage.records("marts.mart_corridors", corridor | {"record_grain": "case"})
    assert counted == {"record_count": {1, 2}}
    prevented = lineage.records("marts.mart_corridors", corridor | {"record_grain": "interception"})
    assert prevented == {"prevented_count": {4}}


def test_risk_counts_a_place_in_any_role(lineage: Lineage) -> None:
    assert lineage.records("published.risk", {"place_id": "KE040", **YEAR}) == {"": {1, 2, 3}}


def test_records_of_a_field_are_split_by_stated_or_not(lineage: Lineage) -> None:
    stated = lineage.records("published.completeness", {"field": "sex", **YEAR})
    assert stated == {"known_count": {1, 3}, "record_count": {1, 2, 3}}


def test_a_round_is_compared_with_earlier_rounds_only(lineage: Lineage) -> None:
    item = {"item_kind": "country", "item": "QAT", "role": "any"}
    assert lineage.records("published.novelty", {"period_id": "round-2019", **item}) == {"now": {6}}
    last = {"period_id": "round-2020", **item}
    assert lineage.records("published.novelty", last) == {"now": {5, 6}, "before": {6}}
    assert set(lineage.extracts("published.novelty", last)) == {"a"}


def test_a_place_leads_to_the_months_that_partners_watch(lineage: Lineage) -> None:
    row = {"place_id": "KE040", **CASES}
    assert lineage.extracts("marts.mart_coverage", row) == {"a": ["2024-01"], "b": ["2024-02"]}
    # Records date the months of an extract that declares no period.
    assert lineage.records("marts.mart_coverage", row) == {"month": {2, 3, 4, 6, 8}}


def test_a_hotspot_counts_the_months_of_its_role_alone(lineage: Lineage) -> None:
    hotspot = {"place_id": "KE040", "role": "transit", **YEAR, "people": "all"}
    assert lineage.extracts("published.hotspots", hotspot) == {"a": ["2024-01"]}


@pytest.mark.parametrize("table", ["coverage", "periods"])
def test_a_year_leads_to_every_partner_that_reported(lineage: Lineage, table: str) -> None:
    row = {**YEAR, "_period_kind": "year"}
    assert lineage.extracts(f"published.{table}", row) == {"a": ["2024-01", "2024-03"], "b": ["2024-02"]}


def test_a_round_leads_to_the_extracts_that_declare_it(lineage: Lineage) -> None:
    period = {"period_id": "round-2020", "_period_kind": "round"}
    assert set(lineage.extracts("published.periods", period)) == {"a"}
    assert lineage.extracts("published.periods", period | {"period_id": "round-202"}) == {}


def test_a_number_of_others_leads_to_the_files_it_stands_in(lineage: Lineage) -> None:
    nothing = dict.fromkeys(KEYS["context_counts"][2:])
    count = {"record_grain": "flow_count", "publication": "Victims by year"} | nothing
    assert set(lineage.extracts("published.context_counts", count)) == {"a"}
    own = {"record_grain": "flow_count", "partner_code": "p-2", "publication": None} | nothing
    assert set(lineage.extracts("marts.mart_context_counts", own)) == {"b"}


def test_every_table_of_the_report_can_be_traced() -> None:
    assert {f"published.{table}" for table in KEYS} - {"published.areas"} <= TRACED

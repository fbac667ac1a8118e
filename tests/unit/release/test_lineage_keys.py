"""Rows of published tables lead to their records and extracts, on three journeys and on what partners watched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.release.lineage import open_lineage
from orchestration.release.lineage_keys import BEHIND, named_keys
from orchestration.release.tracing import EXTRACTS_BEHIND, RECORDS_BEHIND
from tests.fixtures.published_world import KEYS

# Records 1 and 2 are one movement of KE040 to KE047; 3 is a child's by bus, from somewhere in Kenya; 4 was prevented.
RECORDS = """
    select *, record = 3 as is_child, record <> 4 as is_counted, record = 4 as is_prevented,
        date '2024-02-01' as month_from, date '2024-02-01' as month_to
    from (values (1, 1, 'p', 'a', 'case'), (2, 1, 'q', 'b', 'case'), (3, 3, 'q', 'b', 'case'), (4, 4, 'q', 'b', 'case'),
        (5, 5, 'p', 'a', 'route_report'), (6, 6, 'q', 'b', 'route_report'))
        as t (record, movement, partner, extract_id, record_grain)
"""
CELLS = """
    select * from (values
        ('corridors|od|KE040>KE047', 1), ('corridors|od|KEN>KE047', 3), ('corridors|od|KEN>KE047', 5),
        ('places|origin|KE040', 1), ('places|origin|KEN', 1), ('places|origin|KEN', 3), ('places|origin|KE040', 6),
        ('codes|total|total', 1), ('codes|total|total', 3), ('codes|transport_mode|bus', 3), ('codes|total|total', 6),
        ('records of hotspots|origin|KE040', 1), ('records of hotspots|origin|KE040', 2),
        ('records of hotspots|origin|KE040', 4), ('records of hotspots|transit|KE040', 3),
        ('records of corridors|od|KE040>KE047', 1), ('records of corridors|od|KE040>KE047', 2),
        ('records of corridors|od|KE040>KE047', 4),
        ('fields|sex|1', 1), ('fields|sex|0', 2), ('fields|sex|1', 3), ('fields|sex|0', 4),
        ('items|country|QAT|any', 5), ('items|country|QAT|any', 6)
    ) as t (cell, record)
"""
PERIODS = """
    select 'year-2024' as period_id, unnest([1, 2, 3, 4]) as record
    union all select '2024-03-12m', unnest([1, 2, 4]) union all select 'year-2023', 2
    union all select '2024-02-before', 1 union all select '2024-02-on', 2
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
CASES = {"period_id": "year-2024", "record_grain": "case", "population": "all"}
CORRIDOR = {"level": "od", "corridor_id": "KE040>KE047"}


class Lineage:
    """A lineage whose keys are those of one row."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with duckdb.connect() as con:
            con.execute(f"create table records as {RECORDS}")
            for name, query in {
                "records": "from records", "cells": CELLS, "periods": PERIODS, "extracts": EXTRACTS, "watches": WATCHES,
            }.items():  # fmt: skip
                con.execute(f"copy ({query}) to '{folder / name}.parquet' (format parquet)")

    def answer(self, query: str, table: str, row: dict[str, Any]) -> list[dict[str, Any]]:
        key = [column for column in row if column != "direction"]
        with duckdb.connect() as con:
            con.execute("create schema intermediate; create schema published; create schema marts")
            con.execute(
                "create table intermediate.int_counting_keys as "
                "select 'hotspots' as counting_table, unnest(['origin', 'transit']) as counting_role"
            )
            columns = ", ".join(f"{name} varchar" for name in row)
            con.execute(f"create table {table} ({columns})")
            con.execute(f"insert into {table} values ({', '.join('?' * len(row))})", list(row.values()))
            [*queries] = named_keys({"tables": {table: {"key": ["edition", *key]}}})
            con.execute(
                f"copy (select *, date '2024-01-01' as first_month, date '2024-12-31' as last_day "
                f"from ({' union '.join(queries)})) to '{self.folder}/keys.parquet' (format parquet)"
            )
        with open_lineage(self.folder) as con:
            keys = ["|".join(str(row[name] or "") for name in key)]
            return con.execute(query, {"table": table, "keys": keys}).to_arrow_table().to_pylist()

    def records(self, table: str, **row: Any) -> dict[int, str]:
        """Records behind a row, each with its part."""
        return {record["record"]: record["part"] for record in self.answer(RECORDS_BEHIND, table, row)}

    def extracts(self, table: str, **row: Any) -> dict[str, list[str]]:
        """Extracts behind a row, each with its months."""
        return {one["extract_id"]: one["months"] for one in self.answer(EXTRACTS_BEHIND, table, row)}


@pytest.fixture
def lineage(tmp_path: Path) -> Lineage:
    return Lineage(tmp_path)


def test_a_movement_is_in_a_cell_with_all_its_records(lineage: Lineage) -> None:
    assert lineage.records("published.corridors", **CORRIDOR, **CASES) == {1: "", 2: ""}


def test_a_country_holds_its_counties_and_children_are_asked_alone(lineage: Lineage) -> None:
    def of(**row: str) -> set[int]:
        return set(lineage.records("published.places", place_id="KEN", role="origin", **CASES | row))

    assert of() == {1, 2, 3}
    assert of(population="children") == {3}
    assert of(period_id="year-2023") == set(), "the smallest record of a movement gives its period"


@pytest.mark.parametrize(("subject", "behind"), [
    ({"subject": "all", "role": None, "place_id": None, "corridor_id": None}, {3}),
    ({"subject": "place", "role": "origin", "place_id": "KEN", "corridor_id": None}, {3}),
    ({"subject": "place", "role": "origin", "place_id": "KE040", "corridor_id": None}, set()),
    ({"subject": "corridor", "role": None, "place_id": None, "corridor_id": "KEN>KE047"}, {3}),
])  # fmt: skip
def test_a_code_is_of_all_movements_or_of_those_of_a_place_or_corridor(
    lineage: Lineage, subject: dict[str, Any], behind: set[int]
) -> None:
    bus = {"domain": "transport_mode", "code": "bus"}
    assert set(lineage.records("published.codes", **subject, **bus, **CASES)) == behind


@pytest.mark.parametrize(("line", "line_id", "behind"), [
    ("corridor", "od|KEN>KE047", {5}), ("place", "origin|KE040", {6}), ("round", "total|total", {6}),
])  # fmt: skip
def test_a_line_of_a_round_is_a_corridor_a_place_or_the_whole_round(
    lineage: Lineage, line: str, line_id: str, behind: set[int]
) -> None:
    row = {"period_id": "round-2020", "line": line, "line_id": line_id}
    assert set(lineage.records("published.routes", **row)) == behind


def test_prevented_records_stand_behind_a_hotspot_and_not_behind_a_shift(lineage: Lineage) -> None:
    place = {"place_id": "KE040", "role": "origin"}
    hotspot = lineage.answer(RECORDS_BEHIND, "marts.mart_hotspots", {**place, **CASES})
    assert {record["record"] for record in hotspot if record["part"] == ""} == {1, 2, 4}
    windows = {"baseline": "2024-03-12m", "current": "year-2023"}
    row = {"comparison": "months", **windows, "record_grain": "case", **CORRIDOR}
    shift = lineage.answer(RECORDS_BEHIND, "published.shifts", row)
    parts = {(record["record"], record["part"]) for record in shift}
    assert parts == {(1, "baseline"), (2, "baseline"), (2, "current")}


def test_an_alert_parts_its_twelve_months_from_those_since(lineage: Lineage) -> None:
    with duckdb.connect() as con:
        con.execute(
            "create schema intermediate; create table intermediate.int_counting_keys (counting_table text, counting_role text)"
        )
        con.execute("create schema published; create table published.alerts as select 'KE040>KE047' as corridor_id, "
                    "'fall' as direction, date '2024-02-01' as first_month")  # fmt: skip
        [*queries] = named_keys(
            {"tables": {"published.alerts": {"key": ["edition", "corridor_id", "direction", "first_month"]}}}
        )
        rows = con.execute(
            f"select row_key, part, period_id from ({' union '.join(queries)}) order by part"
        ).fetchall()
    key = "KE040>KE047|fall|2024-02-01"
    assert rows == [(key, "baseline", "2024-02-before"), (key, "current", "2024-02-on")]


def test_risk_counts_a_place_in_any_role(lineage: Lineage) -> None:
    row = {"place_id": "KE040", "period_id": "year-2024", "record_grain": "case"}
    assert set(lineage.records("published.risk", **row)) == {1, 2, 3, 4}


def test_records_of_a_field_are_split_by_stated_or_not(lineage: Lineage) -> None:
    row = {"field": "sex", "period_id": "year-2024", "record_grain": "case"}
    stated = {1: "stated", 2: "not_stated", 3: "stated", 4: "not_stated"}
    assert lineage.records("published.completeness", **row) == stated


def test_a_round_is_compared_with_earlier_rounds_only(lineage: Lineage) -> None:
    item = {"record_grain": "route_report", "item_kind": "country", "item": "QAT", "role": "any"}
    first = lineage.records("published.novelty", period_id="round-2019", **item)
    assert first == {6: "now"}
    last = lineage.answer(RECORDS_BEHIND, "published.novelty", {"period_id": "round-2020", **item})
    assert sorted((one["record"], one["part"]) for one in last) == [(5, "now"), (6, "before"), (6, "now")]
    assert set(lineage.extracts("published.novelty", period_id="round-2020", **item)) == {"a"}


def test_a_place_leads_to_the_months_that_partners_watch(lineage: Lineage) -> None:
    row = {"place_id": "KE040", "period_id": "year-2024", "record_grain": "case"}
    assert lineage.extracts("marts.mart_coverage", **row) == {"a": ["2024-01"], "b": ["2024-02"]}
    # Records date the months of an extract that declares no period.
    assert lineage.records("marts.mart_coverage", **row) == dict.fromkeys((2, 3, 4, 6), "month")


def test_a_hotspot_counts_the_months_of_its_role_alone(lineage: Lineage) -> None:
    hotspot = {"place_id": "KE040", "role": "transit", **CASES}
    assert lineage.extracts("published.hotspots", **hotspot) == {"a": ["2024-01"]}


def test_a_period_leads_to_every_partner_that_reported(lineage: Lineage) -> None:
    row = {"period_id": "year-2024", "record_grain": "case"}
    assert lineage.extracts("published.coverage", **row) == {"a": ["2024-01", "2024-03"], "b": ["2024-02"]}


def test_a_round_leads_to_the_extracts_that_declare_it(lineage: Lineage) -> None:
    assert set(lineage.extracts("published.periods", period_id="round-2020")) == {"a"}
    assert lineage.extracts("published.periods", period_id="round-202") == {}
    assert lineage.extracts("published.periods", period_id="year-2024") == {}


def test_a_number_of_others_leads_to_the_files_it_stands_in(lineage: Lineage) -> None:
    nothing = dict.fromkeys(KEYS["context_counts"][2:])
    count = {"record_grain": "flow_count", "publication": "Victims by year"} | nothing
    assert set(lineage.extracts("published.context_counts", **count)) == {"a"}
    own = {"record_grain": "flow_count", "partner_code": "p-2", "publication": None} | nothing
    assert set(lineage.extracts("marts.mart_context_counts", **own)) == {"b"}


def test_every_table_of_the_report_can_be_traced() -> None:
    assert {f"published.{table}" for table in KEYS} <= BEHIND.keys()

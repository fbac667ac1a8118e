"""Equal route reports of several partners share a group; nothing else does."""

from __future__ import annotations

from typing import NamedTuple

import duckdb
import pyarrow as pa

from orchestration.linkage.warehouse_tables import route_groups


class Stop(NamedTuple):
    record_id: int
    source: str
    year: int | None
    role: str
    seq: int
    place_id: str | None


def report(
    record: int, partner: str, *passed: str, year: int | None = 2025, origin: str | None = "KE040",
    exploited: str | None = None, intended: str | None = "SAU",
) -> list[Stop]:  # fmt: skip
    """A route from Busia to Saudi Arabia by way of the given places."""
    way = [Stop(record, partner, year, "transit", seq, place) for seq, place in enumerate(passed, start=1)]
    ends = [("origin", origin), ("exploitation", exploited), ("intended_destination", intended)]
    return way[::-1] + [Stop(record, partner, year, role, 0, place) for role, place in ends if place]


def groups(*reports: list[Stop]) -> dict[int, int]:
    rows = [stop._asdict() for stops in reports for stop in stops]
    with duckdb.connect() as con:
        con.register("reported", pa.Table.from_pylist(rows))
        con.execute(
            """create schema intermediate;
            create table intermediate.int_records_current as
            select distinct record_id, source, cast(year as integer) as departed_year, 'route_report' as record_grain,
                true as is_counted
            from reported;
            create table intermediate.int_movement_stops as
            select record_id as movement_id, role as place_role, seq as stop_number, true as is_ordered,
                place_id is not null as is_known, cast(place_id as varchar) as place_id
            from reported"""
        )
        return {row["record_id"]: row["route_group_id"] for row in route_groups(con).to_pylist()}


def test_same_route_of_two_partners_is_a_group_named_by_its_smallest_record() -> None:
    assert groups(report(7, "a", "KE047"), report(3, "b", "KE047"), report(9, "a", "KE047")) == {
        7: 3, 3: 3, 9: 3,
    }  # fmt: skip


def test_one_partner_alone_makes_no_group() -> None:
    assert groups(report(1, "a"), report(2, "a")) == {}


def test_routes_that_differ_in_a_place_its_order_or_the_year_are_no_group() -> None:
    first = report(1, "a", "KE047", "KE001")
    others = [
        report(2, "b", "KE001", "KE047"), report(3, "c", "KE047"), report(4, "d", "KE047", "KE001", year=2024),
        report(5, "e", "KE047", "KE001", intended="QAT"), report(6, "f", "KE047", "KE001", origin="KE039"),
    ]  # fmt: skip
    assert groups(first, *others) == {}


def test_unknown_ends_stops_or_years_match_nothing() -> None:
    assert groups(report(1, "a", origin=None), report(2, "b", origin=None)) == {}
    assert groups(report(1, "a", intended=None), report(2, "b", intended=None)) == {}
    assert groups(report(1, "a", year=None), report(2, "b", year=None)) == {}
    unknown = [Stop(record, partner, 2025, "transit", 1, None) for record, partner in ((1, "a"), (2, "b"))]
    assert groups([*report(1, "a"), unknown[0]], [*report(2, "b"), unknown[1]]) == {}


def test_place_of_exploitation_is_the_destination_where_stated() -> None:
    exploited = report(1, "a", exploited="SAU", intended="QAT")
    assert groups(exploited, report(2, "b", intended="SAU")) == {1: 1, 2: 1}

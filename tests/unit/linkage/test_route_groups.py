"""Equal route reports of several partners share a group; nothing else does."""

from typing import NamedTuple

import duckdb
import pyarrow as pa
import pytest

from orchestration.linkage.tables import route_groups


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
            select distinct record_id, source, cast(year as integer) as event_year, 'route_report' as record_grain,
                true as is_counted
            from reported;
            create table intermediate.int_movement_stops as
            select record_id as movement_id, role as place_role, seq as stop_number, true as is_ordered,
                place_id is not null as is_known, cast(place_id as varchar) as place_id
            from reported"""
        )
        return {row["record_id"]: row["route_group_id"] for row in route_groups(con).to_pylist()}


FIRST = report(1, "a", "KE047", "KE001")
UNKNOWN = [[*report(at, name), Stop(at, name, 2025, "transit", 1, None)] for at, name in ((1, "a"), (2, "b"))]


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([report(7, "a", "KE047"), report(3, "b", "KE047"), report(9, "a", "KE047")], {7: 3, 3: 3, 9: 3}),
        ([report(1, "a"), report(2, "a")], {}),
        ([FIRST, report(2, "b", "KE001", "KE047")], {}),
        ([FIRST, report(3, "c", "KE047")], {}),
        ([FIRST, report(4, "d", "KE047", "KE001", year=2024)], {}),
        ([FIRST, report(5, "e", "KE047", "KE001", intended="QAT")], {}),
        ([FIRST, report(6, "f", "KE047", "KE001", origin="KE039")], {}),
        ([report(1, "a", origin=None), report(2, "b", origin=None)], {}),
        ([report(1, "a", intended=None), report(2, "b", intended=None)], {}),
        ([report(1, "a", year=None), report(2, "b", year=None)], {}),
        (UNKNOWN, {}),
        ([report(1, "a", exploited="SAU", intended="QAT"), report(2, "b", intended="SAU")], {1: 1, 2: 1}),
    ],
    ids=[
        "the same route of two partners is named by its smallest record", "one partner alone", "another order",
        "another place", "another year", "another destination", "another origin", "unknown origins", "unknown ends",
        "unknown years", "unknown stops", "the place of exploitation is the destination where stated",
    ],
)  # fmt: skip
def test_equal_reports_of_two_partners_are_a_group(
    reports: list[list[Stop]], expected: dict[int, int]
) -> None:
    assert groups(*reports) == expected

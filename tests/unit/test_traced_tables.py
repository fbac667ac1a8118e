"""How a lineage is asked: the readings of a key, on a lineage of three journeys."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.outputs.edition import Edition
from orchestration.outputs.report.compose import compose
from orchestration.outputs.report.html import as_html
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
        destination_country_place_id)
"""


def readings(table: str, *key: str) -> list[set[int]]:
    """Records by each reading of a key, the likeliest first."""
    name, named, _ = table_and_key((table, *key))
    with duckdb.connect() as con:
        con.execute(LINEAGE)
        return [
            {row[0] for row in con.execute(f"select record from ({one.sql})", one.parameters).fetchall()}
            for one in TRACED[name].ask(named)
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
    for source in {value.source for value in read.values if not value.column.startswith("rows:")}:
        table = source.partition("|")[0]
        if table.removeprefix(start) in TRACED:
            found, _, edition = table_and_key([source])
            assert (found, edition) == (table.removeprefix(start), name)
            traced.add(found)
    assert {"corridors", "ends", "hotspots"} <= traced

"""Persons whom several partners know, in the counting tables: worked out by hand, in the comments beside the rows."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.fixtures.dbt_world import World, rows

Warehouse = duckdb.DuckDBPyConnection


def linked_persons(world: World) -> None:
    """1 and 2 are one girl, 3 and 4 one woman, known to two partners; 5 does not say who it is."""
    for extract, partner in (("p1", "police"), ("q1", "shelter"), ("r1", "helpline")):
        world.extract(extract, partner, finest_place="county")
    world.record("p1", 1, on="2024-08-05", places={"origin": "KE040", "exploitation": "KE047"})
    # Only the shelter knows that she is a child.
    world.record("q1", 2, on="2024-09-10", is_child=True, places={"origin": "KE040", "exploitation": "KE047"})
    # Busia says the one, Nairobi the other, and a month of another quarter.
    world.record("p1", 3, on="2024-09-02", places={"origin": "KE040", "exploitation": "ITA"})
    world.record("q1", 4, on="2024-10-02", places={"origin": "KE047", "exploitation": "ITA"})
    world.record("r1", 5, on="2024-08-09", places={"origin": "KE001", "exploitation": "KE047"})
    world.persons((1, 2), (3, 4))
    world.persons((5,), tier="poor_form")
    # 3 and 4 are surer than 1 and 2; that 1 is 3 is hardly likely, and adds to Busia's duplicates.
    world.likely = [(3, 4, 0.98, 0.99), (1, 2, 0.9, 0.99), (1, 3, 0.1, 0.4)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(Path(tmp_path_factory.mktemp("linked")))
    linked_persons(world)
    world.build().close()
    return world


def test_data_tests_hold(world: World) -> None:
    assert world.failed_data_tests() == set()


COUNTS = """record_count, person_count_low, person_count_high, partner_count, linkage_tier, persons_expected_low,
    persons_expected_high"""


def test_a_corridor_counts_a_person_once_and_every_record(warehouse: Warehouse) -> None:
    # Busia > Nairobi: 2 records less 0.9 to 0.99; the link leaves 1, unless it is wrong. The woman stands in both of her corridors.
    assert rows(
        warehouse,
        f"""select corridor_id, {COUNTS} from marts.mart_corridors
        where level = 'od' and period_id = 'year-2024' and population = 'all' order by 1""",
    ) == [
        ("KE001>KE047", 1, 1, 1, 1, "poor_form", 1.0, 1.0),
        ("KE040>ITA", 1, 1, 1, 1, "name_codes", 1.0, 1.0),
        ("KE040>KE047", 2, 1, 1, 2, "name_codes", 1.0, 1.1),
        ("KE047>ITA", 1, 1, 1, 1, "name_codes", 1.0, 1.0),
    ]


def test_a_linked_person_counts_once_in_published_tables(warehouse: Warehouse) -> None:
    # The woman counts where her smaller record says. Fewer than five of a corridor stand together, by direction.
    assert rows(
        warehouse,
        """select start_place_id, direction, movement_count from published.corridors
        where period_id = 'year-2024' and edition = 'members' order by 1, 2""",
    ) == [("fewer", "out_of", 1), ("fewer", "within", 2)]


def test_a_place_counts_a_person_once_and_takes_the_weakest_tier(warehouse: Warehouse) -> None:
    # Origins. Busia: 1, 2 and 3 are 2 persons; 3 less 1.0 to 1.39, but one partner knows 2. Kenya: all five are 3 persons,
    # or 2 if 5 is one of them. Exploited in Italy: 2 less 0.98 to 0.99.
    assert rows(
        warehouse,
        f"""select place_id, role, {COUNTS} from marts.mart_places
        where period_id = 'year-2024' and population = 'all' and place_id in ('KE040', 'KEN', 'ITA', 'KE047')
        and role in ('origin', 'exploitation') order by 1, 2 desc""",
    ) == [
        ("ITA", "exploitation", 2, 1, 1, 2, "name_codes", 1.0, 1.0),
        ("KE040", "origin", 3, 2, 2, 2, "name_codes", 2.0, 2.0),
        ("KE047", "origin", 1, 1, 1, 1, "name_codes", 1.0, 1.0),
        ("KE047", "exploitation", 3, 2, 2, 3, "poor_form", 1.0, 2.1),
        ("KEN", "origin", 5, 3, 3, 3, "poor_form", 2.0, 3.0),
        ("KEN", "exploitation", 3, 2, 2, 3, "poor_form", 1.0, 2.1),
    ]


def test_person_in_two_quarters_counts_in_each_and_once_in_the_year(warehouse: Warehouse) -> None:
    assert rows(
        warehouse,
        """select period_id, record_count, person_count_low from marts.mart_places
        where place_id = 'ITA' and population = 'all' and period_id in ('year-2024', '2024-Q3', '2024-Q4') order by 1""",
    ) == [("2024-Q3", 1, 1), ("2024-Q4", 1, 1), ("year-2024", 2, 1)]


def test_children_are_those_records_that_say_so(warehouse: Warehouse) -> None:
    assert rows(
        warehouse,
        f"""select {COUNTS} from marts.mart_corridors where level = 'od' and period_id = 'year-2024'
        and population = 'children'""",
    ) == [(1, 1, 1, 1, "name_codes", 1.0, 1.0)]


def test_persons_added_twice_or_lost_stop_the_release(tmp_path: Path) -> None:
    world = World(tmp_path)
    linked_persons(world)
    right = "cast(counts.person_count_low as bigint)"
    # Italy has two records and Mombasa one.
    wrong = "cast(case counts.counting_id when 'ITA' then 3 when 'KE001' then 0 else counts.person_count_low end as bigint)"
    world.build(changed={"models/intermediate/int_line_counts.sql": (right, wrong)})
    assert world.failed_data_tests() >= {
        "int_line_counts_are_no_more_than_registered",
        "int_line_counts_are_no_fewer_than_one_partner_knows",
    }


def test_a_case_without_a_number_of_persons_does_not_stop_the_release(tmp_path: Path) -> None:
    world = World(tmp_path)
    linked_persons(world)
    world.record("r1", 6, on="2024-08-11", persons=None, places={"origin": "KE001", "exploitation": "ITA"})
    assert rows(
        world.build(),
        f"""select {COUNTS} from marts.mart_corridors
        where corridor_id = 'KE001>ITA' and period_id = 'year-2024' and population = 'all'""",
    ) == [(1, 0, 0, 1, "not_linked", 0.0, 0.0)]

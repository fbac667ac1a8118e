"""Published counts: members see exact counts, the public protected counts of closed years."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.fixtures.dbt_world import World
from tests.fixtures.protected_world import noise

BUSIA, NAIROBI, MOMBASA, ELDORET = "KE040", "KE047", "KE001", "KE027"
AS_OF = "2026-06-30"  # 2025 closed on 31 March 2026


def journeys(world: World, extract: str, first: int, number: int, on: str, to: str, **columns: Any) -> None:
    for record_id in range(first, first + number):
        world.record(extract, record_id, on=on, places={"origin": BUSIA, "exploitation": to}, **columns)


def fill(world: World) -> None:
    for number, partner in enumerate(("kobe_shelter", "swala_post"), start=1):
        world.extract(f"e{number}", partner, received_on="2026-05-31")
    journeys(world, "e1", 100, 30, "2025-05-05", NAIROBI, is_child=True)
    journeys(world, "e2", 200, 15, "2025-06-05", NAIROBI, is_child=False)
    journeys(world, "e1", 300, 4, "2025-07-05", MOMBASA)
    journeys(world, "e1", 500, 5, "2025-07-05", ELDORET)
    journeys(world, "e1", 400, 40, "2026-02-05", NAIROBI)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(Path(tmp_path_factory.mktemp("protected")), AS_OF)
    fill(world)
    world.build().close()
    return world


def test_data_tests_hold(world: World) -> None:
    assert world.failed_data_tests() == set()


def noise_of(table: str, period: str, cell: str, keys: list[int], count: int) -> int:
    return noise(f"{table}|{period}|{cell}|{sum(keys)}|0", count)


def keys_of(first: int, number: int) -> list[int]:
    return [record_id * 2_654_435_761 % 2**31 for record_id in range(first, first + number)]


def corridors(warehouse: duckdb.DuckDBPyConnection, edition: str, where: str = "true") -> list[Any]:
    return warehouse.execute(
        f"""select period_id, population, origin, destination, movement_count, movement_count_text
        from published.corridors
        where edition = '{edition}' and level = 'od' and {where} order by all nulls last"""
    ).fetchall()


def test_public_count_is_the_true_count_plus_the_noise_of_its_cell(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    keys = keys_of(100, 30) + keys_of(200, 15)
    count = 45 + noise_of("corridors|all", "year-2025", f"od|{BUSIA}>{NAIROBI}", keys, 45)
    assert corridors(warehouse, "public") == [("year-2025", "all", "Busia", "Nairobi", count, str(count))]


def test_public_counts_are_of_closed_calendar_years_alone(warehouse: duckdb.DuckDBPyConnection) -> None:
    for table in ("corridors", "places", "codes"):
        periods = warehouse.execute(
            f"select distinct period_id from published.{table} where edition = 'public'"
        ).fetchall()
        assert periods == [("year-2025",)], table


def test_a_public_cell_under_ten_has_no_row(warehouse: duckdb.DuckDBPyConnection) -> None:
    shown = warehouse.execute(
        """select protected_count, is_shown from intermediate.int_protected_cells
        where cell_id = 'od|KE040>KE001' and period_id = 'year-2025'"""
    ).fetchall()
    ((count, is_shown),) = shown
    assert is_shown == (count >= 10)
    lowest = warehouse.execute(
        "select min(movement_count) from published.places where edition = 'public'"
    ).fetchone()
    assert lowest and lowest[0] >= 10


def test_members_see_exact_counts_and_below_five_as_text(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert corridors(warehouse, "members", "period_id = 'year-2025' and population = 'all'") == [
        ("year-2025", "all", "Busia", "Mombasa", None, "<5"),
        ("year-2025", "all", "Busia", "Nairobi", 45, "45"),
        ("year-2025", "all", "Busia", "Uasin Gishu", 5, "5"),
    ]
    quarters = corridors(warehouse, "members", "period_id = '2026-Q1' and population = 'all'")
    assert quarters == [("2026-Q1", "all", "Busia", "Nairobi", 40, "40")]


def test_children_have_counts_of_their_own(warehouse: duckdb.DuckDBPyConnection) -> None:
    members = corridors(warehouse, "members", "period_id = 'year-2025' and population = 'children'")
    assert members == [("year-2025", "children", "Busia", "Nairobi", 30, "30")]
    assert corridors(warehouse, "public", "population = 'children'") == [], "no corridors of children"
    public = warehouse.execute(
        """select movement_count from published.places
        where edition = 'public' and population = 'children' and role = 'origin' and place = 'Busia'"""
    ).fetchall()
    count = 30 + noise_of("places|children", "year-2025", f"origin|{BUSIA}", keys_of(100, 30), 30)
    assert public == [(count,)]


def test_a_closed_year_waits_until_its_total_can_be_shown(tmp_path: Path) -> None:
    """Published with nothing in it, it would be carried like that, and late reports of it would be lost."""
    world = World(tmp_path, AS_OF)
    world.extract("e1", "kobe_shelter", received_on="2026-05-31")
    journeys(world, "e1", 100, 60, "2025-05-05", NAIROBI)
    journeys(world, "e1", 300, 10, "2019-05-05", NAIROBI)  # with their noise 12, and 9 in all
    with world.build() as con:
        periods = con.execute("select period_id from published.periods where edition = 'public'").fetchall()
        assert periods == [("year-2025",)]
        assert {period for period, *_ in corridors(con, "public")} == {"year-2025"}
        shares = con.execute(
            "select count(*) from published.completeness where edition = 'public'"
        ).fetchone()
        assert shares == (0,), "of sixty cases five percent would be an exact number"

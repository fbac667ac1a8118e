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


def noise_of(table: str, cell: str, keys: list[int]) -> int:
    return noise(f"{table}|year-2025|{cell}|{sum(keys)}|0", len(keys))


def keys_of(first: int, number: int) -> list[int]:
    return [record_id * 2_654_435_761 % 2**31 for record_id in range(first, first + number)]


def rows(warehouse: duckdb.DuckDBPyConnection, query: str) -> list[Any]:
    return warehouse.execute(query + " order by all nulls last").fetchall()


def published(warehouse: duckdb.DuckDBPyConnection, edition: str, table: str, columns: str) -> list[Any]:
    where = f"edition = '{edition}' and period_id = 'year-2025'"
    return rows(warehouse, f"select {columns} from published.{table} where {where}")


def test_protected_count_is_the_true_count_plus_the_noise_of_its_cell(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    keys = keys_of(100, 30) + keys_of(200, 15)
    children = keys_of(100, 30)
    expected = [
        ("corridors", f"{BUSIA}>{NAIROBI}|within", 45 + noise_of("corridors", f"{BUSIA}>{NAIROBI}|within", keys)),
        ("ends", NAIROBI, 30 + noise_of("ends|children", NAIROBI, children)),
    ]  # fmt: skip
    assert expected == rows(
        warehouse,
        f"""select table_name, cell_id, protected_count from intermediate.int_protected_cells
        where cell_id = '{BUSIA}>{NAIROBI}|within' or (cell_id = '{NAIROBI}' and column_name = 'child_count')""",
    )


def test_starts_and_ends_have_a_leaf_of_nobody(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Else what a start has beyond its shown corridors would prove that somebody is there."""
    empty = rows(
        warehouse,
        "select cell_id, noise from intermediate.int_protected_cells where true_count = 0 and period_id = 'year-2025'",
    )
    sides = [f"{BUSIA}>unknown", *(f"unknown>{end}" for end in (MOMBASA, ELDORET, NAIROBI))]
    assert empty == [(f"{side}|unknown", 0) for side in sides]


def test_public_tables_add_up_without_a_small_cell(warehouse: duckdb.DuckDBPyConnection) -> None:
    directions = published(warehouse, "public", "directions", "direction, movement_count")
    ends = published(warehouse, "public", "ends", "place_id, movement_count")
    corridors = published(warehouse, "public", "corridors", "end_place_id, movement_count")
    starts = published(warehouse, "public", "starts", "place_id, movement_count")
    totals = {sum(count for *_, count in table) for table in (directions, starts, ends, corridors)}
    assert len(totals) == 1
    for table in (starts, ends, corridors):
        assert all(count >= 10 or cell == "fewer" for cell, count in table)
    assert [end for end, _ in ends] == [NAIROBI, "fewer"]


def test_public_counts_are_of_closed_calendar_years_alone(warehouse: duckdb.DuckDBPyConnection) -> None:
    for table in ("directions", "corridors", "traits"):
        periods = rows(
            warehouse, f"select distinct period_id from published.{table} where edition = 'public'"
        )
        assert periods == [("year-2025",)], table


def test_members_see_exact_counts_and_small_ones_as_one(warehouse: duckdb.DuckDBPyConnection) -> None:
    ends = published(warehouse, "members", "ends", "place, movement_count, exploited_count, child_count")
    assert ends == [
        ("Fewer than 5 each", 4, 4, 0), ("Nairobi", 45, 45, 30), ("Uasin Gishu", 5, 5, 0),
    ]  # fmt: skip
    quarters = "select end_place, movement_count from published.corridors where edition = 'members'"
    assert rows(warehouse, f"{quarters} and period_id = '2026-Q1'") == [("Nairobi", 40)]


def test_codes_of_sex_by_age_have_the_labels_of_both(warehouse: duckdb.DuckDBPyConnection) -> None:
    traits = published(warehouse, "members", "traits", "trait, label, trait_count")
    assert [row[1:] for row in traits if row[0] == "sex_age"] == [
        ("Sex unknown, 30 to 38", 15), ("Sex unknown, 9 to 17", 30), ("Sex unknown, age unknown", 9),
    ]  # fmt: skip


def test_public_parts_are_no_larger_than_their_whole(warehouse: duckdb.DuckDBPyConnection) -> None:
    ((count, exploited, children),) = published(
        warehouse, "public", "ends", "movement_count, exploited_count, child_count"
    )[1:]
    protected = dict(
        rows(
            warehouse,
            f"select column_name, protected_count from intermediate.int_protected_cells where cell_id = '{NAIROBI}'",
        )
    )
    assert exploited == min(protected["exploited_count"], count)
    ages = dict(published(warehouse, "public", "traits", "code, trait_count"))
    assert ages["child"] == ages["a09_17"]
    assert children == min(protected["child_count"], count, ages["child"])


def test_a_closed_year_waits_until_its_total_can_be_shown(tmp_path: Path) -> None:
    """Published with nothing in it, it would be carried like that, and late reports of it would be lost."""
    world = World(tmp_path, AS_OF)
    world.extract("e1", "kobe_shelter", received_on="2026-05-31")
    journeys(world, "e1", 100, 60, "2025-05-05", NAIROBI)
    journeys(world, "e1", 300, 5, "2019-05-05", NAIROBI)
    with world.build() as con:
        for table in ("periods", "corridors"):
            periods = rows(con, f"select distinct period_id from published.{table} where edition = 'public'")
            assert periods == [("year-2025",)]
        shares = con.execute(
            "select count(*) from published.completeness where edition = 'public'"
        ).fetchone()
        assert shares == (0,), "of sixty cases five percent would be an exact number"


def test_a_cell_stands_in_its_own_row_or_in_fewer_by_edition(warehouse: duckdb.DuckDBPyConnection) -> None:
    stands_in = rows(
        warehouse,
        """select edition, cell_id, row_id from intermediate.int_edition_cells
        where table_name = 'ends' and period_id = 'year-2025'""",
    )
    assert stands_in == [
        ("members", MOMBASA, "fewer"), ("members", ELDORET, ELDORET), ("members", NAIROBI, NAIROBI),
        ("public", MOMBASA, "fewer"), ("public", ELDORET, "fewer"), ("public", NAIROBI, NAIROBI),
    ]  # fmt: skip


def test_a_small_direction_stands_in_the_public_row_unknown(tmp_path: Path) -> None:
    world = World(tmp_path, AS_OF)
    world.extract("e1", "kobe_shelter", received_on="2026-05-31")
    journeys(world, "e1", 100, 60, "2025-05-05", NAIROBI)
    journeys(world, "e1", 200, 2, "2025-05-05", "ARE")
    with world.build() as con:
        stands_in = rows(
            con,
            "select edition, table_name, row_id from intermediate.int_edition_cells where direction is not null "
            "and cell_id like '%out_of' and table_name in ('directions', 'corridors') and period_id = 'year-2025'",
        )
    assert stands_in == [
        ("members", "corridors", "fewer>fewer|out_of"), ("members", "directions", "out_of"),
        ("public", "corridors", "fewer>fewer|unknown"), ("public", "directions", "unknown"),
    ]  # fmt: skip


def test_a_place_that_fell_to_nothing_has_a_row(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Members saw five in Uasin Gishu a year earlier, and never the four in Mombasa."""
    ends = "select place, movement_count, comparison from published.ends where period_id = 'year-2026'"
    assert rows(warehouse, ends) == [("Nairobi", 40, "not_comparable"), ("Uasin Gishu", 0, "few")]

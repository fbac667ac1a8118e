"""Records and their witnesses in the counts that statistics read, worked out by hand."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.fixtures.dbt_world import World, rows

TO_NAIROBI = {"origin": "KE040", "exploitation": "KE047"}


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One incident, 1: three persons of partner a in March, one of them a child and one from Mombasa, and one of
    them again at partner b in May; beside it 5 and 6, one person without a number, and 7 alone.
    """
    world = World(Path(tmp_path_factory.mktemp("witnesses")))
    for partner in ("a", "b"):
        world.extract(partner, partner)
    mombasa: dict[str, Any] = {"places": {**TO_NAIROBI, "origin": "KE001"}}
    of_a: dict[int, Any] = {1: {"is_child": True}, 2: {}, 3: mombasa, 5: {}, 7: {}}
    for record, more in of_a.items():
        world.record(
            "a", record, on="2024-03-05" if record < 5 else "2024-06-01", **{"places": TO_NAIROBI} | more
        )
    for record, day in ((4, "2024-05-02"), (6, "2024-04-30")):
        world.record("b", record, on=day, places=TO_NAIROBI)
    world.persons((2, 4), (5, 6))
    world.tables["linkage/witnesses"] += [
        {"record_id": record, "witness_id": witness, "is_numbered": witness == 1}
        for record, witness in ((1, 1), (2, 1), (3, 1), (4, 1), (5, 5), (6, 5), (7, 7))
    ]
    world.build().close()
    return world


@pytest.fixture(scope="module")
def warehouse(counted: World) -> duckdb.DuckDBPyConnection:
    return counted.opened()


def test_a_witness_counts_once_a_corridor_at_its_first_record(warehouse: duckdb.DuckDBPyConnection) -> None:
    """5 and 6 are first known to b, in April; record 4 of May is known to a since March."""
    assert rows(
        warehouse,
        """select corridor_id, source, strftime(month_from, '%m'), record_count, witness_count, numbered_count
        from intermediate.int_corridor_counts where corridor_level = 'od' order by all""",
    ) == [
        ("KE001>KE047", "a", "03", 1, 1, 1),
        ("KE040>KE047", "a", "03", 2, 1, 1),
        ("KE040>KE047", "a", "06", 2, 1, 0),
        ("KE040>KE047", "b", "04", 1, 1, 0),
        ("KE040>KE047", "b", "05", 1, 0, 0),
    ]


def test_a_witness_counts_once_a_place_and_population(warehouse: duckdb.DuckDBPyConnection) -> None:
    """In Nairobi all three of March are one witness, and the child alone is one too."""
    assert rows(
        warehouse,
        """select population, sum(record_count), sum(witness_count) from intermediate.int_place_counts
        where place_id = 'KE047' and place_role = 'exploitation' and month_from = date '2024-03-01'
        group by population order by population""",
    ) == [("all", 3, 1), ("children", 1, 1)]
    assert rows(
        warehouse,
        """select place_id, sum(record_count), sum(witness_count) from intermediate.int_county_counts
        group by place_id order by place_id""",
    ) == [("KE001", 1, 1), ("KE040", 6, 3), ("KE047", 7, 3)]


def test_corridors_add_up_to_the_total_of_their_source(
    counted: World, warehouse: duckdb.DuckDBPyConnection
) -> None:
    assert rows(
        warehouse,
        """select source, strftime(month_from, '%m'), record_count, witness_count
        from intermediate.int_source_counts order by all""",
    ) == [("a", "03", 3, 2), ("a", "06", 2, 1), ("b", "04", 1, 1), ("b", "05", 1, 0)]
    assert counted.failed_data_tests() == set()

"""Tables of others stand beside the movements, with their source, and in no count of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.fixtures.dbt_world import World, rows

SAID = """period_from, period_to, counted_year, origin_place_id, counted_at_place_id, destination_place_id,
    destination_basis, direction, form_label, person_count, person_count_low, person_count_high"""
IN_2019: dict[str, Any] = {"on": "2019-01-01", "to": "2019-12-31", "precision": "year"}


def context(world: World) -> None:
    """A national table, sent by two partners; a table whose terms keep it to members; counts of a partner."""
    for extract, received_on, victims in (("old", "2024-03-01", 800), ("new", "2024-09-01", 853)):
        world.extract(
            extract, f"{extract}_office", grain="flow_count", received_on=received_on,
            publication=("Victims by year", True),
        )  # fmt: skip
        world.record(extract, len(extract) + victims, persons=(victims, victims),
                     places={"observation": "KEN"}, **IN_2019)  # fmt: skip
    # Under five: the source prints no number.
    at_most_4 = {"persons": None, "person_count_high": 4, "count_basis": "at_most"}
    world.record("new", 2, places={"origin": "tn-ken-eldoret", "exploitation": "tn-are-dubai"},
                 codes={"exploitation_type": ["forced_labour"]}, **at_most_4, **IN_2019)  # fmt: skip
    world.extract("flows", "flow_office", grain="flow_count", publication=("Flows by month", False))
    world.record("flows", 3, on="2024-05-06", persons=(70, 70), places={"transit": ["bp-ken-malaba"]})
    world.extract("own", "flow_house", grain="flow_count")
    for number, is_child in ((4, True), (5, False)):
        world.record("own", number, on="2024-05-06", persons=(9, 9), is_child=is_child,
                     places={"origin": "tn-ken-eldoret", "transit": ["bp-ken-malaba"]})  # fmt: skip
    world.extract("cases", "case_house")
    world.record("cases", 6, on="2024-05-06", places={"origin": "KE040"})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(Path(tmp_path_factory.mktemp("context")))
    context(world)
    world.build().close()
    return world


def test_data_tests_hold(world: World) -> None:
    assert world.failed_data_tests() == set()


def test_a_published_table_keeps_its_years_and_its_newest_copy_stands(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    first, last = date(2019, 1, 1), date(2019, 12, 31)
    assert rows(
        warehouse,
        f"select {SAID} from published.context_counts where edition = 'public' order by person_count",
    ) == [
        (first, last, 2019, "unknown", "KEN", "unknown", None, "unknown", None, 853, 853, 853),
        (first, last, 2019, "KE027", "unknown", "ARE", "exploitation", "out_of", "Forced labour", None, None, 4),
    ]  # fmt: skip
    assert rows(
        warehouse,
        """select distinct publication, publisher, publication_url, publication_licence, retrieved_on
        from published.context_counts where edition = 'public'""",
    ) == [
        ("Victims by year", "Fixture Office", "https://fixture.example", "CC BY 4.0", date(2024, 9, 1)),
    ]  # fmt: skip


def test_terms_decide_the_edition_and_what_nobody_published_is_in_the_mart_alone(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    assert rows(
        warehouse,
        "select edition, publication, count(*) from published.context_counts group by all order by all",
    ) == [
        ("members", "Flows by month", 1),
        ("members", "Victims by year", 2),
        ("public", "Victims by year", 2),
    ]
    assert rows(
        warehouse,
        f"select {SAID} from marts.mart_context_counts where publication is null order by period_to",
    ) == [
        (date(2024, 5, 1), date(2024, 5, 31), 2024, "tn-ken-eldoret", "bp-ken-malaba", "unknown", None, "unknown",
         None, 9, 9, 9),
        (date(2024, 4, 1), date(2024, 6, 30), 2024, "KE027", "bp-ken-malaba", "unknown", None, "unknown",
         None, 9, 9, 9),
    ], "of children the quarter and the county"  # fmt: skip


def test_context_is_no_movement_and_moves_no_calendar(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert rows(warehouse, "select record_grain, count(*) from marts.fct_movements group by all") == [
        ("case", 1)
    ]
    for table in ("mart_places", "mart_corridors", "mart_completeness"):
        assert rows(warehouse, f"select distinct record_grain from marts.{table}") == [("case",)], table
    assert rows(warehouse, "select min(period_from) from marts.dim_period") == [(date(2023, 4, 1),)]


def test_a_flow_count_among_the_movements_stops_the_release(tmp_path: Path) -> None:
    world = World(tmp_path)
    context(world)
    mistake = {"models/intermediate/int_movements.sql": (" where record_grain <> 'flow_count'", "")}
    world.build(changed=mistake)
    assert "int_movements_hold_no_flow_count" in world.failed_data_tests()

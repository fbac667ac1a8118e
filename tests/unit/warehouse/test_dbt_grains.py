"""Four grains on one corridor: each is counted apart, by hand, in every table that counts."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.fixtures.dbt_world import World, rows
from tests.fixtures.small_dbt_project import DBT_PROJECT

PLACES = {"origin": "KE040", "transit": ["bp-ken-malaba"], "intended_destination": "KE047"}
WATCHED = [("KE040", "origin"), ("KE047", "intended_destination")]
CODES = {"transport_mode": ["bus"]}
GRAINS = ("case", "flow_count", "interception", "route_report")
# Measures: numbers of a published table that somebody might add up.
MEASURE = re.compile(r"(_count|_count_\w+|^persons_expected|_months|_share|^share|^rank)$")


def one_corridor(world: World) -> None:
    """Busia > Malaba > Nairobi in February 2024, told by four partners, each in its own grain."""
    statuses: dict[str, list[tuple[str | None, int]]] = {
        "case": [
            ("confirmed", 1), ("presumed", 1), ("smuggling", 1), ("prevented", 1), ("high_risk", 1),
            ("trafficked_or_smuggled", 1),
        ],
        # A monitor that stops a journey need not say what it found.
        "interception": [(None, 3), ("prevented", 2), ("presumed", 2), ("smuggling", 4)],
        "flow_count": [(None, 500), ("presumed", 7)],
    }  # fmt: skip
    for number, (grain, found) in enumerate(statuses.items(), start=1):
        world.extract(grain, f"{grain}_house", grain=grain, coverage=WATCHED)
        for status, persons in found:
            world.record(
                grain, 100 * number + len(world.tables["typed/records"]), on="2024-02-10",
                persons=(persons, persons), trafficking_status=status, places=PLACES, codes=CODES,
            )  # fmt: skip
    world.extract("routes", "route_house", grain="route_report", coverage=WATCHED)
    about_20 = {"person_count": 20, "count_basis": "estimated"}
    at_most_10 = {"person_count_high": 10, "count_basis": "at_most"}
    world.record("routes", 401, on="2024-02-10", persons=None, places=PLACES, codes=CODES, **about_20)
    world.record("routes", 402, on="2024-02-10", persons=(6, 8), places=PLACES, codes=CODES)
    world.record("routes", 403, on="2024-02-10", persons=None, places=PLACES, codes=CODES, **at_most_10)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(Path(tmp_path_factory.mktemp("grains")))
    one_corridor(world)
    world.build().close()
    return world


def test_data_tests_hold(world: World) -> None:
    assert world.failed_data_tests() == set()


# Cases: confirmed and presumed are victims, one is prevented, three are neither. Route reports: about 20, 6 to 8, at
# most 10. Interceptions: all but the smuggled are prevented, none is a victim. Flow counts stand in no such table.
COUNTED = [
    ("case", 2, 2, 2, 0, 1, 1),
    ("interception", 0, 0, 0, 0, 3, 0),
    ("route_report", 3, 26, 38, 20, 0, 1),
]
MEASURES = """record_count, person_count_low, person_count_high, person_count_without_bounds, prevented_count,
    partner_count"""


@pytest.mark.parametrize("level", ["od", "odv"])
def test_corridors_count_each_grain_apart(warehouse: duckdb.DuckDBPyConnection, level: str) -> None:
    assert (
        rows(
            warehouse,
            f"""select record_grain, {MEASURES} from marts.mart_corridors
            where level = '{level}' and period_id = '2024-Q1' and population = 'all' order by 1""",
        )
        == COUNTED
    )


def test_hotspots_count_each_grain_apart(warehouse: duckdb.DuckDBPyConnection) -> None:
    for place, role in (("KE040", "origin"), ("KE047", "intended_destination"), ("KEN", "transit")):
        found = rows(
            warehouse,
            f"""select record_grain, {MEASURES} from marts.mart_places where place_id = '{place}'
            and role = '{role}' and period_id = '2024-Q1' and population = 'all' order by 1""",
        )
        assert found == COUNTED, (place, role)


def test_shares_and_ranks_are_of_one_grain(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert rows(
        warehouse,
        """select record_grain, share, rank from marts.mart_corridors
        where level = 'od' and period_id = '2024-Q1' and population = 'all' order by 1""",
    ) == [("case", 1.0, 1), ("interception", None, None), ("route_report", 1.0, 1)]


def test_completeness_and_coverage_tell_each_grain(warehouse: duckdb.DuckDBPyConnection) -> None:
    # All records of a grain, whatever their status; one partner and one active month each.
    assert rows(
        warehouse,
        """select record_grain, record_count from marts.mart_completeness
        where field = 'origin' and period_id = '2024-Q1' order by 1""",
    ) == [("case", 6), ("interception", 4), ("route_report", 3)]
    assert rows(
        warehouse,
        """select record_grain, effort_months, partner_count from marts.mart_coverage
        where place_id = 'KE040' and period_id = '2024-Q1' order by 1""",
    ) == [(grain, 1, 1) for grain in GRAINS]


def test_microdata_carries_its_grain_and_the_rule_of_victim_totals(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    # Legs: Busia > Malaba > Nairobi are two a movement; each movement states one mode.
    assert rows(
        warehouse, "select record_grain, count(*) from marts.fct_movement_legs group by 1 order by 1"
    ) == [("case", 12), ("interception", 8), ("route_report", 6)]
    assert rows(
        warehouse, "select record_grain, count(*) from marts.bridge_movement_codes group by 1 order by 1"
    ) == [("case", 6), ("interception", 4), ("route_report", 3)]
    # person_count over is_counted gives the low sum of the counting tables.
    assert rows(
        warehouse,
        """select record_grain, count(*), sum(coalesce(person_count, 0)) from marts.fct_movements
        where is_counted group by 1 order by 1""",
    ) == [("case", 2, 2), ("route_report", 3, 26)]
    assert rows(
        warehouse,
        """select record_grain, count(*) from marts.fct_movements where is_prevented group by 1 order by 1""",
    ) == [("case", 1), ("interception", 3)]
    assert rows(warehouse, "select count(*) from marts.fct_movements where is_counted and is_prevented") == [
        (0,)
    ]


def test_flow_counts_are_context_and_no_movements(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert rows(
        warehouse,
        """select record_grain, period_from, period_to, origin_place_id, counted_at_place_id,
            destination_place_id, direction, person_count from marts.mart_context_counts""",
    ) == [
        ("flow_count", date(2024, 2, 1), date(2024, 2, 29), "KE040", "bp-ken-malaba", "KE047", "within", 507)
    ]
    assert rows(warehouse, "select count(*) from marts.fct_movements where record_grain = 'flow_count'") == [
        (0,)
    ]


def test_the_grains_test_finds_grains_that_were_added(tmp_path: Path) -> None:
    world = World(tmp_path)
    one_corridor(world)
    corridors = "models/marts/mart_corridors.sql"
    # Route reports under the name of cases: the totals of both grains are wrong.
    mistake = {
        corridors: (
            "    counts.record_grain,\n    counts.population,\n    counts.direction,\n",
            "    case when counts.record_grain = 'route_report' then 'case' else counts.record_grain end"
            " as record_grain,\n    counts.population,\n    counts.direction,\n",
        ),
    }
    world.build(changed=mistake)
    assert "mart_corridors_grains_stay_apart" in world.failed_data_tests()


def counting_models() -> dict[str, dict[str, Any]]:
    """Published models of the marts with something to add up, by name."""
    found = {}
    for path in sorted((DBT_PROJECT / "models" / "marts").glob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            if any(MEASURE.search(column["name"]) for column in model["columns"]):
                found[model["name"]] = model
    return found


@pytest.mark.parametrize("name", sorted(counting_models()))
def test_every_counting_table_has_the_grain_in_its_key_and_is_tested_for_it(name: str) -> None:
    model = counting_models()[name]
    columns = [column["name"] for column in model["columns"]]
    assert "record_grain" in columns
    if "movement_id" in columns:
        return  # one row is one movement, and a movement has one grain
    tests = {next(iter(test)): next(iter(test.values()))["arguments"] for test in model["data_tests"]}
    assert "record_grain" in tests["unique_key"]["columns"]
    assert "record_grain" in tests["grains_stay_apart"]["within"]

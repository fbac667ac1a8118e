"""One county followed from typed records through dbt and the statistics to the published table.

Through 2023 two partners report cases by their origin. p watches Busia and Nairobi and reports 20 and 10;
q watches Nairobi and Mombasa and reports 40 and 20. By counts Nairobi leads with 50; set against what each
partner reports elsewhere it is 10/9 as active as the mean of the three. Four cells cannot say how much of
that is scatter, so its ratio is drawn to 1, and its interval holds both. Busia and Mombasa have one source.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from orchestration.statistics.catchments import Counts, no_catchment
from orchestration.statistics.hotspots import activity
from tests.fixtures.dbt_world import World, rows

YEAR = ("2023-01-01", "2023-12-31")
BUSIA, NAIROBI, MOMBASA = "KE040", "KE047", "KE001"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("worked"))
    number = 0
    for partner, reported in (("p", {BUSIA: 20, NAIROBI: 10}), ("q", {NAIROBI: 40, MOMBASA: 20})):
        world.extract(partner, partner, period=YEAR, coverage=[(place, "origin") for place in reported])
        for place, count in reported.items():
            for _ in range(count):
                number += 1
                world.record(partner, number, on=f"2023-{1 + number % 12:02d}-05", places={"origin": place})
    world.build().close()
    return world


def test_data_tests_hold(world: World) -> None:
    assert world.failed_data_tests() == set()


def test_nairobi_has_the_ratio_and_interval_of_the_model(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The model itself is tested in test_hotspots.py; here, that its numbers arrive."""
    ((*counts, expected, ratio, largest, without, dispersion, label, low, high, probability),) = rows(
        warehouse,
        f"""select record_count, witness_count, expected_witness_count, activity_ratio,
        largest_partner_share, ratio_without_largest, dispersion, label, ratio_low, ratio_high, probability_high
        from marts.mart_hotspots
        where place_id = '{NAIROBI}' and role = 'origin' and period_id = 'year-2023' and population = 'all'""",
    )
    months = np.array([[12.0, 12, 0], [0, 12, 12]])
    records = np.array([[20.0, 10, 0], [0, 40, 20]])
    model = activity(
        Counts(records, months, np.zeros((2, 3)), np.zeros((3, 2)), np.arange(2)), no_catchment(2)
    )
    of_model = (model.expected, model.ratio, model.without_largest, *model.interval(0.95), model.above(1.5))
    assert counts == [50, 50] and (largest, label) == (0.8, "not_distinguished")
    assert (expected, ratio, without, low, high, probability) == pytest.approx(
        [values[1] for values in of_model], abs=6e-4
    )
    assert low < 1 < ratio < 10 / 9 < high
    assert dispersion == pytest.approx(model.dispersion, abs=6e-4)


def test_single_source_counties_are_counted_but_not_measured(warehouse: duckdb.DuckDBPyConnection) -> None:
    key = "role = 'origin' and period_id = 'year-2023' and population = 'all'"
    assert rows(warehouse, f"select place_id from marts.mart_hotspots where {key}") == [(NAIROBI,)]
    assert rows(
        warehouse,
        f"""select place_id, record_count, effort_months, witness_count from marts.mart_places
        where place_level = 'county' and {key} order by place_id""",
    ) == [(MOMBASA, 20, 12, 20), (BUSIA, 20, 12, 20), (NAIROBI, 50, 24, 50)]
    assert rows(
        warehouse,
        f"""select row_count, record_count from marts.mart_not_measured
        where level = 'county' and reason = 'single_source' and {key}""",
    ) == [(2, 40)]


def test_every_place_is_measured_or_has_a_reason(warehouse: duckdb.DuckDBPyConnection) -> None:
    ((counted, measured, not_measured),) = rows(
        warehouse,
        """select (select count(*) from marts.mart_places), (select count(*) from marts.mart_hotspots),
        (select sum(row_count) from marts.mart_not_measured where measure = 'hotspots')""",
    )
    assert counted == measured + not_measured
    assert rows(
        warehouse,
        """select level, reason, sum(row_count) from marts.mart_not_measured
        where role = 'origin' and population = 'children' and period_id = 'year-2023' group by all order by all""",
    ) == [("border_point", "insufficient", 1), ("country", "not_measured", 1), ("county", "insufficient", 3)]


def test_the_thresholds_are_published(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert rows(warehouse, "select value from meta.policy where name = 'hotspot_ratio'") == [(1.5,)]

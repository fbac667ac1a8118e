"""One county worked out by hand, from typed records through dbt and the statistics to the published table.

Through 2023 two partners report cases by their origin. p watches Busia and Nairobi and reports 20 and 10;
q watches Nairobi and Mombasa and reports 40 and 20. By counts Nairobi leads with 50.

Ratios r and levels l with 12 l_p r = 20, 10 and 12 l_q r = 40, 20 are met exactly by l_p = .75, l_q = 3 and
r = 20/9 (Busia), 10/9 (Nairobi), 5/9 (Mombasa). At ratio 1 they would report 9, 12 x (.75 + 3) = 45, and 36.
Dispersion: the fit is exact, so 1. Looseness: p ties Busia to Nairobi by 20 x 10/30 = 6.667 records, q Mombasa to
Nairobi by 40 x 20/60 = 13.333; the log differences have variances .15 and .075. From the mean of all, weighted by
9, 45, 36, Busia lies .9 of the first and -.4 of the second away: .81 x .15 + .16 x .075 = .1335, times its 20
records 2.67. Nairobi: (.01 x .15 + .16 x .075) x 50 = .675, Mombasa (.01 x .15 + .36 x .075) x 20 = .57, so 1 for both.
Busia counts as 20/2.67 = 7.490637 of 3.370787, the others as they are. Prior: the mean is 77.490637/84.370787 =
.918453; the ratios' variance around it, weighted, .143900, of which chance explains .918453/28.123596 = .032658;
.111243 is left: shape .918453 x .918453/.111243 = 7.583036, rate .918453/.111243 = 8.256310.
Nairobi: (7.583036 + 50) / (8.256310 + 45) = 1.081243. Without q, its largest partner (40 of 50):
(7.583036 + 10) / (8.256310 + 9) = 1.018934. Busia and Mombasa have one source each.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.unit.dbt_world import World, rows

YEAR = ("2023-01-01", "2023-12-31")
BUSIA, NAIROBI, MOMBASA = "KE040", "KE047", "KE001"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    world = World(tmp_path_factory.mktemp("worked"))
    number = 0
    for partner, reported in (("p", {BUSIA: 20, NAIROBI: 10}), ("q", {NAIROBI: 40, MOMBASA: 20})):
        world.extract(partner, partner, period=YEAR, coverage=[(place, "origin") for place in reported])
        for place, count in reported.items():
            for _ in range(count):
                number += 1
                world.record(partner, number, on="2023-05-05", places={"origin": place})
    with world.build() as connection:
        yield connection


def test_nairobi_is_judged_as_by_hand(warehouse: duckdb.DuckDBPyConnection) -> None:
    ((*counts, largest, without, scatter, label),) = rows(
        warehouse,
        f"""select record_count, effort_months, compared_record_count, expected_record_count, activity_ratio,
        largest_partner_share, ratio_without_largest, dispersion, label from marts.mart_hotspots
        where place_id = '{NAIROBI}' and role = 'origin' and period_id = '2023' and population = 'all'""",
    )
    assert counts == [50, 24, 50, 45, 1.081]
    assert (largest, without, scatter, label) == (0.8, 1.019, 1, "not_distinguished")


def test_its_interval_is_that_of_the_gamma_distribution(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Gamma(57.583036, 53.256310), its density added up by Simpson's rule: .82016, 1.37785, .00379."""
    (found,) = rows(
        warehouse,
        f"""select ratio_low, ratio_high, probability_high from marts.mart_hotspots
        where place_id = '{NAIROBI}' and role = 'origin' and period_id = '2023' and population = 'all'""",
    )
    assert found == (0.82, 1.378, 0.0038)


def test_counties_of_one_source_have_a_label_and_no_number(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        warehouse,
        f"""select place_id, compared_record_count, activity_ratio, ratio_low, probability_high, label
        from marts.mart_hotspots where role = 'origin' and period_id = '2023' and population = 'all'
        and place_id in ('{BUSIA}', '{MOMBASA}') order by place_id""",
    )
    assert found == [
        (MOMBASA, 20, None, None, None, "single_source"),
        (BUSIA, 20, None, None, None, "single_source"),
    ]


def test_what_was_not_judged_says_why(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        warehouse,
        """select distinct place_level, label, trend_category from marts.mart_hotspots
        where role = 'origin' and population = 'children' and place_id in ('KEN', 'KE040', 'bp-ken-malaba')
        order by all""",
    )
    assert found == [
        ("border_point", "insufficient", "insufficient"),
        ("country", "not_measured", None),
        ("county", "insufficient", "insufficient"),
    ]


def test_the_numbers_of_judgement_are_published(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert rows(warehouse, "select value from meta.policy where name = 'hotspot_ratio'") == [(1.5,)]

"""One county worked out by hand, from typed records through dbt and the statistics to the published table.

Through 2023 two partners report cases by their origin. p watches Busia and Nairobi and reports 20 and 10;
q watches Nairobi and Mombasa and reports 40 and 20. By counts Nairobi leads with 50.

Ratios r and levels l with 12 l_p r = 20, 10 and 12 l_q r = 40, 20 are met exactly by l_p = .75, l_q = 3 and
r = 20/9 (Busia), 10/9 (Nairobi), 5/9 (Mombasa). At ratio 1 they would report 9, 12 x (.75 + 3) = 45, and 36.
Dispersion: the fit is exact, so 1, and no waves. At ratio 1 p ties Busia to Nairobi by 9 x 9/18 = 4.5 records, q
Mombasa to Nairobi by 36 x 36/72 = 18; the log differences have variances 1/4.5 and 1/18. From the mean of all, weighted
by 9, 45, 36, Busia lies .9 of the first and -.4 of the second away: .81/4.5 + .16/18 = .188889, so it counts as
1/.188889 = 5.294118 expected records, and 20/9 of them observed. Nairobi: .01/4.5 + .16/18 = .011111, less than chance
alone makes of 45 records, 1/45; Mombasa: .01/4.5 + .36/18 = .022222, less than 1/36. They count as they are.
Prior: the mean is 81.764706/86.294118 = .947512. By weight these are 86.294118^2 / (5.294118^2 + 45^2 + 36^2) = 2.223533
places, of freedom 1.223533. The ratios' variance around the mean is .177734, times 2.223533/1.223533 .322997, of which
chance explains .947512/28.764706 = .032940; .290057 is left, with an error of sqrt(2/1.223533) x .322997 = .412958, z =
.702389. Above 0 the mean of that normal distribution is .290057 + .412958 x .311731/.758782 = .459714:
shape .947512^2/.459714 = 1.952909, rate .947512/.459714 = 2.061092.
Nairobi: (1.952909 + 50) / (2.061092 + 45) = 1.103946. Without q, its largest partner (40 of 50):
(1.952909 + 10) / (2.061092 + 9) = 1.080627. At the ratios so
found chance makes more of its variance than ties do once again: 1.103946/45, drawn to the mean 1.103946/47.061092 =
.023458. For the pull 2.061092/47.061092 = .043796 to the mean comes 2/1.223533 x (.043796 x (1.111111 - .947512))^2 =
.000084, for the mean itself .043796^2 x (.947512/86.294118 + .459714/2.223533) = .000418; in all .023959: shape
1.103946^2/.023959 = 50.865, rate 46.076.
Busia and Mombasa have one source each.
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


def test_nairobi_has_the_ratio_and_interval_worked_out_by_hand(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Gamma(50.86537, 46.07596), its density added up by Simpson's rule: .82162, 1.42733, .00940."""
    ((*counts, largest, without, scatter, label, low, high, probability),) = rows(
        warehouse,
        f"""select record_count, compared_record_count, expected_record_count, activity_ratio,
        largest_partner_share, ratio_without_largest, dispersion, label, ratio_low, ratio_high, probability_high
        from marts.mart_hotspots
        where place_id = '{NAIROBI}' and role = 'origin' and period_id = 'year-2023' and population = 'all'""",
    )
    assert counts == [50, 50, 45, 1.104]
    assert (largest, without, scatter, label) == (0.8, 1.081, 1, "not_distinguished")
    assert (low, high, probability) == (0.822, 1.427, 0.0094)


def test_single_source_counties_are_counted_but_not_measured(warehouse: duckdb.DuckDBPyConnection) -> None:
    key = "role = 'origin' and period_id = 'year-2023' and population = 'all'"
    assert rows(warehouse, f"select place_id from marts.mart_hotspots where {key}") == [(NAIROBI,)]
    assert rows(
        warehouse,
        f"""select place_id, record_count, effort_months, compared_record_count from marts.mart_places
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

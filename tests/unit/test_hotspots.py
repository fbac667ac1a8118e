"""Hotspots: cases worked out by hand, and limits of a partner's influence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.core import NjiaError, Settings
from orchestration.statistics.hotspots import hotspots
from orchestration.statistics.labels import labels
from orchestration.statistics.measure import as_table, measure
from orchestration.statistics.policy import POLICY_SEED, load_policy
from orchestration.statistics.posterior import posterior, prior, widened
from orchestration.statistics.scatter import log_variance, scatter
from orchestration.statistics.tables import AGGREGATES, SCHEMAS
from orchestration.statistics.two_way import Floats, comparable, two_way

POLICY = load_policy()


def test_two_partners_that_share_one_county_give_ratios_by_hand() -> None:
    """By hand: raw counts rank the second county first, the model the first."""
    records = np.array([[20.0, 10, 0], [0, 40, 20]])
    months = np.array([[12.0, 12, 0], [0, 12, 12]])
    fit = two_way(records, months)
    assert fit.ratio == pytest.approx([20 / 9, 10 / 9, 5 / 9], rel=1e-8)
    assert fit.expected == pytest.approx([9, 45, 36], rel=1e-8)


def test_the_posterior_of_thirty_where_fifteen_are_expected_is_no_hotspot() -> None:
    """Gamma(32, 17): its mean is 32/17; the rest from its density."""
    sure = posterior(np.array([30.0]), np.array([15.0]), 2, 2)
    (low,), (high,) = sure.interval(0.95)
    assert sure.mean[0] == pytest.approx(1.882353, abs=1e-6)
    assert (low, high) == pytest.approx((1.287528, 2.588354), abs=1e-6)
    assert sure.above(1.5)[0] == pytest.approx(0.880517, abs=1e-6)


def test_places_without_a_common_partner_are_not_compared() -> None:
    """p and q share the first two counties; r alone watches the third."""
    records = np.array([[5.0, 5, 0], [5, 5, 0], [0, 0, 50]])
    partners, places = comparable(records, (records > 0).astype(float))
    assert partners.tolist() == [True, True, False]
    assert places.tolist() == [True, True, False]


def test_a_county_without_records_links_no_partners_but_is_compared() -> None:
    """p watches the first two counties, q the last two; in the middle one neither has seen anything."""
    records = np.array([[30.0, 0, 0], [0, 0, 5]])
    months = np.array([[12.0, 12, 0], [0, 12, 12]])
    partners, places = comparable(records, months)
    assert partners.tolist() == [True, False]
    assert places.tolist() == [True, True, False]
    fit = two_way(records, months)
    assert fit.ratio.tolist() == [2, 0] and fit.expected.tolist() == [15, 15]


EMPTY = {
    name: pa.table({column: pa.array([], pa.string()) for column in columns})
    for name, columns in AGGREGATES.items()
}


def test_an_empty_world_gives_empty_tables(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home", tmp_path, tmp_path)
    assert measure(settings, EMPTY) == dict.fromkeys(SCHEMAS, 0)
    for name, schema in SCHEMAS.items():
        assert pq.read_schema(settings.statistics / f"{name}.parquet").equals(schema)


def test_places_seen_by_one_partner_only_are_not_compared() -> None:
    """a watches all three counties and reports only the first; b watches and reports the other two.

    The first could be twice or a thousand times as active: both explain the zeros and the counts.
    """
    records = np.array([[40.0, 0, 0], [0, 30, 20]])
    months = np.array([[12.0, 12, 12], [0, 12, 12]])
    partners, places = comparable(records, months)
    assert partners.tolist() == [False, True]
    assert places.tolist() == [False, True, True]
    records[0, 1] = 2  # one record elsewhere ties them
    assert comparable(records, months)[1].all()


def test_the_fit_is_exact_along_a_chain_of_partners() -> None:
    """Each partner shares one county with the next: twice as much is seen at each step, thirty times over."""
    months = 12.0 * (np.eye(30, 31) + np.eye(30, 31, 1))
    records = months * np.where(np.eye(30, 31) > 0, 1, 2)
    fit = two_way(records, months)
    mean = months * fit.level[:, None] * fit.ratio
    assert mean.sum(axis=0) == pytest.approx(records.sum(axis=0), rel=1e-8)
    assert mean.sum(axis=1) == pytest.approx(records.sum(axis=1), rel=1e-8)


def variance(records: Floats, months: Floats, ratio: Floats) -> Floats:
    """The variance of each place's log ratio, were `ratio` the true ones."""
    fit = two_way(records, months)
    return log_variance(months, fit, scatter(records, months, fit), ratio)


def test_a_partners_overall_level_does_not_change_ratios() -> None:
    """p reports eight times what q reports, in the one county p watches: there both see the same activity."""
    records = np.array([[80.0, 0, 0], [10, 10, 10]])
    months = np.array([[12.0, 0, 0], [12, 12, 12]])
    assert two_way(records, months).ratio == pytest.approx([1, 1, 1])


def test_a_place_linked_by_few_records_has_a_large_variance() -> None:
    """Worked out in test_hotspots_worked.py: the others have what chance alone makes of 45 and 36."""
    records, months = np.array([[20.0, 10, 0], [0, 40, 20]]), np.array([[12.0, 12, 0], [0, 12, 12]])
    found = variance(records, months, np.ones(3))
    assert found == pytest.approx([0.188889, 1 / 45, 1 / 36], rel=1e-5)


def test_a_place_with_nearly_all_records_of_a_partner_has_a_larger_variance() -> None:
    """19 to 1: 190 x 10/200 = 9.5 records tie the two, though 100 of each would tie them by 50.

    The mean of all lies half of the difference away from either.
    """
    records, months = np.array([[190.0, 10]]), np.full((1, 2), 12.0)
    assert variance(records, months, two_way(records, months).ratio)[0] == pytest.approx(0.25 / 9.5)
    assert variance(records, months, np.ones(2))[0] == pytest.approx(1 / 100)


def test_places_shared_by_many_partners_have_only_chance_variance() -> None:
    records, months = np.full((6, 4), 30.0), np.full((6, 4), 12.0)
    found = variance(records, months, np.ones(4))
    assert found == pytest.approx([1 / 180] * 4)


def test_scattered_counts_have_a_larger_variance() -> None:
    """Fitted are 20 everywhere: Pearson's chi-square is 4 x 100/20 = 20 with one degree of freedom.

    So the dispersion is 20, and waves w solve 4 x 100/(20 + 400 w) = 1. Both give each cell a variance of
    400. Each partner ties the places by 20 x 20/40 = 10 records, so the difference has the variance 20/20,
    and half of the difference lies each place from their mean.
    """
    records, months = np.array([[30.0, 10], [10, 30]]), np.full((2, 2), 12.0)
    found = scatter(records, months, two_way(records, months))
    assert found.dispersion == pytest.approx(20)
    assert found.waves == pytest.approx(0.95)
    assert variance(records, months, np.ones(2)) == pytest.approx([0.25, 0.25])


# Two small partners and two large ones, which would tell 10 and 100 of each place; the large ones scatter.
UNEQUAL = np.array([[11.0, 9], [9, 11], [140, 60], [60, 140]])


def test_the_wave_variance_solves_pearsons_chi_square() -> None:
    """Eight cells less four partners and two places, plus one for the common scale: three."""
    months = np.full((4, 2), 12.0)
    found = scatter(UNEQUAL, months, two_way(UNEQUAL, months)).waves
    assert 4 * 1 / (10 + 100 * found) + 4 * 1600 / (100 + 10_000 * found) == pytest.approx(3)


def test_each_cell_uses_the_mean_of_both_variances() -> None:
    """Two partners with 10 and two with 100 tie the places by 2 x 5 + 2 x 50 = 110 records.

    The score of each has a quarter of its cells' variances: the difference has (v10 + v100)/110^2.
    """
    months = np.full((4, 2), 12.0)
    found = scatter(UNEQUAL, months, two_way(UNEQUAL, months)).waves
    chance = (4 * 1 / 10 + 4 * 1600 / 100) / 3
    small, large = (chance * 10 + 10 + 100 * found) / 2, (chance * 100 + 100 + 10_000 * found) / 2
    assert variance(UNEQUAL, months, np.ones(2)) == pytest.approx([0.25 * (small + large) / 110**2] * 2)


def test_the_prior_variance_stays_positive_for_equal_places() -> None:
    """Three places with 10 of 10: no spread at all where chance alone makes .1, known to sqrt(2/2) x .1.

    One error below 0; the normal density there is .241971 and what lies above it .158655 of it all.
    """
    alike = prior(np.full(3, 10.0), np.full(3, 10.0))
    assert alike.mean == 1
    assert alike.variance == pytest.approx(-0.1 + 0.1 * 0.241971 / 0.158655, rel=1e-5)


def test_an_estimated_prior_widens_the_interval_and_leaves_the_ratio() -> None:
    observed, expected = np.array([30.0, 10, 10, 10]), np.full(4, 15.0)
    common = prior(observed, expected)
    known = posterior(observed, expected, common.shape, common.rate)
    estimated = widened(known, observed / expected, expected, common, 1 / (expected * known.mean))
    assert estimated.mean == pytest.approx(known.mean)
    (low, high), (lower, higher) = known.interval(0.95), estimated.interval(0.95)
    assert (lower < low).all() and (high < higher).all()


def test_records_outside_declared_coverage_are_not_compared() -> None:
    records, months = np.array([[20.0, 10, 99]]), np.array([[12.0, 12, 0]])
    fit = two_way(records, months)
    assert fit.places.tolist() == [True, True, False]
    assert fit.ratio == pytest.approx([4 / 3, 2 / 3])
    watched_by_another = two_way(
        np.array([[20.0, 10, 99], [0, 5, 5]]), np.array([[12.0, 12, 0], [0, 12, 12]])
    )
    assert watched_by_another.ratio == pytest.approx([1.5, 0.75, 0.75])


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((9, 2, 50.0, 1.0, 1.0, 0.0), "insufficient"),
        ((50, 2, 2.9, 1.0, 1.0, 0.0), "insufficient"),
        ((9, 1, np.nan, np.nan, np.nan, np.nan), "insufficient"),
        ((50, 1, 20.0, 1.0, 1.0, 0.0), "single_source"),
        ((50, 1, np.nan, np.nan, np.nan, np.nan), "single_source"),
        ((50, 2, np.nan, np.nan, np.nan, np.nan), "not_comparable"),
        ((50, 2, 20.0, 0.96, 1.0, 0.0), "hotspot"),
        ((50, 2, 40.0, 0.95, 0.96, 0.0), "elevated"),
        ((50, 2, 90.0, 0.0, 0.0, 0.96), "lower"),
        ((50, 2, 50.0, 0.3, 0.5, 0.1), "not_distinguished"),
    ],
)
def test_the_first_matching_label_applies(numbers: tuple[float, ...], expected: str) -> None:
    assert labels(*(np.array([number]) for number in numbers), POLICY).tolist() == [expected]  # type: ignore[arg-type]


def cells(rows: list[tuple[str, str, int]], value: str, **window: str) -> pd.DataFrame:
    """Rows of partner, place and number, in one window."""
    given = [dict(zip(("source", "place_id", value), row, strict=True)) for row in rows]
    return pd.DataFrame(given).assign(
        place_level="county", place_role="origin", record_grain="case", **window
    )


PERIODS = pd.DataFrame(
    {
        "period_id": ["2023", "2026"],
        "period_kind": ["year", "year"],
        "period_from": [pd.Timestamp("2023-01-01"), pd.Timestamp("2026-01-01")],
        "period_to": [pd.Timestamp("2023-12-31"), pd.Timestamp("2026-12-31")],
        "is_complete": [True, False],
    }
)
REPORTED = [("p", "KE040", 20), ("p", "KE047", 10), ("q", "KE047", 40), ("q", "KE001", 20)]


def measured(period: str, order: slice = slice(None)) -> pd.DataFrame:
    counts = cells(REPORTED, "record_count", period_id=period, population="all")[order]
    effort = cells([(p, c, 12) for p, c, _ in REPORTED], "effort_months", period_id=period)[order]
    return hotspots(counts, effort, PERIODS, POLICY)


def test_only_complete_periods_are_measured() -> None:
    assert len(measured("2026")) == 0
    assert set(measured("2023")["population"]) == {"all", "children"}


def test_row_order_changes_nothing() -> None:
    assert as_table("hotspots", measured("2023")).equals(
        as_table("hotspots", measured("2023", slice(None, None, -1)))
    )


def test_published_hotspots_are_rounded_and_coarsen_the_largest_share() -> None:
    table = as_table("hotspots", measured("2023")).to_pylist()
    (nairobi,) = [row for row in table if row["place_id"] == "KE047" and row["population"] == "all"]
    assert nairobi["activity_ratio"] == 1.104 and nairobi["largest_partner_share"] == 0.8
    assert nairobi["trend_category"] is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("hotspot_ratio,about 1.5,x,y", "row hotspot_ratio: the value is not a number"),
        ("hotspot_ration,1.5,x,y", "hotspot_ratio, hotspot_ration"),
    ],
)
def test_a_policy_that_cannot_be_read_names_its_row(tmp_path: Path, line: str, words: str) -> None:
    lines = POLICY_SEED.read_text(encoding="utf-8").splitlines()
    seed = tmp_path / "statistics_policy.csv"
    seed.write_text(
        "\n".join(line if one.startswith("hotspot_ratio,") else one for one in lines), encoding="utf-8"
    )
    with pytest.raises(NjiaError, match=words):
        load_policy(seed)

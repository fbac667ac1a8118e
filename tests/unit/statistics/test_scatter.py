"""How counts scatter at each level, and what one event may add: check cases worked out by hand."""

import numpy as np
import pytest

from orchestration.statistics.scatter import Monthly, between, capped, dispersion, of_blocks, window_counts
from orchestration.statistics.share_ratio import yearly_scatter
from tests.simulated_corridors import POLICY

YEARS = (slice(0, 12), slice(12, 24))


def test_a_month_is_capped_by_the_others_of_its_window() -> None:
    # The others have 24 in 11 months: 2.18 + 3 √(2.18 + .15 · 2.18²) + 1 = 8.29, rounded up.
    months = np.array([[[2, 3, 1, 40, 2, 2, 3, 1, 2, 2, 3, 3]]])
    everyone = np.ones((1, 12), dtype=np.bool_)
    assert capped(months, everyone).tolist() == [[[2, 3, 1, 9, 2, 2, 3, 1, 2, 2, 3, 3]]]
    alone = np.arange(12)[None] == 3
    assert capped(months * alone, alone)[0, 0, 3] == 40, "no other month says what is usual"


def test_scatter_that_partners_share_shows_in_longer_blocks() -> None:
    # Two partners, in each year six months of 4, then six of 8: 12 expected a month, 8 or 16 reported.
    monthly = np.tile([4] * 6 + [8] * 6, (2, 1, 2))
    everyone = np.ones((2, 24), dtype=np.bool_)
    # Months: (16 - 12 · 11/12) / (144 · 11/12). Quarters: (144 - 36 · 3/4) / (1296 · 3/4), and 36 a quarter.
    reports = window_counts(*Monthly.of(monthly), everyone, YEARS)
    assert of_blocks(reports, 1)[0] == pytest.approx([5 / 132])
    assert of_blocks(reports, 3)[0] == pytest.approx([117 / 972])
    assert dispersion(*Monthly.of(monthly), everyone, YEARS) == pytest.approx([1 + 36 * 117 / 972])


def test_an_items_own_scatter_weighs_as_its_blocks_and_all_together_as_twenty() -> None:
    waves, even = np.tile([4] * 6 + [8] * 6, (2, 1, 2)), np.full((2, 1, 24), 6)
    both = np.concatenate([waves, even], axis=1)
    found, _ = of_blocks(window_counts(*Monthly.of(both), np.ones((2, 24), dtype=np.bool_), YEARS), 3)
    # Eight quarters with 3/4 of a degree of freedom each; the even item lies below chance, which is 0 of its own.
    of_all = (8 * 117 - 8 * 27) / (2 * 8 * 972)
    assert found == pytest.approx([(6 * 117 / 972 + 20 * of_all) / 26, 20 * of_all / 26])


def test_ratios_scatter_from_year_to_year_beyond_their_chance() -> None:
    # With .0717: .36 / .1117 counts as 2.25; .09, .04 and .01 give .806, .358, .090: (2 · 3.504) / 9 = .7785.
    away = np.array([0.6, -0.6, 0.3, -0.3, 0.2, -0.2, 0.1, -0.1, 0.0])
    assert between(away**2, np.full(9, 0.04), 1.0, 1.5) == pytest.approx(0.0717, abs=5e-5)
    assert between(away**2 / 100, np.full(9, 0.04), 1.0, 1.5) == 0.0
    assert between(np.zeros(0), np.zeros(0), 1.0, 1.5) == 0.0
    # Beside another measurement of .03: the mean of both. Where few are judged, no less than is assumed.
    assert yearly_scatter(away, np.full(9, 0.04), POLICY, 0.03) == pytest.approx(
        (0.0717 + 0.03) / 2, abs=5e-5
    )
    few = away[:7], np.full(7, 0.04), POLICY
    assert [yearly_scatter(*few, other) for other in (0.03, 0.0)] == [0.03, POLICY.shift_assumed_yearly]
    assert yearly_scatter(away[:7], np.full(7, 0.04), POLICY) == POLICY.shift_assumed_yearly


@pytest.mark.parametrize(
    ("monthly", "reported", "halves"),
    [([1, 3, 2, 6], [1, 1, 1, 1], (slice(0, 2), slice(2, 4))), ([1, 0, 3, 0, 2, 6], [1, 0, 1, 0, 1, 1], (slice(0, 4), slice(4, 6)))],
    ids=["by hand", "months without a report do not count"],
)  # fmt: skip
def test_dispersion_is_the_spread_over_what_chance_would_make(
    monthly: list[int], reported: list[int], halves: tuple[slice, slice]
) -> None:
    # Means 2 and 4, squared deviations 2 and 8, one degree of freedom each. Scatter beyond chance: 10 - 6 over
    # 4 + 16, that is .2 a squared mean; so 1 + .2 * 20 / 6. Deviations over their means, 3 over 2, are less.
    found = dispersion(*Monthly.of(np.array([[monthly]])), np.array([reported], dtype=np.bool_), halves)
    assert found == pytest.approx([1 + 0.2 * 20 / 6])


def test_dispersion_grows_with_an_items_records_a_month() -> None:
    # One partner, 24 months: 2 6 2 6 … (mean 4, deviance 4 / 4) and 8 24 8 24 … (mean 16, deviance 64 / 16).
    monthly = np.array([[np.tile([2, 6], 12), np.tile([8, 24], 12)]])
    everyone = np.ones((1, 24), dtype=np.bool_)
    found = dispersion(*Monthly.of(monthly), everyone, (slice(0, 12), slice(12, 24)))
    # Of its own months the second has (64 - 16 · 11/12) / (256 · 11/12), both have (68 - 20 · 11/12) / (272 · 11/12).
    own, of_all = (64 - 16 * 11 / 12) / (256 * 11 / 12), (68 - 20 * 11 / 12) / (272 * 11 / 12)
    pooled = (24 * 1 + 24 * 4) / 44
    assert found == pytest.approx([pooled, 1 + 16 * (22 * own + 20 * of_all) / 42])


def test_dispersion_is_never_below_chance_and_unknown_without_months() -> None:
    even, everyone = np.array([[[3, 3, 3, 3]]]), np.ones((1, 4), dtype=np.bool_)
    halves = (slice(0, 2), slice(2, 4))
    assert dispersion(*Monthly.of(even), everyone, halves) == 1.0
    assert np.isnan(dispersion(*Monthly.of(0 * even), everyone, halves)).all()

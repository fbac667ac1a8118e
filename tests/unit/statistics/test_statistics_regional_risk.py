"""The composite risk of a county: anchors and weights by hand, range, band, and when it is not rated."""

from dataclasses import replace

import numpy as np
import pytest

from orchestration.statistics.regional_risk import (
    COMPONENTS,
    LogNormalRatio,
    component_score,
    component_weights,
    rate,
    weighted,
)
from tests.simulated_corridors import POLICY

SURE = 1e-3  # error of a ratio that is all but known


def components(**ratios: float | None) -> dict[str, LogNormalRatio | None]:
    """Ratios that are all but certain, 1 unless told; None is missing."""
    return {
        name: None if ratio is None else LogNormalRatio(np.log(ratio), SURE)
        for name, ratio in {**dict.fromkeys(COMPONENTS, 1.0), **ratios}.items()
    }


@pytest.mark.parametrize(
    ("ratio", "score"), [(0.1, 0), (0.25, 0), (0.5, 25), (1, 50), (2, 75), (4, 100), (9, 100)]
)
def test_the_anchors_are_fixed(ratio: float, score: float) -> None:
    assert component_score(ratio, POLICY) == pytest.approx(score)


def test_the_composite_worked_out_by_hand() -> None:
    # .30 * 75 + .25 * 50 + .30 * 25 + .15 * 75
    ratios = {"origin": 2.0, "transit": 1.0, "exploitation": 0.5, "change": 2.0}
    scores = {name: component_score(ratio, POLICY) for name, ratio in ratios.items()}
    assert weighted(scores, component_weights(POLICY)) == pytest.approx(53.75)
    assert sum(component_weights(POLICY).values()) == pytest.approx(1.0)
    rating = rate(components(**ratios), POLICY)
    assert rating is not None and rating.score == pytest.approx(53.75, abs=0.05)
    assert (rating.low, rating.high) == pytest.approx((53.75, 53.75), abs=0.2)


@pytest.mark.parametrize(
    ("ratio", "band"), [(0.5, "lower"), (1.0, "typical"), (2.0, "higher"), (3.6, "much_higher")]
)
def test_certain_score_has_its_band(ratio: float, band: str) -> None:
    rating = rate(components(**dict.fromkeys(COMPONENTS, ratio)), POLICY)
    assert rating is not None and rating.band == band and rating.band_probability == 1.0


def test_a_band_is_named_only_if_it_is_probable_enough() -> None:
    # Half of the draws fall on either side of 60.
    edge = dict.fromkeys(COMPONENTS, LogNormalRatio(np.log(2) * (60 / 25 - 2), 0.05))
    rating = rate(edge, POLICY)
    assert rating is not None and rating.band == "between_bands" and rating.band_probability < 0.8
    easier = rate(edge, replace(POLICY, risk_band_certainty=0.5))
    assert easier is not None and easier.band in ("typical", "higher")


def test_missing_component_has_no_part_in_the_score() -> None:
    whole = rate(components(origin=3.0, transit=3.0, exploitation=3.0, change=3.0), POLICY)
    without = rate(components(origin=3.0, transit=None, exploitation=3.0, change=3.0), POLICY)
    assert whole is not None and without is not None
    assert without.score == pytest.approx(whole.score, abs=0.1)
    assert without.high - without.low < 1


@pytest.mark.parametrize("records", [1e6, 60.0, 20.0])
def test_five_times_as_usual_as_origin_earns_its_band_without_exploitation(records: float) -> None:
    # Transit and change as usual: (.30 * 100 + .25 * 50 + .15 * 50) / .70 = 71.4, however exploitation is.
    county: dict[str, LogNormalRatio | None] = {
        "origin": LogNormalRatio(np.log(5), (1 / (5 * records)) ** 0.5),
        "transit": LogNormalRatio(0.0, (1 / records) ** 0.5),
        "exploitation": None,
        "change": LogNormalRatio(0.0, (2 / records) ** 0.5),
    }
    rating = rate(county, POLICY)
    assert rating is not None and rating.band == "higher"
    assert rating.score == pytest.approx(50 / 0.7, abs=1.5)


def test_two_missing_components_leave_a_county_unrated() -> None:
    assert rate(components(origin=None, change=None), POLICY) is None


def test_the_range_widens_with_fewer_records() -> None:
    origins = (LogNormalRatio(np.log(2), error) for error in (0.07, 0.3))
    many, few = (rate({**components(), "origin": origin}, POLICY) for origin in origins)
    assert many is not None and few is not None
    assert few.high - few.low > 1.5 * (many.high - many.low)


def test_the_score_without_one_component_shows_what_rests_on_it() -> None:
    # Without origin the rest is usual: 50. Without any other, origin weighs more: (75 * .3 + 50 * .4) / .7.
    rating = rate(components(origin=2.0), POLICY)
    assert rating is not None
    assert rating.without_one_low == pytest.approx(50, abs=0.1)
    assert rating.without_one_high == pytest.approx((75 * 0.3 + 50 * 0.4) / 0.7, abs=0.1)


def test_a_county_is_rated_the_same_every_time() -> None:
    one = {**components(), "origin": LogNormalRatio(0.4, 0.35), "change": LogNormalRatio(0.4, 0.3)}
    assert rate(one, POLICY) == rate(dict(one), POLICY)


def test_the_range_covers_the_truth_as_often_as_it_says() -> None:
    # Truths drawn as the ratios say: about nine in ten lie inside the 90 % range.
    chance = np.random.default_rng(1)
    weights = component_weights(POLICY)
    inside = 0
    for _ in range(100):
        drawn = {name: LogNormalRatio(chance.normal(0, 0.6), 0.3) for name in COMPONENTS}
        truth = {name: component_score(np.exp(chance.normal(*one)), POLICY) for name, one in drawn.items()}
        rating = rate(dict(drawn), POLICY)
        assert rating is not None
        inside += bool(rating.low <= weighted(truth, weights) <= rating.high)
    assert 82 <= inside <= 97

"""A transparent composite of four ratios per county: how much is reported there, as a score, a range and a
band.

It measures reported activity, not a person's risk, and holds no poverty, migration or law-enforcement data.
Fixed anchors keep releases comparable; ranks or a stretch from lowest to highest would not.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy import special

from orchestration.statistics.policy import Policy
from orchestration.statistics.share_ratio import Floats
from orchestration.statistics.tables import COMPONENTS

ROLES = COMPONENTS[:-1]
BANDS = ("lower", "typical", "higher", "much_higher")
BETWEEN_BANDS, NOT_RATED = "between_bands", "not_rated"
_DRAWS = 2000
_SEED = 20  # the same draws in every release


class LogNormalRatio(NamedTuple):
    """A ratio whose logarithm is normal."""

    log_ratio: float
    error: float

    @property
    def middle(self) -> float:
        return float(np.exp(self.log_ratio))

    def at(self, quantiles: Floats) -> Floats:
        return np.exp(self.log_ratio + self.error * special.ndtri(quantiles))


class Rating(NamedTuple):
    """Score from 0 to 100 with its 90 % range, the band, and the range of scores with one component left
    out.
    """

    score: float
    low: float
    high: float
    band: str
    band_probability: float
    without_one_low: float
    without_one_high: float


def component_score(ratio: Floats | float, policy: Policy) -> Floats:
    """0 at a quarter of the usual, 50 at the usual, 100 at four times it (the anchors of the policy)."""
    reach = np.log2(policy.risk_anchor_factor)
    return np.asarray(100 * np.clip((np.log2(ratio) + reach) / (2 * reach), 0, 1))


def component_weights(policy: Policy) -> dict[str, float]:
    """The weight of each component, in the order in which they are shown."""
    return {name: getattr(policy, f"risk_weight_{name}") for name in COMPONENTS}


def weighted(scores: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """The weighted mean of component scores; the weights need not add up to 1."""
    total = sum(weights[name] for name in scores)
    return np.asarray(sum(weights[name] * score for name, score in scores.items()) / total)


def rate(components: Mapping[str, LogNormalRatio | None], policy: Policy) -> Rating | None:
    """Rate one county over the components that are there; None where too many are missing.

    A missing component (None) has no part in the score, its range or its band.
    """
    if sum(component is None for component in components.values()) > policy.risk_most_missing:
        return None
    weights = component_weights(policy)
    draws = _draws(len(weights))
    scores = {
        name: component_score(component.at(draws[:, place]), policy)
        for place, name in enumerate(weights)
        if (component := components[name])
    }
    index = weighted(scores, weights)
    tail = (1 - policy.risk_interval_coverage) / 2
    low, score, high = np.quantile(index, [tail, 0.5, 1 - tail])
    band, probability = _band(index, policy)
    others = [
        float(np.median(weighted({name: scores[name] for name in scores if name != left_out}, weights)))
        for left_out in scores
    ]
    return Rating(float(score), float(low), float(high), band, probability, min(others), max(others))


def _band(index: Floats, policy: Policy) -> tuple[str, float]:
    """The likeliest band and its probability; no band is named that is not likely enough."""
    edges = (policy.risk_band_typical, policy.risk_band_higher, policy.risk_band_much_higher)
    shares = np.bincount(np.searchsorted(edges, index, side="right"), minlength=len(BANDS)) / len(index)
    likeliest = int(shares.argmax())
    probability = float(shares[likeliest])
    return (BANDS[likeliest] if probability >= policy.risk_band_certainty else BETWEEN_BANDS), probability


@cache
def _draws(dimensions: int) -> Floats:
    """Draws from the unit cube, evenly spread along each side, the same for every county and release."""
    order = np.random.default_rng(_SEED)
    columns = [(order.permutation(_DRAWS) + 0.5) / _DRAWS for _ in range(dimensions)]
    return np.column_stack(columns)

"""How sure a ratio is: a gamma posterior around each place, its prior taken from all places together.

Records of one partner and place scatter more than a Poisson count (they come in waves), so counts are first
divided by a dispersion that is measured on all cells; and again by how little the partners tie the place to
the others, because the levels that give its expected count are estimates too. With both 1 the posterior mean
is Marshall's empirical Bayes rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import gamma

from orchestration.statistics.two_way import Floats, TwoWay, curvature, within_effort

# Cells where less is expected say nothing about scatter.
LEAST_MEAN_OF_A_CELL = 0.5
# Where places differ by no more than chance the prior would have no width at all.
LEAST_PRIOR_VARIANCE = 1e-6


@dataclass(frozen=True)
class Posterior:
    """Gamma(shape, rate) of each place's ratio; `rate` is in records."""

    shape: Floats
    rate: Floats

    @property
    def mean(self) -> Floats:
        return self.shape / self.rate

    def interval(self, coverage: float) -> tuple[Floats, Floats]:
        outside = (1 - coverage) / 2
        return (
            gamma.ppf(outside, self.shape, scale=1 / self.rate),
            gamma.ppf(1 - outside, self.shape, scale=1 / self.rate),
        )

    def above(self, ratio: float) -> Floats:
        """Probability that the ratio lies above this one."""
        return gamma.sf(ratio, self.shape, scale=1 / self.rate)

    def below(self, ratio: float) -> Floats:
        return gamma.cdf(ratio, self.shape, scale=1 / self.rate)


def dispersion(records: Floats, months: Floats, fit: TwoWay) -> float:
    """Pearson's chi-square over its degrees of freedom, at least 1; over partners x places as they came."""
    cells = np.ix_(fit.partners, fit.places)
    y, e = within_effort(records, months)[cells], months[cells]
    mean = e * fit.level[:, None] * fit.ratio
    telling = mean > LEAST_MEAN_OF_A_CELL
    freedom = max(1, int(telling.sum()) - sum(y.shape) + 1)
    return max(1.0, float((((y - mean) ** 2)[telling] / mean[telling]).sum() / freedom))


def looseness(months: Floats, fit: TwoWay) -> Floats:
    """How many times its Poisson variance the log ratio of each place of the fit has, at least 1.

    The variance is that of its distance from the mean of all places while the partners' levels are unknown.
    It is 1 where many records tie the partners of a place to other places.
    """
    seen = fit.ratio > 0
    mean = (months[np.ix_(fit.partners, fit.places)] * fit.level[:, None] * fit.ratio)[:, seen]
    weight = fit.expected[seen] / fit.expected[seen].sum()
    distance = np.eye(len(weight)) - weight
    variance = np.einsum("ij,jk,ik->i", distance, np.linalg.inv(curvature(mean)), distance)
    loose = np.ones(len(seen))
    loose[seen] = np.maximum(variance * mean.sum(axis=0), 1.0)
    return loose


def prior(observed: Floats, expected: Floats) -> tuple[float, float]:
    """Shape and rate of the gamma prior, by moments over all places (Marshall 1991)."""
    ratio, mean = observed / expected, observed.sum() / expected.sum()
    spread = np.average((ratio - mean) ** 2, weights=expected) - mean / expected.mean()
    variance = max(float(spread), LEAST_PRIOR_VARIANCE * mean**2)
    return mean**2 / variance, mean / variance


def posterior(observed: Floats, expected: Floats, shape: float, rate: float) -> Posterior:
    """`observed` and `expected` are records over dispersion and looseness."""
    return Posterior(shape + observed, rate + expected)

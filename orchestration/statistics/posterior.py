"""How sure a ratio is: a gamma posterior around each place, its prior taken from all places together.

A place counts as so many Poisson records as would leave its ratio as unsure as it is (`scatter`). How far
ratios truly differ is an estimate as well, and so is the mean they are drawn to: the posterior is as much
wider as that makes it (Morris 1983).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special

from orchestration.statistics.two_way import Floats

# Of the normal density at 0, the logarithm of what stands below the line.
_LOG_OF_ROOT = np.log(np.sqrt(2 * np.pi))


@dataclass(frozen=True)
class Posterior:
    """Gamma(shape, rate) of each place's ratio; `rate` is in records."""

    shape: Floats
    rate: Floats

    @property
    def mean(self) -> Floats:
        return self.shape / self.rate

    @property
    def _scale(self) -> Floats:
        return 1 / self.rate

    def interval(self, coverage: float) -> tuple[Floats, Floats]:
        outside = (1 - coverage) / 2
        low, high = (special.gammaincinv(self.shape, part) * self._scale for part in (outside, 1 - outside))
        return low, high

    def above(self, ratio: float) -> Floats:
        """Probability that the ratio lies above this one."""
        return special.gammaincc(self.shape, ratio / self._scale)

    def below(self, ratio: float) -> Floats:
        return special.gammainc(self.shape, ratio / self._scale)


class Prior(NamedTuple):
    """What all places together say of a ratio. `freedom` is that of the variance: so many places less one."""

    mean: float
    variance: float
    freedom: float

    @property
    def shape(self) -> float:
        return self.mean**2 / self.variance

    @property
    def rate(self) -> float:
        return self.mean / self.variance


def moments(observed: Floats, expected: Floats) -> Prior:
    """Marshall's empirical Bayes prior (1991): how far ratios lie apart, less what chance makes of it.

    The variance is below 0 where they lie closer together than chance alone would put them. Places weigh by
    what is expected there, so the freedom is that of as many places of equal weight as tell the same (Kish).
    """
    ratio, mean = observed / expected, float(observed.sum() / expected.sum())
    spread = float(np.average((ratio - mean) ** 2, weights=expected))
    places = float(expected.sum() ** 2 / (expected**2).sum())
    return Prior(mean, spread - mean / float(expected.mean()), max(places - 1, 1.0))


def prior(observed: Floats, expected: Floats) -> Prior:
    """Marshall's prior with the variance that is to be expected, given that it cannot be below 0.

    Its estimate has an error of its own. Cut off at 0 it would often say that all places are alike, and
    intervals would have hardly any width; the mean of what is left of its normal distribution above 0 does
    not.
    """
    mean, variance, freedom = moments(observed, expected)
    chance = mean / float(expected.mean())
    spread = (variance + chance) * (freedom + 1) / freedom
    error = np.sqrt(2 / freedom) * max(spread, chance)
    z = (spread - chance) / error
    above_zero = spread - chance + error * np.exp(-(z**2) / 2 - _LOG_OF_ROOT - special.log_ndtr(z))
    return Prior(mean, float(above_zero), freedom)


def posterior(observed: Floats, expected: Floats, shape: float, rate: float) -> Posterior:
    """Where shape and rate of the prior are known; `expected` is in Poisson records."""
    return Posterior(shape + observed, rate + expected)


def widened(
    known: Posterior, ratio: Floats, expected: Floats, estimated: Prior, log_variance: Floats
) -> Posterior:
    """The same means, with the variance that scatter at them and an estimated prior leave.

    After Morris 1983. A place is drawn to the mean by `pull`: that its error is 2 / freedom of its square
    matters to places far from the mean, the error of the mean itself to places that are drawn far.
    """
    pull = estimated.rate / (estimated.rate + expected)
    of_records = (1 - pull) * known.mean**2 * log_variance
    of_pull = 2 / estimated.freedom * (pull * (ratio - estimated.mean)) ** 2
    of_mean = pull**2 * (estimated.mean / expected.sum() + estimated.variance / (estimated.freedom + 1))
    variance = of_records + of_pull + of_mean
    return Posterior(known.mean**2 / variance, known.mean / variance)

"""How active each compared place is, and how sure that is, by the count model with a catchment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from orchestration.statistics.catchments import Catchment, Counts
from orchestration.statistics.comparable import Floats
from orchestration.statistics.count_model import curvature, fitted, mean_of

# Of every variance: waves and the scale of the places are estimates too.
WIDER = 1.5
# Rounds of Newton's steps, of one place alone.
ALONE = 12


@dataclass(frozen=True)
class Activity:
    """The logarithm of each place's ratio to the mean of all, weighed by the effort there, and its error.

    `expected` is in records: what the partners that watch the place would report there at ratio 1.
    `without_largest` is the ratio without the partner that reports most there. `dispersion` is the variance
    of the counts over that of chance.
    """

    log_ratio: Floats
    log_error: Floats
    expected: Floats
    without_largest: Floats
    dispersion: float

    @property
    def ratio(self) -> Floats:
        return np.exp(self.log_ratio)

    def interval(self, coverage: float) -> tuple[Floats, Floats]:
        reach = special.ndtri((1 + coverage) / 2) * self.log_error
        return np.exp(self.log_ratio - reach), np.exp(self.log_ratio + reach)

    def above(self, ratio: float) -> Floats:
        """Probability that the ratio lies above this one."""
        return special.ndtr((self.log_ratio - np.log(ratio)) / self.log_error)


def activity(counts: Counts, where: Catchment) -> Activity:
    """Of the places of a comparison; all its cells must be comparable."""
    effort = where.effort(counts)
    fit = fitted(counts.records, effort)
    mean = mean_of(fit, effort)
    shape = curvature(fit, mean)
    expected = effort * np.exp(fit.level[:, None])
    weight = mean.sum(axis=0) / mean.sum()
    middle = np.log(mean.sum() / expected.sum())
    covariance = shape.places
    if where.slope:
        changed = where.changes(counts) * shape.weight
        follow = shape.solve(-changed.sum(axis=2), -changed.sum(axis=1))[1]
        covariance = covariance + follow.T @ where.covariance @ follow
    distance = np.eye(len(weight)) - weight
    variance = np.einsum("ij,jk,ik->i", distance, covariance, distance)
    # No surer than its own records make a place: where one has most of them, the mean follows it.
    variance = np.maximum(variance, 1 / shape.own) * WIDER
    largest = np.argmax(counts.records, axis=0), np.arange(len(weight))
    rest_records, rest = counts.records.copy(), expected.copy()
    rest_records[largest], rest[largest] = 0.0, 0.0
    alone = fit.place
    for _ in range(ALONE):  # levels and pull stay
        rest_mean = rest * np.exp(alone)
        slope = ((rest_records - rest_mean) / (1 + fit.waves * rest_mean)).sum(axis=0) - fit.pull * alone
        alone = alone + np.clip(
            slope / ((rest_mean / (1 + fit.waves * rest_mean)).sum(axis=0) + fit.pull), -1, 1
        )
    return Activity(
        fit.place - middle,
        np.sqrt(variance),
        expected.sum(axis=0) * np.exp(middle),
        np.exp(alone - middle),
        float(((mean + fit.waves * mean**2).sum()) / mean.sum()),
    )

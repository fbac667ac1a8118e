"""The count model of a comparison: records of partners at places, each partner set against itself.

    log mean = log months + level of the partner + place - loss of the catchment
    variance = mean + waves x mean^2

Places are drawn from a t distribution with 2 degrees of freedom whose scale is estimated: its tails leave a
place far above the others where its records put it, while a normal one would draw it down. A partner's level
is free, so a partner that is big, new or growing makes no hotspot. Zeros count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import special

from orchestration.statistics.comparable import Floats

FREEDOM = 2.0
# A round moves no log mean by more than this once the fit stands still.
TOLERANCE, MOST_ROUNDS, LONGEST_STEP = 1e-5, 3_000, 1.5
# Steps that overshoot alternate; after so many rounds each goes half the way.
WHOLE_STEPS = 20
FIRST_SCALE, FIRST_WAVES = 0.25, 0.02
# So many places of the first scale stand beside those of the comparison: three alone cannot say how far
# places lie apart, and if they said "not at all" each would look known.
USUAL_PLACES = 4
LEAST_WAVES, MOST_WAVES, LEAST_REST = 1e-4, 10.0, 0.1


@dataclass
class Fit:
    """`level` of the rows, `place` of the columns (both logarithms), and what they scatter by.

    `scale` is the squared scale of the places' t distribution, `pull` the precision with which it draws each
    place to the middle.
    """

    level: Floats
    place: Floats
    waves: float
    scale: float
    pull: Floats


class Further(NamedTuple):
    """What the log means change by with parameters beside levels and places; a row knows few of them.

    `by` is parameters of a row × row × column, 0 where it has none; `which` says by parameter which of these
    it is: parameter × parameters of a row × row.
    """

    by: Floats
    which: Floats

    @property
    def without_first(self) -> Further:
        """Without the parameter that every row knows."""
        return Further(self.by[1:], self.which[1:, 1:])

    def sums(self, weight: Floats) -> tuple[Floats, Floats]:
        """Weighted changes, parameter × row and parameter × column."""
        weighted = self.by * weight
        of_rows = weighted.reshape(-1, weighted.shape[2])
        by_column = self.which.reshape(len(self.which), len(of_rows)) @ of_rows
        return (self.which * weighted.sum(axis=2)).sum(axis=1), by_column

    def products(self, weight: Floats) -> Floats:
        """Weighted products of the changes of each two parameters."""
        of_rows = np.einsum("arc,brc->abr", self.by * weight, self.by)
        return np.tensordot(np.einsum("kar,abr->kbr", self.which, of_rows), self.which, ((1, 2), (1, 2)))

    def variance(self, free: Floats, of_free: Floats) -> Floats:
        """What the parameters add to the variance of each log mean: `free` and `of_free` of `Curvature`."""
        rows = self.by.shape[1]
        number = rows + self.which.argmax(axis=0)  # of those that a row has not, `by` is 0
        own = free[number[:, None], number[None, :]]
        known = np.einsum("abr,brc->arc", own, self.by) / 2
        known += free[number, np.arange(rows)][:, :, None] - of_free[number]
        return np.asarray(2 * (self.by * known).sum(axis=0))


class Curvature(NamedTuple):
    """The inverse Hessian: of the levels and further parameters (`free`), and of the places given these.

    `across` holds the weights by free parameter and place, `own` the diagonal of the places; `reach` and
    `of_free` are what the places follow a free parameter by, and the variance of that.
    """

    weight: Floats
    across: Floats
    own: Floats
    reach: Floats
    free: Floats
    of_free: Floats
    variance_of_places: Floats
    further: Further | None

    @property
    def leverage(self) -> Floats:
        """Of each cell: how far its mean follows its own count."""
        rows = len(self.weight)
        variance = self.free.diagonal()[:rows, None] - 2 * self.of_free[:rows] + self.variance_of_places
        if self.further is not None:
            variance += self.further.variance(self.free, self.of_free)
        return self.weight * variance

    @property
    def places(self) -> Floats:
        """Covariance of the places, whatever the free parameters are."""
        return np.diag(1 / self.own) + self.reach.T @ self.of_free

    def solve(self, of_free: Floats, of_place: Floats) -> tuple[Floats, Floats]:
        """The steps of free parameters and places for these slopes; one row each if there are several."""
        free = (of_free - of_place / self.own @ self.across.T) @ self.free
        return free, (of_place - free @ self.across) / self.own


def start(records: Floats, effort: Floats) -> Fit:
    """Every place alike."""
    places = records.shape[1]
    level = np.log(records.sum(axis=1) / effort.sum(axis=1))
    return Fit(level, np.zeros(places), FIRST_WAVES, FIRST_SCALE, np.full(places, 1 / FIRST_SCALE))


def mean_of(fit: Fit, effort: Floats) -> Floats:
    return effort * np.exp(fit.level[:, None] + fit.place)


def curvature(
    fit: Fit, mean: Floats, further: Further | None = None, prior: Floats | None = None
) -> Curvature:
    """`prior` is the precision of the further parameters."""
    weight = mean / (1 + fit.waves * mean)
    own = weight.sum(axis=0) + fit.pull
    across, corner = weight, np.diag(weight.sum(axis=1))
    if further is not None and prior is not None:
        beside, by_column = further.sums(weight)
        between = further.products(weight) + np.diag(prior)
        across = np.vstack([weight, by_column])
        corner = np.block([[corner, beside.T], [beside, between]])
    reach = across / own
    free = np.linalg.inv(corner - reach @ across.T)
    of_free = free @ reach
    variance = 1 / own + np.einsum("kc,kc->c", reach, of_free)
    return Curvature(weight, across, own, reach, free, of_free, variance, further)


def slopes(fit: Fit, records: Floats, mean: Floats) -> Floats:
    """Of the log likelihood in each log mean."""
    return (records - mean) / (1 + fit.waves * mean)


def rescale(fit: Fit, records: Floats, mean: Floats, shape: Curvature) -> None:
    """The pull of the places with the scale of their t, and the waves, from the fit as it stands."""
    squares = fit.place**2 + shape.variance_of_places
    share = (FREEDOM + 1) / (FREEDOM + squares / fit.scale)
    places = len(squares) + USUAL_PLACES
    fit.scale = float((share * squares).sum() + USUAL_PLACES * FIRST_SCALE) / places
    fit.pull = (FREEDOM + 1) / (FREEDOM + squares / fit.scale) / fit.scale
    # Half the way, and not far up at once: from a fit that still lies off, waves would hide what it misses.
    fit.waves = (fit.waves + min(waves(records, mean, shape, fit.waves), 2 * fit.waves + 0.02)) / 2


def waves(records: Floats, mean: Floats, shape: Curvature, before: float) -> float:
    """tau of the variance mean + tau mean^2, each cell weighing by what it tells: small ones next to nothing.

    A fit lies closer to the counts than the truth does: (1 - leverage) makes up for it.
    """
    rest = np.maximum(1 - shape.leverage, LEAST_REST)
    variance = mean + before * mean**2
    weight = mean**2 / np.maximum(2 * variance**2 + variance, 1e-300)
    excess = (records - mean) ** 2 / rest - mean
    found = float((weight * excess).sum() / max(float((weight * mean**2).sum()), 1e-300))
    return min(max(found, 0.0), MOST_WAVES)


def fitted(records: Floats, effort: Floats, begun: Fit | None = None) -> Fit:
    """Levels and places for this effort; months with the loss of the catchment in it."""
    fit = replace(begun) if begun else start(records, effort)
    mean = mean_of(fit, effort)
    for number in range(MOST_ROUNDS):
        shape = curvature(fit, mean)
        slope = slopes(fit, records, mean)
        part = 1.0 if number < WHOLE_STEPS else 0.5
        level, place = (
            np.minimum(np.maximum(part * step, -LONGEST_STEP), LONGEST_STEP)
            for step in shape.solve(slope.sum(axis=1), slope.sum(axis=0) - fit.pull * fit.place)
        )
        before = fit.scale, fit.waves
        fit.level, fit.place = fit.level + level, fit.place + place
        mean = mean_of(fit, effort)
        rescale(fit, records, mean, shape)
        moved = max(abs(fit.scale - before[0]), abs(fit.waves - before[1]))
        if max(moved, np.abs(level).max(), np.abs(place).max()) < TOLERANCE:
            break
    return fit


def log_likelihood(fit: Fit, records: Floats, mean: Floats) -> float:
    """Negative binomial with the waves of the fit, nearly Poisson without any; up to a constant."""
    seen = mean > 0
    y, m, waves = records[seen], mean[seen], max(fit.waves, LEAST_WAVES)
    size = 1 / waves
    return float(
        (
            special.gammaln(y + size)
            - special.gammaln(size)
            + y * np.log(waves * m)
            - (y + size) * np.log1p(waves * m)
        ).sum()
    )


def log_prior(fit: Fit) -> float:
    """Of the places, drawn from the t distribution."""
    drawn = np.log1p(fit.place**2 / (FREEDOM * fit.scale)) * (FREEDOM + 1) + np.log(fit.scale)
    return float(-drawn.sum() / 2)

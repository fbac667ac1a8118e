"""From where partners watch, and how fast they see less with distance: offices and slope of one grain.

    loss of the catchment = slope x distance of the place from the partner's office

Offices are declared in contracts; those that are not are drawn to the middle of what the partner watches, as
far as that reaches. Both belong to partners, not to a window: they are estimated on all quarters together. A
catchment stands only where it explains the counts clearly better than none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from orchestration.core import Results
from orchestration.statistics.comparable import Floats, Numbers, comparable, within_effort
from orchestration.statistics.count_model import (
    Fit,
    Further,
    curvature,
    fitted,
    log_likelihood,
    log_prior,
    mean_of,
    rescale,
    slopes,
)

# Distances are smooth where a place stands on an office. An office abroad is far from everything alike.
SMOOTH, MOST_LOSS = 0.1, 50.0
# Precision of the slope before any count: next to none, so that one that no count knows of has a variance.
SLOPE_PRIOR = 1e-4
# An unknown office lies this part of the reach of what is watched away from its middle, in either direction.
OFFICE_SPREAD, LEAST_REACH = 0.7, 0.5
# It is sought on a grid at three slopes; from the best, slopes go up and down by this factor.
FIRST_SLOPES, NEXT, MOST_SLOPES = (0.15, 0.4, 0.9), 1.4, 8
GRID, GRID_REACH, ROUNDS, STEPS, HALVINGS = 7, 2.0, 4, 60, 6
TOLERANCE = 1e-4
# No catchment explains clearly better with a smaller gain in log likelihood: the slope alone takes so much.
LEAST_GAIN = 2.0
# The curve around an estimated office is wider than the normal one that its curvature gives.
WIDER_OFFICES = 2.0


@dataclass(frozen=True)
class Counts:
    """Rows are partners, columns places, in a pool each in its role; `partner` numbers the one of each row.

    `effort` is in months. `away` is the distance from the declared office, nan where none is declared; `at`
    the position of each column's place. Both are in units of UNIT_KM.
    """

    records: Floats
    effort: Floats
    away: Floats
    at: Floats
    partner: Numbers

    @cached_property
    def compared(self) -> tuple[Counts, Numbers]:
        """The cells of the largest comparable group, and the numbers of its columns."""
        y = within_effort(self.records, self.effort)
        partners, places = comparable(y, self.effort)
        cells = np.ix_(partners, places)
        own = Counts(y[cells], self.effort[cells], self.away[cells], self.at[places], self.partner[partners])
        return own, np.flatnonzero(places)


@dataclass(frozen=True)
class Catchment:
    """`slope` 0: none stands. `office` holds the estimated ones by partner, nan where it is declared.

    `covariance` is that of the slope, then of both coordinates of each estimated office.
    """

    slope: float
    office: Floats
    covariance: Floats

    @cached_property
    def latent(self) -> Numbers:
        """The partners whose office is estimated."""
        return np.flatnonzero(~np.isnan(self.office[:, 0]))

    def effort(self, counts: Counts) -> Floats:
        """Months, less what is not seen from far."""
        if not self.slope:
            return counts.effort
        return counts.effort * np.exp(-np.minimum(self.slope * self._distance(counts), MOST_LOSS))

    def changes(self, counts: Counts) -> Further:
        """What each log mean changes by with the slope, then with both coordinates of each office."""
        away = self._distance(counts)
        apart = counts.at[None, :, :] - np.nan_to_num(self.office)[counts.partner][:, None, :]
        of_office = np.where(
            np.isnan(counts.away)[:, :, None], self.slope * apart / np.maximum(away, SMOOTH)[:, :, None], 0.0
        )
        is_own = counts.partner == self.latent[:, None]
        by = np.concatenate([-away[None], np.moveaxis(of_office * is_own.any(axis=0)[:, None, None], 2, 0)])
        which = np.zeros((1 + 2 * len(is_own), *by.shape[:2]))
        which[0, 0], which[1::2, 1], which[2::2, 2] = 1, is_own, is_own
        return Further(by, which)

    def _distance(self, counts: Counts) -> Floats:
        """Of each place from the office of each row; 0 where nothing is known of an office."""
        apart = counts.at[None, :, :] - self.office[counts.partner][:, None, :]
        estimated = np.nan_to_num(np.sqrt((apart**2).sum(axis=2) + SMOOTH**2), nan=SMOOTH)
        return np.where(np.isnan(counts.away), estimated, counts.away)


def no_catchment(partners: int) -> Catchment:
    return Catchment(0.0, np.full((partners, 2), np.nan), np.zeros((1, 1)))


def catchment(pool: Sequence[Counts], partners: int) -> Catchment:
    """The catchment of partners numbered from 0, by the counts of several roles.

    None if it explains too little.
    """
    counts = _stacked([block.compared[0] for block in pool])
    none = no_catchment(partners)
    if not counts.records.size:
        return none
    search = _Search.of(counts, partners)
    best = search.best()
    if best is None or 2 * search.gain(best) <= 2 * search.freedom(best.where) + 2:
        return none
    covariance = best.where.covariance * (WIDER_OFFICES if len(search.latent) else 1.0)
    return replace(best.where, covariance=covariance)


def catchment_of(pool: Sequence[Counts], partners: int, results: Results) -> Catchment:
    """`catchment`, as `results` holds it."""
    slope, office, covariance = results.of(_as_json, list(pool), partners)
    return Catchment(slope, np.array(office).reshape(-1, 2), np.array(covariance))


def _as_json(pool: Sequence[Counts], partners: int) -> list[Any]:
    """Return `catchment` as JSON can hold it."""
    found = catchment(pool, partners)
    return [found.slope, found.office.tolist(), found.covariance.tolist()]


def _stacked(blocks: Sequence[Counts]) -> Counts:
    """All blocks as one: their rows and columns apart, without effort between them."""
    shape = sum(len(one.records) for one in blocks), sum(len(one.at) for one in blocks)
    records, effort, away = (np.zeros(shape) for _ in range(3))
    row = column = 0
    for one in blocks:
        cells = slice(row, row + len(one.records)), slice(column, column + len(one.at))
        records[cells], effort[cells], away[cells] = one.records, one.effort, one.away
        row, column = cells[0].stop, cells[1].stop
    at = np.concatenate([np.zeros((0, 2)), *(one.at for one in blocks)])
    return Counts(
        records, effort, away, at, np.concatenate([np.zeros(0, int), *(one.partner for one in blocks)])
    )


def _likelihood(fit: Fit, counts: Counts, where: Catchment) -> float:
    return log_likelihood(fit, counts.records, mean_of(fit, where.effort(counts)))


class _Settled(NamedTuple):
    """`height`: log likelihood with places and unknown offices integrated out, to a constant."""

    height: float
    where: Catchment
    fit: Fit


@dataclass(frozen=True)
class _Search:
    """The search for slope and unknown offices; `middle` and `spread` say what is likely before any count."""

    counts: Counts
    plain: Fit
    middle: Floats
    spread: Floats
    latent: Numbers

    @classmethod
    def of(cls, counts: Counts, partners: int) -> _Search:
        middle, spread, latent = np.zeros((partners, 2)), np.ones(partners), []
        for partner in np.unique(counts.partner):
            cells = (counts.partner == partner)[:, None] & (counts.effort > 0)
            at = np.unique(counts.at[cells.any(axis=0)], axis=0)
            middle[partner] = at.mean(axis=0)
            reach = float(np.sqrt(((at - middle[partner]) ** 2).sum(axis=1).mean()))
            spread[partner] = OFFICE_SPREAD * max(reach, LEAST_REACH)
            if np.isnan(counts.away[cells]).any():
                latent.append(partner)
        plain = fitted(counts.records, counts.effort)
        return cls(counts, plain, middle, spread, np.array(latent, dtype=int))

    @property
    def prior(self) -> Floats:
        """Precision of both coordinates of each unknown office."""
        return np.repeat(self.spread[self.latent] ** -2.0, 2)

    def freedom(self, found: Catchment) -> float:
        """Effective degrees of freedom: what the counts, not the prior, know of slope and offices."""
        return float(1 + len(self.prior) - (np.diag(found.covariance)[1:] * self.prior).sum())

    def gain(self, found: _Settled) -> float:
        """Log likelihood beyond that without a catchment."""
        return _likelihood(found.fit, self.counts, found.where) - log_likelihood(
            self.plain, self.counts.records, mean_of(self.plain, self.counts.effort)
        )

    def best(self) -> _Settled | None:
        """The slope at the peak of the height, with its offices.

        None if the least one is best and explains too little, less than the next: smaller ones explain less.
        """
        found = {slope: self.settled(self.placed(slope)) for slope in FIRST_SLOPES}
        for _ in range(MOST_SLOPES):
            best = max(found, key=lambda one: found[one].height)
            least, less = (self.gain(found[slope]) for slope in sorted(found)[:2])
            if best == min(found) and least <= min(less, LEAST_GAIN):
                return None
            beside = [best * NEXT, best / NEXT]
            missing = [
                new for new in beside if all(abs(np.log(new / one)) > np.log(NEXT) / 2 for one in found)
            ]
            if not missing:
                break
            for slope in missing:
                found[slope] = self.settled(replace(found[best].where, slope=slope))
        near = sorted(found, key=lambda one: abs(np.log(one / best)))[:3]
        slope = _peak(near, [found[one].height for one in near])
        return self.settled(replace(found[best].where, slope=slope))

    def placed(self, slope: float) -> Catchment:
        """Each unknown office at the likeliest point of a grid; places and levels follow in turn."""
        side = np.linspace(-GRID_REACH, GRID_REACH, GRID)
        grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
        counts = self.counts
        office = np.full(self.middle.shape, np.nan)
        office[self.latent] = self.middle[self.latent]
        found, fit = Catchment(slope, office, np.zeros((1, 1))), self.plain
        for _ in range(ROUNDS if len(self.latent) else 0):
            fit = fitted(counts.records, found.effort(counts), fit)
            office = found.office.copy()
            for partner in self.latent:
                rows = counts.partner == partner
                points = self.middle[partner] + self.spread[partner] * grid
                away = np.sqrt(((counts.at[None] - points[:, None]) ** 2).sum(axis=2) + SMOOTH**2)
                log_mean = fit.place - slope * away
                y, total = counts.records[rows], np.exp(log_mean) @ counts.effort[rows].T
                likely = (log_mean @ y.T - np.log(total) * y.sum(axis=1)).sum(axis=1)
                office[partner] = points[int((likely - (grid**2).sum(axis=1) / 2).argmax())]
            if np.array_equal(office, found.office, equal_nan=True):
                break
            found = replace(found, office=office)
        return found

    def settled(self, at: Catchment) -> _Settled:
        """Newton's steps of levels, places and unknown offices together, for this slope."""
        counts, rows = self.counts, len(self.counts.records)
        fit = fitted(counts.records, at.effort(counts), self.plain)
        for _ in range(STEPS if len(self.latent) else 0):
            mean = mean_of(fit, at.effort(counts))
            further = at.changes(counts).without_first
            shape = curvature(fit, mean, further, self.prior)
            slope = slopes(fit, counts.records, mean)
            drawn = (self.middle - at.office)[self.latent].ravel() * self.prior
            free, place = shape.solve(
                np.concatenate([slope.sum(axis=1), further.sums(slope)[0].sum(axis=1) + drawn]),
                slope.sum(axis=0) - fit.pull * fit.place,
            )
            part = 1 / max(np.abs(free).max(), np.abs(place).max(), 1.0)
            before = self._climbed(fit, at)
            for _ in range(HALVINGS):
                office = at.office.copy()
                office[self.latent] += part * free[rows:].reshape(-1, 2)
                tried = replace(fit, level=fit.level + part * free[:rows], place=fit.place + part * place)
                if self._climbed(tried, replace(at, office=office)) > before:
                    break
                part /= 3
            else:
                break
            fit, at = tried, replace(at, office=office)
            rescale(fit, counts.records, mean_of(fit, at.effort(counts)), shape)
            if part * max(np.abs(free).max(), np.abs(place).max()) < TOLERANCE:
                break
        fit = fitted(counts.records, at.effort(counts), fit)
        mean, further = mean_of(fit, at.effort(counts)), at.changes(counts)
        all_free = curvature(fit, mean, further, np.append(SLOPE_PRIOR, self.prior)).free
        # Laplace. At the peak of the likelihood itself slopes are too steep: unknown offices follow them.
        known = curvature(fit, mean, further.without_first, self.prior)
        sure = float(np.linalg.slogdet(known.free)[1] - np.log(known.own).sum() + np.log(self.prior).sum())
        height = log_likelihood(fit, counts.records, mean) + log_prior(fit) - self._strayed(at) + sure / 2
        return _Settled(height, replace(at, covariance=all_free[rows:, rows:]), fit)

    def _climbed(self, fit: Fit, at: Catchment) -> float:
        """What Newton's steps raise: waves and pull stay as they are meanwhile."""
        return _likelihood(fit, self.counts, at) - float(fit.pull @ fit.place**2) / 2 - self._strayed(at)

    def _strayed(self, at: Catchment) -> float:
        apart = (at.office - self.middle)[self.latent] / self.spread[self.latent, None]
        return float((apart**2).sum()) / 2


def _peak(slopes: Sequence[float], heights: Sequence[float]) -> float:
    """The slope at the top of the parabola through three points, in log slope; the first is the highest."""
    x = np.log(slopes)
    bend, lean, _ = np.polyfit(x, heights, 2)
    peak = -lean / (2 * bend) if bend < 0 else x[0]
    return float(np.exp(np.clip(peak, x.min(), x.max())))

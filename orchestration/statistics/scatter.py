"""How far the records of partners at places scatter, and how sure that leaves the ratio of each place.

They scatter more than Poisson counts. Reports that come several at a time multiply every variance by one
figure, the dispersion; a partner that has a good year at one place and a bad one at another (waves) makes a
variance that grows with the square of what is expected. Counts do not tell the two apart, so each cell of
partner and place has the mean of both variances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from orchestration.statistics.two_way import Floats, TwoWay, curvature, within_effort

# Cells where less is expected say nothing about scatter.
LEAST_MEAN_OF_A_CELL = 0.5


@dataclass(frozen=True)
class Scatter:
    """`dispersion`: Pearson's chi-square over its degrees of freedom, at least 1.

    `waves`: squared coefficient of variation of the waves, 0 where Poisson counts would scatter as much.
    """

    dispersion: float
    waves: float


def scatter(records: Floats, months: Floats, fit: TwoWay) -> Scatter:
    """Of the cells that tell, over partners x places as they came."""
    squares, mean, freedom = _cells(records, months, fit)
    return Scatter(max(1.0, float(squares.sum() / freedom)), _waves(squares, mean, freedom))


def _waves(squares: Floats, mean: Floats, freedom: int) -> float:
    """With variances m + waves x m^2 Pearson's chi-square is its degrees of freedom."""
    if squares.sum() <= freedom:
        return 0.0
    most = float((squares / mean).sum() / freedom)
    return float(brentq(lambda size: (squares / (1 + size * mean)).sum() - freedom, 0, most))


def log_variance(months: Floats, fit: TwoWay, of_cells: Scatter, ratio: Floats) -> Floats:
    """Variance of the log ratio of each place of the fit, were `ratio` the true ones; at least Poisson's.

    It is that of its distance from the mean of all places while the partners' levels are unknown (they are
    estimates too): the sandwich of White 1982.
    """
    mean = months[np.ix_(fit.partners, fit.places)] * fit.level[:, None] * ratio
    variance = (of_cells.dispersion * mean + mean + of_cells.waves * mean**2) / 2
    share = mean / mean.sum(axis=1, keepdims=True)
    of_partner = variance.sum(axis=1, keepdims=True)
    score = np.diag(variance.sum(axis=0)) - variance.T @ share - share.T @ variance
    score += share.T @ (share * of_partner)
    distance = np.eye(mean.shape[1]) - fit.expected / fit.expected.sum()
    reach = distance @ np.linalg.inv(curvature(mean))
    return np.maximum(np.einsum("ij,jk,ik->i", reach, score, reach), 1 / mean.sum(axis=0))


def _cells(records: Floats, months: Floats, fit: TwoWay) -> tuple[Floats, Floats, int]:
    """Of each cell that tells of scatter: squared distance from its mean over that mean, and the mean; and
    the degrees of freedom of all.
    """
    cells = np.ix_(fit.partners, fit.places)
    y, e = within_effort(records, months)[cells], months[cells]
    mean = e * fit.level[:, None] * fit.ratio
    telling = mean > LEAST_MEAN_OF_A_CELL
    freedom = max(1, int(telling.sum()) - sum(y.shape) + 1)
    return (y - mean)[telling] ** 2 / mean[telling], mean[telling], freedom

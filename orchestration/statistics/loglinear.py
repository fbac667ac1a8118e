"""Poisson log-linear models of who is on which lists, and what they say of those on none.

The count of each set of lists is Poisson with log mean = intercept + one term a list + one a pair of lists
that go together; nobody on any list is the set of the intercept alone, so exp(intercept) persons are unseen
(Fienberg 1972; the rule for pairs that share nobody: Chan, Silverman and Vincent 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtri

Floats = NDArray[np.float64]
Pair = tuple[int, int]

_MOST_ROUNDS, _TOLERANCE = 50, 1e-10
_LARGEST_LOG_MEAN = 100.0
# Of the logarithm of the unseen: beyond this, a factor of 350 either way, the counts do not tell them.
_LARGEST_ERROR = 3.0


class Total(NamedTuple):
    """A model, by its pairs, and the persons it counts, seen and unseen, with a 95 % interval (Wald)."""

    pairs: tuple[Pair, ...]
    total: float
    low: float
    high: float
    aic: float


def fit(known: NDArray[np.bool_], persons: Floats, pairs: Sequence[Pair]) -> Total | None:
    """`known` is every set of lists (not the empty one) x lists. None where the counts do not tell the model.

    A pair that shares nobody has a term of minus infinity: its sets are empty for certain and are left out.
    """
    inside = np.ones(len(known), dtype=bool)
    columns = [np.ones(len(known)), *known.T.astype(np.float64)]
    for one, other in pairs:
        both = known[:, one] & known[:, other]
        if persons[both].any():
            columns.append(both.astype(np.float64))
        else:
            inside &= ~both
    design, counts = np.column_stack(columns)[inside], persons[inside]
    solved = _most_likely(design, counts)
    if solved is None:
        return None
    log_unseen, error, mean = solved
    deviance = -2 * float((counts * np.log(mean) - mean - gammaln(counts + 1)).sum())
    seen, reach = float(persons.sum()), ndtri(0.975) * error
    low, middle, high = seen + np.exp(log_unseen + reach * np.array([-1, 0, 1]))
    terms = 1 + known.shape[1] + len(pairs)
    return Total(tuple(pairs), float(middle), float(low), float(high), deviance + 2 * terms)


def forward(known: NDArray[np.bool_], persons: Floats, pairs: Sequence[Pair]) -> list[Total]:
    """Every model fitted on the way: from independent lists, that of these pairs which lowers AIC most is
    added until none does.
    """
    left = list(pairs)
    best = fit(known, persons, ())
    found = [best] if best else []
    while best and left:
        tried = [one for one in (fit(known, persons, (*best.pairs, pair)) for pair in left) if one]
        found += tried
        better = min(tried, key=lambda one: one.aic, default=None)
        if better is None or better.aic >= best.aic:
            break
        best = better
        left.remove(better.pairs[-1])
    return found


def _most_likely(design: Floats, counts: Floats) -> tuple[float, float, Floats] | None:
    """Intercept, its standard error and the fitted means, by Newton's steps."""
    log_mean = np.log(counts + 0.5)
    before = np.inf
    for _ in range(_MOST_ROUNDS):
        mean = np.exp(np.clip(log_mean, -_LARGEST_LOG_MEAN, _LARGEST_LOG_MEAN))
        information = design.T @ (mean[:, None] * design)
        try:
            covariance = np.linalg.inv(information)
        except np.linalg.LinAlgError:
            return None
        terms = covariance @ (design.T @ (mean * log_mean + counts - mean))
        log_mean = design @ terms
        now = float((mean - counts * np.log(mean)).sum())
        if abs(now - before) <= _TOLERANCE * abs(now):
            error = float(np.sqrt(covariance[0, 0]))
            return (float(terms[0]), error, mean) if error <= _LARGEST_ERROR else None
        before = now
    return None

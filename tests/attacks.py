"""Attacks on the public tables, written without the product's code: what does a reader learn of a small cell?

A reader knows the method, the noise table and every public row of one year: corridors, starts and ends, each table
with its row `fewer`, so that each adds up to the total. Unknown is the number of cases in each pair of places. A public
count is that number and an error of known size; a cell without a row is small. Used by a test on small worlds and by
`bench_disclosure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, linprog, lsq_linear, milp
from scipy.sparse import csr_matrix

Pair = tuple[str, str]
LEAST_SHOWN = 10
# True count from which a row of the noise table holds, its variance and its largest noise.
NOISE_ROWS = ((0, 6.0, 14), (40, 9.0, 18), (200, 25.0, 30))


FEWER = "fewer"


@dataclass(frozen=True)
class Public:
    """What the public edition says of one year, rows `fewer` included; other places and pairs are absent."""

    corridors: Mapping[Pair, int]
    starts: Mapping[str, int]
    ends: Mapping[str, int]


@dataclass(frozen=True)
class _Problem:
    pairs: list[Pair]
    sums: csr_matrix  # one row a published or absent cell
    published: npt.NDArray[np.float64]  # nan where the cell is absent
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]


def widths_of_ranges(public: Public, starts: list[str], ends: list[str], targets: list[Pair]) -> list[int]:
    """How many whole numbers each target may still be, by integer programs over all tables."""
    problem = _problem(public, starts, ends)
    constraint = LinearConstraint(problem.sums, problem.low, problem.high)
    whole, at_least_zero = np.ones(len(problem.pairs)), Bounds(0, np.inf)
    widths = []
    for target in targets:
        cost = np.zeros(len(problem.pairs))
        cost[problem.pairs.index(target)] = 1
        extremes = [
            milp(sign * cost, constraints=constraint, integrality=whole, bounds=at_least_zero)
            for sign in (1, -1)
        ]
        assert all(extreme.success for extreme in extremes), "the true table satisfies all constraints"
        widths.append(round(-extremes[1].fun) - round(extremes[0].fun) + 1)
    return widths


def linear_widths(public: Public, starts: list[str], ends: list[str], targets: list[Pair]) -> list[float]:
    """The same by linear programs: quicker, and never narrower than the integer ones say."""
    problem = _problem(public, starts, ends)
    upper = csr_matrix(np.vstack([problem.sums.toarray(), -problem.sums.toarray()]))
    bounds = np.concatenate([problem.high, -problem.low])
    widths = []
    for target in targets:
        cost = np.zeros(len(problem.pairs))
        cost[problem.pairs.index(target)] = 1
        lowest, highest = (
            linprog(sign * cost, A_ub=upper, b_ub=bounds, bounds=(0, None)) for sign in (1, -1)
        )
        widths.append(-highest.fun - lowest.fun + 1)
    return widths


def averaged(public: Public, starts: list[str], ends: list[str]) -> dict[Pair, int]:
    """The likeliest table by weighted least squares over all tables, rounded: averaging noise away."""
    problem = _problem(public, starts, ends)
    # An absent cell is taken as half of the least shown, as unsure as that.
    is_absent = np.isnan(problem.published)
    wanted = np.where(is_absent, 2.0, problem.published)
    variance = np.array([4.0 if absent else row_of(count)[1] for absent, count in
                         zip(is_absent, wanted, strict=True)])  # fmt: skip
    weight = 1 / np.sqrt(variance)
    fitted = lsq_linear(problem.sums.multiply(weight[:, None]).tocsr(), wanted * weight, (0, np.inf))
    return dict(zip(problem.pairs, np.round(fitted.x).astype(int).tolist(), strict=True))


def knowing_all_but_one(
    cells: npt.NDArray[np.int64], noise: npt.NDArray[np.int64], prior: float = 0.5
) -> float:
    """How sure one is that the last record is in its cells, who knows all the others.

    `cells` are the true counts without the record, `noise` what each published count differs by from them:
    the noise of the cell with or without one movement more.
    """
    inside = outside = 1.0
    for count, seen in zip(cells.tolist(), noise.tolist(), strict=True):
        outside *= noise_probability(count, seen)
        inside *= noise_probability(count + 1, seen - 1)
    if inside + outside == 0:
        return prior
    return inside * prior / (inside * prior + outside * (1 - prior))


def noise_probability(count: int, noise: int) -> float:
    """How likely a noise is at a true count: integers of greatest entropy, mean 0 and the row's variance."""
    if count == 0:
        return float(noise == 0)
    _, variance, largest = row_of(count)
    return _distribution(variance, largest).get(noise, 0.0)


def published_probability(count: int, published: int) -> float:
    """How likely a true count is published as this number, or is absent where the number is too small to show."""
    if published >= LEAST_SHOWN:
        return noise_probability(count, published - count)
    return sum(noise_probability(count, shown - count) for shown in range(count - 30, LEAST_SHOWN))


def distribution(count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The noise of a true count: its values, and how likely each is."""
    _, variance, largest = row_of(count)
    found = _distribution(variance, largest)
    return np.array(list(found)), np.array(list(found.values()))


def _distribution(variance: float, largest: int) -> dict[int, float]:
    if (variance, largest) not in _KNOWN:
        values = np.arange(-largest, largest + 1)
        low, high = -10.0, 0.0
        for _ in range(200):
            middle = (low + high) / 2
            share = np.exp(middle * values**2)
            found = float((share * values**2).sum() / share.sum())
            low, high = (middle, high) if found < variance else (low, middle)
        share = np.exp(low * values**2)
        _KNOWN[variance, largest] = dict(zip(values.tolist(), (share / share.sum()).tolist(), strict=True))
    return _KNOWN[variance, largest]


_KNOWN: dict[tuple[float, int], dict[int, float]] = {}


def row_of(count: float) -> tuple[int, float, int]:
    """The row of the noise table for a true count."""
    return next(row for row in reversed(NOISE_ROWS) if count >= row[0])


def _problem(public: Public, starts: list[str], ends: list[str]) -> _Problem:
    pairs = [(start, end) for start in starts for end in ends]
    lines: list[tuple[list[int], int | None]] = [
        ([at], public.corridors.get(pair)) for at, pair in enumerate(pairs)
    ]
    rest = [at for at, pair in enumerate(pairs) if pair not in public.corridors]
    lines.append((rest, public.corridors.get((FEWER, FEWER), 0)))
    for side, places, shown in ((0, starts, public.starts), (1, ends, public.ends)):
        lines += [
            ([at for at, pair in enumerate(pairs) if pair[side] == place], shown[place])
            for place in places
            if place in shown
        ]
        rest = [at for at, pair in enumerate(pairs) if pair[side] not in shown]
        lines.append((rest, shown.get(FEWER, 0)))
    lines.append((list(range(len(pairs))), sum(public.starts.values())))
    sums = np.zeros((len(lines), len(pairs)))
    for row, (members, _) in enumerate(lines):
        sums[row, members] = 1
    published = np.array([np.nan if count is None else count for _, count in lines], float)
    bounds = [_bounds(count, len(members)) for members, count in lines]
    return _Problem(
        pairs,
        csr_matrix(sums),
        published,
        np.array([low for low, _ in bounds], float),
        np.array([high for _, high in bounds], float),
    )


def _bounds(count: int | None, cells: int) -> tuple[int, int]:
    """What a cell may truly be, by its public count; any count that the noise table allows."""
    if count is None:
        return 0, LEAST_SHOWN - 1 + NOISE_ROWS[0][2]
    if count < LEAST_SHOWN:  # a row `fewer`: how far it may be from the truth depends on its cells
        return 0, count + cells * NOISE_ROWS[0][2]
    possible = [
        true
        for true in range(max(count - 30, min(count, 1)), count + 31)
        if abs(count - true) <= row_of(true)[2]
    ]
    return min(possible), max(possible)


# Public labels: a margin and Laplace noise, both in scales of the noise, against marks in rising order.


def label_chances(
    margin: float, marks: npt.NDArray[np.float64], shown: float = 1.0
) -> npt.NDArray[np.float64]:
    """How likely each outcome is: no label, or the highest mark that is reached. `shown`: of being listed at all."""
    away = marks - margin
    reached = np.where(away > 0, np.exp(-np.abs(away)) / 2, 1 - np.exp(-np.abs(away)) / 2)
    chances = -np.diff(np.concatenate([[1.0], reached, [0.0]]))
    return np.concatenate([[1 - shown + shown * chances[0]], shown * chances[1:]])


def enough_others(count: int, least: int) -> float:
    """How likely a count with the noise of small counts reaches this number."""
    if count <= 0:
        return 0.0
    _, variance, largest = NOISE_ROWS[0]
    return sum(share for noise, share in _distribution(variance, largest).items() if count + noise >= least)


def label_evidence(inside: npt.NDArray[np.float64], outside: npt.NDArray[np.float64], outcome: int) -> float:
    """How much likelier an outcome is with a record than without it, as a logarithm."""
    with np.errstate(divide="ignore"):
        return float(np.log(inside[outcome]) - np.log(outside[outcome]))

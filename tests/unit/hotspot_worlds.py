"""Made-up worlds of partners and counties with a planted core, for judging how hotspots are found.

47 counties on a 7 x 7 grid, cut short; how active each is differs (gamma), and one core with its neighbours
is planted on top. Partners watch a part of the counties and differ in how much they report; one new partner
reports eight times as much, and watches only two counties where nothing is planted. Kinder than reality:
what a partner watches is known, its level is the same everywhere, and records come one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.statistics.hotspots import of_window
from orchestration.statistics.labels import WITHOUT_NUMBERS
from orchestration.statistics.policy import Policy

SIDE, COUNTIES, PARTNERS, MONTHS = 7, 47, 12, 12
COVERAGE, SPREAD_OF_PARTNERS, SHAPE_OF_COUNTIES = 0.35, 0.7, 6.0
RECORDS_OF_A_COUNTY = 16.0
CORE, AROUND, NEW_PARTNER, NEW_PARTNER_MONTHS = 6.0, 2.5, 8.0, 6

PLACE_IDS = [f"KE{number:03d}" for number in range(1, COUNTIES + 1)]
GRID = np.array([divmod(at, SIDE) for at in range(COUNTIES)])
NEAR = np.abs(GRID[:, None] - GRID[None, :]).max(axis=2) == 1


@dataclass(frozen=True)
class World:
    """`core` is planted (none in a null world); `confounded` are where the new partner works.

    `true_ratio` is what the model estimates: relative to an effort-weighted mean of 1.
    """

    records: np.ndarray
    months: np.ndarray
    true_ratio: np.ndarray
    core: np.ndarray
    confounded: np.ndarray


def world(
    seed: int,
    is_planted: bool = True,
    scatter: float | None = None,
    coverage: float = COVERAGE,
    batch: float = 1.0,
) -> World:
    """One world. With `scatter`, a gamma shape, each partner's records at each place also come in waves; with
    `batch` above 1 so many come at a time on average (geometric), which makes the dispersion 2 x batch - 1.
    """
    rng = np.random.default_rng(seed)
    inside = [at for at in range(COUNTIES) if NEAR[at].sum() == 8]
    core = np.array([rng.choice(inside)])
    around = np.flatnonzero(NEAR[core[0]])
    far = np.setdiff1d(np.arange(COUNTIES), np.concatenate([core, around]))
    confounded = rng.choice(far, 2, replace=False)
    active = rng.gamma(SHAPE_OF_COUNTIES, 1 / SHAPE_OF_COUNTIES, COUNTIES)
    active[confounded] = 1.0
    planted = np.ones(COUNTIES)
    planted[core], planted[around] = (CORE, AROUND) if is_planted else (1.0, 1.0)
    months = MONTHS * (rng.random((PARTNERS, COUNTIES)) < coverage).astype(float)
    months[np.arange(COUNTIES) % PARTNERS, np.arange(COUNTIES)] = MONTHS
    level = rng.lognormal(0, SPREAD_OF_PARTNERS, PARTNERS)
    base = RECORDS_OF_A_COUNTY * COUNTIES / (months * level[:, None]).sum()
    new = np.zeros(COUNTIES)
    new[confounded] = NEW_PARTNER_MONTHS
    months, level = np.vstack([months, new]), np.append(level, NEW_PARTNER)
    mean = base * months * level[:, None] * active * planted
    expected = (months * level[:, None]).sum(axis=0)
    true_ratio = active * planted / np.average(active * planted, weights=expected)
    if scatter is not None:
        mean = mean * rng.gamma(scatter, 1 / scatter, mean.shape)
    none = np.array([], dtype=int)
    batches = rng.poisson(mean / batch)
    rest = rng.negative_binomial(np.maximum(batches, 1), 1 / batch) if batch > 1 else 0
    return World(
        np.where(batches > 0, batches + rest, 0).astype(float),
        months,
        true_ratio,
        core if is_planted else none,
        confounded,
    )


@dataclass(frozen=True)
class Flags:
    """Labels by county, and both ends of the interval where it would be shown (else nan)."""

    labels: np.ndarray
    low: np.ndarray
    high: np.ndarray


def flags(made: World, policy: Policy) -> Flags:
    found = of_window(PLACE_IDS, made.records, made.months, policy)
    is_shown = ~np.isin(found["label"], WITHOUT_NUMBERS)
    low, high = (np.where(is_shown, found[end], np.nan) for end in ("ratio_low", "ratio_high"))
    return Flags(np.asarray(found["label"]), low, high)

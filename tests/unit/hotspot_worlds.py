"""Made-up worlds of partners and counties with a planted core, for judging how hotspots are found.

47 counties on a 7 x 7 grid, cut short; how active each is differs (gamma), and one core with its neighbours
is planted on top. Partners watch a part of the counties from an office somewhere, and differ in how much they
report. What they see may fall with distance from the office, differ by county, or come in waves. A new partner
may report eight times as much, from two counties where nothing is planted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.statistics.catchments import Counts, catchment, no_catchment
from orchestration.statistics.comparable import Floats, Mask
from orchestration.statistics.hotspots import of_window
from orchestration.statistics.labels import WITHOUT_NUMBERS
from orchestration.statistics.policy import Policy

SIDE, COUNTIES, PARTNERS, MONTHS = 7, 47, 12, 12
COVERAGE, SPREAD_OF_PARTNERS, SHAPE_OF_COUNTIES, RECORDS = 0.35, 0.7, 6.0, 2500
CORE, AROUND, NEW_PARTNER, NEW_PARTNER_MONTHS = 6.0, 2.5, 8.0, 6
STEP_AT, BEYOND_STEP = 1.5, 0.25

PLACE_IDS = [f"KE{number:03d}" for number in range(1, COUNTIES + 1)]
GRID = np.array([divmod(at, SIDE) for at in range(COUNTIES)], dtype=float)
NEAR = np.abs(GRID[:, None] - GRID[None, :]).max(axis=2) == 1


@dataclass(frozen=True)
class Kind:
    """`slope`: e^-slope x distance is seen. `step`: all of a county and its neighbours, a quarter of the rest.

    `differs`: sd of the logarithm of what each partner sees at each county beside that. `waves`: squared
    coefficient of variation of a partner's records at a county. `has_office`: whether contracts name it.
    """

    slope: float = 0.0
    step: bool = False
    differs: float = 0.0
    waves: float = 0.0
    has_new_partner: bool = False
    has_office: bool = True
    is_planted: bool = True


@dataclass(frozen=True)
class World:
    """`true_ratio` is what the model estimates: relative to an effort-weighted mean of 1."""

    counts: Counts
    true_ratio: Floats
    confounded: np.ndarray


def world(seed: int, kind: Kind) -> World:
    rng = np.random.default_rng(seed)
    core = rng.choice([at for at in range(COUNTIES) if NEAR[at].sum() == 8])
    around = np.flatnonzero(NEAR[core])
    far = np.setdiff1d(np.arange(COUNTIES), np.append(around, core))
    confounded = rng.choice(far, 2, replace=False)
    active = rng.gamma(SHAPE_OF_COUNTIES, 1 / SHAPE_OF_COUNTIES, COUNTIES)
    if kind.has_new_partner:
        active[confounded] = 1.0
    if kind.is_planted:
        active[core] *= CORE
        active[around] *= AROUND
    months = MONTHS * (rng.random((PARTNERS, COUNTIES)) < COVERAGE).astype(float)
    months[np.arange(COUNTIES) % PARTNERS, np.arange(COUNTIES)] = MONTHS
    level, office = rng.lognormal(0, SPREAD_OF_PARTNERS, PARTNERS), rng.integers(0, COUNTIES, PARTNERS)
    if kind.has_new_partner:
        new = np.zeros(COUNTIES)
        new[confounded] = NEW_PARTNER_MONTHS
        months, office = np.vstack([months, new]), np.append(office, confounded[0])
        level = np.append(level, NEW_PARTNER * level.mean())
    away = np.sqrt(((GRID[None] - GRID[office][:, None]) ** 2).sum(axis=2))
    seen = np.where(away <= STEP_AT, 1.0, BEYOND_STEP) if kind.step else np.exp(-kind.slope * away)
    expected = months * level[:, None] * seen
    mean = expected * active * rng.lognormal(0, kind.differs, away.shape)
    mean *= RECORDS / mean.sum()
    if kind.waves:
        mean = mean * rng.gamma(1 / kind.waves, kind.waves, mean.shape)
    declared = away if kind.has_office else np.full(away.shape, np.nan)
    counts = Counts(rng.poisson(mean).astype(float), months, declared, GRID, np.arange(len(level)))
    return World(counts, active / np.average(active, weights=expected.sum(axis=0)), confounded)


@dataclass(frozen=True)
class Judged:
    """By county: whether it is labelled a hotspot, and where numbers are shown, whether they hold the truth."""

    hot: Mask
    is_shown: Mask
    is_covered: Mask


def judged(made: World, policy: Policy, is_blind: bool = False) -> Judged:
    """As the statistics judge them; `is_blind` knows of no catchment."""
    partners = len(made.counts.records)
    where = no_catchment(partners) if is_blind else catchment([made.counts], partners)
    found = of_window(PLACE_IDS, made.counts, where, policy)
    is_shown = ~np.isin(found["label"], WITHOUT_NUMBERS)
    is_covered = (found["ratio_low"] <= made.true_ratio) & (made.true_ratio <= found["ratio_high"])
    return Judged(found["label"] == "hotspot", is_shown, is_shown & is_covered)

"""Moran, false discovery and EARS, against published and cross-checked figures.

`sids2.csv` is the classic data set of sudden infant deaths in North Carolina (Cressie 1993) as libpysal
ships it (BSD), with queen neighbours made from its polygons; figures by esda 2.9 and R's spdep 1.3-5.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from orchestration.statistics.exploring import GUARD, ears_bounds, moran
from orchestration.statistics.false_discovery import q_values, two_sided

with (Path(__file__).parent / "sids2.csv").open(encoding="utf-8", newline="") as lines:
    SIDS = list(csv.DictReader(lines))
COUNTIES = [row["county"] for row in SIDS]
NEAR = np.array([[other in row["neighbours"].split(";") for other in COUNTIES] for row in SIDS])


def column(name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in SIDS])


RATES = column("deaths_1979") / column("births_1979") * 1000


def test_moran_of_sudden_infant_deaths() -> None:
    assert NEAR.sum() == 490
    found = moran(RATES, NEAR)
    assert found.i == pytest.approx(0.1427504, abs=5e-8)
    assert found.expected == pytest.approx(-0.0101010, abs=5e-8)
    assert found.variance == pytest.approx(0.0041859, abs=5e-8)
    assert found.z == pytest.approx(2.36253, abs=5e-6)


def test_moran_of_empirical_bayes_rates() -> None:
    """Assuncao and Reis 1999: rates in their own standard errors, by the moments of Marshall 1991."""
    deaths, births = column("deaths_1979"), column("births_1979")
    variance, mean = 3.163655e-07, 0.001979204
    errors = np.sqrt(variance + mean / births)
    assert moran((deaths / births - mean) / errors, NEAR).i == pytest.approx(0.1387882, abs=5e-8)


def test_four_of_fifteen_are_found_as_in_the_paper_of_1995() -> None:
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
         0.6528, 0.7590, 1.0]  # fmt: skip
    q = q_values(np.array(p))
    assert (q <= 0.05).sum() == 4
    expected = [0.0015, 0.0030, 0.0095, 0.035625, 0.0603, 0.063857, 0.063857, 0.0645, 0.0765]
    assert q[:9] == pytest.approx(expected, abs=5e-7)


def test_unjudged_corridors_do_not_count_as_tests() -> None:
    q = q_values(np.array([0.01, np.nan, 0.04]))
    assert q[[0, 2]].tolist() == [0.02, 0.04] and np.isnan(q[1])


def test_both_directions_count() -> None:
    assert two_sided(np.array([1.959964, -1.959964])) == pytest.approx([0.05, 0.05], abs=1e-7)


def test_one_of_47_counties_can_be_found_alone() -> None:
    """By permutation it never could: the smallest p of 999 is .001, and two-sided over 47 that is above .05."""
    p = two_sided(np.array([3.5, *np.zeros(46)]))
    assert (q_values(p) < 0.05).tolist() == [True] + [False] * 46


def test_ears_bounds_and_alarms() -> None:
    """R's surveillance 1.24.1, earsC with baseline 7, alpha .001, minSigma 0; counted from 1 there."""
    y = np.array([3, 5, 4, 6, 5, 7, 4, 5, 6, 4, 5, 7, 6, 5, 14, 15, 6, 5, 4, 20, 5, 6], dtype=float)
    c1, c2 = ears_bounds(y), ears_bounds(y, GUARD)
    assert (c1[7], c1[14], c1[15]) == pytest.approx((9.0141, 8.4443, 17.0738), abs=5e-5)
    assert y[14] > c1[14] and not y[15] > c1[15]
    assert [at + 1 for at in range(len(y)) if y[at] > c2[at]] == [15, 16]

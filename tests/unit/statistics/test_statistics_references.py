"""False discovery, against published and cross-checked figures."""

import numpy as np
import pytest
from scipy import special

from orchestration.statistics.shifts import q_values


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


def test_one_of_47_counties_can_be_found_alone() -> None:
    """By permutation it never could: the smallest p of 999 is .001, and two-sided over 47 that is above .05."""
    p = 2 * special.ndtr(-np.array([3.5, *np.zeros(46)]))
    assert (q_values(p) < 0.05).tolist() == [True] + [False] * 46

"""Change in the mix of corridors: its divergence, and its test by shuffling months within partners."""

import numpy as np
import pytest

from orchestration.statistics.share_ratio import mix_change, mix_divergence
from tests.simulated_corridors import POLICY, WINDOWS, reports


def test_the_divergence_is_one_where_nothing_is_in_common() -> None:
    assert mix_divergence(np.array([1, 0]), np.array([0, 1])) == pytest.approx(1.0)


def test_divergence_by_hand_of_counts_and_shares_and_zero_of_an_empty_side() -> None:
    # .5 * (.5 log2(.5/.375) + .5 log2(.5/.5)) + .5 * (.25 log2(.25/.375) + .5 * 0 + .25 log2(.25/.125))
    for then, now in (((0.5, 0.5, 0), (0.25, 0.5, 0.25)), ((10, 10, 0), (1, 2, 1))):
        assert mix_divergence(np.array(then), np.array(now)) == pytest.approx(0.1556391, abs=5e-8)
    assert mix_divergence(np.array([1, 1]), np.array([0, 0])) == 0.0


def p_values(**changes: bool) -> list[float]:
    found = []
    for seed in range(8):
        world = reports(seed, **changes)  # type: ignore[arg-type]
        mix = mix_change(world.monthly, world.is_active, WINDOWS, POLICY)
        assert 0 < mix.divergence < 1
        found.append(mix.p_value)
    return found


def test_a_shift_shows_in_the_mix_and_hidden_effort_does_not() -> None:
    assert sum(p < 0.05 for p in p_values(shift=True)) >= 4
    assert sum(p < 0.05 for p in p_values(hidden_effort=True)) <= 2


def test_complete_change_has_divergence_one_and_the_smallest_p() -> None:
    monthly = np.zeros((2, 2, 24), dtype=np.int64)
    monthly[:, 0, :12] = monthly[:, 1, 12:] = 3
    mix = mix_change(monthly, np.ones((2, 24), dtype=np.bool_), WINDOWS, POLICY)
    assert mix.divergence == pytest.approx(1.0) and mix.p_value == pytest.approx(0.001)


def test_partners_with_few_active_months_are_left_out() -> None:
    monthly = np.ones((1, 3, 24), dtype=np.int64)
    is_active = np.zeros((1, 24), dtype=np.bool_)
    is_active[:, :12] = True
    is_active[:, 12:17] = True  # five months where the policy asks for six
    assert mix_change(monthly, is_active, WINDOWS, POLICY).p_value is np.nan


def test_the_shuffles_are_the_same_every_time() -> None:
    world = reports(3, shift=True)
    first, again = (mix_change(world.monthly, world.is_active, WINDOWS, POLICY) for _ in range(2))
    assert first == again

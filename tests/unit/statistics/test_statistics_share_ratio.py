"""The odds ratio of a share across partners: published and hand-worked values, and its invariances."""

import numpy as np
import pytest

from orchestration.statistics.share_ratio import TwoWindows, ratios_without_one, share_ratios
from tests.simulated_corridors import mantel_haenszel_rate_ratio


def one_item(*partners: tuple[int, int, int, int]) -> TwoWindows:
    """For each partner: records of the item and records in all, in the baseline and in the current window."""
    counts = np.array(partners)
    return TwoWindows(counts[:, [0]], counts[:, [2]], counts[:, 1], counts[:, 3])


def test_the_ratio_is_that_of_the_berkeley_admissions() -> None:
    # Bickel, Hammel and O'Connell, Science 187 (1975): admitted and rejected men, then women, in six departments.
    # The values are those of R (mantelhaen.test) and of statsmodels (StratifiedTable).
    departments = [
        [[512, 313], [89, 19]], [[353, 207], [17, 8]], [[120, 205], [202, 391]],
        [[138, 279], [131, 244]], [[53, 138], [94, 299]], [[22, 351], [24, 317]],
    ]  # fmt: skip
    windows = one_item(*((then[0], sum(then), now[0], sum(now)) for now, then in departments))
    ratios = share_ratios(windows)
    assert ratios.log_ratio == pytest.approx([-0.1001554], abs=5e-8)
    assert ratios.standard_error == pytest.approx([0.0809889], abs=5e-8)
    interval = np.exp(ratios.log_ratio[0] + np.array([-1, 0, 1]) * 1.959964 * ratios.standard_error[0])
    assert interval == pytest.approx([0.7719074, 0.9046968, 1.0603298], abs=5e-7)


def test_two_partners_give_the_ratio_worked_out_by_hand() -> None:
    # 20 * 90 / 200 + 30 * 45 / 200 = 15.75 over 80 * 10 / 200 + 120 * 5 / 200 = 7.
    ratios = share_ratios(one_item((10, 100, 20, 100), (5, 50, 30, 150)))
    assert np.exp(ratios.log_ratio) == pytest.approx([15.75 / 7.0])
    assert ratios.log_ratio == pytest.approx([0.8109302], abs=5e-8)
    assert ratios.standard_error == pytest.approx([0.3242819], abs=5e-8)


def test_a_partner_of_one_window_or_of_twice_as_much_of_everything_moves_nothing() -> None:
    two = share_ratios(one_item((10, 100, 20, 100), (5, 50, 30, 150)))
    for newcomer in ((0, 0, 40, 60), (40, 60, 0, 0)):
        assert share_ratios(one_item((10, 100, 20, 100), (5, 50, 30, 150), newcomer)) == two
    assert share_ratios(one_item((10, 100, 20, 200))).log_ratio == pytest.approx([0.0])


def test_a_zero_has_a_ratio_and_the_reverse_has_its_inverse() -> None:
    # One partner, 0 of 1000 then 20 of 1000: ln((10 + 1/4) / (0 + 1/4)).
    up, down = (share_ratios(one_item(counts)) for counts in ((0, 1000, 20, 1000), (20, 1000, 0, 1000)))
    assert up.log_ratio == pytest.approx([3.7135721], abs=5e-8)
    assert down.log_ratio == pytest.approx([-3.7135721], abs=5e-8)
    assert up.standard_error == down.standard_error == pytest.approx([0.9901358], abs=5e-8)


def test_item_that_is_all_of_a_partners_records_has_no_ratio() -> None:
    # All of one partner's records, in both windows: its share could not have changed.
    ratios = share_ratios(one_item((10, 10, 12, 12)))
    assert np.isnan(ratios.log_ratio).all() and np.isnan(ratios.standard_error).all()


def test_the_rate_ratio_of_the_benchmark_drops_a_partner_without_a_second_window() -> None:
    # By hand, over months of effort: (10 * 12 / 24 + 30 * 6 / 18) / (5 * 12 / 24 + 40 * 12 / 18) = 15 / 29.1667.
    ratio = mantel_haenszel_rate_ratio(
        now=np.array([10, 30, 0]), then=np.array([5, 40, 12]),
        months_now=np.array([12, 12, 0]), months_then=np.array([12, 6, 12]),
    )  # fmt: skip
    assert ratio == pytest.approx(0.5142857, abs=5e-8)


def test_leaving_a_partner_out_gives_the_ratio_of_the_others() -> None:
    windows = one_item((10, 100, 20, 100), (5, 50, 30, 150), (0, 80, 0, 80))
    first, second, silent = ratios_without_one(windows)[:, 0]
    assert np.exp(first) == pytest.approx(30 * 45 / (120 * 5))
    assert np.exp(second) == pytest.approx(20 * 90 / (80 * 10))
    assert np.isnan(silent)  # it says nothing of the item, so leaving it out would show nothing
    assert ratios_without_one(one_item((1, 100, 30, 100))).tolist() == [[0.0]], "the only one"

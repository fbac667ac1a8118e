"""The noise table of published counts has the distribution that the policy states."""

import csv
from collections import defaultdict

import numpy as np
import pytest

from orchestration.core import REFERENCE_SEEDS, load_publication_policy
from seeds.build.noise_table import LAPLACE, ROWS, noise_rows, read_policy, weights

HASHES = 1 << 32


def shares() -> dict[int, dict[int, float]]:
    """By row of the policy: how much of all hashes each noise has."""
    found: dict[int, dict[int, float]] = defaultdict(dict)
    with (REFERENCE_SEEDS / "noise.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            width = int(row["hash_to"], 16) - int(row["hash_from"], 16) + 1
            found[int(row["noise_row"])][int(row["noise"])] = width / HASHES
    return found


def test_committed_noise_table_is_what_the_script_writes() -> None:
    with (REFERENCE_SEEDS / "noise.csv").open(encoding="utf-8", newline="") as lines:
        committed = [tuple(row.values()) for row in csv.DictReader(lines)]
    assert committed == [tuple(map(str, row)) for row in noise_rows(read_policy())]


@pytest.mark.parametrize("row", ROWS)
def test_noise_has_the_mean_variance_and_range_of_the_policy(row: int) -> None:
    policy, found = read_policy(), shares()[row]
    values = np.array(list(found))
    probabilities = np.array(list(found.values()))
    assert probabilities.sum() == pytest.approx(1)
    assert (values * probabilities).sum() == pytest.approx(0, abs=2e-5)
    variance = policy[f"noise_row_{row}_variance"]
    assert (values**2 * probabilities).sum() == pytest.approx(variance, abs=1e-5, rel=1e-5)
    assert max(values) == -min(values) == policy[f"noise_row_{row}_largest"]


def test_no_distribution_of_the_same_variance_has_more_entropy() -> None:
    """Moving weight along any direction that keeps sum, mean and variance lowers the entropy."""
    values = np.arange(-14.0, 15.0)
    best = weights(6.0, 14)
    entropy = -(best * np.log(best)).sum()
    kept = np.vstack([np.ones_like(values), values, values**2])
    _, _, directions = np.linalg.svd(kept)
    for direction in directions[3:]:
        for step in (1e-6, -1e-6):
            moved = best + step * best.min() / 1e-6 * direction * 0.5
            if (moved > 0).all():
                assert -(moved * np.log(moved)).sum() < entropy


@pytest.mark.parametrize(("reports", "chance"), [(1, 0.00064), (3, 0.020), (5, 0.19), (7, 0.62), (10, 0.98)])
def test_how_likely_a_road_of_so_many_reports_is_listed(reports: int, chance: float) -> None:
    least = load_publication_policy()["public_round_least_reports"]
    told = sum(share for noise, share in shares()[4].items() if reports + noise >= least)
    assert told == pytest.approx(chance, rel=0.03)


@pytest.mark.parametrize(("low_end", "chance"), [(0.50, 0.806), (0.4055, 0.5), (0.311, 0.194)])
def test_how_likely_a_place_is_called_a_hotspot(low_end: float, chance: float) -> None:
    """1 - exp(-(.50 - ln 1.5) / .10) / 2 = .806; as far below the mark the chance is that of the rest."""
    scale = load_publication_policy()["hotspot_label_scale"] / 100
    drawn = (round(100 * low_end / scale) + noise for noise in shares()[LAPLACE])
    mark = 100 * np.log(1.5) / scale
    told = sum(
        share for share, margin in zip(shares()[LAPLACE].values(), drawn, strict=True) if margin >= mark
    )
    assert told == pytest.approx(chance, abs=0.006)


def test_one_record_changes_the_odds_of_a_label_by_no_more_than_its_margin_moves() -> None:
    """A low end that moves by .02 of a scale of .10: the log odds of any label by .2 at most."""
    found = shares()[LAPLACE]
    noise = np.array(sorted(found))
    above = np.cumsum([found[value] for value in noise][::-1])[::-1]
    for mark in range(-300, 301, 25):
        here, moved = (above[np.searchsorted(noise, mark - margin)] for margin in (0, 20))
        for one, other in ((here, moved), (1 - here, 1 - moved)):
            assert abs(np.log(one / other)) <= 0.2 + 1e-4

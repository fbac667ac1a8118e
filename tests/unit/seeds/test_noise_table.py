"""The noise table of published counts has the distribution that the policy states."""

import csv
from collections import defaultdict

import numpy as np
import pytest

from orchestration.core import REFERENCE_SEEDS
from seeds.build.noise_table import ROWS, noise_rows, read_policy, weights

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
    assert (values * probabilities).sum() == pytest.approx(0, abs=1e-6)
    assert (values**2 * probabilities).sum() == pytest.approx(policy[f"noise_row_{row}_variance"], abs=1e-5)
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

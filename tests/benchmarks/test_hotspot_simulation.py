"""Hotspots on simulated worlds with known truth: a few of each kind, with wide margins.

`tests.benchmarks.simulate_hotspots` judges many.
"""

from functools import cache

import numpy as np
import pytest

from orchestration.statistics.policy import load_policy
from tests.fixtures.hotspot_worlds import Judged, Kind, World, judged, world

WORLDS = 5
POLICY = load_policy()
FALLING, FALLING_UNKNOWN = Kind(slope=0.5), Kind(slope=0.5, has_office=False)
NEW = Kind(has_new_partner=True, is_planted=False)


@cache
def made(kind: Kind) -> list[tuple[World, Judged]]:
    return [(one := world(seed, kind), judged(one, POLICY)) for seed in range(WORLDS)]


@pytest.mark.parametrize("kind", [Kind(), FALLING, FALLING_UNKNOWN, Kind(differs=0.4)])
def test_large_counties_are_found(kind: Kind) -> None:
    found = np.concatenate([seen.hot[one.true_ratio > 3] for one, seen in made(kind)])
    assert len(found) > 5 and found.mean() >= 0.7


@pytest.mark.parametrize("kind", [Kind(), FALLING, FALLING_UNKNOWN, Kind(differs=0.4), Kind(waves=0.5)])
def test_few_hotspots_are_false(kind: Kind) -> None:
    of_hot = np.concatenate([one.true_ratio[seen.hot] for one, seen in made(kind)])
    assert len(of_hot) > 5 and (of_hot < POLICY.hotspot_ratio).mean() <= 0.1


@pytest.mark.parametrize("kind", [FALLING, FALLING_UNKNOWN, Kind(waves=0.5)])
def test_intervals_hold_the_truth_as_often_as_they_say(kind: Kind) -> None:
    shown, covered = (
        sum(int(cells.sum()) for cells in parts)
        for parts in zip(*((seen.is_shown, seen.is_covered) for _, seen in made(kind)), strict=True)
    )
    assert shown > 125 and covered / shown >= 0.92


def test_known_offices_show_what_distance_hides() -> None:
    """Taken as seen alike from everywhere, the counts only look scattered."""
    blind, seen = (
        [judged(world(seed, Kind(slope=0.7)), POLICY, is_blind) for seed in range(WORLDS)]
        for is_blind in (True, False)
    )
    assert sum(one.hot.sum() for one in seen) > 2 * sum(one.hot.sum() for one in blind)


def test_a_big_new_partner_makes_no_hotspot() -> None:
    """By raw counts half of its counties would stand out."""
    raw = [one.counts.records.sum(axis=0) / one.counts.records.sum(axis=0).mean() for one, _ in made(NEW)]
    over = [
        ratio[one.confounded] > POLICY.hotspot_ratio for ratio, (one, _) in zip(raw, made(NEW), strict=True)
    ]
    assert np.mean(over) > 0.4
    assert not any(seen.hot[one.confounded].any() for one, seen in made(NEW))

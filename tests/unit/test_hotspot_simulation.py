"""Hotspots on simulated worlds with known truth: twenty seeded replicates; `tests.benchmarks.simulate_hotspots` runs many."""

from __future__ import annotations

import numpy as np
import pytest

from orchestration.statistics.policy import load_policy
from tests.unit.hotspot_worlds import Flags, World, flags, world

REPLICATES = 20
POLICY = load_policy()
Made = list[tuple[World, Flags]]


@pytest.fixture(scope="module")
def planted() -> Made:
    return [(made := world(seed), flags(made, POLICY)) for seed in range(REPLICATES)]


@pytest.fixture(scope="module")
def null() -> Made:
    return [(made := world(seed, is_planted=False), flags(made, POLICY)) for seed in range(REPLICATES)]


def test_the_planted_core_is_found(planted: Made) -> None:
    found = [(seen.labels[made.core] == "hotspot").all() for made, seen in planted]
    assert np.mean(found) >= 0.7


def test_a_big_new_partner_makes_no_hotspot(planted: Made) -> None:
    flagged = [label for made, seen in planted for label in seen.labels[made.confounded] == "hotspot"]
    assert np.mean(flagged) <= 0.1


def test_raw_counts_would_flag_the_new_partners_counties(null: Made) -> None:
    """The trap is there: half of them have more than half again as many records as the mean."""
    raw = [made.records.sum(axis=0) / made.records.sum(axis=0).mean() for made, _ in null]
    over = [ratio[made.confounded] > POLICY.hotspot_ratio for (made, _), ratio in zip(null, raw, strict=True)]
    assert np.mean(over) > 0.4
    assert np.mean([seen.labels[made.confounded] == "hotspot" for made, seen in null]) <= 0.1


@pytest.fixture(scope="module")
def thin() -> Made:
    """Records in waves, and about two partners a county: the hardest worlds."""
    worlds = (world(seed, scatter=6.0, coverage=0.08) for seed in range(3 * REPLICATES))
    return [(made, flags(made, POLICY)) for made in worlds]


def test_thin_coverage_makes_fewer_but_no_false_labels(thin: Made) -> None:
    """A false hotspot stands in few worlds; were partners' levels taken as known it would be one in six."""
    hot = [seen.labels == "hotspot" for _, seen in thin]
    false = [
        (one & (made.true_ratio < POLICY.hotspot_ratio)).any()
        for one, (made, _) in zip(hot, thin, strict=True)
    ]
    assert np.sum(hot) > 30
    assert np.mean(false) <= 0.1


def test_shown_intervals_hold_their_coverage_on_thin_data(thin: Made) -> None:
    """Of 1,300 intervals; with the dispersion alone, and a prior taken as known, .90 did."""
    held = [(seen.low <= made.true_ratio) & (made.true_ratio <= seen.high) for made, seen in thin]
    shown = [~np.isnan(seen.low) for _, seen in thin]
    assert np.mean(np.concatenate(held)[np.concatenate(shown)]) >= 0.93


def test_few_null_worlds_have_a_false_hotspot(null: Made) -> None:
    """Of a county whose true ratio lies below the mark."""
    labelled = [
        ((seen.labels == "hotspot") & (made.true_ratio < POLICY.hotspot_ratio)).any() for made, seen in null
    ]
    assert np.mean(labelled) <= 0.2

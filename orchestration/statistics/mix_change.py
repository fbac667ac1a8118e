"""Did the mix of corridors change at all? One figure a comparison, beside the test of each corridor."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import jensenshannon

from orchestration.statistics.policy import Policy
from orchestration.statistics.share_ratio import Counts, Flags, Floats

_SHUFFLES = 999
_SEED = 20  # the same shuffles in every release


class MixChange(NamedTuple):
    """Divergence of the mix, 0 (the same) to 1 (nothing in common), and how often chance does as much."""

    divergence: float
    p_value: float


def mix_divergence(baseline: Floats | Counts, current: Floats | Counts) -> Floats:
    """Jensen-Shannon divergence, base 2, along the last axis; 0 where a side holds nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = jensenshannon(baseline, current, base=2, axis=-1)  # scipy gives its square root
    return np.nan_to_num(np.asarray(distance) ** 2, nan=0.0)


def mix_change(monthly: Counts, is_active: Flags, windows: tuple[slice, slice], policy: Policy) -> MixChange:
    """Mean divergence of partners, weighted by their records, tested by shuffling whole months within each
    partner.

    Shuffling records would take the clustering of reports for a change. `monthly` is partner × corridor ×
    month; nan if no partner was active for long enough in both windows.
    """
    chance = np.random.default_rng(_SEED)
    sums, weight = np.zeros(_SHUFFLES + 1), 0
    for reported, active in zip(monthly, is_active, strict=True):
        months = np.concatenate([np.arange(active.size)[window][active[window]] for window in windows])
        baseline_months = int(active[windows[0]].sum())
        records = int(reported[:, months].sum())
        if records == 0 or min(baseline_months, len(months) - baseline_months) < policy.shift_mix_months:
            continue
        by_month = reported[reported.any(axis=1)][:, months].T
        order = np.tile(np.arange(len(months)), (_SHUFFLES + 1, 1))
        order[1:] = chance.permuted(order[1:], axis=1)  # the first row stays what was reported
        current = (order >= baseline_months).astype(np.float64) @ by_month
        sums += records * mix_divergence(by_month.sum(axis=0) - current, current)
        weight += records
    if not weight:
        return MixChange(np.nan, np.nan)
    as_much = int((sums[1:] >= sums[0] - 1e-9).sum())
    return MixChange(float(sums[0] / weight), (as_much + 1) / (_SHUFFLES + 1))

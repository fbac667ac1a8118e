"""The reference that shares are taken of: each partner's records without the items that changed most.

If one large corridor collapses, the shares of all others rise though nothing happened to them. So items far
from the middle of all ratios are left out of the totals, and the rest is judged again until nothing changes.
"""

from __future__ import annotations

import numpy as np

from orchestration.statistics.policy import Policy
from orchestration.statistics.share_ratio import Floats, Reference, TwoWindows, reference_of, share_ratios

# Ends the search where two references alternate.
_ROUNDS = 12


def reference(windows: TwoWindows, dispersion: Floats, policy: Policy) -> Reference:
    """Leave out the items whose ratio lies far from the weighted median, the nearest half always kept.

    Items with too few records to judge stay in: they say nothing either way, and weigh little.
    """
    records = windows.of(windows.is_comparable)
    enough = (records.baseline + records.current).sum(axis=0) >= policy.shift_minimum_records
    is_in = np.ones(enough.size, dtype=np.bool_)
    for _ in range(_ROUNDS):
        ratios = share_ratios(windows, reference_of(windows, is_in))
        error = ratios.standard_error * np.sqrt(dispersion)
        judged = np.flatnonzero(enough & np.isfinite(ratios.log_ratio) & (error > 0))
        if not judged.size:
            break
        log_ratio, error = ratios.log_ratio[judged], error[judged]
        away = np.abs(log_ratio - _weighted_median(log_ratio, error**-2.0)) / error
        nearest = np.sort(away)[int(np.ceil(policy.shift_reference_least_share * judged.size)) - 1]
        stays = np.ones(enough.size, dtype=np.bool_)
        stays[judged] = away <= max(policy.shift_reference_cut, nearest)
        if (stays == is_in).all():
            break
        is_in = stays
    return reference_of(windows, is_in)


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = values.argsort(kind="stable")
    return float(values[order][np.searchsorted(weights[order].cumsum(), weights.sum() / 2)])

"""By what factor a thing's share of each partner's own records changed between two windows.

The Mantel-Haenszel odds ratio over partners, with the variance of Robins, Breslow and Greenland (1986): each
partner is compared with itself, so one that starts, stops or grows moves nothing. Arrays here are partner ×
item. Shares are taken of a reference: each partner's records without the items that changed most. If one
large corridor collapses, the shares of all others rise though nothing happened to them. So items far from the
middle of all ratios are left out of the totals, and the rest is judged again until nothing changes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from orchestration.statistics.policy import Policy
from orchestration.statistics.scatter import Counts, Flags, Floats, between

# Added to both sides where one is zero, so that the logarithm exists; it makes no other difference.
_BESIDE_ZERO = 0.25


class TwoWindows(NamedTuple):
    """Records of each partner (rows) about each item (columns), and of each partner in all, in both windows.

    An item's count is never above its partner's total. The totals are not sums over the items, because one
    record may be about several of them, or about none.
    """

    baseline: Counts
    current: Counts
    baseline_totals: Counts
    current_totals: Counts

    @property
    def is_comparable(self) -> Flags:
        """Partners with records in both windows."""
        return np.asarray((self.baseline_totals > 0) & (self.current_totals > 0))

    def of(self, partners: Flags) -> TwoWindows:
        return TwoWindows(*(counts[partners] for counts in self))

    def about(self, items: Counts | Flags) -> TwoWindows:
        """The same partners and totals with these items alone."""
        return self._replace(baseline=self.baseline[:, items], current=self.current[:, items])

    def without(self, left_out: Flags) -> TwoWindows:
        """The same without the records of these partners about these items, in the totals too."""
        return TwoWindows(
            np.where(left_out, 0, self.baseline),
            np.where(left_out, 0, self.current),
            self.baseline_totals - (self.baseline * left_out).sum(axis=1),
            self.current_totals - (self.current * left_out).sum(axis=1),
        )


class Reference(NamedTuple):
    """Records that shares are taken of: each partner's total without the items that are left out.

    An item's complement is its partner's reference total without the item itself. `yearly` is τ², by how
    much the logarithms of ratios scatter from window to window beyond what months show; assumed where few are
    judged.
    """

    is_in: Flags
    baseline_totals: Counts
    current_totals: Counts
    yearly: float = 0.0
    is_yearly_assumed: bool = False

    def of(self, partners: Flags) -> Reference:
        return self._replace(
            baseline_totals=self.baseline_totals[partners], current_totals=self.current_totals[partners]
        )

    def error(self, ratios: ShareRatios, dispersion: Floats) -> Floats:
        """The standard error of each logarithm with all that is known of scatter."""
        return np.sqrt(ratios.standard_error**2 * dispersion + self.yearly)


def reference_of(
    windows: TwoWindows, is_in: Flags, yearly: float = 0.0, is_yearly_assumed: bool = False
) -> Reference:
    """The reference that holds these items, and every record about no item."""
    return Reference(
        is_in,
        windows.baseline_totals - windows.baseline[:, ~is_in].sum(axis=1),
        windows.current_totals - windows.current[:, ~is_in].sum(axis=1),
        yearly,
        is_yearly_assumed,
    )


class ShareRatios(NamedTuple):
    """Natural logarithm of the odds ratio and its standard error, one of each for an item.

    Both are nan where nothing can be compared: no comparable partner reported the item, or none reported
    anything else.
    """

    log_ratio: Floats
    standard_error: Floats


def share_ratios(windows: TwoWindows, reference: Reference | None = None) -> ShareRatios:
    """The odds ratio of every item's share, current against baseline. The standard error knows no dispersion
    yet.

    Shares are of the reference; without one, of all records.
    """
    if reference is None:
        reference = reference_of(windows, np.ones(windows.baseline.shape[1], dtype=np.bool_))
    is_comparable = windows.is_comparable
    baseline, current, _, _ = windows.of(is_comparable)
    is_in, then_in_all, now_in_all, *_ = reference.of(is_comparable)
    told_now, told_then = current.astype(np.float64), baseline.astype(np.float64)
    other_now, other_then = now_in_all[:, None] - told_now * is_in, then_in_all[:, None] - told_then * is_in
    total = np.maximum(told_now + told_then + other_now + other_then, 1)
    up, down = told_now * other_then / total, other_now * told_then / total
    along, across = (told_now + other_then) / total, (other_now + told_then) / total
    ups, downs = up.sum(axis=0), down.sum(axis=0)
    beside_zero = np.where((ups == 0) | (downs == 0), _BESIDE_ZERO, 0.0)
    more, less = ups + beside_zero, downs + beside_zero
    is_known = (ups > 0) | (downs > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (
            (along * up).sum(axis=0) / (2 * more * more)
            + (along * down + across * up).sum(axis=0) / (2 * more * less)
            + (across * down).sum(axis=0) / (2 * less * less)
        )
        log_ratio = np.log(more / less)
    return ShareRatios(np.where(is_known, log_ratio, np.nan), np.where(is_known, np.sqrt(variance), np.nan))


def ratios_without_one(windows: TwoWindows, reference: Reference | None = None) -> Floats:
    """Logarithms of the odds ratio with one comparable partner left out, a row for each of them.

    nan where that partner says nothing of the item, so that leaving it out would show nothing, and -inf < x <
    inf elsewhere, except that an item of which nothing is left to compare is given as 0: no change.
    """
    compared = windows.of(windows.is_comparable)
    shared = reference.of(windows.is_comparable) if reference else None
    without = np.full(compared.baseline.shape, np.nan)
    for left_out in range(len(without)):
        others = np.arange(len(without)) != left_out
        tells = compared.baseline[left_out] + compared.current[left_out] > 0
        against = shared.of(others) if shared else None
        ratios = np.nan_to_num(share_ratios(compared.of(others), against).log_ratio, nan=0.0)
        without[left_out] = np.where(tells, ratios, np.nan)
    return without


def range_without_one(windows: TwoWindows, reference: Reference | None = None) -> tuple[Floats, Floats]:
    """Smallest and largest odds ratio with one contributing partner left out; nan where at most one
    contributes.
    """
    without = ratios_without_one(windows, reference)
    several = (~np.isnan(without)).sum(axis=0) > 1
    low, high = (np.full(without.shape[1], np.nan) for _ in range(2))
    if several.any():
        low[several] = np.exp(np.nanmin(without[:, several], axis=0))
        high[several] = np.exp(np.nanmax(without[:, several], axis=0))
    return low, high


# Ends the search where two references alternate.
_ROUNDS = 12
# Standard errors up to which a ratio counts for the scatter from year to year.
_CUT = 1.5


def reference(
    windows: TwoWindows, dispersion: Floats, policy: Policy, yearly: float | None = None
) -> Reference:
    """Leave out the items whose ratio lies far from the weighted median, the nearest half always kept.

    Items with too few records to judge stay in: they say nothing either way, and weigh little. `yearly` is
    another measurement of τ² (`yearly_scatter`).
    """
    records = windows.of(windows.is_comparable)
    enough = (records.baseline + records.current).sum(axis=0) >= policy.shift_minimum_records
    found = reference_of(windows, np.ones(enough.size, dtype=np.bool_), policy.shift_assumed_yearly, True)
    for _ in range(_ROUNDS):
        ratios = share_ratios(windows, found)
        chance = ratios.standard_error**2 * dispersion
        judged = np.flatnonzero(enough & np.isfinite(ratios.log_ratio) & (chance > 0))
        if not judged.size:
            break
        log_ratio, chance = ratios.log_ratio[judged], chance[judged]
        beyond = yearly_scatter(log_ratio, chance, policy, yearly)
        error = np.sqrt(chance + beyond)
        away = np.abs(log_ratio - _weighted_median(log_ratio, error**-2.0)) / error
        nearest = np.sort(away)[int(np.ceil(policy.shift_reference_least_share * judged.size)) - 1]
        stays = np.ones(enough.size, dtype=np.bool_)
        stays[judged] = away <= max(policy.shift_reference_cut, nearest)
        is_found = bool((stays == found.is_in).all())
        is_assumed = judged.size < policy.shift_least_judged and beyond == policy.shift_assumed_yearly
        found = reference_of(windows, stays, beyond, is_assumed)
        if is_found:
            break
    return found


def yearly_scatter(log_ratio: Floats, chance: Floats, policy: Policy, other: float | None = None) -> float:
    """τ²: by how much ratios scatter around their middle beyond chance; assumed where few are judged.

    The mean of that and of an `other` measurement, if there is one: what truly changed is in both windows
    here, and widens τ² where few corridors are judged. Another measurement of few is no smaller than assumed.
    """
    if log_ratio.size < policy.shift_least_judged:
        return max(policy.shift_assumed_yearly, other or 0.0)
    away = log_ratio - _weighted_median(log_ratio, 1 / chance)
    own = between(away**2, chance, 1.0, _CUT)
    return own if other is None else (own + other) / 2


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = values.argsort(kind="stable")
    return float(values[order][np.searchsorted(weights[order].cumsum(), weights.sum() / 2)])

"""By what factor a thing's share of each partner's own records changed between two windows.

The Mantel-Haenszel odds ratio over partners, with the variance of Robins, Breslow and Greenland (1986): each
partner is compared with itself, so one that starts, stops or grows moves nothing. Arrays here are partner ×
item. Shares are taken of a reference: each partner's records without the items that changed most. If one
large corridor collapses, the shares of all others rise though nothing happened to them. So items far from the
middle of all ratios are left out of the totals, and the rest is judged again until nothing changes.
`mix_change` says whether the mix of corridors changed at all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import jensenshannon

from orchestration.statistics.policy import Policy

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

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

    An item's complement is its partner's reference total without the item itself.
    """

    is_in: Flags
    baseline_totals: Counts
    current_totals: Counts

    def of(self, partners: Flags) -> Reference:
        return Reference(self.is_in, self.baseline_totals[partners], self.current_totals[partners])


def reference_of(windows: TwoWindows, is_in: Flags) -> Reference:
    """The reference that holds these items, and every record about no item."""
    return Reference(
        is_in,
        windows.baseline_totals - windows.baseline[:, ~is_in].sum(axis=1),
        windows.current_totals - windows.current[:, ~is_in].sum(axis=1),
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
    is_in, then_in_all, now_in_all = reference.of(is_comparable)
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


def dispersion(monthly: Counts, is_active: Flags, windows: tuple[slice, slice], least_mean: float) -> Floats:
    """How many times as much an item's monthly counts scatter as chance alone would make them, at least 1.

    Variance grows as mean + κ mean², with one κ for all items: an item's own scatter is uncertain, and one
    figure for all would be too small for the large items. nan if no month can tell.

    `monthly` is partner × item × month, `is_active` partner × month: months in which a partner reported at
    all. Cells of partner, item and window count if they hold more than `least_mean` records an active month.
    """
    ratios, squares, expected, freedom = (np.zeros(monthly.shape[1]) for _ in range(4))
    scatter = 0.0
    for window in windows:
        active = is_active[:, window].astype(np.float64)
        months = active.sum(axis=1)[:, None]
        reported = monthly[:, :, window] * active[:, None, :]
        mean = reported.sum(axis=2) / np.maximum(months, 1)
        counts = (mean > least_mean) & (months > 1)
        free = np.where(counts, months - 1, 0)
        spread = np.where(counts, ((reported - mean[:, :, None]) ** 2 * active[:, None, :]).sum(axis=2), 0)
        ratios += (spread / np.where(counts, mean, 1)).sum(axis=0)
        squares += (free * mean**2).sum(axis=0)
        expected += (free * mean).sum(axis=0)
        freedom += free.sum(axis=0)
        scatter += float(spread.sum())
    if not freedom.any():
        return np.full(monthly.shape[1], np.nan)
    beyond = max(0.0, (scatter - expected.sum()) / squares.sum())
    own = 1 + beyond * squares / np.where(expected > 0, expected, 1)
    return np.maximum(own, ratios.sum() / freedom.sum())


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

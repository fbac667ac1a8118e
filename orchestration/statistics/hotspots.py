"""Activity of places in each complete period, its label, and how a place was hot over its quarters.

Every role, grain, population and level of place is measured apart, by the count model with a catchment.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from orchestration.core import Results
from orchestration.statistics.catchments import Catchment, Counts, catchment_of, no_catchment
from orchestration.statistics.comparable import WITHOUT_NUMBERS, Floats, labels, within_effort
from orchestration.statistics.count_model import curvature, fitted, mean_of
from orchestration.statistics.policy import Policy
from orchestration.statistics.windows import (
    WINDOW_KEYS,
    SharedWaves,
    by_period,
    pools,
    windows,
    with_distance,
)

HOT, COLD, NEITHER = "h", "c", "."
PLACE_KEYS = ("place_id", "place_role", "record_grain", "population")


class Step(NamedTuple):
    """A judged quarter of a place."""

    state: str
    ratio: float


def mann_kendall(values: Sequence[float]) -> tuple[int, float]:
    """Kendall's S, and how often chance shows one as large: do later values tend to be higher, or lower?

    The variance is corrected for ties, the distance for continuity. No values, or all alike, tell nothing.
    """
    x = np.asarray(values, dtype=float)
    n = len(x)
    s = int(np.sign(x[None, :] - x[:, None])[np.triu_indices(n, 1)].sum())
    _, tied = np.unique(x, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - float((tied * (tied - 1) * (2 * tied + 5)).sum())) / 18
    z = (s - math.copysign(1, s)) / math.sqrt(variance) if s and variance else 0.0
    return s, float(2 * special.ndtr(-abs(z)))


def category(states: str, trend: int, policy: Policy) -> str:
    """The first rule that holds, for the judged quarters in their order.

    `states` has one letter a quarter, HOT, COLD or NEITHER; `trend` is 1 rising, -1 falling, 0 neither.
    """
    n, hot = len(states), states.count(HOT)
    if n < policy.trend_minimum_quarters:
        return "insufficient"
    if not states.endswith(HOT):
        return "historical" if hot >= policy.trend_hot_share * (n - 1) else "none"
    if hot >= policy.trend_hot_share * n:
        return {1: "intensifying", -1: "diminishing"}.get(trend, "persistent")
    if hot == 1:
        return "new"
    if n - len(states.rstrip(HOT)) == hot:
        return "consecutive"
    return "oscillating" if COLD in states else "sporadic"


def direction(ratios: Sequence[float], policy: Policy) -> int:
    """1 if the ratios rise, -1 if they fall, 0 if neither can be said."""
    # Rounded, so that a last bit makes no tie untied.
    s, p = mann_kendall([round(math.log(ratio), 9) for ratio in ratios])
    return int(math.copysign(1, s)) if p < policy.trend_significance else 0


def with_trend(found: pd.DataFrame, periods: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Adds trend_category to each place of a quarter, year or 12 months: the trend up to its last quarter.

    Rounds have none. Steps are the quarters whose label has numbers; the last quarter must be one of them.
    """
    kind = dict(zip(periods["period_id"], periods["period_kind"], strict=True))
    ends = dict(zip(periods["period_id"], periods["period_to"], strict=True))
    quarters = sorted(
        periods.loc[(periods["period_kind"] == "quarter") & periods["is_complete"], "period_to"]
    )
    number = {end: at for at, end in enumerate(quarters)}
    places = [*zip(*(found[name] for name in PLACE_KEYS), strict=True)]
    steps: dict[tuple[str, ...], dict[int, Step]] = {}
    judged = ~found["label"].isin(WITHOUT_NUMBERS) & (found["period_id"].map(kind) == "quarter")
    numbers = ("period_id", "activity_ratio", "probability_high", "probability_low")
    for place, is_step, period, ratio, high, low in zip(
        places, judged, *(found[name] for name in numbers), strict=True
    ):
        if is_step:
            steps.setdefault(place, {})[number[ends[period]]] = Step(_state(high, low, policy), ratio)
    categories: dict[tuple[tuple[str, ...], int], str] = {}
    column: list[str | None] = []
    for place, period in zip(places, found["period_id"], strict=True):
        quarter = number.get(ends[period])
        if quarter is None or kind[period] == "round":
            column.append(None)
            continue
        if (place, quarter) not in categories:
            categories[place, quarter] = _category_at(quarter, steps.get(place, {}), policy)
        column.append(categories[place, quarter])
    return found.assign(trend_category=pd.Series(column, index=found.index, dtype=object))


def _category_at(quarter: int, steps: Mapping[int, Step], policy: Policy) -> str:
    """The category of a place at the end of this quarter; `steps` are its judged quarters."""
    first = quarter - int(policy.trend_quarters) + 1
    judged = [steps[at] for at in range(first, quarter + 1) if at in steps]
    if quarter not in steps or len(judged) < policy.trend_minimum_quarters:
        return "insufficient"
    states = "".join(step.state for step in judged)
    return category(states, direction([step.ratio for step in judged], policy), policy)


def _state(above_mark: float, below_mark: float, policy: Policy) -> str:
    if above_mark > policy.hotspot_certainty:
        return HOT
    return COLD if below_mark > policy.hotspot_certainty else NEITHER


# Of every variance: waves and the scale of the places are estimates too.
WIDER = 1.5
# Rounds of Newton's steps, of one place alone.
ALONE = 12


@dataclass(frozen=True)
class Activity:
    """The logarithm of each place's ratio to the mean of all, weighed by the effort there, and its error.

    `expected` is in records: what the partners that watch the place would report there at ratio 1.
    `without_largest` is the ratio without the partner that reports most there. `dispersion` is the variance
    of the counts over that of chance.
    """

    log_ratio: Floats
    log_error: Floats
    expected: Floats
    without_largest: Floats
    dispersion: float

    @property
    def ratio(self) -> Floats:
        return np.exp(self.log_ratio)

    def interval(self, coverage: float) -> tuple[Floats, Floats]:
        reach = special.ndtri((1 + coverage) / 2) * self.log_error
        return np.exp(self.log_ratio - reach), np.exp(self.log_ratio + reach)

    def above(self, ratio: float) -> Floats:
        """Probability that the ratio lies above this one."""
        return special.ndtr((self.log_ratio - np.log(ratio)) / self.log_error)


def activity(counts: Counts, where: Catchment) -> Activity:
    """Of the places of a comparison; all its cells must be comparable."""
    effort = where.effort(counts)
    fit = fitted(counts.records, effort)
    mean = mean_of(fit, effort)
    shape = curvature(fit, mean)
    expected = effort * np.exp(fit.level[:, None])
    weight = mean.sum(axis=0) / mean.sum()
    middle = np.log(mean.sum() / expected.sum())
    covariance = shape.places
    if where.slope:
        by_row, by_place = where.changes(counts).sums(shape.weight)
        follow = shape.solve(-by_row, -by_place)[1]
        covariance = covariance + follow.T @ where.covariance @ follow
    distance = np.eye(len(weight)) - weight
    variance = np.einsum("ij,jk,ik->i", distance, covariance, distance)
    # No surer than its own records make a place: where one has most of them, the mean follows it.
    variance = np.maximum(variance, 1 / shape.own) * WIDER
    largest = np.argmax(counts.records, axis=0), np.arange(len(weight))
    rest_records, rest = counts.records.copy(), expected.copy()
    rest_records[largest], rest[largest] = 0.0, 0.0
    alone = fit.place
    for _ in range(ALONE):  # levels and pull stay
        rest_mean = rest * np.exp(alone)
        slope = ((rest_records - rest_mean) / (1 + fit.waves * rest_mean)).sum(axis=0) - fit.pull * alone
        alone = alone + np.clip(
            slope / ((rest_mean / (1 + fit.waves * rest_mean)).sum(axis=0) + fit.pull), -1, 1
        )
    return Activity(
        fit.place - middle,
        np.sqrt(variance),
        expected.sum(axis=0) * np.exp(middle),
        np.exp(alone - middle),
        float(((mean + fit.waves * mean**2).sum()) / mean.sum()),
    )


PLACE_COLUMNS = (
    "place_id", "witness_count", "expected_witness_count", "activity_ratio", "ratio_low", "ratio_high",
    "probability_high", "probability_above_one", "probability_low", "largest_partner_share",
    "ratio_without_largest", "dispersion", "log_ratio", "log_error", "label",
)  # fmt: skip


def hotspots(
    counts: pd.DataFrame,
    effort: pd.DataFrame,
    periods: pd.DataFrame,
    active_months: pd.DataFrame,
    policy: Policy,
    results: Results,
) -> pd.DataFrame:
    """One row per place that is watched or reported in a window: WINDOW_KEYS, PLACE_COLUMNS, trend_category.

    Numbers are given also where the label tells that they are too uncertain to show: what is shown is
    decided where it is published. Where a catchment and the counts are those of `results`, so is what was
    fitted.

    Args:
        counts: as `by_period` takes them.
        effort: place_level, place_id, place_role, period_id, record_grain, source, office_place_id,
            effort_months.
        periods: period_id, period_kind, label, period_from, period_to, is_complete.
        active_months: source, record_grain, month_start, as a number.
    """
    waves = SharedWaves(counts, active_months, periods)
    counts = by_period(counts, active_months, periods)
    partners = sorted({*counts["source"], *effort["source"]})
    effort = with_distance(effort)
    pooled = pools(counts, effort, periods, partners)
    where = {
        grain: catchment_of([pool.counts for pool in pooled if pool.key[0] == grain], len(partners), results)
        for grain in sorted({pool.key[0] for pool in pooled})
    }
    parts: list[dict[str, Any]] = []
    for window in windows(counts, effort, periods, partners):
        named = dict(zip(WINDOW_KEYS, window.key, strict=True))
        ids, seen = window.place_ids, where.get(named["record_grain"], no_catchment(len(partners)))
        measured = results.of(_as_json, ids, window.counts, seen, policy, waves.variance(window))
        parts.append({name: [value] * len(ids) for name, value in named.items()} | measured)
    columns = (*WINDOW_KEYS, *PLACE_COLUMNS)
    found = pd.DataFrame({name: [one for part in parts for one in part[name]] for name in columns})
    return with_trend(found, periods, policy)


def of_window(
    place_ids: list[str], counts: Counts, where: Catchment, policy: Policy, shared: Floats | float = 0.0
) -> dict[str, Any]:
    """PLACE_COLUMNS of places that are compared with each other; nan for those outside the comparison.

    `shared` is the variance of the logarithm that waves of all partners give each place. Where no place has
    enough records of two partners, nothing is measured.
    """
    shared = np.broadcast_to(np.asarray(shared), len(place_ids))
    y = within_effort(counts.records, counts.effort)
    total, partners = y.sum(axis=0), (y > 0).sum(axis=0)
    found: dict[str, Any] = {name: np.full(len(place_ids), np.nan) for name in PLACE_COLUMNS}
    is_above_without = np.ones(len(place_ids), dtype=bool)
    if ((total >= policy.hotspot_minimum_records) & (partners > 1)).any():
        compared, places = counts.compared
        for name, values in _measured(compared, where, policy, shared[places]).items():
            found[name][places] = values
        found["ratio_without_largest"][partners < 2] = np.nan
        is_told = (total > 0) & ~np.isnan(found["log_ratio"])
        np.divide(y.max(axis=0), total, out=found["largest_partner_share"], where=is_told)
        if where.slope and np.isin(where.latent, compared.partner).any():
            # No place is a hotspot that without the estimated offices would rather lie below the mean.
            bare = activity(compared, no_catchment(len(where.office)))
            is_above_without[places] = bare.ratio > 1
    found["label"] = labels(
        total,
        partners,
        found["expected_witness_count"],
        np.where(is_above_without, found["probability_high"], 0.0),
        found["probability_above_one"],
        found["probability_low"],
        found["ratio_low"],
        policy,
    )
    return found | {"place_id": place_ids, "witness_count": total.astype(int)}


def _as_json(*given: Any) -> dict[str, list[Any]]:
    """Return `of_window` as JSON can hold it."""
    return {name: np.asarray(values).tolist() for name, values in of_window(*given).items()}


def _measured(counts: Counts, where: Catchment, policy: Policy, shared: Floats) -> dict[str, Any]:
    known = activity(counts, where)
    known = replace(known, log_error=np.sqrt(known.log_error**2 + shared))
    low, high = known.interval(policy.interval_coverage)
    return {
        "expected_witness_count": known.expected,
        "activity_ratio": known.ratio,
        "ratio_low": low,
        "ratio_high": high,
        "probability_high": known.above(policy.hotspot_ratio),
        "probability_low": 1 - known.above(1 / policy.hotspot_ratio),
        "probability_above_one": known.above(1.0),
        "ratio_without_largest": known.without_largest,
        "dispersion": known.dispersion,
        "log_ratio": known.log_ratio,
        "log_error": known.log_error,
    }

"""Activity of places in each complete period: every role, grain, population and level of place apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from orchestration.statistics.labels import labels
from orchestration.statistics.policy import Policy
from orchestration.statistics.posterior import Posterior, posterior, prior, widened
from orchestration.statistics.scatter import log_variance, scatter
from orchestration.statistics.trend import with_trend
from orchestration.statistics.two_way import Floats, TwoWay, two_way, within_effort
from orchestration.statistics.windows import WINDOW_KEYS, windows

PLACE_COLUMNS = (
    "place_id", "compared_record_count", "expected_record_count", "activity_ratio", "ratio_low", "ratio_high",
    "probability_high", "probability_above_one", "probability_low", "largest_partner_share",
    "ratio_without_largest", "dispersion", "posterior_shape", "posterior_rate", "label",
)  # fmt: skip


def hotspots(
    counts: pd.DataFrame,
    effort: pd.DataFrame,
    periods: pd.DataFrame,
    policy: Policy,
) -> pd.DataFrame:
    """One row per place that is watched or reported in a window: WINDOW_KEYS, PLACE_COLUMNS, trend_category.

    Numbers are given also where the label tells that they are too uncertain to show: what is shown is
    decided where it is published.

    Args:
        counts: place_level, place_id, place_role, period_id, record_grain, population, source, record_count.
        effort: the same without population and record_count, with effort_months.
        periods: period_id, period_kind, period_from, period_to, is_complete.
    """
    complete = periods.loc[periods["is_complete"], "period_id"]
    parts: list[dict[str, Any]] = []
    for window in windows(counts, effort, complete):
        size = len(window.place_ids)
        named = {name: [value] * size for name, value in zip(WINDOW_KEYS, window.key, strict=True)}
        parts.append(named | of_window(window.place_ids, window.records, window.months, policy))
    columns = (*WINDOW_KEYS, *PLACE_COLUMNS)
    found = pd.DataFrame({name: [one for part in parts for one in part[name]] for name in columns})
    return with_trend(found, periods, policy)


def of_window(place_ids: list[str], records: Floats, months: Floats, policy: Policy) -> dict[str, Any]:
    """PLACE_COLUMNS of places that are compared with each other; nan for those outside the comparison.

    `records` and `months` are partners x places.
    """
    y = within_effort(records, months)
    total, partners = y.sum(axis=0), (y > 0).sum(axis=0)
    fit = two_way(records, months)
    numbers = _compared(y, months, fit, policy) if fit.places.any() else {}
    found: dict[str, Any] = {name: np.full(len(place_ids), np.nan) for name in PLACE_COLUMNS}
    for name, values in numbers.items():
        found[name][fit.places] = values
    found["largest_partner_share"] = np.divide(
        y.max(axis=0, initial=0), total, out=found["largest_partner_share"], where=fit.places & (total > 0)
    )
    found["ratio_without_largest"][partners < 2] = np.nan
    found["label"] = labels(
        total,
        partners,
        found["expected_record_count"],
        found["probability_high"],
        found["probability_above_one"],
        found["probability_low"],
        policy,
    )
    return found | {"place_id": place_ids, "compared_record_count": total.astype(int)}


def _compared(y: Floats, months: Floats, fit: TwoWay, policy: Policy) -> dict[str, Floats]:
    """What the posterior says of each compared place.

    Without its largest partner a place keeps the levels of the others and the prior as all gave them.
    """
    cells = np.ix_(fit.partners, fit.places)
    expected = months[cells] * fit.level[:, None]
    # At ratio 1: by its own count a place that happens to tell little would look surer, and be drawn less.
    of_cells = scatter(y, months, fit)
    size = 1 / log_variance(months, fit, of_cells, np.ones_like(fit.ratio))
    observed, worth = size * fit.ratio, fit.expected / size
    common = prior(observed, size)
    known = posterior(observed, size, common.shape, common.rate)
    sure = widened(known, fit.ratio, size, common, log_variance(months, fit, of_cells, known.mean))
    largest = np.argmax(y[cells], axis=0), np.arange(len(size))
    rest = Posterior(known.shape - y[cells][largest] / worth, known.rate - expected[largest] / worth)
    low, high = sure.interval(policy.interval_coverage)
    return {
        "expected_record_count": fit.expected,
        "activity_ratio": sure.mean,
        "ratio_low": low,
        "ratio_high": high,
        "probability_high": sure.above(policy.hotspot_ratio),
        "probability_low": sure.below(1 / policy.hotspot_ratio),
        "probability_above_one": sure.above(1.0),
        "ratio_without_largest": rest.mean,
        "dispersion": np.full_like(size, of_cells.dispersion),
        "posterior_shape": sure.shape,
        "posterior_rate": sure.rate,
    }

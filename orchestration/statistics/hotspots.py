"""Activity of places in each complete period: every role, grain, population and level of place apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from orchestration.statistics.activity import activity
from orchestration.statistics.catchments import Catchment, Counts, catchment, no_catchment
from orchestration.statistics.comparable import within_effort
from orchestration.statistics.labels import labels
from orchestration.statistics.policy import Policy
from orchestration.statistics.trend import with_trend
from orchestration.statistics.windows import WINDOW_KEYS, pools, windows, with_distance

PLACE_COLUMNS = (
    "place_id", "compared_record_count", "expected_record_count", "activity_ratio", "ratio_low", "ratio_high",
    "probability_high", "probability_above_one", "probability_low", "largest_partner_share",
    "ratio_without_largest", "dispersion", "log_ratio", "log_error", "label",
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
        effort: the same without population and record_count, with office_place_id and effort_months.
        periods: period_id, period_kind, period_from, period_to, is_complete.
    """
    partners = sorted({*counts["source"], *effort["source"]})
    effort = with_distance(effort)
    pooled = pools(counts, effort, periods, partners)
    where = {
        grain: catchment([pool.counts for pool in pooled if pool.key[0] == grain], len(partners))
        for grain in sorted({pool.key[0] for pool in pooled})
    }
    parts: list[dict[str, Any]] = []
    measured: dict[Any, dict[str, Any]] = {}  # December's twelve months are the year
    for window in windows(counts, effort, periods, partners):
        named = dict(zip(WINDOW_KEYS, window.key, strict=True))
        grain, ids = named["record_grain"], window.place_ids
        same = grain, *ids, *(part.tobytes() for part in vars(window.counts).values())
        if same not in measured:
            seen = where.get(grain, no_catchment(len(partners)))
            measured[same] = of_window(ids, window.counts, seen, policy)
        parts.append({name: [value] * len(ids) for name, value in named.items()} | measured[same])
    columns = (*WINDOW_KEYS, *PLACE_COLUMNS)
    found = pd.DataFrame({name: [one for part in parts for one in part[name]] for name in columns})
    return with_trend(found, periods, policy)


def of_window(place_ids: list[str], counts: Counts, where: Catchment, policy: Policy) -> dict[str, Any]:
    """PLACE_COLUMNS of places that are compared with each other; nan for those outside the comparison.

    Where no place has enough records of two partners, nothing is measured.
    """
    y = within_effort(counts.records, counts.effort)
    total, partners = y.sum(axis=0), (y > 0).sum(axis=0)
    found: dict[str, Any] = {name: np.full(len(place_ids), np.nan) for name in PLACE_COLUMNS}
    is_above_without = np.ones(len(place_ids), dtype=bool)
    if ((total >= policy.hotspot_minimum_records) & (partners > 1)).any():
        compared, places = counts.compared
        for name, values in _measured(compared, where, policy).items():
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
        found["expected_record_count"],
        np.where(is_above_without, found["probability_high"], 0.0),
        found["probability_above_one"],
        found["probability_low"],
        found["ratio_low"],
        policy,
    )
    return found | {"place_id": place_ids, "compared_record_count": total.astype(int)}


def _measured(counts: Counts, where: Catchment, policy: Policy) -> dict[str, Any]:
    known = activity(counts, where)
    low, high = known.interval(policy.interval_coverage)
    return {
        "expected_record_count": known.expected,
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

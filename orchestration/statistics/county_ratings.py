"""The regional composite of every county and twelve months: its components gathered, then rated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from orchestration.statistics.comparisons import MONTHS, Comparison, Reports, month_windows, side_by_side
from orchestration.statistics.labels import WITHOUT_NUMBERS
from orchestration.statistics.moved_partners import declared_moves
from orchestration.statistics.policy import Policy
from orchestration.statistics.regional_risk import (
    COMPONENTS,
    NOT_RATED,
    ROLES,
    LogNormalRatio,
    Rating,
    component_score,
    component_weights,
    rate,
)
from orchestration.statistics.share_ratio import share_ratios

# Long enough for a county to gather records; the change is against as many months before.
PERIOD_KINDS = ("year", "rolling_12_months")
_MONTHS_OF_A_PERIOD = 12


def county_ratings(
    places: pd.DataFrame, all_reports: Reports, periods: pd.DataFrame, policy: Policy
) -> pd.DataFrame:
    """One row per grain, complete twelve months and county that was watched or reported in any of the roles.

    Args:
        places: rows of `hotspots.hotspots`, with log_ratio and log_error of each county and role.
        all_reports: of counties.
        periods: period_id, period_kind, period_from, period_to, is_complete.
    """
    measured = places[
        (places["place_level"] == "county")
        & (places["population"] == "all")
        & places["place_role"].isin(ROLES)
    ]
    rated = periods[periods["is_complete"].astype("bool") & periods["period_kind"].isin(PERIOD_KINDS)]
    last_days = dict(zip(rated["period_id"], rated["period_to"], strict=True))
    of_grain = {
        grain: all_reports.of_grain(grain).outside_campaigns() for grain in measured["record_grain"].unique()
    }
    rows: list[dict[str, Any]] = []
    for (grain, period), of_period in measured.groupby(["record_grain", "period_id"], sort=True):
        if period not in last_days:
            continue
        comparison = Comparison(MONTHS, *month_windows(last_days[period], _MONTHS_OF_A_PERIOD))
        changes = _changes(comparison, of_grain[grain], policy)
        for county, levels in sorted(_levels(of_period).items()):
            components = {**dict.fromkeys(ROLES), **levels, "change": changes.get(county)}
            rows.append(
                {"place_id": county, "period_id": period, "record_grain": grain, **_row(components, policy)}
            )
    return pd.DataFrame(rows)


def _changes(comparison: Comparison, reports: Reports, policy: Policy) -> dict[str, LogNormalRatio]:
    """By what factor each county's share of partners' own records changed, where there are enough to tell.

    Without partners in campaigns at places, and at counties that they declare to begin or cease to watch. A
    record may touch several counties, so totals stay as they are.
    """
    counties = side_by_side(comparison, reports, "place_id")
    left_out = declared_moves(reports.declared, counties.partners, counties.items, comparison.months)
    left_out |= counties.campaign
    then, now = (np.where(left_out, 0, counts) for counts in counties.windows[:2])
    counties = replace(counties, windows=counties.windows._replace(baseline=then, current=now))
    comparable = counties.windows.of(counties.windows.is_comparable)
    records = (comparable.baseline + comparable.current).sum(axis=0)
    ratios, spread = share_ratios(counties.windows), np.sqrt(counties.dispersion(policy))
    return {
        county: LogNormalRatio(float(log_ratio), float(error))
        for county, count, log_ratio, error in zip(
            counties.items, records, ratios.log_ratio, ratios.standard_error * spread, strict=True
        )
        if count >= policy.shift_minimum_records and error > 0
    }


def _levels(of_period: pd.DataFrame) -> dict[str, dict[str, LogNormalRatio | None]]:
    """By county, the ratio of each of its roles; None where a label stands instead of a number."""
    names = ("place_id", "place_role", "label", "log_ratio", "log_error")
    levels: dict[str, dict[str, LogNormalRatio | None]] = {}
    for county, role, label, *known in zip(*(of_period[name].tolist() for name in names), strict=True):
        levels.setdefault(county, {})[role] = None if label in WITHOUT_NUMBERS else LogNormalRatio(*known)
    return levels


def _row(components: Mapping[str, LogNormalRatio | None], policy: Policy) -> dict[str, Any]:
    """The rating beside each component with its score and weight; no score without its range."""
    rating = rate(components, policy)
    row: dict[str, Any] = dict.fromkeys(Rating._fields, np.nan) | {"band": NOT_RATED}
    row |= rating._asdict() if rating else {}
    row["components"] = ";".join(name for name in COMPONENTS if components[name])
    row["components_missing"] = sum(component is None for component in components.values())
    tail = (1 - policy.risk_interval_coverage) / 2
    for name in COMPONENTS:
        component = components[name]
        low, high = component.at(np.array([tail, 1 - tail])) if component else (np.nan, np.nan)
        row[f"{name}_ratio"] = component.middle if component else np.nan
        row[f"{name}_ratio_low"], row[f"{name}_ratio_high"] = float(low), float(high)
        row[f"{name}_score"] = float(component_score(component.middle, policy)) if component else np.nan
        row[f"{name}_weight"] = component_weights(policy)[name]
    return row

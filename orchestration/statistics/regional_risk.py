"""The regional composite: four ratios per county and twelve months as a score, a range and a band.

It measures reported activity, not a person's risk, and holds no poverty, migration or law-enforcement data.
Fixed anchors keep releases comparable; ranks or a stretch from lowest to highest would not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from orchestration.statistics.comparable import WITHOUT_NUMBERS
from orchestration.statistics.comparisons import MONTHS, Comparison, Reports, month_windows, side_by_side
from orchestration.statistics.moved_partners import declared_moves
from orchestration.statistics.policy import Policy
from orchestration.statistics.share_ratio import Floats, share_ratios, yearly_scatter
from orchestration.statistics.tables import COMPONENTS

ROLES = COMPONENTS[:-1]
BANDS = ("lower", "typical", "higher", "much_higher")
BETWEEN_BANDS, NOT_RATED = "between_bands", "not_rated"
_DRAWS = 2000
_SEED = 20  # the same draws in every release


class LogNormalRatio(NamedTuple):
    """A ratio whose logarithm is normal."""

    log_ratio: float
    error: float

    @property
    def middle(self) -> float:
        return float(np.exp(self.log_ratio))

    def at(self, quantiles: Floats) -> Floats:
        return np.exp(self.log_ratio + self.error * special.ndtri(quantiles))


class Rating(NamedTuple):
    """Score from 0 to 100 with its 90 % range, the band, and the range of scores with one component left
    out.
    """

    score: float
    low: float
    high: float
    band: str
    band_probability: float
    without_one_low: float
    without_one_high: float


def component_score(ratio: Floats | float, policy: Policy) -> Floats:
    """0 at a quarter of the usual, 50 at the usual, 100 at four times it (the anchors of the policy)."""
    reach = np.log2(policy.risk_anchor_factor)
    return np.asarray(100 * np.clip((np.log2(ratio) + reach) / (2 * reach), 0, 1))


def component_weights(policy: Policy) -> dict[str, float]:
    """The weight of each component, in the order in which they are shown."""
    return {name: getattr(policy, f"risk_weight_{name}") for name in COMPONENTS}


def weighted(scores: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """The weighted mean of component scores; the weights need not add up to 1."""
    total = sum(weights[name] for name in scores)
    return np.asarray(sum(weights[name] * score for name, score in scores.items()) / total)


def rate(components: Mapping[str, LogNormalRatio | None], policy: Policy) -> Rating | None:
    """Rate one county over the components that are there; None where too many are missing.

    A missing component (None) has no part in the score, its range or its band.
    """
    if sum(component is None for component in components.values()) > policy.risk_most_missing:
        return None
    weights = component_weights(policy)
    draws = _draws(len(weights))
    scores = {
        name: component_score(component.at(draws[:, place]), policy)
        for place, name in enumerate(weights)
        if (component := components[name])
    }
    index = weighted(scores, weights)
    tail = (1 - policy.risk_interval_coverage) / 2
    low, score, high = np.quantile(index, [tail, 0.5, 1 - tail])
    band, probability = _band(index, policy)
    others = [
        float(np.median(weighted({name: scores[name] for name in scores if name != left_out}, weights)))
        for left_out in scores
    ]
    return Rating(float(score), float(low), float(high), band, probability, min(others), max(others))


def _band(index: Floats, policy: Policy) -> tuple[str, float]:
    """The likeliest band and its probability; no band is named that is not likely enough."""
    edges = (policy.risk_band_typical, policy.risk_band_higher, policy.risk_band_much_higher)
    shares = np.bincount(np.searchsorted(edges, index, side="right"), minlength=len(BANDS)) / len(index)
    likeliest = int(shares.argmax())
    probability = float(shares[likeliest])
    return (BANDS[likeliest] if probability >= policy.risk_band_certainty else BETWEEN_BANDS), probability


@cache
def _draws(dimensions: int) -> Floats:
    """Draws from the unit cube, evenly spread along each side, the same for every county and release."""
    order = np.random.default_rng(_SEED)
    columns = [(order.permutation(_DRAWS) + 0.5) / _DRAWS for _ in range(dimensions)]
    return np.column_stack(columns)


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
    ratios = share_ratios(counties.windows)
    chance = ratios.standard_error**2 * counties.dispersion(policy)
    judged = (records >= policy.shift_minimum_records) & (chance > 0)
    yearly = yearly_scatter(ratios.log_ratio[judged], chance[judged], policy)
    return {
        county: LogNormalRatio(float(log_ratio), float(error))
        for county, log_ratio, error, is_judged in zip(
            counties.items, ratios.log_ratio, np.sqrt(chance + yearly), judged, strict=True
        )
        if is_judged
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

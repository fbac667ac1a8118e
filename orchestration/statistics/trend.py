"""How a place has been hot over its quarters: the category, and the trend test behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from orchestration.statistics.labels import WITHOUT_NUMBERS
from orchestration.statistics.policy import Policy

HOT, COLD, NEITHER = "h", "c", "."
PLACE_KEYS = ("place_id", "place_role", "record_grain", "population")


class Step(NamedTuple):
    """A judged quarter of a place."""

    state: str
    ratio: float


@dataclass(frozen=True)
class MannKendall:
    """Kendall's S with its variance under no trend, corrected for ties; `z` is corrected for continuity."""

    s: int
    variance: float
    z: float
    tau: float
    p: float


def mann_kendall(values: Sequence[float]) -> MannKendall:
    """Do later values tend to be higher (z > 0) or lower? No values, or all alike, tell nothing: p is 1."""
    x = np.asarray(values, dtype=float)
    n = len(x)
    s = int(np.sign(x[None, :] - x[:, None])[np.triu_indices(n, 1)].sum())
    _, tied = np.unique(x, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - float((tied * (tied - 1) * (2 * tied + 5)).sum())) / 18
    z = (s - math.copysign(1, s)) / math.sqrt(variance) if s and variance else 0.0
    pairs = n * (n - 1) / 2
    return MannKendall(s, variance, z, s / pairs if pairs else 0.0, float(2 * special.ndtr(-abs(z))))


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
    test = mann_kendall([round(math.log(ratio), 9) for ratio in ratios])
    return int(math.copysign(1, test.s)) if test.p < policy.trend_significance else 0


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

"""Activity of places in each complete period: every role, grain, population and level of place apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from orchestration.statistics.labels import label, without_comparison
from orchestration.statistics.policy import Policy
from orchestration.statistics.posterior import Posterior, dispersion, posterior, prior
from orchestration.statistics.two_way import Floats, TwoWay, two_way, within_effort

LEVELS = ("county", "border_point")
GRAINS = ("case", "route_report")
POPULATIONS = ("all", "children")
# What the places of one comparison share; months watched are the same for each population.
EFFORT_WINDOW = ["place_level", "place_role", "period_id", "record_grain"]
WINDOW = [*EFFORT_WINDOW, "population"]


def hotspots(
    counts: pd.DataFrame, effort: pd.DataFrame, periods: pd.DataFrame, policy: Policy
) -> pd.DataFrame:
    """One row per place that is watched or reported in a window, with the columns of `place_rows`.

    Args:
        counts: place_level, place_id, place_role, period_id, record_grain, population, partner, record_count.
        effort: the same without population and record_count, with effort_months.
        periods: period_id, is_complete, ...
    """
    complete = periods.loc[periods["is_complete"], "period_id"]
    counts = counts[_is_measured(counts, complete) & (counts["record_count"] > 0)]
    months_of = dict(tuple(effort[_is_measured(effort, complete)].groupby(EFFORT_WINDOW)))
    records_of = dict(tuple(counts.groupby(WINDOW)))
    windows = {
        (*window, population) for window in months_of for population in POPULATIONS
    } | records_of.keys()
    none: dict[str, pd.DataFrame] = {"counts": counts.iloc[:0], "effort": effort.iloc[:0]}
    rows: list[dict[str, Any]] = []
    for window in sorted(windows):
        reported = records_of.get(window, none["counts"])
        watched = months_of.get(window[:-1], none["effort"])
        place_ids, records, months = matrices(reported, watched)
        named = dict(zip(WINDOW, window, strict=True))
        rows += [named | row for row in place_rows(place_ids, records, months, policy)]
    return pd.DataFrame(rows, columns=[*WINDOW, *PLACE_COLUMNS])


PLACE_COLUMNS = (
    "place_id", "compared_record_count", "expected_record_count", "activity_ratio", "ratio_low", "ratio_high",
    "probability_high", "probability_low", "largest_partner_share", "ratio_without_largest", "dispersion",
    "posterior_shape", "posterior_rate", "label",
)  # fmt: skip


def place_rows(
    place_ids: list[str], records: Floats, months: Floats, policy: Policy
) -> Iterator[dict[str, Any]]:
    """The measures of each place; those outside the comparable group have a label and their records only.

    `records` and `months` are partners x places. Numbers are given also where the label tells that they
    are too uncertain to show: what is shown is decided where it is published.
    """
    compared = within_effort(records, months)
    fit = two_way(records, months)
    position = {int(column): at for at, column in enumerate(np.flatnonzero(fit.places))}
    if position:
        scatter = dispersion(records, months, fit)
        sure, without = _posteriors(compared, months, fit, scatter)
        low, high = sure.interval(policy.interval_coverage)
        mark = policy.hotspot_ratio
        above_mark, above_one, below_mark = sure.above(mark), sure.above(1.0), sure.below(1 / mark)
    for column, place_id in enumerate(place_ids):
        of_partners = compared[:, column]
        total, partners = int(of_partners.sum()), int((of_partners > 0).sum())
        row: dict[str, Any] = {"place_id": place_id, "compared_record_count": total}
        at = position.get(column)
        if at is None:
            yield row | {"label": without_comparison(total, partners, policy)}
            continue
        yield row | {
            "expected_record_count": fit.expected[at],
            "activity_ratio": sure.mean[at],
            "ratio_low": low[at],
            "ratio_high": high[at],
            "probability_high": above_mark[at],
            "probability_low": below_mark[at],
            "largest_partner_share": of_partners.max() / total if total else np.nan,
            "ratio_without_largest": without[at] if partners > 1 else np.nan,
            "dispersion": scatter,
            "posterior_shape": sure.shape[at],
            "posterior_rate": sure.rate[at],
            "label": label(
                total, partners, fit.expected[at], above_mark[at], above_one[at], below_mark[at], policy
            ),
        }


def _posteriors(compared: Floats, months: Floats, fit: TwoWay, scatter: float) -> tuple[Posterior, Floats]:
    """The posterior of each compared place, and the mean of what is left of it without its largest partner.

    The second keeps the levels of the other partners and the prior as they were estimated from all.
    """
    y = compared[np.ix_(fit.partners, fit.places)]
    expected = months[np.ix_(fit.partners, fit.places)] * fit.level[:, None]
    observed, size = y.sum(axis=0) / scatter, fit.expected / scatter
    shape, rate = prior(observed, size)
    largest = np.argmax(y, axis=0), np.arange(y.shape[1])
    rest = posterior(observed - y[largest] / scatter, size - expected[largest] / scatter, shape, rate)
    return posterior(observed, size, shape, rate), rest.mean


def matrices(reported: pd.DataFrame, watched: pd.DataFrame) -> tuple[list[str], Floats, Floats]:
    """Sorted place ids, and records and months as partners x places, of one window."""
    place_ids = sorted({*reported["place_id"], *watched["place_id"]})
    partners = sorted({*reported["partner"], *watched["partner"]})
    rows, columns = ({name: at for at, name in enumerate(names)} for names in (partners, place_ids))
    return (
        place_ids,
        _filled(reported, "record_count", rows, columns),
        _filled(watched, "effort_months", rows, columns),
    )


def _filled(frame: pd.DataFrame, value: str, rows: Mapping[str, int], columns: Mapping[str, int]) -> Floats:
    matrix = np.zeros((len(rows), len(columns)))
    matrix[frame["partner"].map(rows), frame["place_id"].map(columns)] = frame[value]
    return matrix


def _is_measured(frame: pd.DataFrame, complete: pd.Series) -> pd.Series:
    return (
        frame["place_level"].isin(LEVELS)
        & frame["record_grain"].isin(GRAINS)
        & frame["period_id"].isin(complete)
    )

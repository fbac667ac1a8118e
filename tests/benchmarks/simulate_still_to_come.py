"""How often the interval of records still to come holds what came: seeded worlds with delays at home and abroad.

`python -m tests.benchmarks.simulate_still_to_come`. Twelve partners deliver each quarter or month for five
years. Delays are gamma: at home a few months, abroad about a year; partners' delays, sizes and quarters
scatter. Prints, at home and abroad, how often the 80 % and 95 % interval of the newest year and the year
before hold what came within the longest age seen, and the middle error of their total.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from orchestration.statistics.comparisons import first_day
from orchestration.statistics.policy import load_policy
from orchestration.statistics.still_to_come import still_to_come

WORLDS, MONTHS, FIRST = 60, 60, 2020 * 12
MEAN_DELAY = {"home": 1.5, "abroad": 9.0}
A_YEAR = {"home": 1500, "abroad": 500}


def world(seed: int, group: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the records (partner, event month, months until known) and deliveries of a world."""
    dice = np.random.default_rng([seed, group == "abroad"])
    sizes = dice.gamma(1.5, size=12)
    records, deliveries = [], []
    for number, size in enumerate(sizes / sizes.sum()):
        partner, every = f"p{number:02d}", (1, 3)[number % 2]
        slow = np.exp(dice.normal(0, 0.2))
        season = dice.gamma(8, 1 / 8, size=MONTHS // 3 + 1)
        for month in range(MONTHS):
            for _ in range(dice.poisson(A_YEAR[group] / 12 * size * season[month // 3])):
                day = month + dice.random()
                records.append((partner, month, day + dice.gamma(1.5, MEAN_DELAY[group] * slow / 1.5)))
        deliveries += [(partner, month + 0.15) for month in range(1 + number % 3, MONTHS + 1, every)]
    return (
        pd.DataFrame(records, columns=["partner", "month", "known"]),
        pd.DataFrame(deliveries, columns=["partner", "day"]),
    )


def measured(seed: int, group: str, coverage: float) -> list[tuple[bool, float]]:
    """Return for each estimated year whether its interval held what came, and the error of its total."""
    records, deliveries = world(seed, group)
    at = {name: np.sort(own["day"].to_numpy()) for name, own in deliveries.groupby("partner")}
    came = [np.searchsorted(at[row.partner], row.known) for row in records.itertuples()]
    days = [
        _day(at[row.partner][order]) if order < len(at[row.partner]) else None
        for row, order in zip(records.itertuples(), came, strict=True)
    ]
    records = records.assign(
        first_delivered_on=days, event_month=[first_day(FIRST + m) for m in records["month"]]
    )
    seen = records.dropna(subset=["first_delivered_on"])
    keys = ["partner", "event_month", "first_delivered_on"]
    counts = seen.groupby(keys).size().rename("record_count").reset_index()
    counts = counts.assign(record_grain="case", is_abroad=group == "abroad")
    on = deliveries["day"].map(_day)
    sent = deliveries.assign(record_grain="case", delivered_on=on, reported_to=on)
    policy = replace(load_policy(), interval_coverage=coverage)
    found = still_to_come(counts, sent, policy).still_to_come
    answers = []
    for row in found[found["state"] == "estimated"].itertuples():
        year = int(row.period_id[-4:])
        last = {name: np.floor(own[-1]) for name, own in at.items()}
        own = records[(records["month"] + FIRST) // 12 == year]
        own = own[own["month"] < own["partner"].map(last)]
        later = own[own["first_delivered_on"].isna() & (own["known"] - own["month"] <= row.months)]
        total = row.record_count + len(later)
        answers.append(
            (row.to_come_low <= len(later) <= row.to_come_high, abs(row.to_come - len(later)) / total)
        )
    return answers


def _day(months: float) -> date:
    whole = int(months)
    return first_day(FIRST + whole).replace(day=1 + int((months - whole) * 28))


def main(worlds: int) -> None:
    for group in MEAN_DELAY:
        for coverage in (0.8, 0.95):
            found = [one for seed in range(worlds) for one in measured(seed, group, coverage)]
            held = np.mean([one[0] for one in found])
            error = np.median([one[1] for one in found])
            print(
                f"{group}: {coverage:.0%} interval held {held:.2f} of {len(found)} years; error {error:.3f}"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else WORLDS)

"""How often the interval of records still to come holds what came: seeded worlds with delays at home and abroad.

`python -m tests.benchmarks.simulate_still_to_come`. Twelve partners deliver each quarter or month for five
years. Delays are gamma: at home a few months, abroad about a year; partners' delays, sizes and quarters
scatter. Prints, at home and abroad, how often the 80 % and 95 % interval of the newest year and the year
before hold what came within the longest age seen, and the middle error of their total.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np

from orchestration.statistics.policy import load_policy
from orchestration.statistics.still_to_come import still_to_come
from tests.simulated_deliveries import FIRST, Deliveries

WORLDS, PARTNERS, MONTHS = 60, 12, 60
MEAN_DELAY = {"home": 1.5, "abroad": 9.0}
A_YEAR = {"home": 1500, "abroad": 500}


def measured(seed: int, group: str, coverage: float) -> list[tuple[bool, float]]:
    """Return for each estimated year whether its interval held what came, and the error of its total."""
    dice = np.random.default_rng([seed, group == "abroad"])
    deliveries, sizes = Deliveries(dice, PARTNERS, MONTHS + 1), dice.gamma(1.5, size=PARTNERS)
    season = np.repeat(dice.gamma(8, 1 / 8, size=(PARTNERS, MONTHS // 3)), 3, axis=1)
    counts = dice.poisson(A_YEAR[group] / 12 * (sizes / sizes.sum())[:, None] * season)
    partner, month = np.repeat(np.argwhere(counts), counts[counts > 0], axis=0).T
    known = deliveries.known(partner, month, MEAN_DELAY[group])
    first = deliveries.first(partner, known)
    policy = replace(load_policy(), interval_coverage=coverage)
    frames = deliveries.frames(partner, month, np.full(len(month), group == "abroad"), first)
    found = still_to_come(*frames, policy).still_to_come
    last = np.floor([times[-1] for times in deliveries.times])
    answers = []
    for row in found[found["state"] == "estimated"].itertuples():
        is_own = ((month + FIRST) // 12 == int(row.period_id[-4:])) & (month < last[partner])
        later = int((is_own & np.isnan(first) & (known - month <= row.months)).sum())
        error = abs(row.to_come - later) / (row.record_count + later)
        answers.append((row.to_come_low <= later <= row.to_come_high, error))
    return answers


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

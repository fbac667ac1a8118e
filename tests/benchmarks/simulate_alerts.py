"""How often alerts are raised without a cause, and how soon with one: `python -m tests.benchmarks.simulate_alerts`.

Worlds of 38 months, so that an alert may begin in any of the newest twelve: partners on their own, and worlds that
share waves, rescues, years and delays. `--write` puts what is found by when into seeds/reference/alert_detection.csv, which
report, desk and docs/methods.md show. Ends with exit code 1 if a promise of docs/methods.md is broken.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from orchestration.core import REFERENCE_SEEDS
from orchestration.statistics.policy import DETECTED_WITHIN as WITHIN
from tests.benchmarks.simulate_shifts import Figure, claims
from tests.shared_worlds import (
    CHANGE,
    DELAYS,
    EVERYTHING,
    LARGE,
    MONTHS,
    NOTHING,
    RESCUES,
    SMALL,
    WAVES,
    YEARS,
    world,
)
from tests.simulated_corridors import Reports, reports

QUIET: list[tuple[str, dict[str, Any]]] = [
    ("nothing changes", {}),
    ("seasons of 20 % in every corridor", {"seasons": 0.2}),
    ("seasons of 40 % in every corridor (no promise)", {"seasons": 0.4}),
    ("one partner starts, one stops", {"partners_change": True}),
    ("a partner moves half its area", {"area_moves": 0.0}),
    ("a campaign is declared", {"campaign": True}),
]
SHARED = {
    "nothing": NOTHING, "waves": WAVES, "rescues": RESCUES, "years": YEARS, "delays": DELAYS,
    "everything": EVERYTHING,
}  # fmt: skip
# Cases a month before, and the factor; at least so many a month in a network of that size.
CHANGES = [(15, 0.5), (15, 2.0), (41, 0.5), (41, 2.0), (41, 0.1)]
CHANGED = 5  # corridor


def quiet(worlds: Sequence[Reports], most: float) -> list[Figure]:
    raised = [world.alerts() for world in worlds]
    return [
        Figure("quiet years with any alert", [bool(rows) for rows in raised], most=most),
        Figure("alerts a quiet year", [float(len(rows)) for rows in raised]),
    ]


def found(worlds: Sequence[Reports], factor: float) -> list[list[bool]]:
    """Of each world, whether the change was told by an alert within so many months of WITHIN."""
    direction, told = "rise" if factor > 1 else "fall", []
    for one in worlds:
        row = dict(one.alerts()).get(CHANGED, {})
        is_right = row.get("direction") == direction and row["alerted_month"] >= CHANGE
        months = row["alerted_month"] - CHANGE + 1 if is_right else np.inf
        told.append([months <= most for most in WITHIN])
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=1000)
    parser.add_argument("--only", default="", help="rows with this text in their name")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.replicates)
    broken, started = 0, time.monotonic()

    def show(name: str, figures: list[Figure]) -> int:
        print(name, *figures, sep="\n", flush=True)
        return sum(not figure.is_kept for figure in figures)

    for name, shared in SHARED.items():
        for records in (SMALL, LARGE):
            if arguments.only in (title := f"shared: {name}, {records:,} records a year"):
                worlds = [world(seed, records, shared) for seed in seeds]
                of_shifts = claims(worlds, fdr=np.inf, any_false=0.10)
                broken += show(title, [*quiet(worlds, 0.10), *of_shifts])
    for other, records, (name, change) in product((False, True), (8000, 2500), QUIET):
        title = f"{name}, {records:,} records, generator {1 + other}"
        # Generator 2 has seasons of its own.
        if arguments.only in title and not (other and "seasons" in change):
            span = {"months": MONTHS, "change_at": CHANGE, "records": records, "other": other}
            most = np.inf if "no promise" in name else 0.10
            broken += show(title, quiet([reports(seed, **span, **change) for seed in seeds], most))
    rows = []
    for name, records, (before, factor) in product(("nothing", "waves"), (SMALL, LARGE), CHANGES):
        title = f"{before} a month times {factor:g}, shared: {name}, {records:,} records a year"
        if arguments.only in title:
            change = {CHANGED: (before, factor)}
            told = found([world(seed, records, SHARED[name], change) for seed in seeds], factor)
            figures = zip(WITHIN, np.array(told).T, strict=True)
            show(title, [Figure(f"told within {most} months", told_then) for most, told_then in figures])
            rows.append([name, records, before, factor, *(f"{part:.2f}" for part in np.mean(told, axis=0))])
    if arguments.write:
        with (REFERENCE_SEEDS / "alert_detection.csv").open("w", encoding="utf-8", newline="") as file:
            header = [
                "shared",
                "records_a_year",
                "cases_a_month",
                "factor",
                *(f"within_{at}" for at in WITHIN),
            ]
            csv.writer(file, lineterminator="\n").writerows([header, *rows])
    print(f"{broken} promises broken, {time.monotonic() - started:.0f} s")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())

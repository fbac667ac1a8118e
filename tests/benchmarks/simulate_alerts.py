"""How often alerts are raised without a cause, and how soon with one: `python -m tests.benchmarks.simulate_alerts`.

Worlds of 38 months, so that an alert may begin in any of the newest twelve. Ends with exit code 1 if a promise of
docs/methods.md is broken. The worlds are kinder than the real one: compare rows, do not trust levels.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tests.benchmarks.simulate_shifts import Figure
from tests.simulated_corridors import Reports, flagged, reports

MONTHS, CHANGE = 38, 26
QUIET: list[tuple[str, dict[str, Any]]] = [
    ("nothing changes", {}),
    ("seasons of 20 % in every corridor", {"seasons": 0.2}),
    ("seasons of 40 % in every corridor (no promise)", {"seasons": 0.4}),
    ("one partner starts, one stops", {"partners_change": True}),
    ("a partner moves half its area", {"area_moves": 0.0}),
    ("a campaign is declared", {"campaign": True}),
]
# Corridors of about 49, 13 and 4 records a month in worlds of 8,000 records.
CHANGES = [(0, 0.1), (4, 0.1), (19, 0.1), (0, 5.0), (4, 5.0), (19, 5.0)]


def quiet(worlds: Sequence[Reports], most: float) -> list[Figure]:
    raised = [world.alerts() for world in worlds]
    panels = [any(row["evidence"] == "panel" for _, row in rows) for rows in raised]
    return [
        Figure("quiet years with any alert", [bool(rows) for rows in raised], most=most),
        Figure("with one on a panel", panels),
    ]


def delay(worlds: Sequence[Reports], corridor: int, factor: float) -> list[Figure]:
    """Months until the change is told, by an alert and by twelve months against twelve."""
    direction = "rise" if factor > 1 else "fall"
    by_alert, by_shift = [], []
    for world in worlds:
        row = dict(world.alerts()).get(corridor, {})
        is_right = row.get("direction") == direction and row["alerted_month"] >= CHANGE
        by_alert.append(row["alerted_month"] - CHANGE + 1 if is_right else np.inf)
        ends = (end for end in range(CHANGE + 1, MONTHS + 1) if _tells(_until(world, end), corridor, factor))
        by_shift.append(next(ends, np.inf) - CHANGE)
    return [
        Figure(
            "records a month before", [world.monthly[:, corridor, :CHANGE].sum() / CHANGE for world in worlds]
        ),
        Figure("told by an alert within 2 months", np.array(by_alert) <= 2),
        Figure("told by an alert within 12 months", np.isfinite(by_alert)),
        Figure("told by twelve months against twelve within 2 months", np.array(by_shift) <= 2),
        Figure("within 12 months", np.isfinite(by_shift)),
        Figure("median months by an alert", [float(np.median(by_alert))] * 2),
        Figure("median months by twelve against twelve", [float(np.median(by_shift))] * 2),
    ]


def _until(world: Reports, end: int) -> Reports:
    span = slice(end - 24, end)
    return replace(
        world,
        monthly=world.monthly[:, :, span],
        campaign=world.campaign[:, :, span],
        is_active=world.is_active[:, span],
    )


def _tells(world: Reports, corridor: int, factor: float) -> bool:
    told = world.judged()
    return corridor in flagged(told[told["evidence"] == "panel"])[int(factor < 1)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=1000)
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.replicates)
    broken, started = 0, time.monotonic()

    def show(name: str, figures: list[Figure]) -> int:
        print(name, *figures, sep="\n", flush=True)
        return sum(not figure.is_kept for figure in figures)

    def made(**options: Any) -> list[Reports]:
        return [reports(seed, months=MONTHS, change_at=CHANGE, **options) for seed in seeds]

    for other in (False, True):
        for records in (8000, 2500):
            # Generator 2 has seasons of its own.
            for name, change in (one for one in QUIET if not (other and "seasons" in one[1])):
                most = np.inf if "no promise" in name else 0.10
                title = f"{name}, {records:,} records, generator {1 + other}"
                broken += show(title, quiet(made(records=records, other=other, **change), most))
    for corridor, factor in CHANGES:
        title = f"corridor {corridor} times {factor:g}, 8,000 records, generator 1"
        show(title, delay(made(records=8000, falls=(corridor, factor))[: len(seeds) // 2], corridor, factor))
    print(f"{broken} promises broken, {time.monotonic() - started:.0f} s")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())

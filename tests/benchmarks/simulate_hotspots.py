"""How often hotspots are found and falsely found in made-up worlds, each row beside its gate.

Run: `.venv/bin/python -m tests.benchmarks.simulate_hotspots [WORLDS [FIRST_SEED [NAME …]]]`

The worlds are those of `tests/fixtures/hotspot_worlds.py`, kinder than reality: compare rows, do not trust levels.
Constants of the model were chosen on seeds below 20,000; what is reported begins there.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from orchestration.statistics.policy import load_policy
from tests.fixtures.hotspot_worlds import Kind, judged, world

WORLDS, FIRST_SEED = 100, 20_000
LARGE = 3.0  # of the true ratio: power and coverage are told for these counties


class Row(NamedTuple):
    """Of hotspots, those whose true ratio lies below the mark; of large ones, those found; of intervals, those
    that hold the truth, of all and of large ones; of worlds, those with a false hotspot.
    """

    false: float
    power: float
    covered: float
    large_covered: float
    false_worlds: float


# Beside each kind its gate: at most, at least, at least, at least, at most; nan: not asked.
GATED: dict[str, tuple[Kind, Row]] = {
    "what is declared is what is seen": (Kind(), Row(0.03, 0.90, 0.94, 0.90, np.nan)),
    "e^-.3d, office declared": (Kind(slope=0.3), Row(0.03, 0.90, 0.94, 0.90, np.nan)),
    "e^-.3d, office estimated": (Kind(slope=0.3, has_office=False), Row(0.03, 0.90, 0.94, 0.90, np.nan)),
    "e^-.7d, office declared": (Kind(slope=0.7), Row(0.03, 0.88, 0.94, 0.92, np.nan)),
    "e^-.7d, office estimated": (Kind(slope=0.7, has_office=False), Row(0.05, 0.78, 0.94, 0.92, np.nan)),
    "differs by county, sd .4, office estimated": (
        Kind(differs=0.4, has_office=False),
        Row(0.03, 0.90, 0.94, 0.90, np.nan),
    ),
    "a big new partner, office estimated": (
        Kind(has_new_partner=True, has_office=False),
        Row(0.03, 0.90, 0.94, 0.90, np.nan),
    ),
    "in waves, variance .5, office estimated": (
        Kind(waves=0.5, has_office=False),
        Row(0.05, 0.60, 0.94, 0.80, np.nan),
    ),
    "rescues, office estimated": (
        Kind(rescues=6, has_office=False),
        Row(0.05, 0.60, np.nan, np.nan, np.nan),
    ),
    "e^-.5d, sd .4, new partner, office declared": (
        Kind(slope=0.5, differs=0.4, has_new_partner=True),
        Row(0.05, 0.75, 0.94, 0.85, np.nan),
    ),
    "e^-.5d, sd .4, new partner, office estimated": (
        Kind(slope=0.5, differs=0.4, has_new_partner=True, has_office=False),
        Row(0.10, 0.68, 0.94, 0.85, np.nan),
    ),
    "a step, office declared": (Kind(step=True), Row(0.05, 0.85, 0.90, 0.80, np.nan)),
    "a step, office estimated": (Kind(step=True, has_office=False), Row(0.07, 0.85, 0.90, 0.80, np.nan)),
    "nothing planted, e^-.5d, office declared": (
        Kind(slope=0.5, is_planted=False),
        Row(np.nan, np.nan, np.nan, np.nan, 0.03),
    ),
    "nothing planted, e^-.5d, office estimated": (
        Kind(slope=0.5, is_planted=False, has_office=False),
        Row(np.nan, np.nan, np.nan, np.nan, 0.03),
    ),
}


def outcome(kind: Kind, seeds: range) -> Row:
    policy, of_world = load_policy(), []
    for seed in seeds:
        made = world(seed, kind)
        seen = judged(made, policy)
        large, false = made.true_ratio > LARGE, seen.hot & (made.true_ratio < policy.hotspot_ratio)
        of_world.append(
            [
                *(cells.sum() for cells in (false, seen.hot, seen.hot & large, large, seen.is_covered)),
                *(cells.sum() for cells in (seen.is_shown, seen.is_covered & large, seen.is_shown & large)),
                false.any(),
            ]
        )
    false, hot, found, large, covered, shown, large_covered, large_shown, worlds = np.sum(of_world, axis=0)
    parts = (
        (false, hot),
        (found, large),
        (covered, shown),
        (large_covered, large_shown),
        (worlds, len(seeds)),
    )
    return Row(*(float(part / whole) if whole else float("nan") for part, whole in parts))


def report(worlds: int, first: int, names: list[str]) -> Iterator[str]:
    yield f"| {worlds} worlds each | FDR | power > 3x | coverage | > 3x | worlds with a false hotspot | ms a world |"
    yield "|---|---|---|---|---|---|---|"
    for name, (kind, gate) in GATED.items():
        if names and name not in names:
            continue
        started, cells = time.process_time(), []
        for column, value, asked in zip(
            Row._fields, outcome(kind, range(first, first + worlds)), gate, strict=True
        ):
            sign = "≤" if column.startswith("false") else "≥"
            failed = asked < value if sign == "≤" else asked > value
            cells.append(
                f"{value:.3f}"
                + (f" ({sign} {asked:.2f}{' FAILED' if failed else ''})" if asked == asked else "")
            )
        spent = (time.process_time() - started) / worlds
        yield f"| {name} | {' | '.join(cells)} | {1000 * spent:.0f} |"


def main(arguments: list[str]) -> None:
    numbers = [int(one) for one in arguments[:2]]
    worlds, first = [*numbers, *(WORLDS, FIRST_SEED)[len(numbers) :]]
    for line in report(worlds, first, arguments[2:]):
        print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

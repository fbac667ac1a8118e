"""How often hotspots are found and falsely found in made-up worlds, with 95 % bounds of each share.

Run: `.venv/bin/python -m tests.benchmarks.simulate_hotspots [REPLICATES]` (500 take some seconds)

The worlds are those of `tests/unit/hotspot_worlds.py`, kinder than reality: compare rows, do not trust levels.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from math import sqrt
from typing import Any

import numpy as np

from orchestration.statistics.policy import Policy, load_policy
from tests.unit.hotspot_worlds import flags, world

LEAST_REPLICATES, SCATTER, THIN, BATCH = 200, 6.0, 0.08, 2.0
KINDS: dict[str, dict[str, Any]] = {
    "planted": {"is_planted": True},
    "planted, in waves": {"is_planted": True, "scatter": SCATTER},
    "planted, in waves, each county watched by two partners": {
        "is_planted": True,
        "scatter": SCATTER,
        "coverage": THIN,
    },
    "null": {"is_planted": False},
    "null, in waves": {"is_planted": False, "scatter": SCATTER},
    "null, in waves, each county watched by two partners": {
        "is_planted": False,
        "scatter": SCATTER,
        "coverage": THIN,
    },
    "planted, two records at a time": {"is_planted": True, "batch": BATCH},
    "null, two records at a time": {"is_planted": False, "batch": BATCH},
}


def outcomes(kind: str, replicates: int, policy: Policy) -> dict[str, list[bool]]:
    """What happened in each world, or in each county asked about, by question."""
    found: dict[str, list[bool]] = {}
    for seed in range(replicates):
        made = world(seed, **KINDS[kind])
        seen = flags(made, policy)
        hot = seen.labels == "hotspot"
        false = hot & (made.true_ratio < policy.hotspot_ratio)
        is_covered = (seen.low <= made.true_ratio) & (made.true_ratio <= seen.high)
        raw = made.records.sum(axis=0) > policy.hotspot_ratio * made.records.sum(axis=0).mean()
        asked = {
            "county of the new partner is a hotspot": hot[made.confounded],
            "county of the new partner would be one by raw counts": raw[made.confounded],
            "county below the mark is a hotspot": hot[made.true_ratio < policy.hotspot_ratio],
            "world has a false hotspot": [false.any()],
            "true ratio lies in the interval shown": is_covered[~np.isnan(seen.low)],
        }
        if made.core.size:
            asked["core is a hotspot"] = hot[made.core]
            asked["true ratio of the core lies in the interval shown"] = is_covered[made.core][
                ~np.isnan(seen.low[made.core])
            ]
        for question, answers in asked.items():
            found.setdefault(question, []).extend(bool(answer) for answer in answers)
    return found


def wilson(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """Bounds of a share of n independent answers (those of one world are not quite)."""
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def report(replicates: int) -> Iterator[str]:
    policy, started = load_policy(), time.perf_counter()
    for kind in KINDS:
        yield f"{kind}, {replicates} worlds"
        for question, answers in sorted(outcomes(kind, replicates, policy).items()):
            share = float(np.mean(answers))
            low, high = wilson(share, len(answers))
            yield f"  {share:6.3f} ({low:.3f} to {high:.3f}) of {len(answers):6d}: {question}"
    yield f"{time.perf_counter() - started:.1f} s"


def main(arguments: list[str]) -> None:
    replicates = int(arguments[0]) if arguments else 500
    if replicates < LEAST_REPLICATES:
        sys.exit(
            f"At least {LEAST_REPLICATES} replicates: fewer say too little about a share of one in twenty."
        )
    for line in report(replicates):
        print(line)


if __name__ == "__main__":
    main(sys.argv[1:])

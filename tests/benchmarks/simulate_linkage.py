"""How well linkage finds the persons that partners share: `python -m tests.benchmarks.simulate_linkage`.

Five populations of 6,000 persons a world, with names and seeds that no number of linkage was chosen by. The
last line of a world says whether it passes its gate.

    python -m tests.benchmarks.simulate_linkage
    python -m tests.benchmarks.simulate_linkage 100k 300k 1000k      # what linkage alone costs

Worlds to be timed have as many names as a population of their size has: 100,000 family names in a million records.
Each is linked in a process of its own. The exponent is of CPU over records, from a size to the next: 1 is linear.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.linkage.policy import LINKED_TIERS
from orchestration.linkage.step import link
from tests.benchmarks import bench_refresh
from tests.benchmarks.flat_files import count_of
from tests.fixtures.linkage_world import (
    NOBODY_TWICE,
    SHARE_SEEN_TWICE,
    WORLDS,
    Population,
    World,
    syllables,
)

PERSONS = 6_000
SEEDS = range(701, 706)
# Of the mean of five: F1 at .5, precision and recall of links; and the width of the range, a share of persons.
GATES = {
    "names and answers": (0.92, 0.99, 0.77, 0.08),
    "names only": (0.77, 0.98, 0.43, 0.08),
    "families": (0.75, 0.98, 0.35, 0.08),
    "no names, 20 % missing": (0.66, 0.98, 0.28, 0.08),
    "no names, 30 % missing": (0.48, 0.98, 0.13, 0.15),
    **dict.fromkeys(NOBODY_TWICE, (0, 0, 0, 0.01)),
}
COVERED = 0.88  # of the worlds
TIMED = ("names and answers", "names only")
_BEGINS = ("mu", "wa", "nya", "ki", "che", "o", "a", "kip", "na", "mwi", "si", "le")
_MIDDLES = ("ndu", "ri", "thi", "ke", "bo", "la", "mo", "gwe", "ta", "su", "yo", "ji", "pe", "che")
_ENDS = ("ko", "ni", "ra", "nge", "ma", "ti", "so", "lit", "wot", "na", "to", "ya")


def crowded(dice: random.Random, count: int, length: int) -> list[str]:
    """A third as many names, built otherwise than those of the tests."""
    found: dict[str, None] = {}
    while len(found) < count // 3:
        middle = "".join(dice.choice(_MIDDLES) for _ in range(length - 1))
        found[dice.choice(_BEGINS) + middle + dice.choice(_ENDS)] = None
    return list(found)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", nargs="*", help="measure worlds of `100k`, `1000k`, … records instead")
    parser.add_argument("--process", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.process:
        print(json.dumps(cost_of(int(asked.sizes[0]), WORLDS[asked.process])))
    elif asked.sizes:
        measure(asked.sizes)
    else:
        judge()


def judge() -> None:
    print(f"{'world':<24}{'F1':>6}  P and R of links   persons: low, expected, high of true; width; covered")
    covered = 0
    worlds = WORLDS | NOBODY_TWICE
    for name, world in worlds.items():
        rows = np.array([quality(world, seed) for seed in SEEDS])
        f1, precision, recall, low, expected, high, width, holds = rows.mean(axis=0)
        covered += int(rows[:, -1].sum())
        passed = np.all([f1, precision, recall] >= np.array(GATES[name][:3])) and width <= GATES[name][3]
        print(
            f"{name:<24}{f1:>6.3f}{precision:>8.3f}{recall:>7.3f}{low:>12.3f}{expected:>7.3f}{high:>7.3f}"
            f"{width:>8.3f}{holds * len(rows):>4.0f} of {len(rows)}   {'passes' if passed else 'FAILS'}",
            flush=True,
        )
    print(f"The range holds the persons in {covered / len(worlds) / len(SEEDS):.2f}; at least in {COVERED}.")


def quality(world: World, seed: int) -> npt.NDArray[np.float64]:
    """F1 of pairs from .5, precision and recall of links; low, expected, high and width as shares of persons,
    and whether the range holds these. Persons are those behind the records that linkage can tell apart.
    """
    population = Population(PERSONS, seed, world, crowded)
    true, linked = population.true_pairs, link(population.records)
    links = linked.links.to_pylist()
    taken, likely = (
        {(row["record_a"], row["record_b"]) for row in rows}
        for rows in ([row for row in links if row["status"] == "taken"], links)
    )
    tiers = linked.records.to_pylist()
    persons = {population.person_of[row["record_id"]] for row in tiers if row["tier"] in LINKED_TIERS}
    low, expected, high = (
        sum(row[f"persons_{name}"] or 0 for row in linked.expected.to_pylist()) / len(persons)
        for name in ("low", "expected", "high")
    )
    right = len(taken & true)
    f1 = 2 * len(likely & true) / max(len(likely) + len(true), 1)
    shares = (low, expected, high, high - low, low <= 1 <= high)
    return np.array([f1, right / max(len(taken), 1), right / max(len(true), 1), *shares])


def measure(sizes: list[str]) -> None:
    print(f"{'world':<24}{'records':>10}{'CPU s':>9}{'peak MB':>9}{'exponent':>10}{'pairs left out':>18}")
    for name in TIMED:
        before = None
        for size in sizes:
            records = count_of(size)
            found = bench_refresh.own_process(__spec__.name, "--process", name, str(records))
            exponent = f"{_exponent(before, found):.2f}" if before else ""
            print(
                f"{name:<24}{found['records']:>10,}{found['cpu']:>9.1f}{found['peak_mb']:>9,.0f}{exponent:>10}"
                f"{found['left_out']:>18,}",
                flush=True,
            )
            before = found


def _exponent(before: dict[str, float], found: dict[str, float]) -> float:
    return math.log(found["cpu"] / before["cpu"]) / math.log(found["records"] / before["records"])


def cost_of(records: int, world: World) -> dict[str, float]:
    """CPU and peak memory of linkage, the table of records included."""

    def as_many(dice: random.Random, count: int, length: int) -> list[str]:
        needed = count * (records / 5000) ** 0.5 if length == 2 else records / 10  # given and family names
        return syllables(dice, max(count, round(needed)), length)

    table = Population(round(records / (1 + SHARE_SEEN_TWICE)), 1, world, as_many).records
    pa.default_memory_pool().release_unused()
    bench_refresh.forget_peak()
    started = time.process_time()
    linked = link(table)
    took = time.process_time() - started
    left_out = sum(linked.left_out.values())
    return {
        "records": table.num_rows, "cpu": took, "peak_mb": bench_refresh.peak_mb(), "left_out": left_out
    }  # fmt: skip


if __name__ == "__main__":
    main()

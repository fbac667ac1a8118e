"""How well linkage finds the persons that partners share: `python -m tests.benchmarks.simulate_linkage`.

By default 20,000 persons in ten populations; `--records 100000` times one of that size instead.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pyarrow as pa

from orchestration.linkage import REVIEWED_FROM
from orchestration.linkage.expected import prior_of, probabilities
from orchestration.linkage.linking import link
from orchestration.linkage.model import model_of
from orchestration.linkage.policy import RICH_FORM
from orchestration.linkage.scoring import score
from orchestration.linkage.tables import NAME_CODES, RICH_CODES
from tests.unit.linkage_world import SHARE_SEEN_TWICE, Population

PERSONS = 20_000
FORMS = {
    "name codes": RICH_CODES,
    "rich form without names": NAME_CODES,
    "both": (),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--populations", type=int, default=10)
    parser.add_argument("--records", type=int)
    chosen = parser.parse_args()
    if chosen.records:
        time_one(chosen.records)
    else:
        judge(chosen.populations)


def judge(count: int) -> None:
    populations = [Population(PERSONS, seed) for seed in range(count)]
    print(
        f"{'tier':<26}{'P/R/F1 at .5':>22}{'P/R of taken':>16}  lowest F1   persons: true, expected (range)"
    )
    for name, missing in FORMS.items():
        found = [_quality(population, missing) for population in populations]
        mean = np.mean(found, axis=0)
        p, r, f, taken_p, taken_r, truth, low, middle, high = mean
        lowest = min(row[2] for row in found)
        print(
            f"{name:<26}{p:>10.3f}{r:>6.3f}{f:>6.3f}{taken_p:>10.3f}{taken_r:>6.3f}{lowest:>11.3f}"
            f"   {truth:,.0f}, {middle:,.0f} ({low:,.0f}-{high:,.0f})"
        )
    poor = np.mean([_poor(population) for population in populations], axis=0)
    print("{:<26}{:>10.3f}{:>6.3f}{:>6.3f}   never linked: this is why".format("poor form", *poor))


def time_one(records: int) -> None:
    population = Population(round(records / (1 + SHARE_SEEN_TWICE)), seed=1)
    for name, missing in FORMS.items():
        table = population.without(*missing)
        started = time.perf_counter()
        link(table)
        print(f"{name:<26}{table.num_rows:>9,} records{time.perf_counter() - started:>7.1f} s")


def _quality(population: Population, missing: tuple[str, ...]) -> tuple[float, ...]:
    true, table = population.true_pairs, population.without(*missing)
    linked = link(table)
    rows = linked.links.to_pylist()
    taken = {(row["record_a"], row["record_b"]) for row in rows if row["status"] == "taken"}
    likely = {(row["record_a"], row["record_b"]) for row in rows}
    tiers = [row for row in linked.expected.to_pylist() if row["persons_expected"] is not None]
    poor = table.num_rows - sum(row["record_count"] for row in tiers)
    persons = [
        poor + sum(row[name] for row in tiers) for name in ("persons_low", "persons_expected", "persons_high")
    ]
    return (*_rates(likely, true), *_rates(taken, true)[:2], table.num_rows - len(true), *persons)


def _poor(population: Population) -> tuple[float, float, float]:
    """The rest of a form without its names and answers, if it were linked."""
    table = population.without(*NAME_CODES, *RICH_CODES)
    count = table.num_rows
    table = table.append_column("is_stronger", pa.array([False] * count))
    told = {name for name in table.column_names if table[name].null_count < count}
    possible = count * (count - 1) // 2
    scores = score(table, model_of(RICH_FORM, told), 0.1 * count / possible).pairs
    weights = scores["weight"].to_numpy()
    likely = probabilities(weights, prior_of(weights, possible, count)) >= REVIEWED_FROM
    pairs = scores.filter(pa.array(likely)).to_pylist()
    return _rates({(row["record_a"], row["record_b"]) for row in pairs}, population.true_pairs)


def _rates(found: set[tuple[int, int]], true: set[tuple[int, int]]) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    right = len(found & true)
    return right / max(len(found), 1), right / len(true), 2 * right / (len(found) + len(true))


if __name__ == "__main__":
    main()

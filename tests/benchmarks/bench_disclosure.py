"""Disclosure control at size: seconds of clock and of CPU, and what is left to print.

    .venv/bin/python -m tests.benchmarks.bench_disclosure
    .venv/bin/python -m tests.benchmarks.bench_disclosure --kinds 1 --records 9000

47 origins × 47 destinations × 5 kinds with all totals, made up: a few busy roads, many with hardly anybody.
`k alone` counts only the ten persons; `full policy` asks for records, partners and the p % rule as well, tells
12 partners of very unequal size apart, and lets each attack from inside. The attack on the finished tables is
timed by itself. pytest does not collect this file.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np
import pandas as pd

from orchestration.disclosure import (
    CountTable,
    DisclosurePolicy,
    PrintedTable,
    audit,
    load_disclosure_policy,
    protect,
    tabulate,
)

PLACES, PARTNERS = 47, 12


def movements(records: int, kinds: int, seed: int = 1) -> pd.DataFrame:
    """One person a record; roads as uneven as those of the prototype in the methods note (88 % of persons in
    cells of five or more)."""
    chance = np.random.default_rng(seed)
    size = np.arange(1, PLACES + 1) ** -0.8
    roads = np.outer(chance.permutation(size), chance.permutation(size)) * chance.gamma(
        0.25, 1, (PLACES, PLACES)
    )
    cube = roads[:, :, None] * chance.dirichlet(np.full(kinds, 5.0), (PLACES, PLACES))
    told = chance.choice(cube.size, records, p=(cube / cube.sum()).ravel())
    origin, destination, kind = np.unravel_index(told, cube.shape)
    reach = chance.lognormal(0, 0.7, PARTNERS)
    return pd.DataFrame(
        {
            "movement_id": np.arange(records),
            "partner": chance.choice(PARTNERS, records, p=reach / reach.sum()).astype(str),
            "persons": 1,
            "records": 1,
            "origin": np.char.mod("o%02d", origin),
            "destination": np.char.mod("d%02d", destination),
            "kind": np.char.mod("k%d", kind),
        }
    )


def k_alone(policy: DisclosurePolicy, k: int) -> DisclosurePolicy:
    rules = replace(
        policy.public,
        least_persons=k,
        least_records=1,
        least_partners=1,
        dominance_percent=0,
        attribute_share=1,
    )
    return replace(policy, public=rules)


def timed(label: str, table: CountTable, policy: DisclosurePolicy) -> None:
    clock, cpu = time.perf_counter(), time.process_time()
    protected = protect([table], policy)
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    (report,) = protected.reports
    (told,) = report.tables.values()
    print(f"{label}: protect {clock:.1f} s, {cpu:.1f} s of CPU, {report.rounds} rounds, {told}", flush=True)
    printed = PrintedTable.of(table, protected.table(table.name).printed(), policy.public.least_persons)
    clock, cpu = time.perf_counter(), time.process_time()
    found = audit([printed], policy.public.least_persons)
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    print(
        f"{label}: audit {clock:.1f} s, {cpu:.1f} s of CPU, {found.hidden} hidden, safe: {found.is_safe}",
        flush=True,
    )


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--records", type=int, default=9_000)
    given.add_argument("--kinds", type=int, default=5)
    given.add_argument("--inside", action="store_true", help="also the full policy with the partners' attack")
    asked = given.parse_args()
    policy = load_disclosure_policy()
    dimensions = ["origin", "destination", *(["kind"] if asked.kinds > 1 else [])]
    clock = time.perf_counter()
    table = tabulate("flows", movements(asked.records, asked.kinds), dimensions, attributes=())
    print(f"{len(table.cells):,} cells with persons, counted in {time.perf_counter() - clock:.1f} s")
    outside = replace(table, of_partners=None)
    for k in (5, 10):
        timed(f"k = {k} alone", outside, k_alone(policy, k))
    timed("full policy", outside, policy)
    if asked.inside:
        timed("full policy, attacked from inside", table, policy)


if __name__ == "__main__":
    main()

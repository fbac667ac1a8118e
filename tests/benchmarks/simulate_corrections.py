"""How often a printed year could be printed anew, if it had to be so by whole versions whose difference is fit to print.

    .venv/bin/python -m tests.benchmarks.simulate_corrections
    .venv/bin/python -m tests.benchmarks.simulate_corrections --years 40

Made-up years of 3,000 persons, 47 origins × 47 destinations and 12 partners of unequal size are printed under the
public policy, get late records, and are printed again without regard to the first time. What is told is how many of
those second versions pass, each demand with those before it: cells printed twice differ by nobody or by k and more;
so do cells that are printed and then hidden; each difference has the records, the partners and no dominant one that
a cell needs, and is nobody's or k's with any one partner taken off. The last two need what the first release counted
of each partner, which a simulation knows and no home keeps. pytest does not collect this file.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np
import pandas as pd

from orchestration.disclosure import EditionPolicy, load_disclosure_policy, protect, tabulate
from orchestration.disclosure.suppression import PRINTED, primary
from tests.benchmarks.bench_disclosure import movements

PERSONS, ENDS = 3_000, ["origin", "destination"]
DEMANDS = ("cells printed twice", "and cells hidden since", "and partners")
Versions = tuple[pd.DataFrame, pd.DataFrame]


def late_records(base: pd.DataFrame, how: str, share: float, seed: int) -> pd.DataFrame:
    """As many late records as this share of the base, spread as the base is, or all on its busiest road."""
    count = int(len(base) * share)
    late = base.sample(count, replace=True, random_state=seed)
    if how == "one road":
        busiest = base.groupby(ENDS).size().idxmax()
        late = late.assign(**dict(zip(ENDS, busiest, strict=True)))
    if how == "one partner":
        late = late.assign(partner=base["partner"].mode()[0])
    return late.assign(movement_id=np.arange(count) + len(base))


def demands_met(base: pd.DataFrame, late: pd.DataFrame, rules: EditionPolicy) -> list[bool]:
    policy, k = load_disclosure_policy(), rules.least_persons
    both = pd.concat([base, late], ignore_index=True)
    tables = [tabulate("year", rows, ENDS, attributes=("destination",)) for rows in (base, both)]
    before, now = (_printed(protect([table], policy)) for table in tables)
    true = {
        tuple(row[:2]): int(row[2]) for row in tables[1].cells[[*ENDS, "persons"]].itertuples(index=False)
    }
    twice = [cell for cell in before if cell in now]
    is_fit = all(_is_fit(now[cell] - before[cell], k) for cell in twice)
    is_hidden_fit = is_fit and all(
        _is_fit(true.get(cell, 0) - value, k) for cell, value in before.items() if cell not in now
    )
    changed = tabulate("late", late, ENDS)
    cells = changed.cells[[tuple(row) in set(twice) for row in changed.cells[ENDS].itertuples(index=False)]]
    own = (changed.of_partners if changed.of_partners is not None else cells.head(0)).merge(
        cells[[*ENDS, "persons"]], on=ENDS, suffixes=("_own", "")
    )
    others = own["persons"] - own["persons_own"]
    has_partners = bool((primary(cells, rules) == PRINTED).all()) and all(
        _is_fit(int(one), k) for one in others
    )
    return [is_fit, is_hidden_fit, is_hidden_fit and has_partners]


def _printed(protected: object) -> Mapping[tuple[str, ...], int]:
    shown = protected.table("year").printed()  # type: ignore[attr-defined]
    return {tuple(row[:2]): int(row[2]) for row in shown[[*ENDS, "value"]].itertuples(index=False)}


def _is_fit(change: int, k: int) -> bool:
    return change == 0 or abs(change) >= k


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--years", type=int, default=20)
    years, rules = parser.parse_args().years, load_disclosure_policy().public
    for how, share in (
        ("spread", 0.01), ("spread", 0.1), ("spread", 0.3), ("one partner", 0.1), ("one road", 0.02), ("one road", 0.1),
    ):  # fmt: skip
        met = np.zeros(len(DEMANDS), dtype=int)
        for seed in range(years):
            base = movements(PERSONS, 1, seed + 1)
            met += demands_met(base, late_records(base, how, share, seed), rules)
        told = ", ".join(f"{demand} {count}" for demand, count in zip(DEMANDS, met, strict=True))
        print(f"{how}, {share:.0%} late: of {years} second versions pass: {told}", flush=True)


if __name__ == "__main__":
    main()

"""How well protected counts protect, and how much they tell: figures of a home's closed years beside their gates.

Run: python -m tests.benchmarks.bench_protection HOME   (a home with a built work folder, e.g. after `make refresh`)

The attacks are those of `tests/attacks.py`, written without the product's code.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from tests import attacks
from tests.attacks import Public

SMALL, CELLS_TRIED = 5, 60
Counts = npt.NDArray[np.int64]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("Say the home: python -m tests.benchmarks.bench_protection HOME")
    with duckdb.connect(str(Path(sys.argv[1]) / "work" / "warehouse.duckdb"), read_only=True) as con:
        years = [year for (year,) in con.execute(
            "select distinct period_id from intermediate.int_protected_cells order by 1").fetchall()]  # fmt: skip
        for year in years:
            print(f"\n{year}")
            _budget(con, year)
            _programs(con, year)
            _utility(con, year)


def _line(figure: str, found: float, gate: str) -> None:
    print(f"  {figure:<58} {found:>8.3f}   {gate}")


def _budget(con: duckdb.DuckDBPyConnection, year: str) -> None:
    """J of each movement, and what one learns of it who knows all the others."""
    rows = con.execute(
        """
        select members.movement_id, cells.true_count, cells.noise
        from intermediate.int_protected_cells as cells
        inner join intermediate.int_cell_members as members
            on members.cell_id = cells.cell_id
            and cells.table_name = members.table_name || '|' || cells.population
        inner join intermediate.int_movement_cells as periods
            on periods.movement_id = members.movement_id
            and periods.period_id = cells.period_id and periods.population = cells.population
        where cells.period_id = ? and periods.record_grain = 'case' and periods.record_count > 0
            and cells.is_shown
        order by members.movement_id
        """,
        [year],
    ).fetchnumpy()
    starts = np.flatnonzero(np.diff(rows["movement_id"], prepend=rows["movement_id"][0] - 1))
    variance = np.select([rows["true_count"] >= 200, rows["true_count"] >= 40], [25.0, 9.0], 6.0)
    budget = np.add.reduceat(1 / variance, starts)
    _line("mean J", float(budget.mean()), "<= 1")
    _line("largest J", float(budget.max()), "<= 1.6")
    beliefs = []
    for start, end in zip(starts, [*starts[1:], len(rows["noise"])], strict=True):
        # The record is there: without it each cell is one smaller, and its noise one larger.
        true, noise = rows["true_count"][start:end], rows["noise"][start:end]
        beliefs.append(attacks.knowing_all_but_one(true - 1, noise + 1))
    sure = np.array(beliefs)
    _line("all but one known: more than nine tenths sure", float((sure > 0.9).mean()), "<= .05")
    _line("all but one known: 99th percentile", float(np.quantile(sure, 0.99)), "<= .95")
    _line("all but one known: certain", float((sure >= 1).mean()), "0")


def _programs(con: duckdb.DuckDBPyConnection, year: str) -> None:
    counts: Counter[tuple[str, str]] = Counter(
        {(origin, destination): number for origin, destination, number in con.execute(
            """select origin_place_id, destination_place_id, movement_count from intermediate.int_cells
            where table_name = 'corridors' and level = 'od' and period_id = ? and record_grain = 'case'
                and population = 'all'""", [year]).fetchall()}
    )  # fmt: skip
    public = _public(con, year)
    origins = sorted({origin for origin, _ in counts})
    destinations = sorted({destination for _, destination in counts})
    small = sorted(pair for pair, count in counts.items() if count < SMALL)
    widths = attacks.linear_widths(public, origins, destinations, small[:CELLS_TRIED])
    _line("linear programs: narrowest range of a count under 5", min(widths), ">= 7")
    averaged = attacks.averaged(public, origins, destinations)
    exact = float(np.mean([averaged[pair] == counts[pair] for pair in small]))
    guess = Counter(counts[pair] for pair in small).most_common(1)[0][1] / len(small)
    _line("averaging: counts under 5 found exactly", exact, f"<= {guess + 0.05:.3f} (guess {guess:.3f})")


def _public(con: duckdb.DuckDBPyConnection, year: str) -> Public:
    places = con.execute(
        """select role, place_id, movement_count from published.places
        where edition = 'public' and period_id = ? and population = 'all' and place_id <> 'KEN'""", [year]
    ).fetchall()  # fmt: skip
    corridors = con.execute(
        """select origin_place_id, destination_place_id, movement_count from published.corridors
        where edition = 'public' and period_id = ? and level = 'od'""", [year]
    ).fetchall()  # fmt: skip
    total = con.execute(
        """select movement_count from published.codes
        where edition = 'public' and period_id = ? and domain = 'total' and population = 'all'""", [year]
    ).fetchone()  # fmt: skip
    # Movements with an unknown end are in totals and in no corridor: the attack takes totals of ends as they are.
    return Public(
        {(origin, destination): count for origin, destination, count in corridors},
        {place: count for role, place, count in places if role == "origin"},
        {place: count for role, place, count in places if role == "destination"},
        None if total is None else int(total[0]),
    )


def _utility(con: duckdb.DuckDBPyConnection, year: str) -> None:
    rows = con.execute(
        """select true_count, protected_count, is_shown from intermediate.int_protected_cells
        where period_id = ? and table_name = 'corridors|all' and cell_id like 'od|%'""", [year]
    ).fetchnumpy()  # fmt: skip
    true, shown = rows["true_count"], rows["is_shown"]
    found = np.where(shown, rows["protected_count"], 0)
    _line("movements in shown corridors", float(true[shown].sum() / true.sum()), ">= .90")
    error = np.abs(found - true)[shown].sum() / true[shown].sum()
    _line("weighted error of shown corridors", float(error), "<= .05")
    large = true >= 10
    near = np.abs(found - true)[large] <= 0.2 * true[large]
    _line("corridors of 10 and more within 20 %", float(near.mean()), ">= .88")
    overlap = len(set(np.argsort(-true)[:20]) & set(np.argsort(-found)[:20])) / 20
    _line("overlap of the twenty strongest", overlap, ">= .9")
    correlation = spearmanr(true[shown], found[shown]).statistic
    _line("rank correlation of shown corridors", float(correlation), ">= .96")


if __name__ == "__main__":
    main()

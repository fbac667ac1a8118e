"""How often shifts are found, and told where there are none: `python -m tests.benchmarks.simulate_shifts`.

Each figure is a mean over seeded replicates with its 95 % bounds. Ends with exit code 1 if a promise of
docs/methods.md is broken. The worlds are kinder than the real one: compare rows, do not trust levels.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest

from orchestration.statistics.share_ratio import share_ratios
from tests.simulated_corridors import (
    ENTERED,
    LEFT,
    LOST,
    NEW_SOURCE_ONLY,
    POLICY,
    TAKEN,
    WINDOWS,
    Reports,
    flagged,
    mantel_haenszel_rate_ratio,
    reports,
)


class Figure(NamedTuple):
    """A mean over replicates, and what it must not fall below or rise above."""

    name: str
    values: Sequence[float]
    least: float = -np.inf
    most: float = np.inf

    @property
    def is_kept(self) -> bool:
        return bool(self.least <= np.mean(self.values) <= self.most)

    def __str__(self) -> str:
        middle, (low, high) = np.mean(self.values), self._bounds()
        promise = f">= {self.least:g}" if self.least > -np.inf else ""
        promise = f"<= {self.most:g}" if self.most < np.inf else promise
        kept = ("kept" if self.is_kept else "BROKEN") if promise else ""
        return f"  {self.name:<58} {middle:8.3f}  {low:.3f}-{high:<8.3f} {promise:<8} {kept}"

    def _bounds(self) -> tuple[float, float]:
        """Wilson's for what happens or does not in a replicate, else those of the mean."""
        values, count = np.asarray(self.values, dtype=np.float64), len(self.values)
        if np.isin(values, (0, 1)).all():
            found = binomtest(int(values.sum()), count).proportion_ci(method="wilson")
            return float(found.low), float(found.high)
        reach = 1.96 * values.std(ddof=1) / np.sqrt(count)
        return float(values.mean() - reach), float(values.mean() + reach)


def planted(worlds: Sequence[Reports], power: float, false: float) -> list[Figure]:
    rose, fell, discoveries, confounded, new = [], [], [], [], []
    for world in worlds:
        told = world.judged()
        up, down = flagged(told)
        rose.append(TAKEN in up)
        fell.append(LOST in down)
        wrong = (up - world.rose) | (down - world.fell)
        discoveries.append(len(wrong) / max(1, len(up | down)))
        confounded.append(len((up | down) & world.confounded) / max(1, len(world.confounded)))
        new.append(told.loc[NEW_SOURCE_ONLY, "status"] == "emerging")
    return [
        Figure("records", [world.newest.monthly.sum() for world in worlds]),
        Figure("the falling corridor is found", fell, least=power),
        Figure("the rising corridor is found", rose, least=power),
        Figure("part of the shifts told that are none (FDR)", discoveries, most=false),
        Figure("corridors of a partner that starts or stops, told", confounded, most=0.10),
        Figure("a corridor that a new partner alone sees, called emerging", new, most=0.0),
    ]


def unchanged(worlds: Sequence[Reports], most: float = 0.20) -> list[Figure]:
    any_told = [bool(set.union(*flagged(world.judged()))) for world in worlds]
    stable = [(world.judged()["status"] == "stable").mean() for world in worlds]
    return [
        Figure("runs that tell any shift", any_told, most=most),
        Figure("corridors called stable", stable),
    ]


def moved(worlds: Sequence[Reports]) -> list[Figure]:
    told = [world.judged().loc[[LEFT, ENTERED]] for world in worlds]
    return [
        Figure(
            "a corridor it left or entered told as a shift", [one["evidence"].notna().mean() for one in told]
        ),
        Figure("told on a panel", [(one["evidence"] == "panel").mean() for one in told], most=0.10),
    ]


def claims(
    worlds: Sequence[Reports], fdr: float = 0.04, pairs: float = 0.03, any_false: float = np.inf
) -> list[Figure]:
    """What is told on a panel: how much of it is false, and how often a false corridor stands in a pair."""
    found: dict[str, list[float]] = {
        name: [] for name in ("fdr", "any", "pair", "fell", "rose", "out", "share")
    }
    for world in worlds:
        told = world.judged()
        panel = told[told["evidence"] == "panel"]
        up, down = flagged(panel)
        wrong = {told.loc[at, "corridor_id"] for at in (up - world.rose) | (down - world.fell)}
        pairs_told = panel[panel["displaced_from"].notna()]
        named = {*pairs_told["corridor_id"], *";".join(pairs_told["displaced_from"]).split(";")}
        found["fdr"].append(len(wrong) / max(1, len(up | down)))
        found["any"].append(bool(wrong))
        found["pair"].append(bool(wrong & named))
        found["fell"] += [at in down for at in world.fell]
        found["rose"] += [at in up for at in world.rose]
        found["out"].append(told["left_out"].iloc[0])
        found["share"].append(told["reference_share"].iloc[0])
    figures = [
        Figure("part of the shifts told on a panel that are none (FDR)", found["fdr"], most=fdr),
        Figure("worlds with such a shift", found["any"], most=any_false),
        Figure("worlds with such a shift in a displacement pair", found["pair"], most=pairs),
        Figure("records left out (moves, campaigns, still to come)", found["out"]),
        Figure("the reference's share of records", found["share"]),
    ]
    changes = (("fell", "corridors that fell are found"), ("rose", "corridors that rose are found"))
    return figures + [Figure(name, found[key]) for key, name in changes if found[key]]


def several(worlds: Sequence[Reports]) -> list[Figure]:
    return claims(worlds, pairs=np.inf)


def movers(worlds: Sequence[Reports]) -> list[Figure]:
    return claims(worlds, fdr=np.inf, pairs=np.inf, any_false=0.10)


def few(worlds: Sequence[Reports]) -> list[Figure]:
    told, stable = [], []
    for world in worlds:
        judged = world.judged()
        records = judged["witness_count_baseline"] + judged["witness_count_current"]
        is_few = records < POLICY.shift_minimum_records
        told.append(bool(judged.loc[is_few, "evidence"].notna().any()))
        stable.append(bool((judged.loc[is_few, "status"] == "stable").any()))
    return [
        Figure("runs that tell a shift of a corridor with too few records", told, most=0.0),
        Figure("runs that call such a corridor stable", stable, most=0.0),
    ]


def beyond_the_factor(worlds: Sequence[Reports]) -> list[Figure]:
    """Why shares and not rates a month: both ratios of corridors that did not change, beyond 1.25 by chance
    alone.
    """
    of_rates, of_shares = [], []
    for world in (one.newest for one in worlds):
        shares = np.abs(share_ratios(world.windows).log_ratio)
        months = [world.is_active[:, window].sum(axis=1) for window in WINDOWS]
        large = world.monthly.sum(axis=(0, 2)) > 200
        rates = [
            mantel_haenszel_rate_ratio(
                world.windows.current[:, at], world.windows.baseline[:, at], months[1], months[0]
            )
            for at in np.flatnonzero(large)
        ]
        of_rates.append((np.abs(np.log(rates)) > np.log(1.25)).mean())
        of_shares.append((shares[large] > np.log(1.25)).mean())
    return [
        Figure("corridors beyond a factor of 1.25: rates a month", of_rates),
        Figure("the same: shares", of_shares),
    ]


# The 14 months before the two windows say how much years scatter.
CHANGE = 26
SPAN: dict[str, object] = {"months": 38, "change_at": CHANGE}
Scenario = tuple[str, dict[str, object], Callable[[Sequence[Reports]], list[Figure]]]
PLANTED = {"shift": True, "partners_change": True}
SCENARIOS: list[Scenario] = [
    ("planted shift, about 8,000 records", PLANTED, lambda worlds: planted(worlds, 0.80, 0.06)),
    (
        "the same with a hidden change of effort",
        {**PLANTED, "hidden_effort": True},
        lambda worlds: planted(worlds, 0.80, 0.06),
    ),
    (
        "the same with 2,500 records",
        {**PLANTED, "records": 2500},
        lambda worlds: planted(worlds, -np.inf, 0.06),
    ),
    (
        "the same with 1,200 records",
        {**PLANTED, "records": 1200},
        lambda worlds: planted(worlds, -np.inf, 0.06),
    ),
    ("too few records (300)", {**PLANTED, "records": 300}, few),
    ("nothing changed", {"partners_change": True}, unchanged),
    ("nothing changed but effort, hidden", {"partners_change": True, "hidden_effort": True}, unchanged),
    ("a partner moved where it works", {"partner_moves": True}, moved),
    *(
        (f"{name}, {records:,} records, {generator}", {**change, "records": records, "other": other}, figures)
        for other, generator in ((False, "generator 1"), (True, "generator 2"))
        for records in (8000, 2500)
        for name, change, figures in (
            ("a corridor of 10 % collapses", {"collapse": 0.1}, claims),
            ("a corridor of 20 % collapses", {"collapse": 0.2}, claims),
            ("a corridor of 30 % collapses", {"collapse": 0.3}, claims),
            ("a corridor of 5 % grows fivefold", {"growth": 0.05}, claims),
            ("a corridor of 10 % grows fivefold", {"growth": 0.1}, claims),
            ("collapse of 20 %, planted shift, partners change", {**PLANTED, "collapse": 0.2}, several),
            ("planted shift, partners change", PLANTED, claims),
            ("a partner moves half its area at the boundary", {"area_moves": 0.0}, movers),
            ("four months later", {"area_moves": 0.0, "change_at": CHANGE + 4}, movers),
            ("and keeps 20 %", {"area_moves": 0.2}, movers),
            ("and a planted shift, and partners change", {**PLANTED, "area_moves": 0.0}, movers),
            ("a campaign is declared", {"campaign": True}, movers),
        )
    ),
    ("hidden change of effort, rates against shares", {"hidden_effort": True}, beyond_the_factor),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--first-seed", type=int, default=1000)
    parser.add_argument("--only", default="", help="scenarios with this text in their name")
    arguments = parser.parse_args()
    replicates, seeds = (
        arguments.replicates,
        range(arguments.first_seed, arguments.first_seed + arguments.replicates),
    )
    broken = 0
    started = time.monotonic()
    for name, changes, figures in (one for one in SCENARIOS if arguments.only in one[0]):
        print(f"{name} ({replicates} replicates)")
        for figure in figures([reports(seed, **SPAN | changes) for seed in seeds]):  # type: ignore[arg-type]
            print(figure)
            broken += not figure.is_kept
    print(f"{broken} promises broken, {time.monotonic() - started:.0f} s")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())

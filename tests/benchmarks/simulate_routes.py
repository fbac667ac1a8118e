"""How often inferred routes are right, and whether none is inferred without cause.

`python -m tests.benchmarks.simulate_routes`. Worlds of 45 random places and 150 corridors, on which no number of the
policy was tuned; of a third of the corridors no record names a place passed, and there the truth is known too. Ends
with exit code 1 if a promise of docs/methods.md is broken.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import Delaunay

from orchestration.statistics.inferred_routes import inferred_routes
from tests.benchmarks.simulate_shifts import Figure
from tests.simulated_corridors import POLICY

PLACES, CORRIDORS, HUBS, DEGREES = 45, 150, 4, 8.0
Route = tuple[int, ...]


class World(NamedTuple):
    routes: pd.DataFrame
    places: pd.DataFrame
    truth: dict[str, set[str]]  # of the corridors whose records name no place


def _roads(rng: np.random.Generator, at: NDArray[Any], spread: float) -> NDArray[Any]:
    """Costs of a triangulation's edges: their lengths, times a factor of their own."""
    cost = np.zeros((len(at), len(at)))
    for triangle in Delaunay(at).simplices:
        for a, b in combinations(sorted(triangle), 2):
            cost[a, b] = cost[b, a] = np.hypot(*(at[a] - at[b])) * np.exp(spread * rng.standard_normal())
    return cost


def _by(cost: NDArray[Any], origin: int, end: int) -> Route:
    _, before = dijkstra(cost, indices=origin, return_predecessors=True)
    route, place = [], before[end]
    while place not in (origin, -9999):
        route.append(int(place))
        place = before[place]
    return tuple(reversed(route))


def by_road(spread: float) -> Callable[[np.random.Generator, NDArray[Any]], Callable[[int, int], Route]]:
    def rule(rng: np.random.Generator, at: NDArray[Any]) -> Callable[[int, int], Route]:
        cost = _roads(rng, at, spread)
        return lambda origin, end: _by(cost, origin, end)

    return rule


def by_hub(rng: np.random.Generator, at: NDArray[Any]) -> Callable[[int, int], Route]:
    """By the hub that makes the journey longest the least."""
    hubs = rng.choice(PLACES, HUBS, replace=False)
    apart = np.hypot(*(at[:, None] - at).transpose(2, 0, 1))
    return lambda a, b: tuple(
        int(h) for h in [min(hubs, key=lambda h: apart[a, h] + apart[h, b])] if h not in (a, b)
    )


def by_chance(rng: np.random.Generator, at: NDArray[Any]) -> Callable[[int, int], Route]:
    """Each corridor passes one or two places of its own, which say nothing of any other's."""
    return lambda a, b: tuple(
        int(p) for p in rng.permutation(PLACES)[: rng.integers(1, 3)] if p not in (a, b)
    )


def shuffled(rng: np.random.Generator, at: NDArray[Any]) -> Callable[[int, int], Route]:
    """Each corridor passes what another does by road: some places are passed often, and still say nothing."""
    by = by_road(0.8)(rng, at)
    return lambda a, b: tuple(p for p in by(*rng.choice(PLACES, 2, replace=False)) if p not in (a, b))


RULES: list[tuple[str, Callable[..., Callable[[int, int], Route]], float, float]] = [
    ("journeys follow roads of their own", by_road(0.8), 0.7, 1.0),
    ("journeys pass one of four hubs", by_hub, 0.7, 1.0),
    ("journeys follow the shortest road", by_road(0.0), 0.0, 1.0),
    ("known legs say nothing of other corridors", by_chance, 0.0, 0.05),
    ("corridors pass the places of others", shuffled, 0.0, 0.05),
]


def world(seed: int, rule: Callable[..., Callable[[int, int], Route]], records: int) -> World:
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, DEGREES, (PLACES, 2))
    route_of = rule(rng, at)
    ids = [f"P{number:02d}" for number in range(PLACES)]
    weights = rng.pareto(1.5, PLACES) + 0.2
    drawn = {tuple(rng.choice(PLACES, 2, replace=False, p=weights / weights.sum())) for _ in range(CORRIDORS)}
    counts = rng.multinomial(records, rng.dirichlet(np.full(len(drawn), 0.5)))
    rows: list[tuple[Any, ...]] = []
    truth: dict[str, set[str]] = {}
    for number, ((origin, end), count) in enumerate(zip(sorted(drawn), counts, strict=True)):
        route, corridor = route_of(origin, end), f"{ids[origin]}>{ids[end]}"
        is_silent = number % 3 == 0
        if is_silent and route:
            truth[corridor] = {ids[place] for place in route}
        # Partner p names routes in half of its records, each place with 9 in 10; partner q names none.
        named = 0 if is_silent else int(rng.binomial(count, 0.5))
        for _ in range(named):
            seen = [place for place in route if rng.random() < 0.9]
            text = ";".join(f"{step:03d}:{ids[place]}" for step, place in enumerate(seen, 1))
            rows.append(("p", corridor, ids[origin], ids[end], text or None, 1))
        if count - named:
            rows.append(("q" if is_silent else "p", corridor, ids[origin], ids[end], None, count - named))
    columns = ["source", "corridor_id", "origin_place_id", "destination_place_id", "route", "record_count"]
    places = pd.DataFrame({"place_id": ids, "kind": "county", "lat": at[:, 0], "lon": at[:, 1] + 34})
    return World(pd.DataFrame(rows, columns=columns).assign(record_grain="case"), places, truth)


def figures(worlds: Sequence[World], least: float, most: float) -> list[Figure]:
    speaks, exact, road, right, some = [], [], [], [], []
    for one in worlds:
        found = inferred_routes(one.routes, one.places, POLICY)
        made = found[found["reason"].isna()]
        speaks.append(not made.empty)
        if made.empty:
            continue
        exact.append(made["exact_share"].iloc[0])
        road.append(made["road_exact_share"].iloc[0])
        inferred = made.groupby("corridor_id")["place_id"].agg(set)
        pairs = [(inferred[name], places) for name, places in one.truth.items() if name in inferred]
        right.append(float(np.mean([mine == true for mine, true in pairs])))
        some.append(float(np.mean([bool(mine & true) for mine, true in pairs])))
    told = [Figure("worlds with inferred routes", speaks, least=least, most=most)]
    if len(exact) > 1:
        told += [
            Figure("held-back test: exactly right", exact),
            Figure("shortest road: exactly right", road),
            Figure("corridors without a named place: exactly right", right),
            Figure("at least one place right", some),
        ]
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=40)
    parser.add_argument("--first-seed", type=int, default=8000)
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.replicates)
    broken, started = 0, time.monotonic()
    for name, rule, least, most in RULES:
        for records in (3000, 800):
            told = figures(
                [world(seed, rule, records) for seed in seeds], least if records == 3000 else 0, most
            )
            print(f"{name}, {records:,} records", *told, sep="\n", flush=True)
            broken += sum(not figure.is_kept for figure in told)
    print(f"{broken} promises broken, {time.monotonic() - started:.0f} s")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())

"""Inferred routes: the likeliest places passed where few records of a corridor name any.

Path reconstruction on a weighted graph of counties and countries. A leg that records are known to have used
costs its distance and, the fewer they are, up to that much again; places that are often passed cost less. A
test that holds each corridor's records back decides whether anything is inferred.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra
from scipy.stats import bootstrap

from orchestration.statistics.policy import Policy

EARTH_KM = 6371.0
TOO_FEW, SELDOM_RIGHT, STRAIGHT = "too_few_known_routes", "seldom_right", "likely_straight"
FEW_RECORDS, NO_KNOWN_ROUTE = "few_records", "no_known_route"
SHARES = ("exact_share", "any_share", "road_exact_share")
SURE = 0.99  # no partner names the places of every record

Route = tuple[int, ...]


@dataclass
class _Corridor:
    """Ends, places passed with their records, and all records; places are numbers of the graph."""

    corridor_id: str
    ends: tuple[int, int]
    routes: Counter[Route] = field(default_factory=Counter)
    records: int = 0

    @property
    def known(self) -> int:
        return self.routes.total()

    def legs(self) -> Iterable[tuple[int, int, int]]:
        for route, count in self.routes.items():
            for a, b in pairwise((self.ends[0], *route, self.ends[1])):
                yield a, b, count

    def shares(self, places: Route) -> tuple[float, float]:
        """Shares of the known records that passed exactly these places, and at least one of them."""
        exact = sum(count for route, count in self.routes.items() if set(route) == set(places))
        some = sum(count for route, count in self.routes.items() if set(route) & set(places))
        return exact / self.known, some / self.known


def inferred_routes(routes: pd.DataFrame, places: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """One row per grain, corridor with few known routes, and place passed in order.

    A corridor of which no route is inferred has one row with the reason and without a place: the held-back
    test is seldom right, the corridor has few records, it likely passes no place, or known legs lead by none.

    Args:
        routes: source, record_grain, corridor_id, origin_place_id, destination_place_id, record_count, and
            route, which is missing or the places passed with their numbers: `001:KE032;002:KE047`.
        places: place_id, kind, lat, lon.
    """
    rows: list[dict[str, Any]] = []
    for grain, of_grain in routes.groupby("record_grain", sort=True):
        graph = _Graph(of_grain, places, policy)
        few = [one for one in graph.corridors.values() if one.known < policy.route_least_known]
        tested = graph.held_back_test()
        for corridor in few:
            reason = tested["reason"] or graph.why_not(corridor)
            route: Route = () if reason else graph.likeliest(corridor)
            reason = reason or (None if route else NO_KNOWN_ROUTE)
            origin, destination = corridor.corridor_id.split(">")
            row = tested | {
                "reason": reason,
                "record_grain": grain,
                "corridor_id": corridor.corridor_id,
                "origin_place_id": origin,
                "destination_place_id": destination,
                "record_count": corridor.records,
                "known_route_count": corridor.known,
                "leg_record_count": graph.weakest_leg(corridor, route) if route else None,
            }
            if reason:
                rows.append(row | {"place_number": 0, "place_id": None})
            rows += [row | {"place_number": n, "place_id": graph.names[at]} for n, at in enumerate(route, 1)]
    return pd.DataFrame(rows)


class _Graph:
    """Counties and all places named, each joined to its neighbours and by the legs that are known."""

    def __init__(self, routes: pd.DataFrame, places: pd.DataFrame, policy: Policy) -> None:
        self.policy = policy
        named = {*routes["origin_place_id"], *routes["destination_place_id"]}
        routes = routes.assign(route=routes["route"].fillna(""))
        named |= {step[4:] for route in routes["route"] for step in route.split(";")}
        used = places[places["place_id"].isin(named) | (places["kind"] == "county")]
        used = used.set_index("place_id").sort_index()
        self.names = list(used.index)
        self.km, self.is_near = _distances(used[["lat", "lon"]].to_numpy(float))
        self.corridors = self._corridors(routes)
        self.silence = _silence(routes)
        self.legs = np.zeros_like(self.km)
        self.passed = np.zeros(len(self.names))
        for corridor in self.corridors.values():
            self._count(corridor, self.legs, self.passed, 1)

    def _corridors(self, routes: pd.DataFrame) -> dict[tuple[int, int], _Corridor]:
        at = {name: number for number, name in enumerate(self.names)}
        found: dict[tuple[int, int], _Corridor] = {}
        columns = ["corridor_id", "origin_place_id", "destination_place_id", "route", "record_count"]
        for corridor_id, origin, destination, route, count in routes[columns].itertuples(index=False):
            if origin not in at or destination not in at:
                continue
            ends = at[origin], at[destination]
            corridor = found.setdefault(ends, _Corridor(corridor_id, ends))
            corridor.records += int(count)
            steps = [at.get(step[4:], -1) for step in route.split(";")] if route else []
            passed = tuple(place for place, _ in groupby(step for step in steps if step not in ends))
            if passed and -1 not in passed:
                corridor.routes[passed] += int(count)
        return found

    def _count(self, corridor: _Corridor, legs: NDArray[Any], passed: NDArray[Any], sign: int) -> None:
        for a, b, count in corridor.legs():
            legs[a, b] += sign * count
            legs[b, a] += sign * count
        for route, count in corridor.routes.items():
            for place in route:
                passed[place] += sign * count

    def likeliest(self, corridor: _Corridor) -> Route:
        """Return the cheapest route by known legs."""
        return self._likeliest(corridor, self.legs, self.passed)

    def _held_back(self, corridor: _Corridor) -> tuple[NDArray[Any], NDArray[Any]]:
        """Legs and places passed without the records of this corridor and of its return."""
        legs, passed = self.legs.copy(), self.passed.copy()
        for ends in (corridor.ends, corridor.ends[::-1]):
            if ends in self.corridors:
                self._count(self.corridors[ends], legs, passed, -1)
        return legs, passed

    def _likeliest(self, corridor: _Corridor, legs: NDArray[Any], passed: NDArray[Any]) -> Route:
        cost, known = np.full_like(self.km, np.inf), legs > 0
        cost[known] = self.km[known] * (1 + self.policy.route_rarity / np.sqrt(legs[known]))
        discount = np.log1p(passed) / np.log1p(max(passed.max(), 1))
        dearer = 1 + self.policy.route_seldom_passed * (1 - discount)
        dearer[corridor.ends[1]] = 1
        return _cheapest(cost * dearer, *corridor.ends)

    def why_not(self, corridor: _Corridor) -> str | None:
        """Say why not: few records, or chance would seldom leave all of them without a place."""
        if corridor.records < self.policy.route_least_records:
            return FEW_RECORDS
        silence = self.silence[corridor.corridor_id]
        return STRAIGHT if not corridor.known and silence < self.policy.route_least_silence else None

    def weakest_leg(self, corridor: _Corridor, route: Route) -> int:
        """Return the fewest records known on a leg of a route."""
        return int(min(self.legs[leg] for leg in pairwise((corridor.ends[0], *route, corridor.ends[1]))))

    def held_back_test(self) -> dict[str, Any]:
        """Infer corridors of known routes without their own records, beside the shortest road.

        It counts those of which a route would be inferred. `reason` is None where enough are exactly right,
        and the lower end of the difference from the road is above zero.
        """
        roads = np.where(self.is_near, self.km, np.inf)
        scores = []
        for one in self.corridors.values():
            if one.known < self.policy.route_least_known or self.why_not(one):
                continue
            legs, passed = self._held_back(one)
            if inferred := self._likeliest(one, legs, passed):
                scores.append((*one.shares(inferred), one.shares(_cheapest(roads, *one.ends))[0]))
        found = {"reason": TOO_FEW, "held_back_corridors": len(scores), **dict.fromkeys(SHARES)}
        if len(scores) < self.policy.route_least_corridors:
            return found
        exact, some, of_road = np.array(scores).T
        gain = bootstrap(
            (exact - of_road,),
            np.mean,
            confidence_level=self.policy.interval_coverage,
            method="percentile",
            rng=0,
        ).confidence_interval
        found |= zip(SHARES, (float(share.mean()) for share in (exact, some, of_road)), strict=True)
        is_right = gain.low > 0 and exact.mean() >= self.policy.route_least_exact
        return found | {"reason": None if is_right else SELDOM_RIGHT}


def _silence(routes: pd.DataFrame) -> dict[str, float]:
    """Return by corridor how likely none of its records names a place, by how often their partners name any.

    That share is taken on corridors where somebody names one.
    """
    routes = routes.assign(named=routes["record_count"].where(routes["route"] != "", 0))
    named = routes[routes.groupby("corridor_id")["named"].transform("sum") > 0].groupby("source")
    share = named["named"].sum() / named["record_count"].sum()
    kept_silent = np.log1p(-routes["source"].map(share).fillna(0).clip(upper=SURE)) * routes["record_count"]
    return dict(np.exp(kept_silent.groupby(routes["corridor_id"]).sum()))


def _distances(positions: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return kilometres between places, and which are neighbours: no third lies in the ball between them."""
    lat, lon = np.radians(positions).T
    at = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
    square = ((at[:, None] - at) ** 2).sum(axis=2)
    others = square + np.diag(np.full(len(at), np.inf))
    nearest = np.stack([(others + row).min(axis=1) for row in others])
    return 2 * EARTH_KM * np.arcsin(np.sqrt(square) / 2), (nearest >= square) & (square > 0)


def _cheapest(cost: NDArray[Any], origin: int, destination: int) -> Route:
    """Return the places between two ends on the cheapest path."""
    _, before = dijkstra(cost, indices=origin, return_predecessors=True)
    route: list[int] = []
    at = before[destination]
    while at >= 0 and at != origin:
        route.append(int(at))
        at = before[at]
    return tuple(reversed(route))

"""Inferred routes in worlds with an answer by hand: what is inferred, and when nothing is."""

from dataclasses import replace
from itertools import product

import pandas as pd
import pytest

from orchestration.statistics.inferred_routes import (
    FEW_RECORDS,
    NO_KNOWN_ROUTE,
    SELDOM_RIGHT,
    STRAIGHT,
    TOO_FEW,
    inferred_routes,
)  # fmt: skip
from orchestration.statistics.policy import Policy
from orchestration.statistics.tables import SCHEMAS
from tests.benchmarks.simulate_routes import by_chance, by_hub, world
from tests.simulated_corridors import POLICY

# Degrees: three origins in the west and three destinations in the east, each one from N, and H in the north.
PLACES = pd.DataFrame(
    [
        ("A", 0.5, -0.866), ("B", 0.0, -1.0), ("F", -0.5, -0.866),
        ("D", 0.5, 0.866), ("E", 0.0, 1.0), ("G", -0.5, 0.866),
        ("N", 0.0, 0.0), ("H", 1.2, 0.0),
    ],
    columns=["place_id", "lat", "lon"],
).assign(kind="county")  # fmt: skip
EIGHT = replace(POLICY, route_least_corridors=8)


def ways_by(place: str) -> pd.DataFrame:
    """Every corridor by one place, four records each; of A to D ten records name none and one does."""
    rows: list[tuple[str, str, str | None, int]]
    rows = [(origin, end, f"001:{place}", 4) for origin, end in product("ABF", "DEG")]
    rows = [row for row in rows if row[:2] != ("A", "D")]
    rows += [("A", "D", None, 10), ("A", "D", f"001:{place}", 1)]
    routes = pd.DataFrame(rows, columns=["origin_place_id", "destination_place_id", "route", "record_count"])
    corridors = routes["origin_place_id"] + ">" + routes["destination_place_id"]
    return routes.assign(source="p", record_grain="case", corridor_id=corridors)


def test_known_legs_lead_away_from_the_shortest_road() -> None:
    """A to D costs 2 * 1.11 * (1 + 1 / sqrt(9)) = 3.0 by H; to N, which is nearer, no leg is known.

    Each corridor held back leaves its legs known from others, so all eight are right; the road by N never is.
    """
    [row] = inferred_routes(ways_by("H"), PLACES, EIGHT).to_dict("records")
    assert (row["corridor_id"], row["place_number"], row["place_id"], row["reason"]) == ("A>D", 1, "H", None)
    assert (row["record_count"], row["known_route_count"], row["leg_record_count"]) == (11, 1, 9)
    assert row["held_back_corridors"] == 8
    assert (row["exact_share"], row["any_share"], row["road_exact_share"]) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("place", "policy", "reason"),
    [("N", EIGHT, SELDOM_RIGHT), ("H", replace(EIGHT, route_least_corridors=9), TOO_FEW)],
    ids=["where the shortest road is as good", "where too few routes are known"],
)
def test_nothing_is_inferred(place: str, policy: Policy, reason: str) -> None:
    [row] = inferred_routes(ways_by(place), PLACES, policy).to_dict("records")
    assert (row["corridor_id"], row["place_id"], row["reason"]) == ("A>D", None, reason)
    assert row["place_number"] == 0


def test_a_corridor_whose_partner_names_places_elsewhere_but_none_here_is_straight() -> None:
    routes = ways_by("H")
    assert inferred_routes(routes.head(0), PLACES, POLICY).empty
    [row] = inferred_routes(routes[routes["record_count"] > 1], PLACES, EIGHT).to_dict("records")
    assert (row["corridor_id"], row["record_count"], row["reason"]) == ("A>D", 10, STRAIGHT)


@pytest.mark.parametrize(("records", "reason"), [(2, FEW_RECORDS), (3, None)])
def test_a_corridor_of_few_records_has_no_way(records: int, reason: str | None) -> None:
    """A to D: one record names H, the others no place."""
    routes = ways_by("H").replace({"record_count": {10: records - 1}})
    [row] = inferred_routes(routes, PLACES, EIGHT).to_dict("records")
    assert (row["corridor_id"], row["record_count"], row["reason"]) == ("A>D", records, reason)


def test_a_step_that_no_record_shows_is_neither_told_nor_tested() -> None:
    """No leg to N is known, or none but those of the corridor that is held back."""
    routes = ways_by("H")
    told = routes[routes["route"].isna()].assign(source="q", destination_place_id="N", corridor_id="A>N")
    found = inferred_routes(pd.concat([routes, told]), PLACES, EIGHT).set_index("corridor_id")
    assert list(found.loc[found["place_id"].isna(), "reason"].items()) == [("A>N", NO_KNOWN_ROUTE)]
    held_back = routes[routes["corridor_id"] == "B>D"].assign(origin_place_id="N", corridor_id="N>D")
    [row] = inferred_routes(pd.concat([routes, held_back]), PLACES, EIGHT).to_dict("records")
    assert row["held_back_corridors"] == 8


def test_several_places_stand_in_their_order_and_grains_apart() -> None:
    """All that is known to leave F passes B and H, so F to E does; route reports of it know no leg."""
    routes = ways_by("H")
    routes.loc[routes["corridor_id"].isin(["F>D", "F>G"]), "route"] = "002:B;004:H"
    routes = routes[routes["corridor_id"] != "F>E"]
    # The asking partner names places nowhere, so that it names none here says nothing.
    asked = routes[routes["route"].isna()].assign(
        source="q", origin_place_id="F", destination_place_id="E", corridor_id="F>E"
    )
    both = pd.concat([routes, asked, asked.assign(record_grain="route_report")])
    found = inferred_routes(both, PLACES, replace(EIGHT, route_least_corridors=7))
    of_cases = found[(found["record_grain"] == "case") & (found["corridor_id"] == "F>E")]
    assert list(zip(of_cases["place_number"], of_cases["place_id"], strict=True)) == [(1, "B"), (2, "H")]
    assert list(found.loc[found["record_grain"] == "route_report", "reason"]) == [TOO_FEW]
    assert set(found.columns) == set(SCHEMAS["inferred_routes"].names)


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_simulated_hubs_are_found_and_ways_of_chance_are_not(seed: int) -> None:
    """Small version of `tests.benchmarks.simulate_routes`."""
    hubs = world(seed, by_hub, 3000)
    found = inferred_routes(hubs.routes, hubs.places, POLICY)
    inferred = found[found["reason"].isna()].groupby("corridor_id")["place_id"].agg(set)
    right = [inferred[name] == places for name, places in hubs.truth.items() if name in inferred]
    assert len(right) > 5 and sum(right) / len(right) > found["road_exact_share"].iloc[0] + 0.1
    chance = world(seed, by_chance, 3000)
    assert set(inferred_routes(chance.routes, chance.places, POLICY)["reason"]) <= {SELDOM_RIGHT, TOO_FEW}

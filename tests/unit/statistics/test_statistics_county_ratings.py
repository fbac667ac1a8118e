"""Ratings of counties in a small world: components, missing ones, and the change by hand."""

from datetime import date
from math import log
from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestration.statistics.catchments import catchment
from orchestration.statistics.comparisons import Reports
from orchestration.statistics.hotspots import of_window
from orchestration.statistics.regional_risk import (
    BANDS,
    ROLES,
    component_score,
    component_weights,
    county_ratings,
    weighted,
)
from tests.fixtures.hotspot_worlds import PLACE_IDS, Kind, world
from tests.simulated_corridors import POLICY

PERIODS = pd.DataFrame(
    [
        ("year-2024", "year", "2024", date(2024, 1, 1), date(2024, 12, 31), True),
        ("year-2025", "year", "2025", date(2025, 1, 1), date(2025, 12, 31), False),
        ("2024-Q4", "quarter", "2024-Q4", date(2024, 10, 1), date(2024, 12, 31), True),
    ],
    columns=["period_id", "period_kind", "label", "period_from", "period_to", "is_complete"],
)


KEYS = ("place_level", "period_id", "record_grain", "population")


def place(county: str, role: str, ratio: float, label: str = "elevated", **keys: Any) -> dict[str, Any]:
    """A county in a role whose ratio is all but certain."""
    return {
        "place_level": "county", "place_id": county, "place_role": role, "period_id": "year-2024",
        "record_grain": "case", "population": "all", "label": label,
        "log_ratio": log(ratio), "log_error": 1e-3, **keys,
    }  # fmt: skip


def roles(county: str, origin: float, transit: float, exploitation: float) -> list[dict[str, Any]]:
    ratios = {"origin": origin, "transit": transit, "exploitation": exploitation}
    return [place(county, role, ratio) for role, ratio in ratios.items()]


def touches(partner: str, county: str, year: int, records: int) -> dict[str, Any]:
    first, last = date(year, 1, 1), date(year, 12, 1)
    return {
        "source": partner, "record_grain": "case", "place_id": county, "month_from": first, "month_to": last,
        "round": None, "record_count": records, "witness_count": records, "numbered_count": 0,
        "campaign_count": 0,
    }  # fmt: skip


SILENT = pd.DataFrame({"source": [], "record_grain": [], "month_start": []})
UNDECLARED = pd.DataFrame(
    columns=["source", "record_grain", "kind", "place_id", "month_from", "month_to"], dtype=object
)


def rated(
    places: list[dict[str, Any]],
    counts: list[dict[str, Any]],
    each_year: int = 100,
    declared: pd.DataFrame = UNDECLARED,
) -> pd.DataFrame:
    """Ratings by county, where each partner has so many records in all each year."""
    county_counts = pd.DataFrame(counts)
    totals = (
        county_counts.drop(columns=["place_id", "campaign_count"])
        .assign(record_count=each_year, witness_count=each_year)
        .drop_duplicates()
    )
    reports = Reports.of(county_counts, totals, SILENT, declared)
    found = county_ratings(pd.DataFrame(places), reports, PERIODS, POLICY)
    return found.set_index(["place_id", "period_id"]) if len(found) else found


# Two partners: 10 of 100 then 20 of 100 each: the odds ratio is 20 * 90 / (80 * 10) = 2.25.
CHANGED = [touches(p, "KE040", year, n) for p in "pq" for year, n in ((2023, 10), (2024, 20))]
# Two equal tables [[20, 80], [10, 90]]: R = 2 * 9, S = 2 * 4, P = .55, Q = .45 (Robins, Breslow and Greenland).
VARIANCE = (
    2 * (0.55 * 9) / (2 * 18**2) + 2 * (0.55 * 4 + 0.45 * 9) / (2 * 18 * 8) + 2 * (0.45 * 4) / (2 * 8**2)
)
# The dispersion and the scatter from year to year are the policy's: no month is known, and one county judged.
CHANGE_REACH = 1.6448536 * np.sqrt(POLICY.shift_unknown_dispersion * VARIANCE + POLICY.shift_assumed_yearly)
# 30 records each year: no change.
SAME = [touches(p, "KE047", year, 30) for p in "pq" for year in (2023, 2024)]


def test_the_components_are_shown_with_score_and_weight() -> None:
    places = roles("KE040", 2.0, 1.0, 0.5)
    row = rated(places, CHANGED).loc[("KE040", "year-2024")]
    assert row[["origin_score", "transit_score", "exploitation_score"]].tolist() == pytest.approx(
        [75, 50, 25]
    )
    assert row[["origin_weight", "transit_weight", "exploitation_weight", "change_weight"]].tolist() == [
        0.30, 0.25, 0.30, 0.15,
    ]  # fmt: skip
    assert row["change_ratio"] == pytest.approx(2.25)
    assert row["change_score"] == pytest.approx(25 * (np.log2(2.25) + 2))
    # ln 2.25 +- 1.645 times the error of 2.25.
    assert row["change_ratio_low"] == pytest.approx(2.25 / np.exp(CHANGE_REACH))
    assert row["change_ratio_high"] == pytest.approx(2.25 * np.exp(CHANGE_REACH))
    assert row["components_missing"] == 0
    assert row["components"] == "origin;transit;exploitation;change"
    by_hand = 0.30 * 75 + 0.25 * 50 + 0.30 * 25 + 0.15 * row["change_score"]
    assert row["score"] == pytest.approx(by_hand, abs=0.5)
    assert row["low"] < row["score"] < row["high"] and row["band"] == "typical"


@pytest.mark.parametrize("label", ["insufficient", "single_source", "not_comparable"])
def test_a_label_instead_of_a_number_is_a_missing_component(label: str) -> None:
    places = roles("KE047", 3.0, 3.0, 3.0)
    places[2]["label"] = label
    row = rated(places, SAME).loc[("KE047", "year-2024")]
    assert row["components_missing"] == 1 and np.isnan(row["exploitation_ratio"])
    assert row["components"] == "origin;transit;change"
    # (.55 * 50 * (1 + log2(3) / 2) + .15 * 50) / .7: exploitation does not vote for the usual.
    assert row["score"] == pytest.approx(81.1, abs=1)
    places[0]["label"] = label
    row = rated(places, SAME).loc[("KE047", "year-2024")]
    assert row["band"] == "not_rated" and row["components_missing"] == 2
    assert row[["score", "low", "high", "band_probability"]].isna().all()


def test_a_change_needs_records_and_partners_of_both_years() -> None:
    places = roles("KE040", 2.0, 1.0, 0.5)
    few = [touches("p", "KE040", 2023, 5), touches("p", "KE040", 2024, 14)]
    row = rated(places, few).loc[("KE040", "year-2024")]
    assert row["components_missing"] == 1 and np.isnan(row["change_ratio"])
    row = rated(places, [*CHANGED, touches("new", "KE040", 2024, 90)]).loc[("KE040", "year-2024")]
    assert row["change_ratio"] == pytest.approx(2.25)


@pytest.mark.parametrize("change", ["campaign there", "campaign of all work", "coverage"])
def test_campaign_or_declared_move_of_a_partner_changes_nothing(change: str) -> None:
    """Of r the county had 10 records, then 90, by a campaign or because r began to watch it."""
    in_campaign = 80 if change == "campaign there" else 0
    more = [
        touches("r", "KE040", 2023, 10),
        touches("r", "KE040", 2024, 90) | {"campaign_count": in_campaign},
    ]
    kind, _, where = change.partition(" ")
    declared = pd.DataFrame(
        {"source": ["r"], "record_grain": ["case"], "kind": [kind], "month_from": [date(2024, 3, 1)],
         "place_id": [None if where else "KE040"], "month_to": [date(2024, 5, 1)]}
    )  # fmt: skip
    places = roles("KE040", 2.0, 1.0, 0.5)
    without = rated(places, [*CHANGED, *more]).loc[("KE040", "year-2024"), "change_ratio"]
    known = UNDECLARED if change == "campaign there" else declared
    row = rated(places, [*CHANGED, *more], declared=known).loc[("KE040", "year-2024")]
    assert row["change_ratio"] == pytest.approx(2.25) and (in_campaign or without > 3)


def named_bands(seeds: range, kind: Kind) -> list[tuple[bool, float]]:
    """Of each band that is named in made-up worlds: whether it is right, and its probability.

    Each world has known ratios in three roles; the true score is over the roles that the county is rated on.
    """
    nothing = pd.DataFrame(SAME).iloc[:0]
    keys = {key: value for key, value in place("", "", 1).items() if key in KEYS}
    named = []
    for seed in seeds:
        made = {role: world(seed + at, kind) for at, role in enumerate(ROLES)}
        frames = []
        for role, of in made.items():
            where = catchment([of.counts], len(of.counts.records))
            found = of_window(PLACE_IDS, of.counts, where, POLICY)
            frames.append(pd.DataFrame(found).assign(place_role=role, **keys))
        empty = Reports.of(nothing, nothing, SILENT, UNDECLARED)
        found = county_ratings(pd.concat(frames), empty, PERIODS, POLICY)
        for row in found[found["band"].isin(BANDS)].to_dict("records"):
            at = PLACE_IDS.index(row["place_id"])
            parts = row["components"].split(";")
            scores = {role: component_score(made[role].true_ratio[at], POLICY) for role in parts}
            score = weighted(scores, component_weights(POLICY))
            right = BANDS[np.searchsorted((40, 60, 80), score, "right")]
            named.append((row["band"] == right, row["band_probability"]))
    return named


def test_named_bands_are_right_as_often_as_they_claim() -> None:
    named = named_bands(range(0, 12, 3), Kind(slope=0.3, differs=0.4))
    share_right, claimed = np.mean(named, axis=0)
    assert len(named) > 50
    assert share_right >= 0.75 and share_right > claimed - 0.12


def test_only_complete_twelve_months_of_counties_are_rated() -> None:
    places = [
        place("KE040", "origin", 2.0, period_id="year-2025"),
        place("KE040", "origin", 2.0, period_id="2024-Q4"),
        place("bp-ken-malaba", "transit", 2.0, place_level="border_point"),
        place("KE040", "origin", 2.0, population="children"),
        place("KE047", "intended_destination", 2.0),
    ]
    assert rated(places, CHANGED).empty


def test_no_world_is_too_empty() -> None:
    nothing = pd.DataFrame([touches("p", "KE040", 2024, 1)]).iloc[:0]
    empty = Reports.of(nothing, nothing, SILENT, UNDECLARED)
    row = county_ratings(pd.DataFrame([place("KE040", "origin", 2.0)]), empty, PERIODS, POLICY).iloc[0]
    assert row["band"] == "not_rated"

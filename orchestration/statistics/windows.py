"""Windows: the places that are compared with each other, as matrices of partners x places.

Few pass or are seen at any one place on the way, so transit and border points are compared over a year or
twelve months and not by quarter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import cos, radians
from typing import Any

import numpy as np
import pandas as pd

from orchestration.core import seed_rows
from orchestration.statistics.catchments import Counts
from orchestration.statistics.comparable import Floats

LEVELS = ("county", "border_point")
GRAINS = ("case", "route_report")
POPULATIONS = ("all", "children")
# What the places of one comparison share; months watched are the same for each population.
EFFORT_KEYS = ["place_level", "place_role", "period_id", "record_grain"]
WINDOW_KEYS = [*EFFORT_KEYS, "population"]
# What the places of one role share over all quarters.
POOL_KEYS = ["record_grain", "place_role"]
# Places lie on a plane, in units about as long as between counties.
UNIT_KM, KM_OF_A_DEGREE = 100.0, 111.2
NOWHERE = (np.nan, np.nan)


@dataclass(frozen=True)
class Window:
    """`key` has the values of WINDOW_KEYS or POOL_KEYS; `place_ids` name the columns, sorted."""

    key: tuple[str, ...]
    place_ids: list[str]
    counts: Counts


def with_distance(effort: pd.DataFrame) -> pd.DataFrame:
    """Months of effort beside the distance from the office; nan for a partner that declares none at all.

    A partner that declares one for a part of what it watches has the one of most months for the rest.
    """
    keys = ["source", "record_grain"]
    declared = effort.dropna(subset=["office_place_id"])
    months = declared.groupby([*keys, "office_place_id"])["effort_months"].sum().reset_index()
    main = months.sort_values(["effort_months", "office_place_id"]).groupby(keys)["office_place_id"].last()
    usual = effort[keys].merge(main.rename("usual"), how="left", left_on=keys, right_index=True)["usual"]
    office = (
        effort["office_place_id"].astype(object).where(effort["office_place_id"].notna(), usual.to_numpy())
    )
    pairs = pd.DataFrame({"office": office, "place": effort["place_id"]}).drop_duplicates().dropna()
    away = {pair: distance(*pair) for pair in pairs.itertuples(index=False, name=None)}
    found = [away.get(pair, np.nan) for pair in zip(office, effort["place_id"], strict=True)]
    return effort.assign(
        month_distance=np.array(found, dtype=float) * effort["effort_months"].to_numpy(float)
    )


def by_period(counts: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    """Counts by place in each period that holds all their months; a round holds what was collected in it."""
    spans = counts[["month_from", "month_to", "round"]].drop_duplicates()
    ends = ["period_from", "period_to"]
    pairs = spans.merge(periods[["period_id", "period_kind", "label", *ends]], how="cross")
    first, last, begin, end = (pd.to_datetime(pairs[name]) for name in ("month_from", "month_to", *ends))
    is_held = ((first >= begin) & (last <= end)).where(
        pairs["period_kind"] != "round", pairs["round"] == pairs["label"]
    )
    inside = counts.merge(pairs.loc[is_held, [*spans.columns, "period_id"]], on=[*spans.columns])
    return inside.groupby([*WINDOW_KEYS, "place_id", "source"])["record_count"].sum().reset_index()


def windows(
    counts: pd.DataFrame, effort: pd.DataFrame, periods: pd.DataFrame, partners: list[str]
) -> Iterator[Window]:
    """Each window of the complete periods in which a place is watched or reported, in the order of its key.

    `counts`, `effort` (with its distance) and `periods` are as `hotspots` takes them. Rows are numbered by
    `partners`.
    """
    complete, quarters = _complete(periods)
    counts, effort = (
        frame[
            frame["place_level"].isin(LEVELS)
            & frame["record_grain"].isin(GRAINS)
            & frame["period_id"].isin(complete)
            & ~(
                frame["period_id"].isin(quarters)
                & ((frame["place_role"] == "transit") | (frame["place_level"] == "border_point"))
            )
        ]
        for frame in (counts, effort)
    )
    counts = counts[counts["record_count"] > 0]
    reported, watched = _Cells(counts, WINDOW_KEYS, *_REPORTED), _Cells(effort, EFFORT_KEYS, *_WATCHED)
    keys = {(*key, population) for key in watched.rows_of for population in POPULATIONS} | {*reported.rows_of}
    for key in sorted(keys):
        yield _window(key, reported.of(key), watched.of(key[:-1]), partners)


def pools(
    counts: pd.DataFrame, effort: pd.DataFrame, periods: pd.DataFrame, partners: list[str]
) -> list[Window]:
    """All records by county of all complete quarters together, a window for each grain and role."""
    _, quarters = _complete(periods)
    counts, effort = (
        frame[
            (frame["place_level"] == "county")
            & frame["record_grain"].isin(GRAINS)
            & frame["period_id"].isin(quarters)
        ]
        for frame in (counts, effort)
    )
    everybody = counts[counts["population"] == POPULATIONS[0]]
    reported, watched = _Cells(everybody, POOL_KEYS, *_REPORTED), _Cells(effort, POOL_KEYS, *_WATCHED)
    return [_window(key, reported.of(key), watched.of(key), partners) for key in sorted(watched.rows_of)]


_REPORTED, _WATCHED = ("record_count",), ("effort_months", "month_distance")


def _complete(periods: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The complete periods, and the quarters among them."""
    complete = periods[periods["is_complete"].astype("bool")]
    return complete["period_id"], complete.loc[complete["period_kind"] == "quarter", "period_id"]


def _window(key: Any, reported: list[np.ndarray], watched: list[np.ndarray], partners: list[str]) -> Window:
    places, sources, found = reported
    watched_places, watched_sources, months, month_distance = watched
    place_ids, column = np.unique([*places, *watched_places], return_inverse=True)
    names, row = np.unique([*sources, *watched_sources], return_inverse=True)
    split, shape = len(found), (len(names), len(place_ids))
    effort = _matrix(shape, row[split:], column[split:], months)
    far = _matrix(shape, row[split:], column[split:], month_distance)
    ids = [str(place_id) for place_id in place_ids]
    counts = Counts(
        records=_matrix(shape, row[:split], column[:split], found),
        effort=effort,
        away=np.divide(far, effort, out=np.zeros(shape), where=effort > 0),
        at=positions(ids),
        partner=np.searchsorted(partners, names),
    )
    # An office that is unknown is so for every place.
    counts.away[np.isnan(counts.away).any(axis=1)] = np.nan
    return Window(key, ids, counts)


class _Cells:
    """A frame's places, partners and values by window; arrays, because a frame a window is slow."""

    def __init__(self, frame: pd.DataFrame, keys: list[str], *values: str) -> None:
        self.rows_of: dict[Any, Any] = dict(frame.groupby(keys).indices)
        self.columns = [frame[column].to_numpy() for column in ("place_id", "source", *values)]

    def of(self, key: tuple[str, ...]) -> list[np.ndarray]:
        rows = self.rows_of.get(key, np.array([], dtype=int))
        return [column[rows] for column in self.columns]


def _matrix(shape: tuple[int, int], rows: np.ndarray, columns: np.ndarray, values: np.ndarray) -> Floats:
    matrix = np.zeros(shape)
    np.add.at(matrix, (rows, columns), values)  # a partner's months at a place come by office and quarter
    return matrix


def position(place_id: str) -> tuple[float, float]:
    """East and north of a place, or of the one that holds it where its own position is unknown."""
    known, places = _coordinates(), _places()
    while place_id not in known:
        if place_id not in places or places[place_id]["parent_place_id"] in ("", place_id):
            return NOWHERE
        place_id = places[place_id]["parent_place_id"]
    return known[place_id]


def distance(office: str, place_id: str) -> float:
    """From an office to a place; 0 where the office is a country: it hears of all of it alike."""
    if _places().get(office, {}).get("kind") == "country":
        return 0.0
    return float(np.hypot(*np.subtract(position(office), position(place_id))))


def positions(place_ids: list[str]) -> Floats:
    """Places by two coordinates; one that lies nowhere stands in the middle of the others."""
    at = np.array([position(place_id) for place_id in place_ids]).reshape(-1, 2)
    lost = np.isnan(at).any(axis=1)
    if lost.any():
        at[lost] = 0.0 if lost.all() else at[~lost].mean(axis=0)
    return at


@cache
def _coordinates() -> dict[str, tuple[float, float]]:
    scale = KM_OF_A_DEGREE / UNIT_KM
    return {
        row["place_id"]: (
            float(row["lon"]) * cos(radians(float(row["lat"]))) * scale,
            float(row["lat"]) * scale,
        )
        for row in seed_rows("place_coordinates")
    }


@cache
def _places() -> dict[str, dict[str, str]]:
    return {row["place_id"]: row for row in seed_rows("places")}

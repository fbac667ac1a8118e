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
from orchestration.statistics.comparisons import by_month, cells, month_number, without_bursts
from orchestration.statistics.scatter import BLOCKS, of_blocks, window_counts

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


def by_period(counts: pd.DataFrame, active_months: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    """Witnesses by place in each period that holds all their months; a round holds what was collected in it.

    What one event may have added to a month of a source is capped, as in `comparisons`.

    Args:
        counts: place_level, place_id, place_role, record_grain, population, source, month_from, month_to,
            round, witness_count, numbered_count; months as numbers.
        active_months: source, record_grain, month_start, as a number.
        periods: period_id, period_kind, label, period_from, period_to.
    """
    keys = ["place_level", "place_role", "record_grain", "population", "place_id", "source"]
    cell = counts.groupby(keys).ngroup().to_numpy()
    names = counts.assign(cell=cell).drop_duplicates("cell").sort_values("cell")[keys].reset_index(drop=True)
    of_source = names.groupby(["record_grain", "source"]).ngroup().to_numpy(int)
    sources = names.assign(number=of_source).drop_duplicates("number")[["record_grain", "source", "number"]]
    active = active_months.merge(sources, on=["record_grain", "source"])
    first, last = (counts[name].to_numpy(float) for name in ("month_from", "month_to"))
    told, numbered = (counts[f"{name}_count"].to_numpy(float) for name in ("witness", "numbered"))
    found = []
    columns = ("period_id", "period_kind", "label", "period_from", "period_to")
    for period, kind, label, *days in zip(*(periods[name] for name in columns), strict=True):
        begin, end = map(month_number, days)
        is_round = kind == "round"
        is_in = (counts["round"] == label).to_numpy() if is_round else (first >= begin) & (last <= end)
        is_capped = is_in & (first == last) & (not is_round)
        months = np.zeros((2, len(names), end - begin + 1))
        at = cell[is_capped], (first[is_capped] - begin).astype(int)
        for one, values in zip(months, (told, numbered), strict=True):
            np.add.at(one, at, values[is_capped])
        is_active = np.zeros((len(sources), end - begin + 1), dtype=bool)
        inside = active[active["month_start"].between(begin, end)]
        is_active[inside["number"], (inside["month_start"] - begin).astype(int)] = True
        at_cell = is_active[of_source] | (months[0] > 0)
        total = without_bursts(months[0].astype(np.int64), months[1].astype(np.int64), at_cell).sum(axis=1)
        np.add.at(total, cell[is_in & ~is_capped], told[is_in & ~is_capped].astype(np.int64))
        some = np.flatnonzero(total)
        found.append(names.iloc[some].assign(period_id=period, witness_count=total[some]))
    return pd.concat(found, ignore_index=True) if found else names.assign(period_id="", witness_count=0)


class SharedWaves:
    """κ of each place in months and in quarters of all partners, by level, role, grain and population.

    Measured over whole twelve months that end with the newest complete month.
    """

    def __init__(self, counts: pd.DataFrame, active_months: pd.DataFrame, periods: pd.DataFrame) -> None:
        """The arguments are those of `by_period`."""
        calendar = periods[periods["period_kind"] != "round"]
        columns = ("period_id", "period_from", "period_to")
        self.months = {
            period: 1 + month_number(last) - month_number(first)
            for period, first, last in zip(*(calendar[name] for name in columns), strict=True)
        }
        self._beyond: dict[Any, pd.DataFrame] = {}
        complete = calendar[calendar["is_complete"].astype("bool")]
        if complete.empty:
            return
        newest = max(map(month_number, complete["period_to"]))
        dated = counts[(counts["month_from"] == counts["month_to"]) & (counts["month_from"] <= newest)]
        for key, of_key in dated.groupby(["place_level", "place_role", "record_grain", "population"]):
            years = int((newest - of_key["month_from"].min()) // 12) + 1
            months = range(newest + 1 - 12 * years, newest + 1)
            places = sorted(set(of_key["place_id"]))
            by_source, by_place = (sorted(set(of_key["source"])), "source"), (places, "place_id")
            dated_by = [(of_key, (months, "month_from"))]
            told, numbered = by_month(dated_by, by_source, by_place, "witness_count", "numbered_count")
            watched = active_months[active_months["record_grain"] == key[2]]
            active = cells(watched, by_source, (months, "month_start"), of=None) > 0
            of_row = active[told.partner]
            spans = tuple(slice(12 * at, 12 * at + 12) for at in range(years))
            capped = [
                without_bursts(told.counts[:, one], numbered.counts[:, one], of_row[:, one]) for one in spans
            ]
            monthly = told._replace(counts=np.concatenate(capped, axis=1))
            reports = window_counts(monthly, active, spans)
            beyond = {size: of_blocks(reports, size)[0] for size in BLOCKS}
            self._beyond[key] = pd.DataFrame(beyond, index=places)

    def variance(self, window: Window) -> Floats:
        """Of the logarithm of what all partners saw at each place in the window."""
        level, role, period, grain, population = window.key
        beyond = self._beyond.get((level, role, grain, population))
        if beyond is None or period not in self.months:
            return np.zeros(len(window.place_ids))
        in_order = beyond.reindex(window.place_ids).fillna(0.0)
        by_size = [in_order[size].to_numpy() * size / self.months[period] for size in BLOCKS]
        return np.maximum.reduce(by_size)


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


_REPORTED, _WATCHED = ("witness_count",), ("effort_months", "month_distance")


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

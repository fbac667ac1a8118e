"""Windows: the places that are compared with each other, as matrices of partners x places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from orchestration.statistics.two_way import Floats

LEVELS = ("county", "border_point")
GRAINS = ("case", "route_report")
POPULATIONS = ("all", "children")
# What the places of one comparison share; months watched are the same for each population.
EFFORT_KEYS = ["place_level", "place_role", "period_id", "record_grain"]
WINDOW_KEYS = [*EFFORT_KEYS, "population"]


@dataclass(frozen=True)
class Window:
    """`key` has the values of WINDOW_KEYS; `place_ids` name the columns of the matrices, sorted."""

    key: tuple[str, ...]
    place_ids: list[str]
    records: Floats
    months: Floats


def windows(counts: pd.DataFrame, effort: pd.DataFrame, complete: pd.Series) -> Iterator[Window]:
    """Each window of the complete periods in which a place is watched or reported, in the order of its key.

    `counts` and `effort` are as `hotspots` takes them; `complete` holds period_id.
    """
    counts = counts[_is_measured(counts, complete) & (counts["record_count"] > 0)]
    effort = effort[_is_measured(effort, complete)]
    reported = _Cells(counts, WINDOW_KEYS, "record_count")
    watched = _Cells(effort, EFFORT_KEYS, "effort_months")
    keys = {(*key, population) for key in watched.rows_of for population in POPULATIONS} | {*reported.rows_of}
    for key in sorted(keys):
        places, partners, found = reported.of(key)
        watched_places, watched_partners, months = watched.of(key[:-1])
        place_ids, column = np.unique([*places, *watched_places], return_inverse=True)
        names, row = np.unique([*partners, *watched_partners], return_inverse=True)
        split, shape = len(found), (len(names), len(place_ids))
        yield Window(
            key,
            [str(place_id) for place_id in place_ids],
            _matrix(shape, row[:split], column[:split], found),
            _matrix(shape, row[split:], column[split:], months),
        )


class _Cells:
    """A frame's cells by window; arrays, because a frame a window is slow."""

    def __init__(self, frame: pd.DataFrame, keys: list[str], value: str) -> None:
        self.rows_of: dict[Any, Any] = dict(frame.groupby(keys).indices)
        self.places, self.partners, self.values = (
            frame[column].to_numpy() for column in ("place_id", "source", value)
        )

    def of(self, key: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = self.rows_of.get(key, np.array([], dtype=int))
        return self.places[rows], self.partners[rows], self.values[rows]


def _matrix(shape: tuple[int, int], rows: np.ndarray, columns: np.ndarray, values: np.ndarray) -> Floats:
    matrix = np.zeros(shape)
    np.add.at(matrix, (rows, columns), values)  # a partner's months at a place come by office
    return matrix


def _is_measured(frame: pd.DataFrame, complete: pd.Series) -> pd.Series:
    return (
        frame["place_level"].isin(LEVELS)
        & frame["record_grain"].isin(GRAINS)
        & frame["period_id"].isin(complete)
    )

"""How far each line of the page bends: the same whatever else a reader picks, so that it can be followed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from orchestration.outputs.bends import BENDS, Pair, Point, bends_of
from orchestration.outputs.edition import Edition

# Of each table with lines: what is drawn together, and by the name of each bend the ends of its line.
TOGETHER = {
    "corridors": ("record_grain", "period_id"),
    "routes": ("record_grain", "period_id"),
    "corridor_shifts": ("record_grain", "baseline_window", "current_window"),
}
WHOLE = {"bend": ("origin_place_id", "destination_place_id")}
LINES = {
    "corridors": WHOLE,
    "routes": {
        "first_bend": ("origin_place_id", "via_place_id"),
        "last_bend": ("via_place_id", "destination_place_id"),
    },
    "corridor_shifts": WHOLE,
}


def bends(edition: Edition, sheets: Sequence[Mapping[str, Point]]) -> dict[str, dict[str, Any]]:
    """Of each printed table with lines its bends, a column like those of `told.tables`."""
    told = {}
    for name, lines in LINES.items():
        table = edition.table(name).reset_index(drop=True)
        if table.empty:
            continue
        at_row = {bend: [0] * len(table) for bend in lines}
        for _, rows in table.groupby(list(TOGETHER[name]), sort=False):
            strongest_first = _ranked(rows)
            places = [(bend, at) for bend in lines for at in strongest_first.index]
            found = bends_of(_pairs(strongest_first, lines.values()), sheets)
            for (bend, at), how_far in zip(places, found, strict=True):
                at_row[bend][at] = BENDS.index(how_far)
        told[name] = {bend: {"of": BENDS, "at": at} for bend, at in at_row.items()}
    return told


def _ranked(rows: pd.DataFrame) -> pd.DataFrame:
    """The strongest first, where the rows say how strong they are."""
    if "person_count" not in rows:
        return rows
    return rows.sort_values("person_count", ascending=False, na_position="last", kind="stable")


def _pairs(rows: pd.DataFrame, lines: Iterable[Sequence[str]]) -> list[Pair]:
    return [
        pair
        for start, end in lines
        for pair in zip(rows[start].astype(str), rows[end].astype(str), strict=True)
    ]

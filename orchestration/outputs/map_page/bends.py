"""The bend of each line of the map page, the same in every period so that readers can follow a corridor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pandas as pd

from orchestration.outputs.bends import BENDS, Point, bends_of
from orchestration.outputs.edition import Edition
from orchestration.outputs.map_page.payload import corridors

TABLES = ("shifts", "alerts", "routes")


def bends(edition: Edition, sheets: Sequence[Mapping[str, Point]]) -> dict[str, dict[str, list[float]]]:
    """Return the bends of a corridor's one or two lines, by level and corridor id.

    Corridors with only the first bend are left out.
    """
    found = {}
    for level, of_level in _strongest_first(edition).groupby("level", sort=False)["corridor_id"]:
        lines = [(corridor, pair) for corridor in of_level for pair in pairwise(corridor.split(">"))]
        of_corridor: dict[str, list[float]] = {}
        for (corridor, _), bend in zip(lines, bends_of([pair for _, pair in lines], sheets), strict=True):
            of_corridor.setdefault(corridor, []).append(bend)
        found[str(level)] = {key: bent for key, bent in of_corridor.items() if set(bent) != {BENDS[0]}}
    return found


def _strongest_first(edition: Edition) -> pd.DataFrame:
    """Return each corridor of a level once, ordered by its largest count."""
    tables = [corridors(edition), *(edition.table(name) for name in TABLES)]
    rows = [_corridors(table) for table in tables if not table.empty]
    if not rows:
        return pd.DataFrame({"level": [], "corridor_id": []})
    largest = pd.concat(rows).groupby(["level", "corridor_id"], as_index=False).agg(count=("count", "max"))
    return largest.sort_values(["count", "corridor_id"], ascending=[False, True], kind="stable")


def _corridors(table: pd.DataFrame) -> pd.DataFrame:
    if "line" in table:
        table = table[table["line"] == "corridor"]
        table = table.assign(corridor_id=table["line_id"].str.replace(r"^[^|]*\|", "", regex=True))
    level, count = table.get("level", "od"), table.get("movement_count", 0)
    return table[["corridor_id"]].assign(level=level, count=count).fillna({"count": 0}).astype({"count": int})

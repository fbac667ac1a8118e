"""Of which lines of the counting tables an edition may speak, and of which it may tell a figure.

Labels and bands print no count. They are let through only where their base is printed, or, where the counts
have no such cell, could be. A ratio with its interval gives the count behind it back, so it stands only where
what is left between that count and the printed one could be told as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from orchestration.disclosure.printing import Days, Printing, days_of
from orchestration.disclosure.suppression import PRINTED, primary
from orchestration.disclosure.tables import TOTAL

LINES = pa.schema(
    [
        ("edition", pa.string()),
        ("counting_table", pa.string()),
        ("counting_role", pa.string()),
        ("counting_id", pa.string()),
        ("period_id", pa.string()),
        ("record_grain", pa.string()),
        ("tells_figures", pa.bool_()),
    ]
)
# Among places of counts, Kenya where the county is not known; among hotspots, all of Kenya.
_HOME = "KEN"
_TO_A_PLACE = ("exploitation", "intended_destination")
_BASE = {
    "person_count_low": "persons",
    "record_count": "records",
    "partner_count": "partners",
    "largest_partner_count_low": "top1",
    "second_partner_count_low": "top2",
}
Cell = tuple[str, str]
# Of each grain the days of its systems, and their printed cells.
Systems = Mapping[str, list[tuple[Days, dict[Cell, int]]]]


def systems_of(counts: pd.DataFrame, printing: Printing, tried: Collection[str]) -> Systems:
    """A system that was counted and prints nothing has no cell, and is there all the same.

    `counts`: rows of COUNTS; `tried`: the universes that were counted in this release.
    """
    found: dict[tuple[str, Days], dict[Cell, int]] = {days_of(one): {} for one in tried}
    for row in counts[counts["population"] == "all"].itertuples():
        system = (str(row.record_grain), printing.periods.days[str(row.period_id)])
        cell = (str(row.origin_place_id), str(row.destination_place_id))
        found.setdefault(system, {})[cell] = int(str(row.person_count))
    by_grain: dict[str, list[tuple[Days, dict[Cell, int]]]] = {}
    for (grain, days), cells in found.items():
        by_grain.setdefault(grain, []).append((days, cells))
    return by_grain


def told_lines(persons: pd.DataFrame, printing: Printing, systems: Systems) -> pd.DataFrame:
    """Lines of all ages together whose base the policy lets stand by itself and no system hides.

    `persons`: rows of int_counted_persons.
    """
    periods = printing.periods
    asked = persons[(persons["population"] == "all") & persons["period_id"].isin(periods.days.keys())]
    asked = asked[asked["counting_role"] != "odv"].rename(columns=_BASE)
    asked = asked[primary(asked, printing.rules) == PRINTED]
    told = [_told(line, printing, systems) for line in asked.itertuples()]
    is_free = pd.Series([free for free, _ in told], index=asked.index, dtype=bool)
    figures = pd.Series([figures for _, figures in told], index=asked.index, dtype=bool)
    asked = asked.assign(edition=printing.edition, tells_figures=figures)
    return asked[is_free][LINES.names].reset_index(drop=True)


def _told(line: Any, printing: Printing, systems: Systems) -> tuple[bool, bool]:
    """Whether each system whose days hold the line's prints its cell, for a label tells that it is large; and
    whether figures may stand: no cell counts these persons, or what the printed one leaves of them is enough.
    """
    if line.counting_id == _HOME:
        return True, False
    if (cell := _cell_of(line)) is None:
        return True, True
    first, last = printing.periods.days[line.period_id]
    around = [
        cells.get(cell)
        for days, cells in systems.get(line.record_grain, ())
        if days[0] <= first and last <= days[1]
    ]
    if None in around:
        return False, False
    left = [abs(int(printed) - int(line.persons)) for printed in around if printed is not None]
    return True, bool(left) and all(one == 0 or one >= printing.rules.least_persons for one in left)


def _cell_of(line: Any) -> Cell | None:
    if line.counting_role == "od":
        start, _, end = line.counting_id.partition(">")
        return start, end
    if line.counting_role == "origin":
        return line.counting_id, TOTAL
    if line.counting_role in _TO_A_PLACE:
        return TOTAL, line.counting_id
    return None

"""Of which lines of the counting tables an edition may speak, and of which it may tell a figure.

Labels and bands print no count. They are let through only where their base is printed, or, where the counts
have no such cell, could be. A ratio with its interval gives the count behind it back, so it stands only where
what is left between that count and the printed one could be told as well.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

from orchestration.disclosure.printed_counts import is_new
from orchestration.disclosure.printed_parts import (
    LabelsOfParts,
    Systems,
    cell_of_line,
    counted_now,
)
from orchestration.disclosure.printing import Cell, Days, Printing
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
_BASE = {
    "person_count_low": "persons",
    "record_count": "records",
    "partner_count": "partners",
    "largest_partner_count_low": "top1",
    "second_partner_count_low": "top2",
}
# Bands of completeness end at a tenth of the base.
_PARTS = 10
_UNKNOWN_END = {
    "origin": ("unknown", TOTAL),
    "intended_destination": (TOTAL, "unknown"),
    "exploitation": (TOTAL, "unknown"),
}


def systems_of(counts: pd.DataFrame, printing: Printing, told: pd.DataFrame | None = None) -> Systems:
    """A system that was counted and prints nothing has no cell, and is there all the same.

    `counts`: rows of COUNTS; `told`: rows of int_told, of which those of new systems are counted.
    """
    found: dict[tuple[str, Days], dict[Cell, int]] = {}
    if told is not None:
        counted = told.loc[is_new(told, printing), ["record_grain", "period_id"]].drop_duplicates()
        for grain, period in counted.itertuples(index=False, name=None):
            found[str(grain), printing.periods.days[str(period)]] = {}
    for row in counts[counts["population"] == "all"].itertuples():
        system = (str(row.record_grain), printing.periods.days[str(row.period_id)])
        cell = (str(row.origin_place_id), str(row.destination_place_id))
        found.setdefault(system, {})[cell] = int(str(row.person_count))
    by_grain: dict[str, list[tuple[Days, dict[Cell, int]]]] = {}
    for (grain, days), cells in found.items():
        by_grain.setdefault(grain, []).append((days, cells))
    return by_grain


def told_lines(
    persons: pd.DataFrame, told: pd.DataFrame, printing: Printing, systems: Systems
) -> pd.DataFrame:
    """Lines of all ages together whose base the policy lets stand by itself and no system hides.

    `persons`: rows of int_counted_persons; `told`: rows of int_told.
    """
    periods = printing.periods
    asked = persons[(persons["population"] == "all") & persons["period_id"].isin(periods.days.keys())]
    asked = asked[asked["counting_role"] != "odv"].rename(columns=_BASE)
    asked = asked[primary(asked, printing.rules) == PRINTED]
    parts = LabelsOfParts(printing, systems, counted_now(told, printing))
    found = [_told(line, parts) for line in asked.itertuples()]
    is_free = pd.Series([free for free, _ in found], index=asked.index, dtype=bool)
    figures = pd.Series([figures for _, figures in found], index=asked.index, dtype=bool)
    asked = asked.assign(edition=printing.edition, tells_figures=figures)
    return asked[is_free][LINES.names].reset_index(drop=True)


def told_completeness(completeness: pd.DataFrame, counts: pd.DataFrame, printing: Printing) -> pd.DataFrame:
    """Fields and periods whose share may be told in bands; the share itself would give the count back.

    A tenth of the base must be as wide as a hidden cell. The band of a known end is one of the count of
    unknown ones: only where that is printed. How large the unknown part is must not decide: a field left out
    would tell that it is small. `completeness`: rows of mart_completeness.
    """
    k = printing.rules.least_persons
    systems = systems_of(counts, printing)
    printed = {(grain, days): cells for grain, found in systems.items() for days, cells in found}
    rows = []
    for row in completeness.to_dict("records"):
        grain, period = str(row["record_grain"]), str(row["period_id"])
        if period not in printing.periods.counted.get(grain, ()):
            continue
        cells = printed.get((grain, printing.periods.days[period]), {})
        records, whole = int(row["record_count"]), cells.get((TOTAL, TOTAL), 0)
        linked = _UNKNOWN_END.get(str(row["field"]))
        if min(records, whole) < (k - 1) * _PARTS or (linked and linked not in cells):
            continue
        rows.append((printing.edition, "completeness", "", str(row["field"]), period, grain, False))
    return pd.DataFrame(rows, columns=LINES.names)


def _told(line: Any, parts: LabelsOfParts) -> tuple[bool, bool]:
    """Whether a line may be spoken of: of a counted period if its cell is printed, for a label tells that it
    is large; of other days if there is room for it. And whether figures may stand: of a counted period whose
    printed cell counts these persons, and leaves none or enough of them. Who passed a place is in no cell:
    beside the ways told of corridors a figure would tell how many each had.
    """
    printing, grain = parts.printing, line.record_grain
    if line.period_id not in printing.periods.counted.get(grain, ()):
        return parts.may_stand(line), False
    if (cell := cell_of_line(line.counting_role, line.counting_id)) is None:
        return True, False
    days = printing.periods.days[line.period_id]
    around = [cells.get(cell) for of, cells in parts.systems.get(grain, ()) if of == days]
    if None in around:
        return False, False
    left = [abs(int(printed) - int(line.persons)) for printed in around if printed is not None]
    return True, bool(left) and all(one == 0 or one >= printing.rules.least_persons for one in left)
